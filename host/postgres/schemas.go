package postgres

import (
	"context"
	"fmt"
)

// otherSchemas lists the schemas, but for the current one and the server's own,
// that hold something which came with no extension.
//
// https://www.postgresql.org/docs/current/catalog-pg-depend.html
const otherSchemas = `SELECT nspname FROM pg_catalog.pg_namespace n
WHERE nspname <> $1 AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
  AND EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
      AND d.classid NOT IN ('pg_catalog.pg_extension'::regclass, 'pg_catalog.pg_default_acl'::regclass)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'))`

// OtherSchemas returns the names of the schemas in which users made anything,
// besides the one that the connection works in: Objects does not see them.
func (c *conn) OtherSchemas(ctx context.Context) (names []string, err error) {
	err = c.main.do(ctx, item{sql: otherSchemas, values: [][]byte{[]byte(c.schema)}, row: func(v [][]byte) error {
		names = append(names, string(v[0]))
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("list the schemas of %s: %w", c.db, err)
	}
	return names, nil
}
