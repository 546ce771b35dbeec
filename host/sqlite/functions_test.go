package sqlite_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func TestFunctions(t *testing.T) {
	twice := sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("twice", 1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			ctx.ResultInt64(2 * arg[0].Int64())
		})
	})
	path, conn := file(t, twice)
	mustRun(t, conn, "CREATE TABLE t (a)", "CREATE INDEX t_a ON t (twice(a))", "INSERT INTO t VALUES (twice(21))")
	if got := value(t, conn, "SELECT a FROM t"); got != "42" {
		t.Errorf("got %s, want 42", got)
	}
	if err := run(t.Context(), connect(t, open(t, "sqlite:"+path)), "INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a connection without the function wrote an index over it")
	}

	broken := errors.New("no such library")
	db := open(t, sqlite.Memory, sqlite.WithFunctions(func(*sqlite3.Conn) error { return broken }))
	if _, err := db.Connect(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the option", err)
	}

	panics := open(t, sqlite.Memory, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("boom", 0, 0, func(sqlite3.Context, ...sqlite3.Value) { panic("boom") })
	}))
	lost := connect(t, panics)
	if err := run(t.Context(), lost, "CREATE TABLE t (a)", "INSERT INTO t VALUES (boom())"); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v, want an error that says boom", err)
	}
	if _, err := lost.Ledger(t.Context()); err == nil {
		t.Error("a connection that panicked is used again")
	}
	if err := lost.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := value(t, connect(t, panics), "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s tables are left, want none: the transaction was not rolled back", got)
	}
}

// TestOutOfMemory: go-sqlite3 panics where its memory runs out.
func TestOutOfMemory(t *testing.T) {
	path, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)")
	err := run(t.Context(), conn, "INSERT INTO t VALUES (1)",
		"INSERT INTO t SELECT group_concat(hex(zeroblob(50000000)), '') FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)")
	if err == nil {
		t.Fatal("a value of 400 MB was made in 256 MB")
	}
	conn.Close()
	runtime.GC()
	if got := rawText(t, path, "SELECT count(*) FROM t"); got != "0" {
		t.Errorf("%s rows are left, want none", got)
	}
	mustRun(t, connect(t, open(t, "sqlite:"+path)), "INSERT INTO t VALUES (1)")
}

// TestVirtualTables: the tables behind a virtual table go with it, and can't be
// dropped by themselves.
func TestVirtualTables(t *testing.T) {
	_, conn := file(t, sqlite.WithFunctions(fts5.Register))
	mustRun(t, conn, "CREATE VIRTUAL TABLE words USING fts5 (word)", "INSERT INTO words VALUES ('sandpiper')", "CREATE TABLE t (a)")
	if got := value(t, conn, "SELECT word FROM words WHERE words MATCH 'sand*'"); got != "sandpiper" {
		t.Errorf("got %q, want sandpiper", got)
	}
	err := in(t.Context(), conn, func(tx host.Tx) error {
		for _, c := range []struct {
			sql  string
			want int64
		}{
			{"INSERT INTO words VALUES ('plover'), ('dunlin')", 2}, // without what goes into the tables behind it
			{"CREATE VIRTUAL TABLE more USING fts5 (word)", 0},
			{"DROP TABLE more", 0},
		} {
			got, err := tx.Exec(t.Context(), host.Statement{SQL: c.sql})
			if err != nil || got != c.want {
				t.Errorf("%s: got %d, %v, want %d", c.sql, got, err, c.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := value(t, conn, "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s objects are left, want none", got)
	}
}
