package hosttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func testTransactions(t *testing.T, h Harness) {
	t.Run("rollback leaves nothing", func(t *testing.T) {
		_, conn := ready(t, h)
		for range 2 { // the second time works only if the first left nothing
			rollback(t, conn, func(tx host.Tx) {
				if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"); err != nil {
					t.Fatal(err)
				}
				if err := tx.Record(t.Context(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"}); err != nil {
					t.Fatal(err)
				}
			})
		}
		wantUntouched(t, conn)
	})

	t.Run("a failed statement fails the transaction", func(t *testing.T) {
		_, conn := ready(t, h)
		err := apply(t.Context(), conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"},
			"CREATE TABLE t (a INTEGER)", "INSERT INTO nowhere VALUES (1)")
		if got := refusal(t, err); got.Ordinal != 2 || got.SQL != "INSERT INTO nowhere VALUES (1)" {
			t.Errorf("the error is of statement %d, %q", got.Ordinal, got.SQL)
		}
		wantUntouched(t, conn)
		run(t, conn, "CREATE TABLE t (a INTEGER)")
	})

	t.Run("a deferred error comes with its number", func(t *testing.T) {
		_, conn := ready(t, h)
		err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
			for i, sql := range []string{
				"CREATE TABLE t (a INTEGER)", "INSERT INTO nowhere VALUES (1)", "INSERT INTO t VALUES (1)",
			} {
				if err := tx.Defer(t.Context(), host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
					return err
				}
			}
			return tx.Record(t.Context(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
		})
		if got := refusal(t, err); got.Ordinal != 2 || got.SQL != "INSERT INTO nowhere VALUES (1)" {
			t.Errorf("the error is of statement %d, %q, want the second", got.Ordinal, got.SQL)
		}
		wantUntouched(t, conn)
	})

	t.Run("deferred statements run in order", func(t *testing.T) {
		_, conn := ready(t, h)
		err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
			for i, sql := range []string{
				"CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)", "UPDATE t SET a = a + 1", "INSERT INTO t VALUES (10)",
			} {
				if err := tx.Defer(t.Context(), host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
					return err
				}
			}
			if n := countTx(t, tx, "SELECT sum(a) FROM t"); n != 12 {
				t.Errorf("a query after them finds %d, want 12", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})

	t.Run("rollback and use after the end", func(t *testing.T) {
		_, conn := ready(t, h)
		tx, err := conn.Begin(t.Context(), fence())
		if err != nil {
			t.Fatal(err)
		}
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback after Commit: %v", err)
		}
		if _, err := tx.Exec(t.Context(), statement("INSERT INTO t VALUES (1)")); err == nil {
			if err := tx.Commit(t.Context()); err == nil {
				t.Error("a statement after Commit was run and committed")
			}
		}
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	})

	t.Run("closing the connection rolls back", func(t *testing.T) {
		db, conn := ready(t, h)
		dying, err := db.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tx, err := dying.Begin(t.Context(), fence())
		if err != nil {
			t.Fatal(err)
		}
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		if err := dying.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		if _, err := tx.Exec(t.Context(), statement("INSERT INTO t VALUES (1)")); err == nil {
			t.Error("a statement was run on a closed connection")
		}
		if _, err := dying.Ledger(t.Context()); err == nil {
			t.Error("the ledger was read on a closed connection")
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback after Close: %v", err)
		}
		if err := dying.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
		run(t, conn, "CREATE TABLE t (a INTEGER)") // waits for the lock, and there is no t
	})

	t.Run("fences", func(t *testing.T) { testFences(t, h) })
	t.Run("a fence after a reset", func(t *testing.T) { testFenceAfterReset(t, h) })
	t.Run("contention", func(t *testing.T) { testContention(t, h) })
	t.Run("savepoints", func(t *testing.T) { testSavepoints(t, h) })
	t.Run("cancelling", func(t *testing.T) { testCancelling(t, h) })
	t.Run("foreign keys", func(t *testing.T) { testForeignKeys(t, h) })

	// A guest that could end the transaction could commit without its line in
	// the ledger, and let go of the lock.
	for _, sql := range []string{
		"COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT mine", "RELEASE SAVEPOINT mine", "END", "/* hidden */ commit",
	} {
		t.Run("a guest may not send "+sql, func(t *testing.T) {
			_, conn := ready(t, h)
			err := apply(t.Context(), conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"},
				"CREATE TABLE t (a INTEGER)", sql)
			if err == nil {
				t.Fatal("it was run")
			}
			wantUntouched(t, conn)
			run(t, conn, "CREATE TABLE t (a INTEGER)")
		})
	}

	t.Run("two statements in one text", func(t *testing.T) {
		_, conn := ready(t, h)
		run(t, conn, "CREATE TABLE t (a INTEGER)")
		err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
			return execAll(t.Context(), tx, "INSERT INTO t VALUES (1); COMMIT")
		})
		if err == nil {
			t.Error("they were run")
		}
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
		run(t, conn, "INSERT INTO t VALUES (1) ; -- the end\n", "INSERT INTO t VALUES (2); /* the end */ ")
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 2 {
			t.Errorf("%d rows, want 2: a semicolon and comments may end a statement", n)
		}
	})
}

