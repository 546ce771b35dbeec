package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Outside runs one statement outside any transaction.
//
// A second link, the guard, holds the lock meanwhile, in a transaction that is
// idle: at READ COMMITTED it has no snapshot between two statements, so that
// CREATE INDEX CONCURRENTLY, which waits for all older snapshots, does not wait
// for it. The fence is checked inside a savepoint that is rolled back, which
// frees the locks on the ledger's tables that a VACUUM FULL would wait for.
//
//  1. guard: BEGIN, lock, fence
//  2. main:  the unit is recorded as begun
//  3. main:  the statement
//  4. guard: the unit is recorded as done; COMMIT, and the lock goes with it
//
// A run that dies between 2 and 4 leaves the unit begun; the next one finds out
// what the statement has left behind (see recovery).
//
// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
func (c *conn) Outside(ctx context.Context, fence host.Fence, stmt host.Statement, unit host.Unit, began bool) (affected int64, err error) {
	if c.tx != nil {
		return 0, errors.New("a statement outside transactions while a transaction is open on this connection")
	}
	e, err := inspect(stmt)
	if err != nil {
		return 0, err
	}
	it, err := guestItem(stmt)
	if err != nil {
		return 0, err
	}
	plan, err := planRecovery(stmt)
	if err != nil {
		return 0, err
	}
	if err := c.raiseGuard(ctx, fence); err != nil {
		return 0, err
	}
	defer func() {
		if rollbackErr := c.guard.rollback(); err == nil {
			err = rollbackErr
		}
	}()
	if err := c.unlimited(ctx, plan.patient); err != nil {
		return 0, err
	}
	if e.prepared {
		c.main.forget()
	}

	finished, err := plan.before(ctx, c, began)
	if err != nil {
		return 0, err
	}
	key := chain.Key{Line: fence.Line, ID: fence.Revision}
	if !finished {
		unit.Begun = true
		if err := c.main.do(ctx, c.progressItem(key, fence.Direction, []host.Unit{unit}, "")); err != nil {
			return 0, err
		}
		items := []item{it}
		tags, failed := c.main.roundTrip(ctx, items)
		if failed != nil {
			return 0, c.failedOutside(c.main.explain(ctx, items, failed), plan)
		}
		if c.main.pg.TxStatus() != 'I' {
			return 0, errors.Join(errors.New("the statement began a transaction"), c.main.rollback())
		}
		affected = rowsAffected(tags[0])
	}
	unit.Begun, unit.Affected = false, affected
	// What is done must be recorded as done, even where the run is ending.
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyWithin)
	defer cancel()
	if err := c.guard.do(tidy, c.progressItem(key, fence.Direction, []host.Unit{unit}, ""), commitItem()); err != nil {
		return 0, fmt.Errorf("the statement is done, but could not be recorded as done (the next run finds out): %w", err)
	}
	return affected, nil
}

// raiseGuard takes the lock on the guard and checks the fence.
func (c *conn) raiseGuard(ctx context.Context, fence host.Fence) error {
	if c.guard != nil && c.guard.pg.IsClosed() {
		c.guard = nil
	}
	if c.guard == nil {
		guard, err := c.db.dial(ctx)
		if err != nil {
			return fmt.Errorf("a second connection, to hold the lock while a statement runs outside transactions: %w", err)
		}
		guard.prepares = c.direct && !c.db.unprepared
		if err := guard.do(ctx, c.stay()...); err != nil {
			guard.close()
			return err
		}
		c.guard = guard
	}
	var took bool
	err := c.guard.do(ctx, beginItem(), c.lockItem(newToken(), &took))
	if err == nil && !took {
		err = host.ErrLocked
	}
	if err == nil {
		err = c.guard.do(ctx, item{sql: "SAVEPOINT fence"}, c.fenceItem(fence), item{sql: "ROLLBACK TO SAVEPOINT fence"})
	}
	if err != nil {
		return errors.Join(err, c.guard.rollback())
	}
	return nil
}

// unlimited takes the time limits off the main link, which has no transaction
// to set them in. Behind a pooler, where the session is everybody's, they stay
// as they are. A patient statement blocks nobody while it waits, so it has no
// lock_timeout either.
func (c *conn) unlimited(ctx context.Context, patient bool) error {
	if !c.direct {
		return nil
	}
	wait := c.db.lockTimeout
	if patient {
		wait = 0
	}
	sql := fmt.Sprintf(`SELECT set_config('lock_timeout', '%dms', false), set_config('statement_timeout', '0', false)`, wait.Milliseconds())
	if c.watches {
		sql += `, set_config('client_connection_check_interval', '1s', false)`
	}
	return c.main.do(ctx, item{sql: sql})
}

// leftoverWithin is how long dropping what a failed statement left behind may
// take. It waits for everybody who uses the table, as the statement did.
const leftoverWithin = 3 * time.Second

// failedOutside cleans up after a statement that was refused or interrupted,
// and says what state that leaves. The unit stays begun: the next run looks at
// what there is before it runs the statement again.
func (c *conn) failedOutside(err error, plan recovery) error {
	ctx, cancel := context.WithTimeout(context.Background(), leftoverWithin)
	defer cancel()
	if c.main.pg.IsClosed() {
		c.main.wait(ctx)
		return fmt.Errorf("%w; the next run finds out what became of the statement", err)
	}
	note, tidyErr := plan.tidy(ctx, c)
	switch {
	case tidyErr != nil:
		return fmt.Errorf("%w; cleaning up after it failed too, and is left to the next run: %w", err, tidyErr)
	case note != "":
		return fmt.Errorf("%w; %s", err, note)
	}
	return err
}
