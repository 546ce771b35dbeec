package sqlite

import (
	"context"
	"errors"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// Reset implements host.Conn. Indexes and triggers go with their tables, the
// tables behind a virtual table with it.
func (c *conn) Reset(ctx context.Context) (err error) {
	if open, err := c.open(ctx, existing); err != nil || !open {
		return err // where there is no file there is nothing to drop
	}
	defer c.guard(&err)
	if c.tx != nil {
		return c.db.failed("reset", errors.New("a transaction is open on the connection"))
	}
	if err := c.foreignKeysOff(); err != nil {
		return c.db.failed("reset", err)
	}
	return c.locked(ctx, host.Fence{}, func() error {
		for _, kind := range []struct{ drop, list string }{
			{"DROP VIEW main.", "SELECT name FROM main.sqlite_schema WHERE type = 'view'"},
			{"DROP TABLE main.", "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL %'"},
			{"DROP TABLE main.", `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`},
			{"DROP TABLE main.", `SELECT name FROM main.sqlite_schema WHERE name LIKE 'sqlite\_stat_' ESCAPE '\'`},
		} {
			if err := c.dropAll(ctx, kind.drop, kind.list); err != nil {
				return c.db.failed("reset", cause(ctx, err))
			}
		}
		return nil
	})
}

// dropAll drops what a query lists.
func (c *conn) dropAll(ctx context.Context, drop, list string) error {
	var names []string
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		names = append(names, s.ColumnText(0))
		return nil
	}, list)
	if err != nil {
		return err
	}
	defer c.sq.SetInterrupt(c.sq.SetInterrupt(ctx))
	for _, name := range names {
		if err := c.sq.Exec(drop + sqlite3.QuoteIdentifier(name)); err != nil {
			return err
		}
	}
	return nil
}
