package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A statement runs once for the rows of each chunk, and says how many it affected
// in all runs.
func TestBackfillRun(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for name, c := range map[string]struct {
			doc      abi.Backfill
			affected int64
			visited  int64
		}{
			"a table":   {abi.Backfill{Table: "t", Statement: "UPDATE t SET done = done + 1 WHERE ${chunk}"}, 30, 30},
			"an alias":  {abi.Backfill{Table: "t", Statement: "UPDATE t SET done = done + 1 WHERE id IN (SELECT u.id FROM t AS u, one WHERE ${chunk u} AND one.id = 1)"}, 30, 30},
			"composite": {abi.Backfill{Table: "t", Key: []string{"x", "id"}, Statement: "UPDATE t SET done = done + 1 WHERE ${chunk}"}, 30, 30},
			"where":     {abi.Backfill{Table: "t", Where: "id % 3 = 0", Statement: "UPDATE t SET done = done + 1 WHERE ${chunk}"}, 10, 10},
			"query":     {abi.Backfill{Query: "SELECT t.id FROM t JOIN one ON t.id % 5 = one.id", Key: []string{"id"}, Statement: "UPDATE t SET done = done + 1 WHERE ${chunk} OR (${chunk t})"}, 6, 6},
		} {
			c.doc.Name, c.doc.Batch, c.doc.MaxBatch = "run", 4, 4
			g := base.fresher().toFill(c.doc, append(numbered(30), "CREATE TABLE one (id INTEGER PRIMARY KEY)", "INSERT INTO one VALUES (1)", "CREATE UNIQUE INDEX t_x ON t (x)")...)
			guest := func(stop error) scripted {
				return func(ctx context.Context, calls host.Calls) error {
					affected, err := calls.BackfillRun(ctx, &c.doc)
					if err == nil && affected != c.affected {
						t.Errorf("%s: %d rows affected, want %d", name, affected, c.affected)
					}
					return errors.Join(err, stop)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			var visited int64
			note := func(e host.Event) {
				if e.Kind == host.EventChunk {
					if visited += e.Rows; visited == 8 {
						cancel()
					}
				}
			}
			stop := errors.New("stop")
			for i, end := range []error{context.Canceled, stop, nil} {
				if i > 0 || c.visited < 8 {
					ctx = t.Context()
				}
				r, err := host.NewRunner(g.f.files, g.f.open(), guest(end), unhurried(host.Config{OnEvent: note}))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Upgrade(ctx, "heads"); !errors.Is(err, end) {
					t.Fatalf("%s: got %v, want %v", name, err, end)
				}
			}
			cancel()
			if visited != c.visited {
				t.Errorf("%s: %d rows visited, want %d", name, visited, c.visited)
			}
			base.wantCount(c.affected, "SELECT count(*) FROM t WHERE done = 1")
			base.wantCount(0, "SELECT count(*) FROM t WHERE done > 1")
		}
	})
}

// What is wrong with a statement is told with its number, before or with the first
// chunk.
func TestBackfillRunFails(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for statement, want := range map[string]string{
			"UPDATE t SET done = 1":                              "lacks ${chunk}",
			"UPDATE t SET nowhere = 1 WHERE ${chunk}":            "nowhere",
			"UPDATE t SET id = id + 1000 WHERE ${chunk}":         "of 4 rows of the chunk 4 are no longer at their place in the order of (id)",
			"INSERT INTO t SELECT 4, 4, 4 FROM t WHERE ${chunk}": "t",
		} {
			g := base.fresher().toFill(abi.Backfill{}, numbered(30)...)
			doc := abi.Backfill{Name: "run", Table: "t", Batch: 4, MaxBatch: 4, Statement: statement}
			r, err := host.NewRunner(g.f.files, g.f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
				_, err := calls.BackfillRun(ctx, &doc)
				if _, again := calls.Exec(ctx, "INSERT INTO visits VALUES ('x')", nil, false); err != nil && again == nil && !strings.Contains(err.Error(), "lacks") {
					t.Errorf("%s: a guest goes on after it", statement)
				}
				return err
			}), unhurried(host.Config{}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Upgrade(t.Context(), "heads")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", statement, err, want)
			}
			base.wantCount(30, "SELECT count(*) FROM t WHERE done = 0 AND id <= 30")
		}
	})
}

