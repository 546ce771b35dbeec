package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// patience is how long a test waits for what should come at once, on a machine that
// has other things to do as well.
const patience = 5 * time.Minute

// await waits until a query by somebody else returns what is wanted.
func await(t *testing.T, other func(string) string, sql, want string) {
	t.Helper()
	for deadline := time.Now().Add(patience); other(sql) != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s to return %s", patience, sql, want)
		}
	}
}

// terminate ends the sessions of this database that fit a condition, and returns when
// their processes, which hold locks until then, are gone.
func terminate(other func(string) string, which string) {
	other(fmt.Sprintf("SELECT pg_terminate_backend(pid, %d) FROM pg_stat_activity WHERE datname = current_database() AND %s", patience.Milliseconds(), which))
}

const running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%generate_series%' AND pid <> pg_backend_pid()"

func TestCancelStopsTheServer(t *testing.T) {
	u := postgrestest.URL(t)
	conn, other := connect(t, u), psql(t, u)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- migrate(ctx, conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
			_, err := tx.Exec(ctx, host.Statement{SQL: "SELECT count(*) FROM generate_series(1, 1000000000000)", Ordinal: 1})
			return err
		})
	}()
	await(t, other, running, "1")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := other(running); n != "0" {
		t.Error("the server still runs the statement")
	}
	if n := other("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != "0" {
		t.Error("the lock is still held")
	}
}

// A runner that is killed closes its connection without a word.
func TestServerNoticesADeadRunner(t *testing.T) {
	u := postgrestest.URL(t)
	p := newProxy(t, u, false)
	conn, other := connect(t, p.url), psql(t, u)
	done := make(chan error)
	go func() {
		tx, err := conn.Begin(context.Background(), host.Fence{})
		if err == nil {
			err = exec("SELECT count(*) FROM generate_series(1, 1000000000000)")(tx)
			tx.Rollback()
		}
		done <- err
	}()
	await(t, other, running, "1")
	p.close()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "the server rolls back") {
		t.Errorf("got %v", err)
	}
	await(t, other, running, "0")
}

func TestLostWhileCommitting(t *testing.T) {
	for _, c := range []struct {
		name    string
		swallow bool
		applied int
	}{{"before the server got it", false, 0}, {"before the answer came", true, 1}} {
		t.Run(c.name, func(t *testing.T) {
			u := postgrestest.URL(t)
			p := newProxy(t, u, false)
			dying, conn := connect(t, p.url), connect(t, u)
			if err := conn.CreateLedger(t.Context()); err != nil {
				t.Fatal(err)
			}
			commits := false
			p.swallow = c.swallow
			p.cut = func(kind byte, body []byte) bool {
				commits = commits || bytes.Contains(body, []byte("sandpiper_commit"))
				return commits && (kind == 'S' || !c.swallow)
			}
			err := migrate(t.Context(), dying, "aaaaaaaaaaaa", exec())
			if err == nil || !strings.Contains(err.Error(), "sandpiper current") {
				t.Errorf("got %v, want advice to look", err)
			}
			ledger, err := conn.Ledger(t.Context())
			if err != nil || len(ledger.Applied) != c.applied {
				t.Errorf("%d applied (%v), want %d", len(ledger.Applied), err, c.applied)
			}
		})
	}
}

func TestServerEndsTheConnection(t *testing.T) {
	u := postgrestest.URL(t)
	conn, other := connect(t, u), psql(t, u)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
		if err := exec("CREATE TABLE t (a int)")(tx); err != nil {
			return err
		}
		terminate(other, "application_name = 'sandpiper'")
		return exec("INSERT INTO t VALUES (1)")(tx)
	})
	if err == nil || !strings.Contains(err.Error(), "the connection was lost; the server rolls back") {
		t.Errorf("got %v", err)
	}
}

// A server that cannot write its log ends with all of its connections, and says why:
// PANIC, which no statement raises.
func TestServerHasNoRoom(t *testing.T) {
	u := postgrestest.URL(t)
	p := newProxy(t, u, false)
	conn := connect(t, p.url)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	words := pgproto3.ErrorResponse{Severity: "PANIC", Code: "53100", Message: `could not write to file "pg_wal/xlogtemp.1": No space left on device`}
	last, err := words.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.last = last
	p.cut = func(kind byte, body []byte) bool { return bytes.Contains(body, []byte("CREATE TABLE large")) }
	p.mu.Unlock()
	err = migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TABLE large (a int)"))
	if !errors.Is(err, host.ErrDiskFull) || !strings.Contains(err.Error(), "the connection was lost") {
		t.Errorf("got %v", err)
	}
}
