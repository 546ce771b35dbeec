package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

const build = "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)"

// The states that the index t_a may be in.
const state = `SELECT coalesce((SELECT CASE WHEN indisvalid THEN 'valid' ELSE 'INVALID' END FROM pg_index WHERE indexrelid = to_regclass('t_a')), 'absent')`

// outside runs a statement outside transactions, as the first call of a
// migration.
func outside(ctx context.Context, conn host.Conn, sql string, began bool) error {
	f := host.Fence{Line: chain.DefaultLine, Revision: "aaaaaaaaaaaa"}
	_, err := conn.Outside(ctx, f, host.Statement{SQL: sql, Ordinal: 1}, host.Unit{Position: 1, Kind: host.UnitExec, Digest: "d"}, began)
	return err
}

// table makes a database with a ledger and a table t of n rows.
func table(t *testing.T, rows string) (url string, conn host.Conn, other func(string) string) {
	t.Helper()
	url = postgrestest.URL(t)
	conn, other = connect(t, url), psql(t, url)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	other("CREATE TABLE t (a int)")
	if rows != "" {
		other("INSERT INTO t VALUES " + rows)
	}
	return url, conn, other
}

func wantState(t *testing.T, other func(string) string, want string) {
	t.Helper()
	if got := other(state); got != want {
		t.Errorf("the index is %s, want %s", got, want)
	}
	if n := other("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND NOT indisvalid"); want != "INVALID" && n != "0" {
		t.Errorf("%s INVALID indexes are left", n)
	}
}

// begun and done are what the ledger says of the migration.
func wantBegun(t *testing.T, conn host.Conn, begun bool) {
	t.Helper()
	ledger, err := conn.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(ledger.Progress) != 1 || len(ledger.Progress[0].Units) != 1 || ledger.Progress[0].Units[0].Begun != begun {
		t.Errorf("the progress is %+v, want one unit with begun %t", ledger.Progress, begun)
	}
}

// building asks for sessions that build an index concurrently and wait.
const building = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CONCURRENTLY%' AND wait_event_type = 'Lock'"

