package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func TestForeignKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []string // without Sandpiper, foreign keys off
		sqls   []string
		want   []string // in the error; none if it works
		hint   string
	}{
		{
			name: "an orphan", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)"},
			sqls: []string{"INSERT INTO c (rowid, p) VALUES (7, 1)"},
			want: []string{"SQLITE_CONSTRAINT_FOREIGNKEY", `row 7 of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name:   "a parent deleted without its children, since nothing cascades",
			before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)", "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"},
			sqls:   []string{"DELETE FROM p"},
			want:   []string{`row 1 of table "c"`}, hint: "nothing cascades",
		},
		{
			name: "a table without rowid", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (id PRIMARY KEY, p REFERENCES p) WITHOUT ROWID"},
			sqls: []string{"INSERT INTO c VALUES (1, 1)"},
			want: []string{`a row of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name: "a parent table that is dropped", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"DROP TABLE p"},
			want: []string{`row 1 of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name: "a parent that is not unique", before: []string{"CREATE TABLE p (id)"},
			sqls: []string{"CREATE TABLE c (p REFERENCES p (id))", "INSERT INTO c VALUES (1)"},
			want: []string{`foreign key mismatch - "c" referencing "p"`}, hint: "not enforced while",
		},
		{
			name: "many", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)"},
			sqls: []string{"INSERT INTO c VALUES (1), (2), (3), (4), (5), (6), (7)"},
			want: []string{`row 1 of table`, `row 5 of table`, "and 2 more"}, hint: "not enforced while",
		},
		{
			name: "an orphan from before", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"CREATE TABLE t (a)"},
			want: []string{`row 1 of table "c"`}, hint: "it was so before the migration",
		},
		{
			name: "a mismatch from before", before: []string{"CREATE TABLE p (id)", "CREATE TABLE c (p REFERENCES p (id))"},
			sqls: []string{"CREATE TABLE t (a)"},
			want: []string{"foreign key mismatch"}, hint: "it was so before the migration",
		},
		{
			name: "an orphan from before and a new one", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"INSERT INTO c VALUES (2)"},
			want: []string{`row 1 of table "c"`, `row 2 of table "c"`}, hint: "1 of 2 were so before the migration",
		},
		{
			name: "an orphan from before that is mended", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"DELETE FROM c"},
		},
		{
			name:   "a table that is rebuilt",
			before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY, x)", "CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)", "INSERT INTO p VALUES (1, 1)", "INSERT INTO c VALUES (1)"},
			sqls:   []string{"CREATE TABLE new (id INTEGER PRIMARY KEY)", "INSERT INTO new SELECT id FROM p", "DROP TABLE p", "ALTER TABLE new RENAME TO p"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, append([]string{"PRAGMA foreign_keys = OFF"}, c.before...)...)
			before := rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema")
			err := run(t.Context(), conn, c.sqls...)
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var refused *host.SQLError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a *host.SQLError", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q lacks %q", err, want)
				}
			}
			if !strings.Contains(refused.Hint, c.hint) {
				t.Errorf("the hint is %q, want %q in it", refused.Hint, c.hint)
			}
			if after := rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema"); after != before {
				t.Errorf("the schema is %s, was %s", after, before)
			}
		})
	}
}

// TestForeignKeysOfEarlierMigrations: a check that was compiled before the
// foreign key was there would not see it.
func TestForeignKeysOfEarlierMigrations(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE a (x)")
	mustRun(t, conn, "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)")
	if err := run(t.Context(), conn, "INSERT INTO c VALUES (1)"); err == nil {
		t.Error("an orphan was committed")
	}
}

// TestWhatAMigrationSets: nothing that a migration sets on its connection is
// there in the next one, foreign keys are off in all of them, and nothing gets
// into the file.
func TestWhatAMigrationSets(t *testing.T) {
	fence := func(done int, heads ...string) host.Fence {
		return host.Fence{Line: "main", Heads: heads, Revision: "bbbbbbbbbbbb", Done: done}
	}
	for _, mode := range []string{"file", "memory"} {
		t.Run(mode, func(t *testing.T) {
			_, conn := file(t)
			if mode == "memory" {
				conn = connect(t, open(t, sqlite.Memory))
			}
			if err := conn.CreateLedger(t.Context()); err != nil {
				t.Fatal(err)
			}
			outside := func(position int, sql string) {
				t.Helper()
				unit := host.Unit{Position: position, Kind: host.UnitExec}
				if _, err := conn.Outside(t.Context(), fence(position-1), host.Statement{SQL: sql}, unit, false); err != nil {
					t.Fatal(err)
				}
			}
			state := func(tx host.Tx) (state []string) {
				for _, sql := range []string{
					"SELECT foreign_keys FROM pragma_foreign_keys", "SELECT recursive_triggers FROM pragma_recursive_triggers",
					"SELECT count(*) FROM pragma_database_list WHERE name NOT IN ('main', 'temp')", "SELECT count(*) FROM sqlite_temp_schema",
				} {
					state = append(state, valueIn(t, tx, sql))
				}
				return state
			}
			outside(1, "PRAGMA foreign_keys = ON")
			outside(2, "PRAGMA recursive_triggers = ON")
			outside(3, "ATTACH ':memory:' AS other")
			tx, err := conn.Begin(t.Context(), fence(3))
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			for _, sql := range []string{"PRAGMA foreign_keys = ON", "CREATE TEMP TABLE sandpiper_heads (line, revision)", "CREATE TEMP TABLE sandpiper_history (id)"} {
				if _, err := tx.Exec(t.Context(), host.Statement{SQL: sql}); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprint(state(tx)); got != "[0 1 1 2]" {
				t.Errorf("in the same migration the state is %s, want [0 1 1 2]", got)
			}
			e := host.Entry{Key: chain.Key{Line: "main", ID: "bbbbbbbbbbbb"}, Action: host.ActionUpgrade}
			if err := tx.Record(t.Context(), e, []string{"bbbbbbbbbbbb"}); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ledger, err := conn.Ledger(t.Context()); err != nil || len(ledger.Heads["main"]) != 1 {
				t.Errorf("got %+v, %v: a temporary table was taken for the ledger", ledger, err)
			}
			next, err := conn.Begin(t.Context(), host.Fence{Line: "main", Heads: []string{"bbbbbbbbbbbb"}})
			if err != nil {
				t.Fatal(err)
			}
			defer next.Rollback()
			if got := fmt.Sprint(state(next)); got != "[0 0 0 0]" {
				t.Errorf("in the next migration the state is %s, want [0 0 0 0]", got)
			}
		})
	}
}

// TestStatementsThatEndTheTransaction: what came before them is gone, so
// nothing after them may be committed.
func TestStatementsThatEndTheTransaction(t *testing.T) {
	for _, c := range []struct{ name, sql, code string }{
		{"INSERT OR ROLLBACK", "INSERT OR ROLLBACK INTO t VALUES (1)", "SQLITE_CONSTRAINT_PRIMARYKEY"},
		{"ON CONFLICT ROLLBACK", "INSERT INTO u VALUES (1)", "SQLITE_CONSTRAINT_UNIQUE"},
		{"RAISE(ROLLBACK)", "INSERT INTO v VALUES (1)", "SQLITE_CONSTRAINT_TRIGGER"},
	} {
		for _, by := range []string{"Exec", "ExecBatch", "Query", "Defer"} {
			t.Run(c.name+" by "+by, func(t *testing.T) {
				_, conn := file(t)
				mustRun(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE u (a UNIQUE ON CONFLICT ROLLBACK)", "CREATE TABLE v (a)",
					"CREATE TRIGGER v_i BEFORE INSERT ON v BEGIN SELECT RAISE(ROLLBACK, 'no'); END", "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)")
				tx, err := conn.Begin(t.Context(), host.Fence{})
				if err != nil {
					t.Fatal(err)
				}
				exec := func(sql string) error {
					_, err := tx.Exec(t.Context(), host.Statement{SQL: sql, Ordinal: 9})
					return err
				}
				if err := exec("INSERT INTO t VALUES (2)"); err != nil {
					t.Fatal(err)
				}
				if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
					t.Fatal(err)
				}
				stmt := host.Statement{SQL: c.sql, Ordinal: 9}
				switch by {
				case "Exec":
					err = exec(c.sql)
				case "Defer":
					err = tx.Defer(t.Context(), stmt)
				case "ExecBatch":
					_, err = tx.ExecBatch(t.Context(), stmt, noParams(t))
				case "Query":
					stmt.SQL += " RETURNING a"
					_, err = tx.Query(t.Context(), stmt)
				}
				var refused *host.SQLError
				if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Hint, "ended the transaction") {
					t.Fatalf("got %v, want %s and that it ended the transaction", err, c.code)
				}
				for name, use := range map[string]func() error{
					"Exec":      func() error { return exec("INSERT INTO t VALUES (3)") },
					"Savepoint": func() error { return tx.Savepoint(t.Context(), host.SavepointRollback, "s") },
					"Set":       func() error { return tx.Savepoint(t.Context(), host.SavepointSet, "s") },
					"Query":     func() error { _, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT 1"}); return err },
					"Record":    func() error { return tx.Record(t.Context(), host.Entry{}, nil) },
					"Progress":  func() error { return tx.Progress(t.Context(), chain.Key{}, 0, []host.Unit{{}}) },
					"Commit":    func() error { return tx.Commit(t.Context()) },
				} {
					if err := use(); err == nil {
						t.Errorf("%s after it: no error", name)
					}
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				if got := value(t, conn, "SELECT group_concat(a) FROM t"); got != "1" {
					t.Errorf("the table holds %s, want 1", got)
				}
			})
		}
	}
}

// TestAffectedOfWhatDoesNotChangeRows: sqlite3_changes is what the last INSERT, UPDATE or
// DELETE changed, by whatever statement that was.
func TestAffectedOfWhatDoesNotChangeRows(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)", "CREATE TABLE log (a)", "CREATE VIEW v AS SELECT a FROM t",
		"CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (new.a), (new.a); END",
		"CREATE TRIGGER t_i AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a), (new.a); END")
	err := in(t.Context(), conn, func(tx host.Tx) error {
		for _, c := range []struct {
			sql  string
			want int64
		}{
			{"INSERT INTO t VALUES (1), (2), (3)", 3}, // without what the trigger inserts
			{"CREATE TABLE u AS SELECT * FROM t", 0},
			{"EXPLAIN INSERT INTO t VALUES (1)", 0},
			{"SELECT * FROM t", 0},
			{"WITH x AS (SELECT 1) SELECT * FROM x", 0},
			{"PRAGMA user_version = 7", 0},
			{"ANALYZE", 0},
			{"INSERT INTO v VALUES (1)", 0}, // a view has no rows of its own
			{"REPLACE INTO t SELECT a FROM u", 3},
			{"-- a comment\n/* another */ DELETE FROM u", 3},
			{"INSERT INTO t VALUES (1) RETURNING a", 1},
			{"REINDEX", 0},
		} {
			got, err := tx.Exec(t.Context(), host.Statement{SQL: c.sql})
			if err != nil {
				return fmt.Errorf("%s: %w", c.sql, err)
			}
			if got != c.want {
				t.Errorf("%s: %d rows affected, want %d", c.sql, got, c.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTransactionControlIsRefusedInAllForms: whatever a guest writes around it,
// it is SQLite that says what the statement does.
func TestTransactionControlIsRefusedInAllForms(t *testing.T) {
	_, conn := file(t)
	for _, sql := range []string{
		"begin", "BEGIN IMMEDIATE", "COMMIT TRANSACTION", "END", "ROLLBACK", "ROLLBACK TO s", "SAVEPOINT s", "RELEASE s",
		"-- c\ncommit", "; COMMIT", "\ufeffCOMMIT", "EXPLAIN COMMIT",
	} {
		err := run(t.Context(), conn, "CREATE TABLE t (a)", sql)
		var refused *host.SQLError
		if !errors.As(err, &refused) || refused.Ordinal != 2 {
			t.Errorf("%q: got %v, want a refusal", sql, err)
			continue
		}
		if !strings.HasPrefix(sql, "\ufeff") && (refused.Code != "SQLITE_AUTH" || !strings.Contains(refused.Message, "a migration may not send")) {
			t.Errorf("%q: got %v", sql, err)
		}
	}
	if got := value(t, conn, "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s tables are left, want none", got)
	}
}

// TestSchemaChangesBetweenTheSameStatement sends one statement again and again
// while its table changes under it.
func TestSchemaChangesBetweenTheSameStatement(t *testing.T) {
	_, conn := file(t)
	err := in(t.Context(), conn, func(tx host.Tx) error {
		exec := func(sql string) error {
			_, err := tx.Exec(t.Context(), host.Statement{SQL: sql})
			return err
		}
		insert, all := "INSERT INTO t SELECT 1", "SELECT * FROM t"
		width := func() int {
			rows, err := tx.Query(t.Context(), host.Statement{SQL: all})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			row, err := rows.Next()
			if err != nil || len(row) != len(rows.Columns()) {
				t.Fatalf("a row of %d values, %v, where there are %d columns", len(row), err, len(rows.Columns()))
			}
			return len(row)
		}
		for _, sql := range []string{"CREATE TABLE t (a)", insert} {
			if err := exec(sql); err != nil {
				return err
			}
		}
		if n := width(); n != 1 {
			t.Errorf("%d columns, want 1", n)
		}
		if err := exec("ALTER TABLE t ADD COLUMN b DEFAULT 2"); err != nil {
			return err
		}
		if n := width(); n != 2 {
			t.Errorf("%d columns after ADD COLUMN, want 2", n)
		}
		if err := exec(insert); err == nil {
			t.Error("one value was inserted into two columns")
		}
		for _, sql := range []string{"DROP TABLE t", "CREATE TABLE t (x)", insert} {
			if err := exec(sql); err != nil {
				return err
			}
		}
		if n := width(); n != 1 {
			t.Errorf("%d columns in the new table, want 1", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsThatFailMidway(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (-9223372036854775808), (4)")
	for _, ahead := range []bool{false, true} {
		err := in(t.Context(), conn, func(tx host.Tx) error {
			rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT abs(a) FROM t", Ordinal: 3})
			if err != nil {
				return err
			}
			if ahead { // a statement that writes has them read ahead
				if _, err := tx.Exec(t.Context(), host.Statement{SQL: "INSERT INTO t VALUES (5)"}); err != nil {
					return err
				}
			}
			n := 0
			for ; err == nil; n++ {
				_, err = rows.Next()
			}
			var refused *host.SQLError
			if n != 3 || !errors.As(err, &refused) || refused.Ordinal != 3 {
				t.Errorf("read ahead %v: got %v at row %d, want the error of statement 3 at row 3", ahead, err, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestConnectionHasOneTransaction(t *testing.T) {
	_, conn := file(t)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(context.Context) error{
		"Begin":        func(ctx context.Context) error { _, err := conn.Begin(ctx, host.Fence{}); return err },
		"Ledger":       func(ctx context.Context) error { _, err := conn.Ledger(ctx); return err },
		"CreateLedger": conn.CreateLedger,
		"Reset":        conn.Reset,
		"Outside": func(ctx context.Context) error {
			_, err := conn.Outside(ctx, host.Fence{}, host.Statement{SQL: "VACUUM"}, host.Unit{}, false)
			return err
		},
	} {
		if err := use(t.Context()); err == nil || !strings.Contains(err.Error(), "open on the connection") {
			t.Errorf("%s: got %v, want that a transaction is open", name, err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

// TestBigValues are beyond any buffer that might be reused.
func TestBigValues(t *testing.T) {
	_, conn := file(t)
	err := in(t.Context(), conn, func(tx host.Tx) error {
		for _, sql := range []string{"CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(5000000)), ('x'), (printf('%.*c', 3000000, 'y')), (NULL)"} {
			if _, err := tx.Exec(t.Context(), host.Statement{SQL: sql}); err != nil {
				return err
			}
		}
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT a, length(a) FROM t ORDER BY rowid"})
		if err != nil {
			return err
		}
		for _, want := range []int{5000000, 1, 3000000, 0} {
			row, err := rows.Next()
			if err != nil {
				return err
			}
			if len(row[0].Bytes) != want || row[1].Int != int64(want) {
				t.Errorf("a value of %d bytes, which SQLite says are %d; want %d", len(row[0].Bytes), row[1].Int, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUntrustedSchema: a function of the host is not for views and triggers
// unless it says so.
func TestUntrustedSchema(t *testing.T) {
	_, conn := file(t, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("danger", 0, 0, func(ctx sqlite3.Context, _ ...sqlite3.Value) { ctx.ResultInt(1) })
	}))
	if got := value(t, conn, "SELECT danger()"); got != "1" {
		t.Errorf("got %s, want 1", got)
	}
	if err := run(t.Context(), conn, "CREATE VIEW v AS SELECT danger()", "SELECT * FROM v"); err == nil {
		t.Error("a view called it")
	}
}