// wantUntouched checks that neither the table t nor a line of ledger is left.
func wantUntouched(t *testing.T, conn host.Conn) {
	t.Helper()
	ledger := ledgerOf(t, conn)
	if len(ledger.Heads)+len(ledger.Applied)+len(ledger.Progress) > 0 {
		t.Errorf("the ledger holds %+v, want nothing", ledger)
	}
	rollback(t, conn, func(tx host.Tx) {
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Errorf("the table t is left: %v", err)
		}
	})
}

func testFences(t *testing.T, h Harness) {
	db, conn := ready(t, h)
	mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"})
	key := chain.Key{Line: chain.DefaultLine, ID: "cccccccccccc"}
	err := in(t.Context(), conn, fence("aaaaaaaaaaaa", "bbbbbbbbbbbb"), func(tx host.Tx) error {
		return tx.Progress(t.Context(), key, chain.Upgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin}, {Position: 2, Kind: host.UnitExec}})
	})
	if err != nil {
		t.Fatal(err)
	}
	at := func(done int, dir chain.Direction, heads ...string) host.Fence {
		return host.Fence{Line: chain.DefaultLine, Heads: heads, Revision: key.ID, Direction: dir, Done: done}
	}
	for _, c := range []struct {
		name  string
		fence host.Fence
		holds bool
	}{
		{"the heads", fence("aaaaaaaaaaaa", "bbbbbbbbbbbb"), true},
		{"the heads and the units", at(2, chain.Upgrade, "aaaaaaaaaaaa", "bbbbbbbbbbbb"), true},
		{"another line", host.Fence{Line: "other"}, true},
		{"no fence", host.Fence{}, true},
		{"no heads", fence(), false},
		{"a head is missing", fence("aaaaaaaaaaaa"), false},
		{"a head too many", fence("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"), false},
		{"another head", fence("aaaaaaaaaaaa", "cccccccccccc"), false},
		{"heads of another line", host.Fence{Line: "other", Heads: []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}}, false},
		{"fewer units", at(1, chain.Upgrade, "aaaaaaaaaaaa", "bbbbbbbbbbbb"), false},
		{"more units", at(3, chain.Upgrade, "aaaaaaaaaaaa", "bbbbbbbbbbbb"), false},
		{"units of the other direction", at(2, chain.Downgrade, "aaaaaaaaaaaa", "bbbbbbbbbbbb"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := connect(t, db)
			tx, err := conn.Begin(t.Context(), c.fence)
			if err == nil {
				defer tx.Rollback()
				if err = execAll(t.Context(), tx, "CREATE TABLE moved (a INTEGER)"); err == nil {
					err = tx.Commit(t.Context())
				}
			}
			if c.holds && err != nil {
				t.Fatalf("got %v, want no error", err)
			}
			if !c.holds && !errors.Is(err, host.ErrMoved) {
				t.Fatalf("got %v, want host.ErrMoved", err)
			}
			if tx != nil {
				if err := tx.Rollback(); err != nil {
					t.Fatalf("Rollback: %v", err)
				}
			}
			if c.holds {
				run(t, conn, "DROP TABLE moved") // or it would not be there
			} else {
				run(t, conn, "CREATE TABLE moved (a INTEGER)", "DROP TABLE moved")
			}
		})
	}
}

// testFenceAfterReset has another runner reset the database while this one is between two
// migrations.
func testFenceAfterReset(t *testing.T, h Harness) {
	db, conn := ready(t, h)
	mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
	if err := connect(t, db).Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := apply(t.Context(), conn, fence("aaaaaaaaaaaa"), entry("bbbbbbbbbbbb"), []string{"bbbbbbbbbbbb"}, "CREATE TABLE t (a INTEGER)")
	if !errors.Is(err, host.ErrMoved) {
		t.Errorf("got %v, want host.ErrMoved", err)
	}
	wantUntouched(t, conn)
}

