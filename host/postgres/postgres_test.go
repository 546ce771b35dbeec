package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
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

func TestOpen(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSERVICE"} {
		t.Setenv(name, "")
	}
	t.Setenv("PGUSER", "someone")
	t.Setenv("PGPASSWORD", "s3cret")
	for _, c := range []struct{ url, want string }{
		{"postgres://u:s3cret@h:5433/d", "postgres://u@h:5433/d"},
		{"postgresql://u:s3cret@h/d?password=s3cret&sslmode=disable", "postgresql://u@h/d?sslmode=disable"},
		{"postgres://h/d", "postgres://someone@h/d"},
		{"postgres://h", "postgres://someone@h/someone"},
		{"postgres:///d?host=/tmp", "postgres://someone@/d?host=%2Ftmp"},
		{"postgres://u:s3cret@[::1]/d", "postgres://u@[::1]/d"},
		{"postgres://u@h/d?search_path=a%20b%2Bc+d", "postgres://u@h/d?search_path=a%20b%2Bc%2Bd"},
	} {
		if got := open(t, c.url).String(); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.url, got, c.want)
		}
	}
	for _, c := range []struct{ name, url, want string }{
		{"another scheme", "mysql://u:s3cret@h/d", "want postgres://"},
		{"a bad escape in the password", "postgres://u:s3cret%zz@h/d", "%XX"},
		{"a slash in the password", "postgres://u:s3cret/more@h/d", "%XX"},
		{"a bad port", "postgres://u:s3cret@h:x/d", "%XX"},
		{"a bad parameter", "postgres://u:s3cret@h/d?sslmode=s3cret", "sslmode"},
		{"no URL", "host=h password=s3cret", "want postgres://"},
	} {
		db, err := postgres.Open(c.url)
		if err == nil {
			t.Errorf("%s: opened %s", c.name, db)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %q, want something about %s without the password", c.name, err, c.want)
		}
	}
}

func TestConnectErrorHidesThePassword(t *testing.T) {
	u, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody_there", "s3cret")
	_, err = open(t, u.String()).Connect(t.Context())
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "nobody_there") {
		t.Errorf("got %v", err)
	}
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