func TestRunnersThatWaitBlockNoConcurrentBuild(t *testing.T) {
	url, conn, other := table(t, "(1)")
	writer := psql(t, url)
	writer("BEGIN; INSERT INTO t VALUES (2)") // the build waits for this one
	built := make(chan error)
	go func() { built <- outside(t.Context(), conn, build, false) }()
	await(t, other, building, "1")

	waiting := connect(t, url)
	tries := 0
	try := func() error {
		tries++
		return migrate(t.Context(), waiting, "aaaaaaaaaaaa", exec("SELECT 1"))
	}
	for range 3 {
		if err := try(); !errors.Is(err, host.ErrLocked) {
			t.Fatalf("got %v, want host.ErrLocked", err)
		}
	}
	if err := outside(t.Context(), waiting, build, true); !errors.Is(err, host.ErrLocked) {
		t.Fatalf("got %v, want host.ErrLocked", err)
	}
	writer("COMMIT")
	for {
		select {
		case err := <-built:
			if err != nil {
				t.Fatal(err)
			}
			wantState(t, other, "valid")
			return
		default:
			if err := try(); err != nil && !errors.Is(err, host.ErrLocked) && !errors.Is(err, host.ErrMoved) {
				t.Fatal(err)
			}
		}
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	_, conn, other := table(t, "(1), (1)")
	err := outside(t.Context(), conn, build, false)
	if err == nil || !strings.Contains(err.Error(), "23505") || !strings.Contains(err.Error(), "is dropped") {
		t.Errorf("got %v, want the violation and what became of the index", err)
	}
	wantState(t, other, "absent")
	wantBegun(t, conn, true)
}

// With IF NOT EXISTS an INVALID index would pass for a finished one.
func TestInvalidIndexOfAnotherTool(t *testing.T) {
	for _, began := range []bool{false, true} {
		url, conn, other := table(t, "(1), (1)")
		if err := attempt(t, url, build); err == nil {
			t.Fatal("the index was built on duplicates")
		}
		wantState(t, other, "INVALID")
		other("DELETE FROM t WHERE ctid = (SELECT max(ctid) FROM t)")
		if err := outside(t.Context(), conn, "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)", began); err != nil {
			t.Fatal(err)
		}
		wantState(t, other, "valid")
		wantBegun(t, conn, false)
	}
}

// The server's process of a runner that dies goes on until it looks for its
// client, or to the end: the next runner waits for it.
func TestBuildCutShort(t *testing.T) {
	for _, c := range []struct {
		name  string
		first bool // the build can go on before the next runner begins
	}{{"and the build goes on", true}, {"and the build waits", false}} {
		t.Run("the runner dies "+c.name, func(t *testing.T) {
			url, conn, other := table(t, "(1)")
			p := newProxy(t, url, false)
			writer, dying := psql(t, url), make(chan error)
			writer("BEGIN; INSERT INTO t VALUES (2)")
			dead := connect(t, p.url)
			go func() { dying <- outside(t.Context(), dead, build, false) }()
			await(t, other, building, "1")
			p.close()
			if err := <-dying; err == nil || !strings.Contains(err.Error(), "the next run finds out") {
				t.Errorf("the dying runner got %v", err)
			}
			wantBegun(t, conn, true)
			if c.first {
				writer("COMMIT")
			}
			built := make(chan error)
			go func() {
				for {
					err := outside(t.Context(), conn, build, true)
					if !errors.Is(err, host.ErrLocked) { // the server has not missed the dead one yet
						built <- err
						return
					}
				}
			}()
			if !c.first {
				await(t, other, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", "1")
				writer("COMMIT")
			}
			if err := <-built; err != nil {
				t.Fatal(err)
			}
			wantState(t, other, "valid")
			wantBegun(t, conn, false)
		})
	}
}

func TestInterruptedBuild(t *testing.T) {
	url, conn, other := table(t, "(1)")
	writer := psql(t, url)
	writer("BEGIN; INSERT INTO t VALUES (2)")
	ctx, cancel := context.WithCancel(t.Context())
	built := make(chan error)
	go func() { built <- outside(ctx, conn, build, false) }()
	await(t, other, building, "1")
	cancel()
	// Dropping what is left waits for the writer too, but not for ever.
	if err := <-built; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "left to the next run") {
		t.Errorf("got %v, want context.Canceled and what is left to do", err)
	}
	writer("COMMIT")
	if err := outside(t.Context(), conn, build, true); err != nil {
		t.Fatal(err)
	}
	wantState(t, other, "valid")
}

func TestOutside(t *testing.T) {
	count := func(what string) string { return "SELECT count(*) FROM " + what }
	for _, c := range []struct {
		name  string
		setup string // by somebody else
		sql   string
		began bool
		check string
		want  string
	}{
		{"vacuum full", "", "VACUUM FULL", false, count("t"), "1"},
		{"reindex", "CREATE INDEX i ON t (a)", "REINDEX TABLE CONCURRENTLY t", false, count("pg_index WHERE indrelid = 't'::regclass"), "1"},
		{"reindex of everything", "CREATE INDEX i ON t (a)", "REINDEX (VERBOSE) SCHEMA CONCURRENTLY public", true, count("pg_index WHERE indrelid = 't'::regclass"), "1"},
		{"drop index", "CREATE INDEX i ON t (a)", "DROP INDEX CONCURRENTLY i", false, count("pg_index WHERE indrelid = 't'::regclass"), "0"},
		{"drop index, begun", "CREATE INDEX i ON t (a)", "DROP INDEX CONCURRENTLY public.i", true, count("pg_index WHERE indrelid = 't'::regclass"), "0"},
		{"drop index, done", "", "DROP INDEX CONCURRENTLY \"i\"", true, "SELECT 1", "1"},
		{"quoted names", `CREATE SCHEMA "S s"; CREATE TABLE "S s"."T ""t" ("A" int)`, `CREATE INDEX CONCURRENTLY "I i" ON ONLY "S s"."T ""t" ("A")`, true,
			count(`pg_index WHERE indexrelid = '"S s"."I i"'::regclass AND indisvalid`), "1"},
		{"an index that is done", "CREATE UNIQUE INDEX t_a ON t (a)", build, true, state, "valid"},
		{"detach", "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
			"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", true, count("pg_inherits"), "0"},
		{"detach, done", "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 (a int)",
			"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", true, count("pg_inherits"), "0"},
		{"a procedure that commits", "CREATE PROCEDURE f() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (2); COMMIT; INSERT INTO t VALUES (3); END $$",
			"CALL f()", false, count("t"), "3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conn, other := table(t, "(1)")
			if c.setup != "" {
				other(c.setup)
			}
			if err := outside(t.Context(), conn, c.sql, c.began); err != nil {
				t.Fatal(err)
			}
			if got := other(c.check); got != c.want {
				t.Errorf("%s is %s, want %s", c.check, got, c.want)
			}
			wantBegun(t, conn, false)
		})
	}
}

