package host_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

var errBroken = errors.New("the test broke the connection")

// A brittle database fails at the n-th call, as one that goes away does: from
// then on nothing on that connection works.
type brittle struct {
	host.Database
	left *int
}

func (b brittle) Connect(ctx context.Context) (host.Conn, error) {
	conn, err := b.Database.Connect(ctx)
	return brittleConn{conn, b.left}, err
}

func spend(left *int) error {
	if *left--; *left < 0 {
		return errBroken
	}
	return nil
}

type brittleConn struct {
	host.Conn
	left *int
}

func (c brittleConn) Ledger(ctx context.Context) (*host.Ledger, error) {
	if err := spend(c.left); err != nil {
		return nil, err
	}
	return c.Conn.Ledger(ctx)
}

func (c brittleConn) CreateLedger(ctx context.Context) error {
	if err := spend(c.left); err != nil {
		return err
	}
	return c.Conn.CreateLedger(ctx)
}

func (c brittleConn) Begin(ctx context.Context, f host.Fence) (host.Tx, error) {
	if err := spend(c.left); err != nil {
		return nil, err
	}
	tx, err := c.Conn.Begin(ctx, f)
	return brittleTx{tx, c.left}, err
}

func (c brittleConn) Outside(ctx context.Context, f host.Fence, s host.Statement, u host.Unit, begun bool) (int64, error) {
	if err := spend(c.left); err != nil {
		return 0, err
	}
	n, err := c.Conn.Outside(ctx, f, s, u, begun)
	if err == nil {
		err = spend(c.left) // the answer is lost
	}
	return n, err
}

func (c brittleConn) Confine(ctx context.Context, how host.Confinement) (host.Confined, error) {
	if err := spend(c.left); err != nil {
		return nil, err
	}
	confined, err := c.Conn.Confine(ctx, how)
	return brittleConfined{brittleConn{confined, c.left}, confined}, err
}

type brittleConfined struct {
	brittleConn
	inner host.Confined
}

func (c brittleConfined) Owned(ctx context.Context) ([]host.Owned, error) { return c.inner.Owned(ctx) }

func (c brittleConfined) Purge(ctx context.Context, entry host.Entry) (host.Purged, error) {
	return c.inner.Purge(ctx, entry)
}

type brittleTx struct {
	host.Tx
	left *int
}

func (t brittleTx) Exec(ctx context.Context, s host.Statement) (int64, error) {
	if err := spend(t.left); err != nil {
		return 0, err
	}
	return t.Tx.Exec(ctx, s)
}

func (t brittleTx) Defer(ctx context.Context, s host.Statement) error {
	if err := spend(t.left); err != nil {
		return err
	}
	return t.Tx.Defer(ctx, s)
}

func (t brittleTx) Query(ctx context.Context, s host.Statement) (host.Rows, error) {
	if err := spend(t.left); err != nil {
		return nil, err
	}
	return t.Tx.Query(ctx, s)
}

func (t brittleTx) Keys(ctx context.Context, table string) ([]host.Key, error) {
	if err := spend(t.left); err != nil {
		return nil, err
	}
	return t.Tx.Keys(ctx, table)
}

func (t brittleTx) Hidden(ctx context.Context, s host.Statement) (string, error) {
	if err := spend(t.left); err != nil {
		return "", err
	}
	return t.Tx.Hidden(ctx, s)
}

func (t brittleTx) Order(ctx context.Context, table string, columns []string) (host.Order, error) {
	if err := spend(t.left); err != nil {
		return host.Order{}, err
	}
	return t.Tx.Order(ctx, table, columns)
}

func (t brittleTx) Progress(ctx context.Context, k chain.Key, d chain.Direction, u []host.Unit) error {
	if err := spend(t.left); err != nil {
		return err
	}
	return t.Tx.Progress(ctx, k, d, u)
}

func (t brittleTx) Record(ctx context.Context, e host.Entry, heads []string) error {
	if err := spend(t.left); err != nil {
		return err
	}
	return t.Tx.Record(ctx, e, heads)
}

func (t brittleTx) Commit(ctx context.Context) error {
	if err := spend(t.left); err != nil {
		return err
	}
	if err := t.Tx.Commit(ctx); err != nil {
		return err
	}
	return spend(t.left) // committed, and the answer is lost
}

// TestAnomaly lets the database go away at every call in turn. Afterwards it is
// as before or after a part of the chain, and the next upgrade finishes.
func TestAnomaly(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep {
			f := base.fresher()
			outside := map[chain.Dialect]string{
				chain.SQLite:     "VACUUM;",
				chain.PostgreSQL: "CREATE INDEX CONCURRENTLY log_id ON log (id);",
			}[f.dialect]
			f.write(rev1, "CREATE TABLE log (id INTEGER);\nINSERT INTO log VALUES (1);\n")
			f.write(rev2, "INSERT INTO log VALUES (2);\n-- +autocommit begin\nINSERT INTO log VALUES (3);\n"+outside+"\n-- +autocommit end\nINSERT INTO log VALUES (4);\n")
			f.write(rev3, "INSERT INTO log VALUES (5);\n")
			left := n
			_, err := f.runnerOn(brittle{f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads")
			if err == nil {
				if n < 15 {
					t.Errorf("the upgrade made only %d calls: this test has lost its hooks", n)
				}
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("call %d: %v", n, err)
			}
			result, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
			if err != nil {
				t.Fatalf("after a failure at call %d: %v", n, err)
			}
			if f.count("SELECT count(*) FROM log") != 5 || f.count("SELECT count(DISTINCT id) FROM log") != 5 {
				t.Errorf("after a failure at call %d something ran twice or never; then applied: %+v", n, result.Applied)
			}
			f.wantHeads(rev3)
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
			f.wantCount(3, "SELECT count(*) FROM sandpiper_history")
		}
	})
}

