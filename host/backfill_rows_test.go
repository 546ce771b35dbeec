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
)

// Rows come in the order of their key, of whatever columns and types it is.
func TestBackfillKeys(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		uuid, bytes := "TEXT", "BLOB"
		if base.dialect == chain.PostgreSQL {
			uuid, bytes = "UUID", "BYTEA"
		}
		series := "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 23) SELECT i FROM n) AS s"
		for name, c := range map[string]struct {
			column, of string
			key        string // columns of the primary key
			order      string
		}{
			"text":       {"k VARCHAR(20)", "'k' || (i * 7 % 23)", "k", "k"},
			"accents":    {"k VARCHAR(20)", "CASE i % 4 WHEN 0 THEN 'É' WHEN 1 THEN 'e' WHEN 2 THEN ' ' ELSE 'Z' END || (i * 7 % 23)", "k", "k"},
			"uuid":       {"k " + uuid, `CAST('00000000-0000-0000-0000-0000000000' || (10 + i * 7 % 23) AS ` + uuid + ")", "k", "k"},
			"bytes":      {"k " + bytes, map[chain.Dialect]string{chain.SQLite: "CAST('k' || i AS BLOB)", chain.PostgreSQL: "convert_to('k' || i, 'UTF8')"}[base.dialect], "k", "k"},
			"numeric":    {"k NUMERIC(10, 3)", "i * 7 % 23 + 0.125", "k", "k"},
			"float":      {"k DOUBLE PRECISION", "1.0 / i", "k", "k"},
			"composite":  {"k INTEGER NOT NULL, l VARCHAR(20) NOT NULL", "i / 5, 'l' || (i * 7 % 23)", "k, l", "k, l"},
			"in reverse": {"k INTEGER NOT NULL, l VARCHAR(20) NOT NULL", "i / 5, 'l' || (i * 7 % 23)", "l, k", "l, k"},
			"timestamps": {"k TIMESTAMP", map[chain.Dialect]string{chain.SQLite: "datetime('2026-01-01', '+' || (i * 7 % 23) || ' hours')", chain.PostgreSQL: "timestamp '2026-01-01' + i * 7 % 23 * interval '1 hour 1 us'"}[base.dialect], "k", "k"},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 3, MaxBatch: 5, Columns: []string{"id"}},
				"CREATE TABLE t ("+c.column+", id INTEGER NOT NULL, PRIMARY KEY ("+c.key+"))", "INSERT INTO t SELECT "+c.of+", i FROM "+series)
			var got []string
			g.visit = func(_ context.Context, _ host.Calls, row []abi.Value) error {
				got = append(got, fmt.Sprint(row[len(row)-1].Int))
				return nil
			}
			stop := errors.New("stop")
			g.between = func(chunk int) error { // each chunk is another run's
				if chunk == 2 { // with the second one undone
					return stop
				}
				if chunk == 0 {
					got = got[:max(0, base.count("SELECT coalesce(max(affected), 0) FROM sandpiper_progress"))]
				}
				return nil
			}
			for errors.Is(g.upgrade(host.Config{}), stop) {
			}
			want := g.f.rows("SELECT CAST(id AS TEXT) FROM t ORDER BY " + c.order)
			if strings.Join(got, " ") != strings.Join(want, " ") || len(want) != 23 || g.f.count("SELECT count(*) FROM sandpiper_progress") != 0 {
				t.Errorf("%s: visited %v, want %v", name, got, want)
			}
		}
	})
}

// What fits is looked at chunk by chunk, and what a guest does to it does not make
// it pass rows over.
func TestBackfillWhere(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for name, doc := range map[string]abi.Backfill{
			"a table": {Table: "t", Where: "done = 0 AND id % 2 = 0 OR id = 1 -- and no more"},
			"a query": {Query: "SELECT t.id, t.x FROM t WHERE done = 0 AND (id % 2 = 0 OR id = 1) -- and no more", Key: []string{"id"}, Where: "x > 0"},
		} {
			g := base.fresher().toFill(doc, numbered(50)...)
			g.doc.Batch, g.doc.MaxBatch = 4, 4
			g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
				if row[0].Int == 6 { // these do not fit any more when their turn comes
					if _, err := calls.Exec(ctx, "UPDATE t SET done = 7 WHERE id IN (20, 22, 24, 26, 28)", nil, false); err != nil {
						return err
					}
				}
				return g.note(ctx, calls, row)
			}
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			base.wantCount(21, "SELECT count(*) FROM visits")
			base.wantCount(21, "SELECT count(*) FROM t WHERE done = 1")
		}
	})
}

