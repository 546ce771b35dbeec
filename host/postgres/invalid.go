package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
)

// notBuilt is a condition on an index i: no other session holds the lock on its
// table that building it concurrently takes.
const notBuilt = `NOT EXISTS (SELECT FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
    WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND l.mode = 'ShareUpdateExclusiveLock')`

// InvalidIndexes returns the indexes in the ledger's schema that a concurrent
// build has left INVALID. That of a partitioned table is not one: it is INVALID
// until all partitions have theirs.
//
// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
func (c *conn) InvalidIndexes(ctx context.Context) ([]host.InvalidIndex, error) {
	var indexes []host.InvalidIndex
	err := c.main.do(ctx, item{
		sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(x.relname), quote_ident(t.relname)
			FROM pg_catalog.pg_index i
			JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
			JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace AND n.nspname = $1
			WHERE NOT i.indisvalid AND ` + notBuilt + `
			ORDER BY 1`,
		values: [][]byte{[]byte(c.schema)},
		row: func(v [][]byte) error {
			indexes = append(indexes, host.InvalidIndex{Name: string(v[0]), Table: string(v[1])})
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("look for INVALID indexes: %w", err)
	}
	return indexes, nil
}

// DropInvalidIndex drops an index as Outside runs a statement: a second link
// holds the lock meanwhile.
func (c *conn) DropInvalidIndex(ctx context.Context, fence host.Fence, index host.InvalidIndex) (err error) {
	if c.tx != nil {
		return errors.New("a transaction is open on this connection")
	}
	if err := c.raiseGuard(ctx, fence); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.guard.rollback()) }()
	left, err := c.InvalidIndexes(ctx)
	if err != nil || !slices.Contains(left, index) {
		return err
	}
	if err := c.unlimited(ctx, true); err != nil {
		return err
	}
	return c.main.do(ctx, item{sql: "DROP INDEX CONCURRENTLY IF EXISTS " + index.Name})
}

// dropReindexed drops the INVALID copies that REINDEX CONCURRENTLY leaves when
// it is cut short.
//
// https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
func (c *conn) dropReindexed(ctx context.Context) error {
	var names []string
	err := c.main.do(ctx, item{
		sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(x.relname)
			FROM pg_catalog.pg_index i
			JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
			JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace AND n.nspname <> 'pg_toast'
			WHERE NOT i.indisvalid AND x.relname ~ '_cc(new|old)[0-9]*$' AND ` + notBuilt + `
			ORDER BY 1`,
		row: func(v [][]byte) error { names = append(names, string(v[0])); return nil },
	})
	for _, name := range names {
		if err == nil {
			err = c.main.do(ctx, item{sql: "DROP INDEX CONCURRENTLY IF EXISTS " + name})
		}
	}
	if err != nil {
		return fmt.Errorf("drop what REINDEX CONCURRENTLY left behind: %w", err)
	}
	return nil
}
