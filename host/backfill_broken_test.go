package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Rows whose key becomes NULL while a backfill is under way have no place in its order:
// the others are visited, and it is not recorded as done before these have a key.
func TestBackfillOfNULL(t *testing.T) {
	table := []string{
		"CREATE TABLE t (id INTEGER UNIQUE, k INTEGER NOT NULL, x INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, UNIQUE (k, id))",
		"INSERT INTO t (id, k, x) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5)",
	}
	each(t, func(t *testing.T, base *fixture) {
		for _, doc := range []abi.Backfill{
			{Table: "t", Key: []string{"id"}},
			{Table: "t", Key: []string{"id"}, Inserted: abi.InsertedInclude},
			{Table: "t", Key: []string{"id"}, Statement: "UPDATE t SET done = done + 1 WHERE ${chunk}"},
			{Table: "t", Key: []string{"k", "id"}},
			{Query: "SELECT id, x FROM t", Key: []string{"id"}, Inserted: abi.InsertedInclude},
		} {
			for chunk := range 3 {
				what := fmt.Sprintf("%v %s, before chunk %d", doc.Key, doc.Inserted, chunk)
				doc.Batch, doc.MaxBatch = 2, 2
				g := base.fresher().toFill(doc, table...)
				insert := "INSERT INTO t (id, k, x, done) VALUES (NULL, 4, 0, 1)"
				chunks := 0
				cfg := host.Config{OnEvent: func(e host.Event) {
					if e.Kind == host.EventChunk {
						if chunks++; chunks == chunk {
							if err := base.meanwhile(insert); err != nil {
								t.Error(err)
							}
						}
					}
				}}
				g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
					_, err := calls.Exec(ctx, fmt.Sprintf("UPDATE t SET done = done + 1 WHERE id = %d", row[len(doc.Key)-1].Int), nil, false)
					return err
				}
				g.between = func(n int) error {
					if chunk == 0 && n == 0 && g.runs == 1 {
						return base.meanwhile(insert)
					}
					return nil
				}
				if doc.Statement != "" {
					if chunk == 0 {
						continue // nothing of the guest runs between
					}
					g.doc.Statement = doc.Statement
				}
				guest := scripted(g.run)
				if doc.Statement != "" {
					guest = func(ctx context.Context, calls host.Calls) error {
						_, err := calls.BackfillRun(ctx, &g.doc)
						return err
					}
				}
				upgrade := func() error {
					r, err := host.NewRunner(base.files, base.open(), guest, unhurried(cfg))
					if err != nil {
						t.Fatal(err)
					}
					_, err = r.Upgrade(t.Context(), "heads")
					return err
				}
				for range 2 {
					err := upgrade()
					var failed *host.RunError
					if !errors.As(err, &failed) || !strings.Contains(err.Error(), "has not visited the rows with NULL in") {
						t.Fatalf("%s: got %v, want the row to be told of", what, err)
					}
					if want := "mend the rows, and run `sandpiper upgrade` again"; failed.Next != want {
						t.Errorf("%s: the next thing is %q, want %q", what, failed.Next, want)
					}
					base.wantCount(5, "SELECT count(*) FROM t WHERE id IS NOT NULL AND done = 1")
				}
				if err := base.meanwhile("UPDATE t SET id = 0 WHERE id IS NULL"); err != nil {
					t.Fatal(err)
				}
				if err := upgrade(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				base.wantCount(6, "SELECT count(*) FROM t WHERE done = 1")
			}
		}
	})
}

// A query that has a key twice is found out.
func TestBackfillOfAKeyTwice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Query: "SELECT x, id FROM t", Key: []string{"x"}, Batch: 2, MaxBatch: 2}, append(numbered(5), "UPDATE t SET x = 9 WHERE id = 4")...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error { return nil }
		if err := g.upgrade(host.Config{}); err == nil || !strings.Contains(err.Error(), "two rows of its query have the same (x), so that it is no key") {
			t.Errorf("got %v, want the key to be refused", err)
		}
	})
}

// What is wrong with a checkpoint is said, with what to do.
func TestDamagedCheckpoint(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		blob := map[chain.Dialect]string{chain.PostgreSQL: `convert_to('%s', 'UTF8')`, chain.SQLite: `CAST('%s' AS BLOB)`}[base.dialect]
		for name, c := range map[string]struct {
			set  string
			done bool
		}{
			"no JSON":           {fmt.Sprintf(blob, "{"), false},
			"nothing":           {fmt.Sprintf(blob, "{}"), false},
			"another key":       {fmt.Sprintf(blob, `{"Key":["id","x"],"Last":"AQAJAAAAAAA="}`), false},
			"done without one":  {"NULL", true},
			"done with nothing": {fmt.Sprintf(blob, "{}"), true},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Lock: abi.LockSkip, Batch: 4, MaxBatch: 4, Statement: "UPDATE t SET done = done + 1 WHERE ${chunk}"}, numbered(15)...)
			ctx, cancel := context.WithCancel(t.Context())
			upgrade := func(cfg host.Config) error {
				r, err := host.NewRunner(base.files, base.open(), scripted(func(c context.Context, calls host.Calls) error {
					_, err := calls.BackfillRun(c, &g.doc)
					if err == nil && ctx.Err() == nil {
						cancel()
						err = ctx.Err()
					}
					return err
				}), unhurried(cfg))
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.Upgrade(ctx, "heads")
				return err
			}
			err := upgrade(host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventChunk && !c.done {
					cancel()
				}
			}})
			if err == nil {
				t.Fatal("the first run was not cut short")
			}
			if err := base.meanwhile("UPDATE sandpiper_progress SET checkpoint = " + c.set + " WHERE kind = 'backfill'"); err != nil {
				t.Fatal(err)
			}
			ctx = t.Context()
			err = upgrade(host.Config{})
			if err == nil || !strings.Contains(err.Error(), `the checkpoint of backfill "fill"`) || !strings.Contains(err.Error(), "repair --abandon") {
				t.Errorf("%s: got %v, want it to be damaged", name, err)
			}
		}
	})
}

// What a chunk puts off is told when the chunk is committed.
func TestResultsOfAChunk(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(4)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if row[0].Int != 4 {
				return nil
			}
			return calls.Schema(ctx, schema.Request{Operation: &schema.CreateIndex{Name: "visits_k", Table: "visits", Columns: []schema.IndexColumn{{Column: "k"}}}})
		}
		index, told := false, false
		if err := g.upgrade(host.Config{Results: true, OnEvent: func(e host.Event) {
			index = index || e.Kind == host.EventRan && strings.Contains(e.Text, "CREATE INDEX")
			if e.Kind == host.EventChunk {
				told = index
			}
		}}); err != nil {
			t.Fatal(err)
		}
		if !index || !told {
			t.Errorf("the index was told of: %t, with its chunk: %t", index, told)
		}
	})
}

// A key that moves out of a chunk is seen although another one moves in.
func TestBackfillSwapsKeys(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(15), "UPDATE t SET id = -10 * id", "UPDATE t SET id = -id")...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if row[0].Int == 60 {
				_, err := calls.Exec(ctx, "UPDATE t SET id = CASE id WHEN 60 THEN 1060 ELSE 65 END WHERE id IN (60, 150)", nil, false)
				return err
			}
			return nil
		}
		if err := g.upgrade(host.Config{}); err == nil || !strings.Contains(err.Error(), "changes the keys of the rows that it visits") {
			t.Errorf("got %v, want the change of the key to be refused", err)
		}
	})
}
