package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What goes beyond the rows that there were, or beyond the chunk, is told once; what
// only looks like a chunk is left as it is, or refused.
func TestBackfillWarnings(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, c := range []struct {
			statement string
			want      string // a warning, or the error
			check     string
		}{
			{"INSERT INTO t (id, x) SELECT id + 20, x FROM t WHERE ${chunk} AND id < 50", "more rows are visited than the 20 that were counted", "SELECT 19 - count(*) FROM t WHERE id > 50"},
			{"UPDATE t SET x = 1 WHERE ${chunk} IS NOT NULL", "has changed 20 rows, and the chunk has 4", ""},
			{"UPDATE t SET x = 1 WHERE ${chunk}", "", ""},
			{"UPDATE visits SET k = '${chunk}' WHERE EXISTS (SELECT 1 FROM t AS \"r x\" WHERE ${chunk \"r x\"})", "", "SELECT count(*) FROM visits WHERE k <> '${' || 'chunk}'"},
			{"UPDATE t SET x = 1 WHERE ${chunk} OR x = 5", "put the other condition in parentheses", ""},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4, Inserted: abi.InsertedInclude}, numbered(20)...)
			if err := base.meanwhile("INSERT INTO visits VALUES ('x')"); err != nil {
				t.Fatal(err)
			}
			g.doc.Statement = c.statement
			var told []string
			r, err := host.NewRunner(g.f.files, g.f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
				_, err := calls.BackfillRun(ctx, &g.doc)
				return err
			}), unhurried(host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventLog && e.Level == host.LogWarn {
					told = append(told, e.Text)
				}
			}}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				told = append(told, err.Error())
			}
			if c.want == "" && len(told) > 0 || c.want != "" && (len(told) != 1 || !strings.Contains(told[0], c.want)) {
				t.Errorf("%s: told %q, want %q", c.statement, told, c.want)
			}
			if c.check != "" {
				base.wantCount(0, c.check)
			}
		}
	})
}

// A run that goes on without the limits of the one before says so, once, and one that
// has them or stricter ones does not.
func TestBackfillGoesOnFaster(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, c := range []struct {
			rate int64
			want []string
		}{
			{0, []string{`backfill "fill": it goes on with no limit, and the run before was held to at most 50,000 rows a second: limits hold for the run that is given them`}},
			{60_000, []string{`backfill "fill": it goes on with at most 60,000 rows a second, and the run before was held to at most 50,000 rows a second: limits hold for the run that is given them`}},
			{50_000, nil},
			{1_000, nil},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 2, MaxBatch: 2}, numbered(6)...)
			stopped, stop := errors.New("stopped"), true
			g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
				if row[0].Int == 3 && stop {
					return stopped
				}
				return g.note(ctx, calls, row)
			}
			if err := g.upgrade(host.Config{MaxRate: 50_000}); !errors.Is(err, stopped) {
				t.Fatal(err)
			}
			if at := base.progress().Migrations[0].Backfills[0].Pace; at == nil || at.MaxRate != 50_000 {
				t.Errorf("the checkpoint tells of the pace %+v", at)
			}
			stop = false
			var told []string
			if err := g.upgrade(host.Config{MaxRate: c.rate, OnEvent: func(e host.Event) {
				if e.Kind == host.EventLog && e.Level == host.LogWarn {
					told = append(told, e.Text)
				}
			}}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(told, c.want) {
				t.Errorf("%d rows a second after 50,000: told %q, want %q", c.rate, told, c.want)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		pace host.Pace
		want string
	}{
		{host.Pace{ChunkTime: time.Second}, ""},
		{host.Pace{MaxRate: 5000}, "at most 5,000 rows a second"},
		{host.Pace{MaxLag: 2 * time.Second}, "at most 2s of replica lag"},
		{host.Pace{MaxRate: 5000, MaxLag: 2 * time.Second}, "at most 5,000 rows a second and 2s of replica lag"},
	} {
		if got := c.pace.Limits(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.pace, got, c.want)
		}
	}
}

// Where fewer rows are visited than were counted, in all runs together, the last one says
// so when the backfill is done.
func TestBackfillVisitsFewer(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for change, c := range map[string]struct {
			visited int64
			want    []string
		}{
			"SELECT 1": {15, nil},
			"DELETE FROM t WHERE id > 12; INSERT INTO t (id, x) VALUES (13, 0), (14, 0), (15, 0)": {15, nil},
			"DELETE FROM t WHERE id = 9":               {14, []string{`backfill "fill": 14 of the 15 rows that were counted were visited`}},
			"UPDATE t SET id = id + 100 WHERE id > 10": {10, []string{`backfill "fill": 10 of the 15 rows that were counted were visited`}},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
			stop := errors.New("stop")
			g.between = func(chunk int) error {
				if g.runs == 1 && chunk == 2 {
					return stop
				}
				return nil
			}
			var told []string
			cfg := host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventLog && e.Level == host.LogWarn {
					text, _, _ := strings.Cut(e.Text, ": others may")
					told = append(told, text)
				}
			}}
			if err := g.upgrade(cfg); !errors.Is(err, stop) || len(told) > 0 {
				t.Fatalf("%s: told %q, %v", change, told, err)
			}
			base.shell(change)
			if err := g.upgrade(cfg); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(c.visited)
			if !slices.Equal(told, c.want) {
				t.Errorf("%s: told %q, want %q", change, told, c.want)
			}
		}
	})
}