func TestSettingsEndWithTheirMigration(t *testing.T) {
	u := postgrestest.URL(t)
	conn, other := connect(t, u), psql(t, u)
	other("CREATE ROLE sandpiper_test_role")
	defer other("DROP OWNED BY sandpiper_test_role; DROP ROLE sandpiper_test_role")
	other("GRANT CREATE ON SCHEMA public TO sandpiper_test_role")
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, sqls := range [][]string{
		{"SET search_path = ''", "SET statement_timeout = 1", "RESET statement_timeout"},
		{"SELECT set_config('search_path', '', false)"},
		{"SET LOCAL search_path = ''"},
		{"SET DateStyle = 'German'", "SET IntervalStyle = 'sql_standard'", "SET TimeZone = 'Asia/Kolkata'", "SET bytea_output = 'escape'"},
		{"SET ROLE sandpiper_test_role", "CREATE TABLE theirs (a int)"},
		{"SET LOCAL ROLE sandpiper_test_role", "CREATE TABLE theirs2 (a int)"},
		{"SET SESSION AUTHORIZATION sandpiper_test_role"},
		{"DEALLOCATE ALL"},
	} {
		t.Run(strings.Join(sqls, "; "), func(t *testing.T) {
			for range 2 {
				id := fmt.Sprintf("%012d", i)
				if err := migrate(t.Context(), conn, id, exec(sqls[0])); err != nil {
					t.Fatal(err)
				}
				err := migrate(t.Context(), conn, id, func(tx host.Tx) error {
					rows, err := tx.Query(t.Context(), host.Statement{
						SQL: "SELECT current_setting('search_path') || current_setting('DateStyle') || current_user || current_setting('statement_timeout')", Ordinal: 1})
					if err != nil {
						return err
					}
					defer rows.Close()
					row, err := rows.Next()
					if err != nil {
						return err
					}
					if got := string(row[0].Bytes); got != `"$user", publicISO, MDYpostgres0` {
						t.Errorf("afterwards the settings are %s", got)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := migrate(t.Context(), conn, "bbbbbbbbbbbb", exec(sqls...)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Ledger(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if owner := other("SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'"); owner != "sandpiper_test_role" {
		t.Errorf("the table belongs to %s", owner)
	}
}

func TestGuestsSendNoTransactionControl(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"COMMIT AND CHAIN", "; ; commit", "/* /* */ */ ROLLBACK TO SAVEPOINT s", "-- x\nABORT", "END", "start transaction",
		"PREPARE TRANSACTION 'x'", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
		"COPY t FROM STDIN", "COPY (SELECT 1) TO STDOUT", "DO $$ BEGIN COMMIT; END $$",
	} {
		t.Run(sql, func(t *testing.T) {
			err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TABLE t (a int)", sql))
			var refused *host.SQLError
			if !errors.As(err, &refused) || refused.Ordinal != 2 || refused.SQL != sql {
				t.Errorf("got %v, want a refusal of statement 2", err)
			}
			if _, err := conn.Ledger(t.Context()); err != nil {
				t.Errorf("the connection is unusable: %v", err)
			}
		})
	}
	t.Run("COPY from a table of that name", func(t *testing.T) {
		if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec(`CREATE TABLE "stdin" (a int)`, `SELECT 'COPY FROM STDIN' FROM "stdin"`)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a refused statement in a savepoint", func(t *testing.T) {
		err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
			if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
				return err
			}
			if err := exec("COMMIT")(tx); err == nil {
				t.Error("COMMIT was run")
			}
			return tx.Savepoint(t.Context(), host.SavepointRollback, "s")
		})
		if err != nil {
			t.Error(err)
		}
	})
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

// await waits until a query by somebody else returns what is wanted.
func await(t *testing.T, other func(string) string, sql, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); other(sql) != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s to return %s", sql, want)
		}
	}
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
		other("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sandpiper' AND datname = current_database()")
		return exec("INSERT INTO t VALUES (1)")(tx)
	})
	if err == nil || !strings.Contains(err.Error(), "the connection was lost; the server rolls back") {
		t.Errorf("got %v", err)
	}
}

func TestLedgerWithoutRights(t *testing.T) {
	u := postgrestest.URL(t)
	other := psql(t, u)
	other("CREATE ROLE sandpiper_test_poor LOGIN PASSWORD 'x'")
	defer other("DROP ROLE sandpiper_test_poor")
	other("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	poor, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	poor.User = url.UserPassword("sandpiper_test_poor", "x")
	conn := connect(t, poor.String())
	if ledger, err := conn.Ledger(t.Context()); err != nil || ledger.Exists {
		t.Errorf("Ledger: %v, %v", ledger, err)
	}
	err = conn.CreateLedger(t.Context())
	if want := `GRANT CREATE ON SCHEMA "public" TO "sandpiper_test_poor"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSearchPath(t *testing.T) {
	u := postgrestest.URL(t)
	other := psql(t, u)
	other(`CREATE SCHEMA "my ""app"`)
	conn := connect(t, u+"&search_path="+url.PathEscape(`"my ""app"`))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TABLE t (a int)")); err != nil {
		t.Fatal(err)
	}
	if n := other(`SELECT count(*) FROM pg_tables WHERE schemaname = 'my "app'`); n != "4" {
		t.Errorf("%s tables, want the ledger's three and the migration's", n)
	}
	lost := connect(t, u+"&search_path=nowhere")
	if _, err := lost.Ledger(t.Context()); err != nil {
		t.Error(err)
	}
	if err := lost.CreateLedger(t.Context()); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("got %v, want something about search_path", err)
	}
}

func TestReadAheadIsBounded(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT repeat('x', 1000000) FROM generate_series(1, 70)", Ordinal: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	_, err = tx.Exec(t.Context(), host.Statement{SQL: "SELECT 1", Ordinal: 2})
	var limit interface{ Errno() abi.Errno }
	if !errors.As(err, &limit) || limit.Errno() != abi.ErrnoLimit {
		t.Errorf("got %v, want the errno LIMIT", err)
	}
}