func TestRehearse(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		outside := map[chain.Dialect]string{chain.SQLite: "VACUUM", chain.PostgreSQL: "CREATE INDEX CONCURRENTLY a_id ON a (id)"}[f.dialect]
		f.write(rev2, "INSERT INTO a VALUES (1);\n-- +autocommit begin\n"+outside+";\nINSERT INTO a VALUES (2);\n-- +autocommit end\n")
		r := f.runner(host.Config{})
		rehearsal, err := r.Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range rehearsal.Statements {
			line := fmt.Sprintf("%d %s", s.Step, s.SQL)
			if s.NotRun != "" {
				line += " NOT RUN"
			}
			got = append(got, line)
		}
		want := []string{"0 CREATE TABLE a (id INTEGER)", "1 INSERT INTO a VALUES (1)", "1 " + outside + " NOT RUN", "1 INSERT INTO a VALUES (2)"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		f.wantCount(-1, "SELECT count(*) FROM a")
		f.wantCount(-1, "SELECT count(*) FROM sandpiper_heads")
		f.upgrade()
		if _, err := r.Rehearse(t.Context(), chain.Upgrade, "heads"); err != nil {
			t.Errorf("with nothing to do: %v", err)
		}
	})
}

// A statement that really fails is an error of the rehearsal too.
func TestRehearseTellsOfAFailure(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n")
		_, err := f.runner(host.Config{}).Rehearse(t.Context(), chain.Upgrade, "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Statement != 2 {
			t.Fatalf("got %v, want statement 2 to fail", err)
		}
	})
}

func TestOffline(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "INSERT INTO a VALUES (1);\n")
		f.write(rev3, "INSERT INTO a VALUES (2);\n")
		rehearsal, err := f.runner(host.Config{}).Offline(rev1, "head")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rehearsal.Statements); n != 2 || rehearsal.Statements[0].SQL != "INSERT INTO a VALUES (1)" {
			t.Errorf("got %+v", rehearsal.Statements)
		}
	})
}

func TestStamp(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "CREATE TABLE b (id INTEGER);\n")
		f.write(rev3, "CREATE TABLE c (id INTEGER);\n")
		r := f.runner(host.Config{})
		if _, err := r.Stamp(t.Context(), rev2); err != nil {
			t.Fatal(err)
		}
		f.wantHeads(rev2)
		f.wantCount(-1, "SELECT count(*) FROM a")
		f.upgrade()
		f.wantCount(0, "SELECT count(*) FROM c")
		if _, err := r.Stamp(t.Context(), rev1); err != nil {
			t.Fatal(err)
		}
		f.wantHeads(rev1)
		if _, err := r.Stamp(t.Context(), "base"); err != nil {
			t.Fatal(err)
		}
		f.wantHeads()
	})
}

func TestVerify(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE a (id INTEGER);\n-- +downgrade\nDROP TABLE a;\n")
		f.write(rev2, "-- +upgrade\nCREATE TABLE b (id INTEGER);\n-- +downgrade\nDROP TABLE b;\n")
		f.upgrade()
		report, err := f.runner(host.Config{}).Verify(t.Context())
		if err != nil || len(report.Problems) > 0 || report.Applied != 2 {
			t.Fatalf("got %+v, %v", report, err)
		}
		f.put(rev1, "", "CREATE TABLE a (id BIGINT);\n")
		delete(f.files, f.path(rev2))
		f.put(rev3, rev1, "SELECT 'open;\n")
		report, err = f.runner(host.Config{}).Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, p := range report.Problems {
			rules = append(rules, string(p.Rule))
		}
		if got := strings.Join(rules, " "); got != "downgrade unreadable changed unknown" {
			t.Errorf("got %s: %+v", got, report.Problems)
		}
	})
}

// A folder that is not one of migrations says what one looks like.
func TestNoVersions(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		b, err := box()
		if err != nil {
			t.Fatal(err)
		}
		_, err = host.NewRunner(f.files, f.open(), b, host.Config{})
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "versions/postgresql") {
			t.Errorf("got %v", err)
		}
	})
}

// Stamping over a half-done migration says what it leaves behind.
func TestStampOverAHalfDoneMigration(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n-- +autocommit begin\nINSERT INTO nowhere VALUES (1);\n-- +autocommit end\n")
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the upgrade did not fail")
		}
		if _, err := f.runner(host.Config{}).Downgrade(t.Context(), "base"); err == nil {
			t.Error("a downgrade ignored the half-done upgrade")
		}
		var warned string
		cfg := host.Config{OnEvent: func(e host.Event) { warned += e.Text }}
		if _, err := f.runner(cfg).Stamp(t.Context(), "head"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(warned, "1 part of it is committed, and that stays") {
			t.Errorf("warned: %q", warned)
		}
		f.wantHeads(rev1)
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}
