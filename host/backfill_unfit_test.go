package host_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What looks like a key and is none is refused with the reason, and what the reason
// says to do works.
func TestBackfillByAnUnfitKey(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		view := []string{"CREATE TABLE s (id INTEGER PRIMARY KEY, x INTEGER, done INTEGER)", "INSERT INTO s VALUES (1, 1, 0), (2, 2, 0)", "CREATE VIEW t AS SELECT * FROM s"}
		heirs := []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER UNIQUE, done INTEGER)", "INSERT INTO t VALUES (1, 1, 0), (2, 2, 0)",
			"CREATE TABLE heir () INHERITS (t)", "INSERT INTO heir VALUES (1, 1, 0), (3, 3, 0)"}
		texts := map[chain.Dialect][]string{
			chain.SQLite: {"CREATE TABLE t (id TEXT COLLATE NOCASE NOT NULL, x INTEGER NOT NULL, done INTEGER, PRIMARY KEY (id COLLATE BINARY))"},
			chain.PostgreSQL: {"CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
				"CREATE TABLE t (id TEXT COLLATE nocase NOT NULL, x INTEGER NOT NULL, done INTEGER)", `CREATE UNIQUE INDEX ON t (id COLLATE "C")`},
		}[base.dialect]
		pairs := []string{"CREATE TYPE pair AS (a INTEGER, b INTEGER)", "CREATE TABLE t (id pair PRIMARY KEY, x INTEGER, done INTEGER)", "INSERT INTO t VALUES ((1, 1), 1, 0)"}
		texts = append(texts, "INSERT INTO t VALUES ('a', 1, 0), ('A', 2, 0)")
		mended := append(texts[:len(texts):len(texts)], "CREATE UNIQUE INDEX t_x ON t (x)")
		for name, c := range map[string]struct {
			made   []string
			doc    abi.Backfill
			want   string // in the error; "" if all of them are visited
			on     chain.Dialect
			visits int
		}{
			"a view":                 {view, abi.Backfill{Table: "t", Key: []string{"id"}}, "is a view, and has no key", "", 0},
			"a query of a view":      {view, abi.Backfill{Query: "SELECT * FROM t", Key: []string{"id"}, Lock: abi.LockNone}, "", "", 2},
			"a table with heirs":     {heirs, abi.Backfill{Table: "t"}, `(id) is no key of table "t" that a backfill can go by: other tables inherit from it`, chain.PostgreSQL, 0},
			"its unique column":      {heirs, abi.Backfill{Table: "t", Key: []string{"x"}}, "visit each of them by itself, and this one from Go, as a query of it alone (SELECT … FROM ONLY …)", chain.PostgreSQL, 0},
			"without its heirs":      {heirs, abi.Backfill{Query: "SELECT * FROM ONLY t", Key: []string{"id"}}, "", chain.PostgreSQL, 2},
			"another collation":      {texts, abi.Backfill{Table: "t", Key: []string{"id"}}, "its index compares texts in another way", "", 0},
			"beside one that is fit": {mended, abi.Backfill{Table: "t", Key: []string{"id"}}, "make a unique index with the collation of the column; name one that it has: key=x", "", 0},
			"a composite":            {pairs, abi.Backfill{Table: "t"}, `(id) is no key of table "t" that a backfill can go by: a column of it is of a composite type`, chain.PostgreSQL, 0},
			"the one that is fit":    {mended, abi.Backfill{Table: "t", Key: []string{"x"}}, "", "", 2},
		} {
			if c.on != "" && c.on != base.dialect {
				continue
			}
			c.doc.Batch, c.doc.MaxBatch = 1, 1
			g := base.fresher().toFill(c.doc, c.made...)
			visited := 0
			g.visit = func(context.Context, host.Calls, []abi.Value) error {
				visited++
				return nil
			}
			err := g.upgrade(host.Config{})
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || c.want == "" && err != nil {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			}
			if visited != c.visits {
				t.Errorf("%s: %d rows were visited, want %d", name, visited, c.visits)
			}
		}
	})
}
