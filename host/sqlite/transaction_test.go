package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

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

// A migration is given one database, and reaches no other file.
func TestNoOtherFiles(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	db, err := sqlite.Open("sqlite:" + filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	fence := host.Fence{Line: "main", Revision: "000000000001"}
	unit := host.Unit{Position: 1, Kind: host.UnitExec}
	for _, sql := range []string{"ATTACH 'file:" + other + "?vfs=os' AS other", "VACUUM INTO '" + other + "'"} {
		_, err := conn.Outside(t.Context(), fence, host.Statement{SQL: sql, Ordinal: 1}, unit, false)
		var refused *host.SQLError
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, "no other file") {
			t.Errorf("%s: got %v", sql, err)
		}
		unit.Position++
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("another file was made")
	}
}