// testContention lets two runners want the same revision at the same time.
func testContention(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, tx host.Tx) error
		want error
	}{
		{"the first rolls back", func(t *testing.T, tx host.Tx) error { return tx.Rollback() }, nil},
		{"the first commits", func(t *testing.T, tx host.Tx) error { return tx.Commit(t.Context()) }, host.ErrMoved},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, first := ready(t, h)
			tx, err := first.Begin(t.Context(), fence())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
				t.Fatal(err)
			}
			if err := tx.Record(t.Context(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"}); err != nil {
				t.Fatal(err)
			}

			var ended atomic.Bool
			second := connect(t, db)
			started, result := make(chan struct{}), make(chan error, 1)
			go func() {
				close(started)
				result <- in(t.Context(), second, fence(), func(tx host.Tx) error {
					if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
						return err
					}
					if !ended.Load() {
						return errors.New("it ran a statement while the first had the lock")
					}
					return tx.Record(t.Context(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
				})
			}()
			<-started
			ended.Store(true)
			if err := c.end(t, tx); err != nil {
				t.Fatal(err)
			}
			if err := <-result; !errors.Is(err, c.want) {
				t.Errorf("the second got %v, want %v", err, c.want)
			}
			if entries := historyOf(t, second, 0); len(entries) != 1 {
				t.Errorf("the history has %d entries, want 1", len(entries))
			}
		})
	}

	t.Run("a runner that waits can be cancelled", func(t *testing.T) {
		db, first := ready(t, h)
		tx, err := first.Begin(t.Context(), fence())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err = in(ctx, connect(t, db), fence(), func(tx host.Tx) error {
			return execAll(ctx, tx, "CREATE TABLE t (a INTEGER)")
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})

	t.Run("readers do not wait for a runner", func(t *testing.T) {
		db, first := ready(t, h)
		tx, err := first.Begin(t.Context(), fence())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		wantHeads(t, connect(t, db), chain.DefaultLine)
	})

	t.Run("five runners apply twenty revisions once", func(t *testing.T) {
		db, conn := ready(t, h)
		run(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
		const runners, revisions = 5, 20
		errs := make(chan error, runners)
		for range runners {
			conn := connect(t, db)
			go func() { errs <- race(t.Context(), conn, revisions) }()
		}
		for range runners {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != revisions {
			t.Errorf("%d rows, want %d", n, revisions)
		}
		if n := len(historyOf(t, conn, 0)); n != revisions {
			t.Errorf("%d entries of history, want %d", n, revisions)
		}
	})
}

// race applies revisions 1 to n, whoever else does so at the same time.
func race(ctx context.Context, conn host.Conn, n int) error {
	for {
		ledger, err := conn.Ledger(ctx)
		if err != nil {
			return err
		}
		heads := ledger.Heads[chain.DefaultLine]
		next := 1
		if len(heads) > 0 {
			if _, err := fmt.Sscanf(heads[0], "%012d", &next); err != nil {
				return err
			}
			next++
		}
		if next > n {
			return nil
		}
		id := fmt.Sprintf("%012d", next)
		err = apply(ctx, conn, fence(heads...), entry(id), []string{id}, fmt.Sprintf("INSERT INTO t VALUES (%d)", next))
		if err != nil && !errors.Is(err, host.ErrMoved) {
			return err
		}
	}
}

func testSavepoints(t *testing.T, h Harness) {
	type step struct {
		op   string // set, release, back, or SQL that works, or "!" and SQL that fails
		name string
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  int64 // sum of a
	}{
		{"set and release", []step{{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"release", "s"}}, 1},
		{"back undoes", []step{
			{"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"INSERT INTO t VALUES (2)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (4)", ""}}, 5},
		{"back keeps the savepoint", []step{
			{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (2)", ""}, {"back", "s"}, {"release", "s"}}, 0},
		{"back after an error", []step{
			{"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"!INSERT INTO nowhere VALUES (1)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (2)", ""}}, 3},
		{"nested", []step{
			{"set", "a"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "b"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "b"}, {"release", "b"}, {"INSERT INTO t VALUES (4)", ""}, {"release", "a"}}, 5},
		{"back to the outer", []step{
			{"set", "a"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "b"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "a"}, {"INSERT INTO t VALUES (4)", ""}}, 4},
		{"the same name twice", []step{
			{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "s"}, {"release", "s"}, {"INSERT INTO t VALUES (4)", ""}, {"release", "s"}}, 5},
		{"a name that is a word of SQL", []step{{"set", "select"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "select"}}, 0},
		{"a name that begins with a digit", []step{{"set", "1"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "1"}}, 0},
		{"schema changes", []step{
			{"set", "s"}, {"CREATE TABLE u (a INTEGER)", ""}, {"back", "s"}, {"CREATE TABLE u (b INTEGER)", ""},
			{"INSERT INTO t VALUES (1)", ""}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conn := ready(t, h)
			run(t, conn, "CREATE TABLE t (a INTEGER)")
			err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
				for i, s := range c.steps {
					sql, fails := strings.CutPrefix(s.op, "!")
					var err error
					switch s.op {
					case "set":
						err = tx.Savepoint(t.Context(), host.SavepointSet, s.name)
					case "release":
						err = tx.Savepoint(t.Context(), host.SavepointRelease, s.name)
					case "back":
						err = tx.Savepoint(t.Context(), host.SavepointRollback, s.name)
					default:
						_, err = tx.Exec(t.Context(), host.Statement{SQL: sql, Ordinal: i + 1})
					}
					if fails && err == nil {
						return fmt.Errorf("step %d, %s: no error", i+1, s.op)
					}
					if !fails && err != nil {
						return fmt.Errorf("step %d, %s: %w", i+1, s.op, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := Count(t, conn, "SELECT coalesce(sum(a), 0) FROM t"); n != c.want {
				t.Errorf("the sum is %d, want %d", n, c.want)
			}
		})
	}

	t.Run("unknown", func(t *testing.T) {
		_, conn := ready(t, h)
		for _, op := range []host.SavepointOp{host.SavepointRelease, host.SavepointRollback} {
			rollback(t, conn, func(tx host.Tx) {
				if err := tx.Savepoint(t.Context(), op, "nobody_set_it"); err == nil {
					t.Errorf("operation %d on it worked", op)
				}
			})
		}
	})
}

func testCancelling(t *testing.T, h Harness) {
	t.Run("in the middle of a statement", func(t *testing.T) {
		_, conn := ready(t, h)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		tx, err := conn.Begin(t.Context(), fence())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		// It would take hours: that it returns at all is the test.
		if _, err := tx.Exec(ctx, statement(h.Slow)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Exec: got %v, want context.DeadlineExceeded", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback: %v", err)
		}
	})

	t.Run("others go on afterwards", func(t *testing.T) {
		db, conn := ready(t, h)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		dying := connect(t, db)
		err := in(ctx, dying, fence(), func(tx host.Tx) error {
			if err := execAll(ctx, tx, "CREATE TABLE t (a INTEGER)"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, statement(h.Slow))
			if err != nil {
				return err
			}
			defer rows.Close()
			_, err = rows.Next()
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		wantUntouched(t, conn)
		run(t, conn, "CREATE TABLE t (a INTEGER)")
	})

	t.Run("before it began", func(t *testing.T) {
		_, conn := ready(t, h)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := apply(ctx, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"}, "CREATE TABLE t (a INTEGER)")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})

	t.Run("before the commit", func(t *testing.T) {
		db, conn := ready(t, h)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := in(ctx, connect(t, db), fence(), func(tx host.Tx) error {
			if err := execAll(ctx, tx, "CREATE TABLE t (a INTEGER)"); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		wantUntouched(t, conn)
	})
}

func testForeignKeys(t *testing.T, h Harness) {
	tables := []string{
		"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
		"CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
	}
	t.Run("an orphan refuses the commit", func(t *testing.T) {
		_, conn := ready(t, h)
		run(t, conn, tables...)
		err := apply(t.Context(), conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"},
			"INSERT INTO child VALUES (1, 42)")
		refused := refusal(t, err)
		if !strings.Contains(refused.Error(), "child") {
			t.Errorf("the error does not name the table: %v", refused)
		}
		wantUntouched(t, conn)
		if n := Count(t, conn, "SELECT count(*) FROM child"); n != 0 {
			t.Errorf("%d orphans are left", n)
		}
	})

	t.Run("a parent that comes later is in time", func(t *testing.T) {
		_, conn := ready(t, h)
		run(t, conn, append(tables, "INSERT INTO child VALUES (1, 42)", "INSERT INTO parent VALUES (42)")...)
	})
}
