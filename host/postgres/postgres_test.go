package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// connect opens a connection that is closed at the end of the test.
func connect(t testing.TB, url string, opts ...postgres.Option) host.Conn {
	t.Helper()
	conn, err := open(t, url, opts...).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return conn
}

// psql returns a function that runs SQL as somebody else would, and returns the
// first value of the result.
func psql(t testing.TB, url string) func(sql string) string {
	t.Helper()
	pg, err := pgconn.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Close(context.Background()) })
	return func(sql string) string {
		t.Helper()
		results, err := pg.Exec(context.Background(), sql).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if last := results[len(results)-1]; len(last.Rows) > 0 {
			return string(last.Rows[0][0])
		}
		return ""
	}
}

// attempt runs SQL that may fail, as somebody else would.
func attempt(t testing.TB, url, sql string) error {
	t.Helper()
	pg, err := pgconn.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(context.Background())
	_, err = pg.Exec(context.Background(), sql).ReadAll()
	return err
}

func exec(sqls ...string) func(host.Tx) error {
	return func(tx host.Tx) error {
		for i, sql := range sqls {
			if _, err := tx.Exec(context.Background(), host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
				return err
			}
		}
		return nil
	}
}

// migrate runs do as the migration id, which must be the first.
func migrate(ctx context.Context, conn host.Conn, id string, do func(host.Tx) error) error {
	tx, err := conn.Begin(ctx, host.Fence{Line: chain.DefaultLine, Revision: id})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	entry := host.Entry{Key: chain.Key{Line: chain.DefaultLine, ID: id}, Action: host.ActionUpgrade, Started: time.Now()}
	if err := tx.Record(ctx, entry, nil); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// A migration of one statement costs one round trip: it is what a runner of
// 1,000 migrations pays 1,000 times.
func TestOneRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name   string
		pooler bool
		named  bool
	}{{"direct", false, true}, {"behind a pooler", true, false}} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, postgrestest.URL(t), c.pooler)
			conn := connect(t, p.url)
			if err := conn.CreateLedger(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				p.reset()
				err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
					return tx.Defer(t.Context(), host.Statement{SQL: fmt.Sprintf("CREATE TABLE t%d (a int)", i), Ordinal: 1})
				})
				if err != nil {
					t.Fatal(err)
				}
				if n := p.count('S'); n != 1 {
					t.Errorf("%d round trips, want 1", n)
				}
				if n := p.count('Q'); n != 0 {
					t.Errorf("%d statements by the simple protocol, want none", n)
				}
				if i == 0 && (p.named > 0) != c.named {
					t.Errorf("%d prepared statements", p.named)
				}
				if parsed := p.count('P'); i == 1 && (parsed == 1) != c.named {
					t.Errorf("%d statements parsed", parsed)
				}
			}
		})
	}
}

func TestOwnStatementsLeaveNoErrorsInTheLog(t *testing.T) {
	s, err := postgrestest.Start(postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	ctx := t.Context()
	first, second := connect(t, s.URL()), connect(t, s.URL())
	for _, conn := range []host.Conn{first, second} {
		if _, err := conn.Ledger(ctx); err != nil {
			t.Fatal(err)
		}
		if err := conn.CreateLedger(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrate(ctx, first, "aaaaaaaaaaaa", exec("CREATE TABLE t (a int)")); err != nil {
		t.Fatal(err)
	}
	// One that finds the lock taken leaves one error, however long it waits.
	tx, err := first.Begin(ctx, host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	if err := exec("INSERT INTO t VALUES (1)")(tx); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := migrate(ctx, second, "aaaaaaaaaaaa", exec("SELECT 1")); !errors.Is(err, host.ErrLocked) {
			t.Fatalf("got %v, want host.ErrLocked", err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	log, err := s.Log()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log, "ERROR:"); n != 1 || !strings.Contains(log, "sandpiper: another runner holds the lock") {
		t.Errorf("want one error, about the lock:\n%s", log)
	}
}

func TestLockTimeout(t *testing.T) {
	u := postgrestest.URL(t)
	conn, other := connect(t, u, postgres.LockTimeout(50*time.Millisecond)), psql(t, u)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	other("CREATE TABLE t (a int)")
	other("BEGIN; LOCK TABLE t")
	err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("SELECT 1", "ALTER TABLE t ADD b int"))
	var refused *host.SQLError
	if !errors.Is(err, host.ErrLockTimeout) || !errors.As(err, &refused) || refused.Code != "55P03" || refused.Ordinal != 2 {
		t.Errorf("got %v, want a lock timeout of statement 2", err)
	}
	other("ROLLBACK")
	if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("ALTER TABLE t ADD b int")); err != nil {
		t.Error(err)
	}
}

// TestRowsWithoutColumns: such rows are counted as others are, also where something is
// sent between them.
func TestRowsWithoutColumns(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT FROM generate_series(1, 3)", Ordinal: 1})
		if err != nil {
			return err
		}
		defer rows.Close()
		for i := range 3 {
			if row, err := rows.Next(); err != nil || len(row) != 0 {
				t.Fatalf("row %d is %v: %v", i, row, err)
			}
			if err := exec("SELECT 1")(tx); err != nil {
				return err
			}
		}
		if _, err := rows.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("behind the last row: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Rows that are left open are kept in a file; where none can be made, the error says
// what to do, and the link is in order.
func TestReadAheadNeedsAFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	conn := connect(t, postgrestest.URL(t))
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT repeat('x', 1000000) FROM generate_series(1, 70)", Ordinal: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	_, err = tx.Exec(t.Context(), host.Statement{SQL: "SELECT 1", Ordinal: 2})
	var limit interface{ Errno() abi.Errno }
	if !errors.As(err, &limit) || limit.Errno() != abi.ErrnoLimit || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v, want the errno LIMIT and what to do", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := once(t.Context(), conn, exec("SELECT 1")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
