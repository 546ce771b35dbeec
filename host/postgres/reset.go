package postgres

import (
	"context"
	"errors"
	"fmt"
)

// contents lists what is in a schema, as commands that drop it. An object
// depends on its schema in pg_depend, whatever kind it is, and the server knows
// the words of its own DROP commands. What belongs to an extension (deptype e)
// or to another object (i) goes with that. The kinds that are left out are no
// objects: they are rights and publications of the schema, which stays.
//
// https://www.postgresql.org/docs/current/catalog-pg-depend.html,
// https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-OBJECT
const contents = `SELECT format('DROP %s IF EXISTS %s CASCADE',
    CASE o.type WHEN 'statistics object' THEN 'statistics' ELSE o.type END, o.identity)
FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass
  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)
  AND d.deptype = 'n'
  AND o.type NOT IN ('default acl', 'publication namespace')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.objsubid = 0
    AND e.deptype IN ('e', 'i'))
ORDER BY o.type <> 'extension', o.type NOT LIKE '%table', d.objid`

// Reset drops everything in the schema, in one transaction under the lock,
// which is waited for. The schema itself stays, with the rights on it.
func (c *conn) Reset(ctx context.Context) error {
	if c.tx != nil {
		return errors.New("a transaction is open on this connection")
	}
	if c.schema == "" {
		return errors.New("no schema of the search_path exists, so there is nothing to drop")
	}
	never := func() (bool, error) { return false, nil }
	err := c.waitLocked(ctx, never, func(string) error {
		var drops []item
		err := c.main.do(ctx, item{sql: contents, values: [][]byte{[]byte(c.schema)}, row: func(v [][]byte) error {
			drops = append(drops, item{sql: string(v[0])})
			return nil
		}})
		for len(drops) > 0 && err == nil {
			n := min(len(drops), maxQueue)
			err = c.main.do(ctx, drops[:n]...)
			drops = drops[n:]
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("drop everything in schema %q: %w", c.schema, err)
	}
	c.ledger = false
	return nil
}
