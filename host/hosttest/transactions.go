package hosttest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
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