// Rows that come into being meanwhile are visited or not by a rule, and those that are
// become part of the total.
func TestBackfillInserts(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, c := range []struct {
			inserted    string
			rows, total int64
		}{{abi.InsertedExclude, 11, 11}, {abi.InsertedInclude, 13, 13}} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Inserted: c.inserted, Batch: 4, MaxBatch: 4},
				append(numbered(10), "UPDATE t SET id = -10 * id", "UPDATE t SET id = -id")...)
			var total int64
			if err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
				if e.Kind != host.EventChunk {
					return
				}
				if e.Done > e.Total {
					t.Errorf("%s: %d of %d rows are done", c.inserted, e.Done, e.Total)
				}
				if total = e.Total; e.Done == 8 { // 10 to 80 are visited, and no transaction is open
					if err := base.meanwhile("INSERT INTO t (id, x) VALUES (5, 1), (85, 1), (101, 1), (102, 1)"); err != nil {
						t.Error(err)
					}
				}
			}}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(c.rows)
			if total != c.total {
				t.Errorf("the total is %d, want %d", total, c.total)
			}
		}
	})
}

// meanwhile runs a statement as another program does.
func (f *fixture) meanwhile(sql string) (err error) {
	f.begin(func(tx host.Tx) {
		if _, err = tx.Exec(context.Background(), host.Statement{SQL: sql, Ordinal: 1}); err == nil {
			err = tx.Commit(context.Background())
		}
	})
	return err
}

// An empty table is visited too.
func TestBackfillOfNothing(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, inserted := range []string{abi.InsertedExclude, abi.InsertedInclude} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Inserted: inserted}, numbered(1)[0])
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(0)
			if g.chunks != 0 {
				t.Errorf("%d chunks", g.chunks)
			}
		}
	})
}

// What is no key, and what changes while it is one, ends the backfill and loses
// nothing.
func TestBackfillWithoutAKey(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, c := range []struct {
			table string
			key   []string
			where string
			want  string
		}{
			{"id INTEGER, x INTEGER", nil, "", `table "t" has no primary key, so that its rows have no order: make one`},
			{"id INTEGER UNIQUE, x INTEGER", nil, "", `table "t" has no primary key, so that its rows have no order: name one that it has: key=id`},
			{"id INTEGER PRIMARY KEY, x INTEGER", []string{"x"}, "", `(x) is not a key of table "t", so that rows could be passed over: no primary key, unique constraint or unique index has these columns without conditions; name one that it has: key=id`},
			{"id INTEGER UNIQUE, x INTEGER", []string{"id"}, "", "there are rows with NULL in id"},
			{"id INTEGER NOT NULL UNIQUE, x INTEGER", []string{"id", "x"}, "", "there are rows with NULL in id or x"},
			{"id INTEGER PRIMARY KEY, x INTEGER", []string{"nowhere"}, "", `(nowhere) is not a key`},
			{"id INTEGER PRIMARY KEY, x INTEGER", nil, "nowhere > 1", "nowhere"},
		} {
			null := "NULL"
			if strings.Contains(c.table, "PRIMARY") || strings.Contains(c.table, "NOT NULL") {
				null = "3"
			}
			g := base.fresher().toFill(abi.Backfill{Table: "t", Key: c.key, Where: c.where, Batch: 2},
				"CREATE TABLE t ("+c.table+")", "INSERT INTO t VALUES (1, 1), (2, 2), ("+null+", NULL)")
			err := g.upgrade(host.Config{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s by %v: got %v, want %q", c.table, c.key, err, c.want)
			}
			if g.chunks > 0 {
				t.Errorf("%s by %v: %d chunks", c.table, c.key, g.chunks)
			}
		}
		g := base.fresher().toFill(abi.Backfill{Table: "nowhere"}, numbered(1)...)
		var refused *host.SQLError
		if err := g.upgrade(host.Config{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("got %v, want the database to know no such table", err)
		}
	})
}

