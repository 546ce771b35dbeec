package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// A lock that is held is asked for again after 1 ms, then after twice as long
// up to 32 ms. A little chance keeps waiting runners out of step.
const longestWait = 5 // 1 ms << 5

// pollBusy waits a little, as a busy handler of SQLite does, and gives up when
// the context is done (https://sqlite.org/c3ref/busy_handler.html).
func pollBusy(ctx context.Context, count int) (retry bool) {
	wait := time.Millisecond << min(count, longestWait)
	timer := time.NewTimer(wait/2 + rand.N(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// pollBusy is the connection's busy handler.
func (c *conn) pollBusy(ctx context.Context, count int) (retry bool) {
	if c.waiting != nil && c.waiting.Err() != nil {
		return false
	}
	return pollBusy(ctx, count)
}

// patiently runs do until the database is not locked. SQLite does not call the
// busy handler where it fears a deadlock, or while another process recovers the
// database after a crash (https://sqlite.org/rescode.html#busy_recovery).
func patiently(ctx context.Context, do func() error) error {
	for count := 0; ; count++ {
		err := do()
		if !isBusy(err) || !pollBusy(ctx, count) {
			return cause(ctx, err)
		}
	}
}

// patience is how long a runner waits for the lock before it says that another
// one holds it. The engine asks again, for as long as it is told to.
const patience = 100 * time.Millisecond

// commitPatience is how long a commit waits for readers to end. It is longer,
// since what was done has to be done again.
const commitPatience = 2 * time.Second

// lock begins a transaction that holds the database's write lock, and checks
// the fence inside it (https://sqlite.org/lang_transaction.html). With a fence
// it may return host.ErrInUse; without one it waits.
func (c *conn) lock(ctx context.Context, fence host.Fence) error {
	if readOnly, _ := c.sq.ReadOnly("main"); readOnly {
		return c.db.failed("lock", sqlite3.READONLY) // SQLite would go on and only read
	}
	if ctx.Err() != nil { // nobody is in the way
		return fmt.Errorf("interrupted: %w", ended(ctx))
	}
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if fence.Line != "" {
		waiting, cancel = context.WithTimeout(ctx, patience)
	}
	defer cancel()
	if err := patiently(waiting, func() error { return c.do(waiting, "BEGIN IMMEDIATE") }); err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			return host.ErrInUse // it does not tell who holds a lock
		}
		return c.db.failed("lock", err)
	}
	if err := c.checkFence(ctx, fence); err != nil {
		return errors.Join(err, c.unlock())
	}
	return nil
}

// unlock rolls back, whatever state the connection is in.
func (c *conn) unlock() error {
	if c.sq.GetAutocommit() {
		return nil // SQLite has rolled back by itself
	}
	return c.do(context.Background(), "ROLLBACK")
}

// locked runs do in a transaction of its own.
func (c *conn) locked(ctx context.Context, fence host.Fence, do func() error) error {
	if err := c.lock(ctx, fence); err != nil {
		return err
	}
	err := do()
	if err == nil {
		if err = patiently(ctx, func() error { return c.do(ctx, "COMMIT") }); err == nil {
			return nil
		}
		err = c.db.failed("commit to", err)
	}
	return errors.Join(err, c.unlock())
}

// checkFence returns host.ErrMoved if the fence does not hold.
func (c *conn) checkFence(ctx context.Context, fence host.Fence) error {
	if fence.Line == "" {
		return nil
	}
	held, err := c.holds(ctx, fence)
	if err != nil {
		// A ledger that is gone was dropped by another runner's reset.
		if exists, e := c.hasLedger(ctx); e == nil && !exists {
			return host.ErrMoved
		}
		return c.ledgerFailed(ctx, "check", err)
	}
	if !held {
		return host.ErrMoved
	}
	return nil
}

// holds reports whether the ledger is as the fence says.
func (c *conn) holds(ctx context.Context, fence host.Fence) (bool, error) {
	var heads []string
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		heads = append(heads, s.ColumnText(0))
		return nil
	}, "SELECT revision FROM main.sandpiper_heads WHERE line = ?1 ORDER BY revision", fence.Line)
	same := slices.Equal(heads, fence.Heads)
	if err != nil || !same || fence.Revision == "" {
		return same, err
	}
	done, chunks, begun := 0, int64(0), false
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		done, chunks, begun = s.ColumnInt(0), s.ColumnInt64(1), s.ColumnInt(2) > 0
		return nil
	}, `SELECT count(*) FILTER (WHERE NOT begun), coalesce(sum(chunks), 0),
			?4 = '' OR count(*) FILTER (WHERE kind = 'begin' AND name = ?4)
		FROM main.sandpiper_progress WHERE line = ?1 AND revision = ?2 AND direction = ?3`,
		fence.Line, fence.Revision, fence.Direction.String(), fence.Begin)
	return done == fence.Done && chunks == fence.Chunks && begun, err
}
