package sdktest_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

// numbered is a table of n rows with a composite key, each visited 0 times.
func numbered(t *testing.T, n int) *sqlitetest.DB {
	return sqlitetest.Open(t, fmt.Sprintf(`
		CREATE TABLE t (a INTEGER NOT NULL, b TEXT NOT NULL, visits INTEGER NOT NULL DEFAULT 0, slug TEXT, UNIQUE (a, b));
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO t (a, b) SELECT i / 4, 'row ' || (i %% 4) FROM n`, n))
}

// visit counts the visits of each row, and gives it a slug.
func visit(b sdk.Backfill) sdk.Migration {
	return migration(func(tx *sdk.Tx) error {
		if err := exec(tx, "CREATE TABLE before (x)"); err != nil {
			return err
		}
		update := tx.Batch("UPDATE t SET visits = visits + 1, slug = 'x' WHERE a = ?1 AND b = ?2")
		b := b
		b.Name, b.Key = "visits", []string{"a", "b"}
		if b.Table == "" && b.Query == "" {
			b.Table = "t"
		}
		if b.Row == nil && b.Chunk == nil && b.Statement == "" {
			b.Row = func(row *sdk.Row) error { return update.Add(row.Int64(0), row.Text(1)) }
		}
		if err := tx.Backfill(b); err != nil {
			return err
		}
		return exec(tx, "CREATE TABLE after (x)")
	})
}

// run runs the upgrade of a migration.
func run(r *sdktest.Runner, m sdk.Migration) error { return r.Run(m, sdk.Upgrade) }

func TestBackfillVisitsEachRowOnce(t *testing.T) {
	for name, b := range map[string]sdk.Backfill{
		"all":                               {},
		"rows that no longer fit when done": {Where: "slug IS NULL"},
		"rows of a query":                   {Query: "SELECT a, b FROM t WHERE visits >= 0 -- all"},
		"more that come":                    {Inserted: sdk.IncludeInserted},
		"a statement":                       {Statement: "UPDATE t SET visits = visits + 1, slug = 'x' WHERE ${chunk}"},
		"a statement with a condition":      {Where: "slug IS NULL", Statement: "UPDATE t AS u SET visits = visits + 1, slug = 'x' WHERE ${chunk u}"},
	} {
		for how, run := range map[string]func(*sdktest.Runner, sdk.Migration) error{
			"in one run": run, "cut everywhere": (*sdktest.Runner).RunCut, "cut after each chunk": cutting,
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				db := numbered(t, 20)
				if err := run(sdktest.New(db), visit(b)); err != nil {
					t.Fatal(err)
				}
				if got := db.Text("SELECT count(*), min(visits), max(visits), count(slug) FROM t"); got != "20|1|1|20" {
					t.Errorf("rows, fewest and most visits, slugs: %s", got)
				}
				if got := db.Text("SELECT name FROM sqlite_schema WHERE name IN ('before', 'after') ORDER BY 1"); got != "after\nbefore" {
					t.Errorf("what stands around it made %q", got)
				}
			})
		}
	}
}

// cutting runs a migration and cuts each run after one chunk.
func cutting(r *sdktest.Runner, m sdk.Migration) error {
	for {
		r.CutAfter(1)
		if err := run(r, m); !errors.Is(err, sdktest.ErrCut) {
			return err
		}
	}
}

// A run that is to be cut is, and leaves the chunks behind that it was told to.
func TestCutAfter(t *testing.T) {
	for chunks, want := range map[int]string{0: "0", 1: "3", 3: "9"} {
		db := numbered(t, 20)
		runner := sdktest.New(db)
		runner.CutAfter(chunks)
		if err := run(runner, visit(sdk.Backfill{})); !errors.Is(err, sdktest.ErrCut) {
			t.Errorf("cut after %d chunks: error %v", chunks, err)
		}
		if got := db.Text("SELECT sum(visits) FROM t"); got != want {
			t.Errorf("cut after %d chunks, it has visited %s rows, want %s", chunks, got, want)
		}
	}
}