// A downgrade has backfills too.
func TestBackfillOfADowngrade(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		g.between = func(chunk int) error {
			if g.runs < 4 && chunk == 2 {
				return stop
			}
			return nil
		}
		r := g.runnerOn(f.open(), host.Config{})
		for range 3 {
			if _, err := r.Downgrade(t.Context(), "-1"); !errors.Is(err, stop) {
				t.Fatal(err)
			}
		}
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(15)
		f.wantHeads(rev1)
	})
}

// A rehearsal visits all rows and shows what it sends for the first chunk.
func TestBackfillIsRehearsed(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		rehearsal, err := g.runnerOn(f.open(), host.Config{MaxRate: 1}).Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		updates, last := 0, ""
		for _, s := range rehearsal.Statements {
			if strings.HasPrefix(s.SQL, "UPDATE") {
				updates++
			}
			last = s.SQL
		}
		if updates != 4 || last != `-- backfill "fill": 3 more chunks of the same statements` || len(g.sizes) != 4 {
			t.Errorf("%d statements, %d updates, the last one %q, chunks of %v", len(rehearsal.Statements), updates, last, g.sizes)
		}
		f.wantCount(0, "SELECT count(*) FROM visits")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// Chunks take as long as they should, and no more rows come in a second than may.
func TestBackfillPace(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4}, numbered(100)...)
		g.visit = func(context.Context, host.Calls, []abi.Value) error { return nil }
		if err := g.upgrade(host.Config{ChunkTime: time.Hour}); err != nil {
			t.Fatal(err)
		}
		if got, want := g.sizes, []int{4, 8, 16, 32, 40}; len(got) != len(want) || got[3] != want[3] || got[4] != want[4] {
			t.Errorf("chunks of %v, want %v", got, want)
		}
	})
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 64}, numbered(100)...)
		g.visit = func(context.Context, host.Calls, []abi.Value) error { return nil }
		if err := g.upgrade(host.Config{ChunkTime: time.Nanosecond}); err != nil {
			t.Fatal(err)
		}
		if g.sizes[0] != 64 || g.sizes[1] != 1 {
			t.Errorf("chunks of %v, want one of 64 and then one of one row", g.sizes)
		}
	})
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t"}, numbered(10)...)
		throttled, first := 0, time.Duration(0)
		begun := time.Now()
		err := g.upgrade(host.Config{MaxRate: 6, OnEvent: func(e host.Event) {
			switch {
			case e.Kind == host.EventThrottled:
				throttled++
				if !strings.Contains(e.Text, "6 rows a second") || e.Backfill != "fill" {
					t.Errorf("throttled: %+v", e)
				}
			case e.Kind == host.EventChunk && first == 0:
				first = e.Took
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		// A machine that takes the second by itself need not wait.
		if took := time.Since(begun); took < time.Second || throttled > 1 || throttled == 0 && first < time.Second/2 || g.sizes[0] != 6 {
			t.Errorf("it took %v, was throttled %d times, with chunks of %v, the first of which took %v", took, throttled, g.sizes, first)
		}
		g.wantVisited(10)
	})
}

// SQLite has no replicas to wait for.
func TestBackfillMaxLagOnSQLite(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t"}, numbered(3)...)
		err := g.upgrade(host.Config{MaxLag: time.Second})
		if f.dialect == chain.PostgreSQL {
			if err != nil {
				t.Fatal(err)
			}
			g.wantVisited(3)
			return
		}
		if err == nil || !strings.Contains(err.Error(), "max-lag") || g.runs != 0 {
			t.Errorf("got %v after %d runs", err, g.runs)
		}
	})
}

// Behind the last chunk there is nothing to hold back.
func TestBackfillEndsWithoutAPause(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, lock := range []string{"", abi.LockSkip} {
			for rows, batch := range map[int]int64{1: 1, 2: 3} {
				g := base.fresher().toFill(abi.Backfill{Table: "t", Lock: lock, Batch: batch}, numbered(rows)...)
				if err := g.upgrade(host.Config{MaxRate: batch, OnEvent: func(e host.Event) {
					if e.Kind == host.EventThrottled {
						t.Errorf("%d rows, lock %q: %s", rows, lock, e.Text)
					}
				}}); err != nil {
					t.Fatal(err)
				}
				g.wantVisited(int64(rows))
			}
		}
	})
}
