package host_test

import (
	"context"
	"strings"
	"testing"

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
