package hosttest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func testFences(t *testing.T, h Harness) {
	db, conn := ready(t, h)
	mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"})
	key := chain.Key{Line: chain.DefaultLine, ID: "cccccccccccc"}
	err := in(t.Context(), conn, fence("aaaaaaaaaaaa", "bbbbbbbbbbbb"), func(tx host.Tx) error {
		return tx.Progress(t.Context(), key, chain.Upgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin, Name: "seed"}, {Position: 2, Kind: host.UnitExec, Name: "exec"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	at := func(done int, dir chain.Direction, heads ...string) host.Fence {
		return host.Fence{Line: chain.DefaultLine, Heads: heads, Revision: key.ID, Direction: dir, Done: done}
	}
	begun := func(as string) host.Fence {
		f := at(2, chain.Upgrade, "aaaaaaaaaaaa", "bbbbbbbbbbbb")
		f.Begin = as
		return f
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
		{"the beginning", begun("seed"), true},
		{"another beginning", begun("another seed"), false},
		{"a unit that is no beginning", begun("exec"), false},
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
		if errors.Is(err, host.ErrLocked) {
			continue // a commit keeps readers out as well, and the engine asks again
		}
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