func TestCreateDatabaseThatWasBegun(t *testing.T) {
	_, conn, other := table(t, "")
	const name = "sandpiper_test_begun"
	t.Cleanup(func() { other("DROP DATABASE IF EXISTS " + name) })
	for _, sql := range []string{"CREATE DATABASE " + name, "DROP DATABASE " + name} {
		for range 2 {
			if err := outside(t.Context(), conn, sql, true); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
			other("TRUNCATE sandpiper_progress")
		}
	}
	if n := other("SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"); n != "0" {
		t.Error("the database is left")
	}
}

// A detach that is cut short is neither done nor undone: it must be finalized.
func TestDetachCutShort(t *testing.T) {
	url, conn, other := table(t, "")
	other("CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)")
	reader := psql(t, url)
	reader("BEGIN; SELECT * FROM p")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	const sql = "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY"
	go func() { done <- outside(ctx, conn, sql, false) }()
	await(t, other, "SELECT count(*) FROM pg_inherits WHERE inhdetachpending", "1")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	reader("COMMIT")
	if err := outside(t.Context(), conn, sql, true); err != nil {
		t.Fatal(err)
	}
	if n := other("SELECT count(*) FROM pg_inherits"); n != "0" {
		t.Error("the partition is still there")
	}
}

func TestReindexCutShort(t *testing.T) {
	url, conn, other := table(t, "(1)")
	other("CREATE UNIQUE INDEX t_a ON t (a)")
	writer := psql(t, url)
	writer("BEGIN; INSERT INTO t VALUES (2)")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	const sql = "REINDEX TABLE CONCURRENTLY t"
	go func() { done <- outside(ctx, conn, sql, false) }()
	await(t, other, building, "1")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	writer("COMMIT")
	if err := outside(t.Context(), conn, sql, true); err != nil {
		t.Fatal(err)
	}
	wantState(t, other, "valid")
	if n := other("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"); n != "1" {
		t.Errorf("%s indexes, want 1", n)
	}
}

func TestBuildWithoutANameIsRefused(t *testing.T) {
	_, conn, _ := table(t, "(1)")
	var refused *host.SQLError
	if err := outside(t.Context(), conn, "CREATE INDEX CONCURRENTLY ON t (a)", false); !errors.As(err, &refused) || !strings.Contains(err.Error(), "name the index") {
		t.Errorf("got %v, want a refusal", err)
	}
	if ledger, err := conn.Ledger(t.Context()); err != nil || len(ledger.Progress) > 0 {
		t.Errorf("the progress is %v (%v), want none", ledger.Progress, err)
	}
}