// A text that is not UTF-8 comes as bytes, which lie behind all texts: no checkpoint is
// set there, and nothing is passed over. One between two checkpoints is visited.
func TestBackfillByBrokenText(t *testing.T) {
	base := onSQLite(t) // PostgreSQL has no such texts
	for _, c := range []struct {
		batch, visited int64
		broken         string
		refused        bool
	}{
		{1, 2, "CAST(x'62ff' AS TEXT)", true}, {10, 5, "CAST(x'62ff' AS TEXT)", false}, {10, 0, "CAST(x'ff' AS TEXT)", true}, {1, 5, "x'62ff'", false},
	} {
		g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: c.batch, MaxBatch: c.batch},
			"CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY)", "INSERT INTO t VALUES ('a'), ('b'), ("+c.broken+"), ('c'), ('d')")
		visited := int64(0)
		g.visit = func(context.Context, host.Calls, []abi.Value) error {
			visited++
			return nil
		}
		err := g.upgrade(host.Config{})
		if refused := err != nil && strings.Contains(err.Error(), "column id of its key that is not UTF-8 (x'"); refused != c.refused || !refused && err != nil {
			t.Errorf("%s by %d: got %v", c.broken, c.batch, err)
		}
		if visited != c.visited {
			t.Errorf("%s by %d: %d rows were visited, want %d", c.broken, c.batch, visited, c.visited)
		}
	}
}

// Where a call of a guest has no place, it is told, and its backfill goes on.
func TestBackfillOrder(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		state := func(what string, err error) {
			t.Helper()
			var refused interface{ Errno() abi.Errno }
			if !errors.As(err, &refused) || refused.Errno() != abi.ErrnoState {
				t.Errorf("%s: got %v, want STATE", what, err)
			}
		}
		r, err := host.NewRunner(f.files, f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
			second := func() error {
				_, err := calls.SectionBegin(ctx, host.SectionTransaction, "s")
				return err
			}
			_, err := calls.BackfillNext(ctx, false)
			state("no backfill", err)
			if err := second(); err != nil {
				return err
			}
			_, err = calls.BackfillBegin(ctx, &g.doc)
			state("inside a section", err)
			if err := calls.SectionEnd(ctx); err != nil {
				return err
			}
			if _, err := calls.BackfillBegin(ctx, &g.doc); err != nil {
				return err
			}
			_, err = calls.Exec(ctx, "INSERT INTO visits VALUES ('0')", nil, false)
			state("a call before the first chunk", err)
			for {
				c, err := calls.BackfillNext(ctx, false)
				if err != nil {
					break
				}
				if _, err := c.Rows.Next(); err != nil {
					return err
				}
				_, err = calls.BackfillNext(ctx, false)
				state("rows that are not read", err)
				state("a section inside", second())
				state("no end of a section", calls.SectionEnd(ctx))
				_, err = calls.BackfillBegin(ctx, &g.doc)
				state("another one inside", err)
				run := g.doc
				run.Statement = "UPDATE t SET x = 1 WHERE ${chunk}"
				_, err = calls.BackfillRun(ctx, &run)
				state("a run inside", err)
				if _, err := g.readChunk(ctx, calls, c); err != nil {
					return err
				}
			}
			if _, err := calls.Query(ctx, "SELECT 1", nil); err != nil {
				return err
			}
			_, err = calls.BackfillBegin(ctx, &g.doc)
			state("a query before", err)
			return nil
		}), unhurried(host.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(11, "SELECT count(*) FROM visits") // but for the first row of each chunk
		g.f.put(rev3, rev2, "SELECT 1;\n")
		g.between = func(chunk int) error {
			if chunk == 1 {
				g.doc.Table = ""
				return errDone
			}
			return nil
		}
		r, err = host.NewRunner(f.files, f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
			if err := g.run(ctx, calls); !errors.Is(err, errDone) {
				return err
			}
			return nil // with the backfill open
		}), unhurried(host.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err == nil || !strings.Contains(err.Error(), `the migration ended inside backfill "fill"`) {
			t.Errorf("got %v, want it to be unfinished", err)
		}
	})
}

var errDone = errors.New("done")