// Chunks that find fewer rows than they may have are no end: a backfill that
// stops there does 250 of 1,200 rows.
func TestBackfillEndsByKey(t *testing.T) {
	db := numbered(t, 1200)
	runner := sdktest.New(db)
	runner.ChunkRows = 250
	err := run(runner, visit(sdk.Backfill{Chunk: func(rows *sdk.Rows) error {
		for range rows.All() {
		}
		return nil
	}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := run(sdktest.New(numbered(t, 0)), visit(sdk.Backfill{})); err != nil {
		t.Errorf("an empty table: %v", err)
	}
}

func TestRowsThatComeWhileABackfillRuns(t *testing.T) {
	for inserted, want := range map[sdk.Inserted]string{"": "6", sdk.ExcludeInserted: "6", sdk.IncludeInserted: "9"} {
		db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, visits INTEGER DEFAULT 0); INSERT INTO t (id) VALUES (1), (2), (3), (14), (15), (16)")
		err := run(sdktest.New(db), migration(func(tx *sdk.Tx) error {
			return tx.Backfill(sdk.Backfill{Name: "visits", Table: "t", Inserted: inserted, Row: func(row *sdk.Row) error {
				id := row.Int64(0)
				if id == 15 { // the first three are behind by now; 13 is passed as well
					if err := exec(tx, "INSERT INTO t (id) VALUES (0), (13), (17), (18), (19)"); err != nil {
						return err
					}
				}
				_, err := tx.Exec("UPDATE t SET visits = visits + 1 WHERE id = ?1", id)
				return err
			}})
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := db.Text("SELECT sum(visits) FROM t"); got != want {
			t.Errorf("inserted %q: %s rows were visited, want %s", inserted, got, want)
		}
	}
}

func TestBackfillRefusals(t *testing.T) {
	row := func(*sdk.Row) error { return nil }
	whole := sdk.Backfill{Name: "a", Table: "t", Key: []string{"a", "b"}, Row: row}
	with := func(change func(*sdk.Backfill)) func(*sdk.Tx) error {
		b := whole
		change(&b)
		return func(tx *sdk.Tx) error { return tx.Backfill(b) }
	}
	inside := func(f func(tx *sdk.Tx) error) func(tx *sdk.Tx) error {
		return func(tx *sdk.Tx) error {
			b := whole
			b.Row = func(*sdk.Row) error { return f(tx) }
			return tx.Backfill(b)
		}
	}
	for _, test := range []struct {
		name string
		run  func(tx *sdk.Tx) error
		kind sdk.Errno
		want string
	}{
		{"no name", with(func(b *sdk.Backfill) { b.Name = "" }), sdk.ErrArgument, "it has no name"},
		{"a condition that is no text", with(func(b *sdk.Backfill) { b.Where = "name = '\xff'" }), sdk.ErrArgument, "not valid UTF-8"},
		{"a row and a chunk", with(func(b *sdk.Backfill) { b.Chunk = func(*sdk.Rows) error { return nil } }), sdk.ErrArgument, "set one of Row, Chunk and Statement"},
		{"nothing to do", with(func(b *sdk.Backfill) { b.Row = nil }), sdk.ErrArgument, "set one of Row, Chunk and Statement"},
		{"no primary key", with(func(b *sdk.Backfill) { b.Key = nil }), sdk.ErrArgument, `the table "t" has no primary key`},
		{"a key that is none", with(func(b *sdk.Backfill) { b.Key = []string{"a"} }), sdk.ErrArgument, `no key of the columns ["a"]`},
		{"a table that is not there", with(func(b *sdk.Backfill) { b.Table = "u" }), sdk.ErrSQL, "no such table: u"},
		{"a column that is not there", with(func(b *sdk.Backfill) { b.Columns = []string{"c"} }), sdk.ErrSQL, "no such column: t.c"},
		{"a query before", func(tx *sdk.Tx) error {
			_ = tx.Query("SELECT 1").Err()
			return tx.Backfill(whole)
		}, sdk.ErrState, "a backfill after a query"},
		{"a savepoint around", func(tx *sdk.Tx) error {
			return tx.Savepoint("s", func() error { return tx.Backfill(whole) })
		}, sdk.ErrState, "a backfill inside the savepoint"},
		{"a section around", func(tx *sdk.Tx) error {
			return tx.Section("s", func() error { return tx.Backfill(whole) })
		}, sdk.ErrState, `a backfill inside the section "s"`},
		{"a section in a chunk", inside(func(tx *sdk.Tx) error {
			return tx.Section("s", func() error { return nil })
		}), sdk.ErrState, `a section inside the backfill "a"`},
		{"a backfill in a chunk", inside(func(tx *sdk.Tx) error { return tx.Backfill(whole) }), sdk.ErrState, "a backfill inside the backfill"},
		{"a phase in a chunk", inside(func(tx *sdk.Tx) error { return tx.Phase(sdk.PhaseContract) }), sdk.ErrState, "a phase inside the backfill"},
		{"rows that are not read", with(func(b *sdk.Backfill) {
			b.Row, b.Chunk = nil, func(*sdk.Rows) error { return nil }
		}), sdk.ErrState, "were not read to their end"},
		{"rows before it that are not flushed", func(tx *sdk.Tx) error {
			if err := tx.Batch("DELETE FROM t WHERE a = ?1").Add(1); err != nil {
				return err
			}
			return tx.Backfill(whole)
		}, sdk.ErrArgument, "before a backfill, rows were added to a batch and not flushed"},
		{"an error of the database that is swallowed", inside(func(tx *sdk.Tx) error {
			_, _ = tx.Exec("INSERT INTO nowhere VALUES (1)")
			return nil
		}), sdk.ErrDoomed, "spoilt the transaction"},
		{"a batch whose error comes at the end of the chunk", func(tx *sdk.Tx) error {
			b, batch := whole, tx.Batch("INSERT INTO nowhere VALUES (?1)")
			b.Row = func(*sdk.Row) error { return batch.Add(1) }
			return tx.Backfill(b)
		}, sdk.ErrSQL, "no such table: nowhere"},
		{"a failure that is swallowed", func(tx *sdk.Tx) error {
			b := whole
			b.Name = ""
			_ = tx.Backfill(b)
			return nil
		}, sdk.ErrArgument, "it has no name"},
		{"an EOF of the author's", func(tx *sdk.Tx) error {
			b := whole
			b.Row = func(*sdk.Row) error { return io.EOF }
			return tx.Backfill(b)
		}, 0, "EOF"},
		{"phases in another order", func(tx *sdk.Tx) error {
			return errors.Join(tx.Phase(sdk.PhaseContract), tx.Phase(sdk.PhaseExpand))
		}, sdk.ErrState, "phase expand comes after contract"},
		{"a phase of no number", func(tx *sdk.Tx) error { return tx.Phase(3) }, sdk.ErrArgument, "phase 3"},
		{"a load into no columns", func(tx *sdk.Tx) error {
			b := tx.Load("t")
			_ = b.Add()
			_, err := b.Flush()
			return err
		}, sdk.ErrArgument, "it names no columns"},
		{"a load of other columns", func(tx *sdk.Tx) error {
			b := tx.Load("t", "a", "b")
			_ = b.Add(1)
			_, err := b.Flush()
			return err
		}, sdk.ErrArgument, "rows of 1 columns for 2 columns"},
		{"a load that is not flushed", func(tx *sdk.Tx) error { return tx.Load("t", "a", "b").Add(1, "x") }, sdk.ErrArgument, "not flushed: for the table t"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := numbered(t, 5)
			err := run(sdktest.New(db), migration(test.run))
			if err == nil || test.kind != 0 && !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %v: %s", err, test.kind, test.want)
			}
			if got := db.Text("SELECT count(*), sum(visits) FROM t"); got != "5|0" {
				t.Errorf("afterwards the table has %s", got)
			}
		})
	}
}

// A NULL in a key has no place in the order, so its row would be passed over.
func TestBackfillByKeyWithNull(t *testing.T) {
	db := sqlitetest.Open(t, "CREATE TABLE t (id TEXT PRIMARY KEY); INSERT INTO t VALUES ('a'), (NULL)")
	err := run(sdktest.New(db), migration(func(tx *sdk.Tx) error {
		return tx.Backfill(sdk.Backfill{Name: "a", Table: "t", Row: func(*sdk.Row) error { return nil }})
	}))
	if !errors.Is(err, sdk.ErrArgument) || !strings.Contains(err.Error(), "holds NULL") {
		t.Errorf("error %v", err)
	}
}

func TestBackfillThatWasChangedIsRefused(t *testing.T) {
	db := numbered(t, 10)
	runner := sdktest.New(db)
	runner.CutAfter(1)
	if err := run(runner, visit(sdk.Backfill{})); !errors.Is(err, sdktest.ErrCut) {
		t.Fatal(err)
	}
	if err := run(runner, visit(sdk.Backfill{Where: "a > 1"})); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("error %v", err)
	}
	if err := run(runner, visit(sdk.Backfill{})); err != nil {
		t.Error(err)
	}
	if got := db.Text("SELECT min(visits), max(visits) FROM t"); got != "1|1" {
		t.Errorf("fewest and most visits: %s", got)
	}
}

// What is random in a chunk is the same when the chunk is repeated, and what comes
// after a backfill is the same as if no run had been cut.
func TestRandomOfRunsThatAreCut(t *testing.T) {
	ids := func(run func(*sdktest.Runner, sdk.Migration) error) string {
		db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, key TEXT); INSERT INTO t (id) VALUES (1), (2), (3), (4), (5); CREATE TABLE u (key TEXT)")
		m := migration(func(tx *sdk.Tx) error {
			note := func(sql string, args ...any) error {
				id, err := tx.NewUUID()
				if err == nil {
					_, err = tx.Exec(sql, append(args, id)...)
				}
				return err
			}
			if err := note("INSERT INTO u VALUES (?1)"); err != nil {
				return err
			}
			err := tx.Section("a section", func() error { return note("INSERT INTO u VALUES (?1)") })
			if err == nil {
				err = note("INSERT INTO u VALUES (?1)")
			}
			if err != nil {
				return err
			}
			err = tx.Backfill(sdk.Backfill{Name: "keys", Table: "t", Row: func(row *sdk.Row) error {
				return note("UPDATE t SET key = ?2 WHERE id = ?1", row.Int64(0))
			}})
			if err != nil {
				return err
			}
			return note("INSERT INTO u VALUES (?1)")
		})
		if err := run(sdktest.New(db), m); err != nil {
			t.Fatal(err)
		}
		return db.Text("SELECT key FROM t UNION ALL SELECT key FROM u")
	}
	whole := ids(run)
	for _, run := range []func(*sdktest.Runner, sdk.Migration) error{cutting, (*sdktest.Runner).RunCut} {
		if cut := ids(run); whole != cut {
			t.Errorf("in one run\n%s\nin many\n%s", whole, cut)
		}
	}
	lines := strings.Split(whole, "\n")
	slices.Sort(lines)
	if n := len(slices.Compact(lines)); n != 9 {
		t.Errorf("%d of 9 uuids differ", n)
	}
	if id := lines[0]; len(id) != 36 || id[14] != '4' || !strings.Contains("89ab", id[19:20]) {
		t.Errorf("%s is no uuid of version 4", id)
	}
}

func TestFakeBackfill(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Backfill("slugs", "id, name", []any{1, "A"}, []any{2, "B"}, []any{7, "C"})
	fake.Backfill("sum", "id", []any{1}, []any{2}, []any{7})
	runner := sdktest.New(fake)
	runner.ChunkRows = 2
	err := run(runner, migration(func(tx *sdk.Tx) error {
		slugs := tx.Batch("UPDATE d SET slug = $1 WHERE id = $2")
		err := tx.Backfill(sdk.Backfill{Name: "slugs", Table: "d", Columns: []string{"name"}, Row: func(row *sdk.Row) error {
			return slugs.Add(strings.ToLower(row.Text(row.Index("name"))), row.Value(0))
		}})
		if err != nil {
			return err
		}
		if err := tx.Backfill(sdk.Backfill{Name: "sum", Table: "d", Statement: "UPDATE d SET s = 1 WHERE ${chunk}"}); err != nil {
			return err
		}
		load := tx.Load("l", "a")
		if err := load.Add(5); err != nil {
			return err
		}
		_, err = load.Flush()
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"BEGIN", "COMMIT",
		"BEGIN", "UPDATE d SET slug = $1 WHERE id = $2 ['a' 1]", "UPDATE d SET slug = $1 WHERE id = $2 ['b' 2]", "COMMIT",
		"BEGIN", "UPDATE d SET slug = $1 WHERE id = $2 ['c' 7]", "COMMIT",
		"BEGIN", "COMMIT",
		"BEGIN", "COMMIT",
		`BEGIN`, `UPDATE d SET s = 1 WHERE (("id") <= ($1)) [2]`, "COMMIT",
		`BEGIN`, `UPDATE d SET s = 1 WHERE (("id") > ($1) AND ("id") <= ($2)) [2 7]`, "COMMIT",
		"BEGIN", "COMMIT",
		"BEGIN", `INSERT INTO "l" ("a") VALUES ($1) [5]`, "COMMIT",
	}
	if got := fake.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPhases(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	runner := sdktest.New(fake)
	m := migration(func(tx *sdk.Tx) error {
		for _, step := range []struct {
			phase sdk.Phase
			sql   string
		}{{sdk.PhaseExpand, "ADD"}, {sdk.PhaseBackfill, "FILL"}, {sdk.PhaseContract, "DROP"}} {
			if err := tx.Phase(step.phase); err != nil {
				return err
			}
			if err := exec(tx, step.sql); err != nil {
				return err
			}
		}
		return nil
	})
	sent := func() []string {
		return slices.DeleteFunc(fake.Calls(), func(call string) bool { return call == "BEGIN" || call == "COMMIT" })
	}
	for _, test := range []struct {
		until sdk.Phase
		want  []string
	}{
		{sdk.PhaseExpand, []string{"ADD"}},
		{sdk.PhaseExpand, []string{"ADD"}},
		{sdk.PhaseBackfill, []string{"ADD", "FILL"}},
		{sdk.PhaseContract, []string{"ADD", "FILL", "DROP"}},
	} {
		if err := runner.RunPhase(m, test.until); err != nil {
			t.Fatal(err)
		}
		if got := sent(); !slices.Equal(got, test.want) {
			t.Errorf("up to %s it sent %q, want %q", test.until, got, test.want)
		}
	}
}
