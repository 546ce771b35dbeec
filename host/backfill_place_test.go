package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The error of a chunk says which rows it has, and that what came before it stays.
func TestBackfillChunkFails(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		text := "k" + strings.Repeat("é", 100)
		for want, c := range map[string]struct {
			doc abi.Backfill
			at  string // the row that fails
		}{
			`chunk 1 of backfill "fill", id <= 4, is rolled back, nothing of the backfill is committed: `:                     {abi.Backfill{}, "id = 2"},
			`chunk 2 of backfill "fill", 4 < id <= 8, is rolled back, the 4 rows before it are committed: `:                   {abi.Backfill{}, "id = 7"},
			`chunk 3 of backfill "fill", (24, 8) < (x, id) <= (30, 10), is rolled back, the 8 rows before it are committed: `: {abi.Backfill{Key: []string{"x", "id"}}, "id = 9"},
			`backfill "fill", 'k` + strings.Repeat("é", 62) + `… < k <= 'k` + strings.Repeat("é", 62) + `…, is rolled back`:   {abi.Backfill{Key: []string{"k"}}, "id = 7"},
		} {
			c.doc.Table, c.doc.Batch, c.doc.MaxBatch = "t", 4, 4
			c.doc.Statement = "UPDATE t SET x = CASE WHEN " + c.at + " THEN NULL ELSE x END WHERE ${chunk}"
			g := base.fresher().toFill(c.doc, append(numbered(10), "ALTER TABLE t ADD COLUMN k VARCHAR(200) DEFAULT '' NOT NULL",
				"UPDATE t SET k = '"+text+"' || (id + 10)", "CREATE UNIQUE INDEX t_x ON t (x)", "CREATE UNIQUE INDEX t_k ON t (k)")...)
			r, err := host.NewRunner(g.f.files, g.f.open(), g.guest(), unhurried(host.Config{}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "rolled back") != 1 {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

// A lock timeout takes back the chunk that met the lock, and says so, whether the rows
// are read or a statement of the guest waits.
func TestBackfillChunkTimesOut(t *testing.T) {
	f := onPostgres(t)
	for _, c := range []struct{ held, lock, want string }{
		{"UPDATE t SET x = -1 WHERE id = 7", "", `chunk 2 of backfill "fill", 4 < id <= 8, is rolled back, the 4 rows before it are committed: `},
		{"LOCK TABLE visits", abi.LockNone, `chunk 2 of backfill "fill", 4 < id <= 8, is rolled back, the 4 rows before it are committed: `},
		{"UPDATE t SET x = -1 WHERE id = 7", abi.LockSkip, `chunk 4 of backfill "fill", the rows skipped before, from id = 7 to 7, is rolled back, the 9 rows before it are committed: `},
	} {
		g := f.fresher().toFill(abi.Backfill{Table: "t", Lock: c.lock, Batch: 4, MaxBatch: 4}, numbered(10)...)
		db, err := postgres.Open(f.url, postgres.LockTimeout(50*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		var release func() error
		var told []string
		r := g.runnerOn(db, host.Config{LockTimeoutRetries: 1, OnEvent: func(e host.Event) {
			switch {
			case e.Kind == host.EventChunk && release == nil:
				release = f.hold(c.held)
			case e.Kind == host.EventRetrying:
				told = append(told, e.Text)
				f.wantNoError(release())
			}
		}})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || !strings.HasPrefix(told[0], c.want) {
			t.Errorf("%s, lock %q: told %q, want %q", c.held, c.lock, told, c.want)
		}
		g.wantVisited(10)
	}
}

// A guest's own statement that fails inside a chunk need not take the chunk with it, and
// does not say so.
func TestBackfillStatementFailsInAChunk(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(10)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if err := calls.Savepoint(ctx, host.SavepointSet, "s"); err != nil {
				return err
			}
			_, err := calls.Exec(ctx, "UPDATE t SET x = NULL WHERE id = "+f.param(1), row[:1], false)
			if err == nil || strings.Contains(err.Error(), "rolled back") {
				t.Errorf("got %v, want a refusal and no more", err)
			}
			return errors.Join(calls.Savepoint(ctx, host.SavepointRollback, "s"), g.note(ctx, calls, row))
		}
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(10)
	})
}
