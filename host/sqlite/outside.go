package sqlite

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// RunsOutside implements host.Conn. VACUUM and DETACH refuse to run in a
// transaction; many a PRAGMA does, or does nothing there
// (https://sqlite.org/pragma.html#pragma_foreign_keys); and an attached
// database is only of use to what follows once it is outside.
func (c *conn) RunsOutside(sql string) bool {
	switch verb(sql) {
	case "VACUUM", "PRAGMA", "ATTACH", "DETACH":
		return true
	}
	return false
}

// Outside implements host.Conn. The lock is held while the unit is recorded,
// before and after, and not in between: the statement takes its own. It makes no
// difference whether an earlier run has begun the statement, since all that run
// outside on SQLite may be repeated.
func (c *conn) Outside(ctx context.Context, fence host.Fence, stmt host.Statement, unit host.Unit, _ bool) (affected int64, err error) {
	if _, err := c.open(ctx, create); err != nil {
		return 0, err
	}
	defer c.guard(&err)
	if c.tx != nil {
		return 0, c.db.failed("run a statement outside a transaction on", errors.New("one is open on the connection"))
	}
	key := chain.Key{Line: fence.Line, ID: fence.Revision}
	unit.Begun = true
	if err := c.locked(ctx, fence, func() error {
		return c.recordUnit(ctx, key, fence.Direction, unit)
	}); err != nil {
		return 0, err
	}
	if affected, err = c.alone(ctx, stmt); err != nil {
		return 0, err
	}
	unit.Begun, unit.Affected = false, affected
	return affected, c.locked(ctx, fence, func() error {
		return c.recordUnit(ctx, key, fence.Direction, unit)
	})
}

// alone runs a statement outside a transaction.
func (c *conn) alone(ctx context.Context, stmt host.Statement) (affected int64, err error) {
	p, err := c.prepare(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer func() {
		c.release(p)
		err = errors.Join(err, c.foreignKeysOff()) // whatever the statement set
	}()
	return c.run(ctx, p, stmt)
}
