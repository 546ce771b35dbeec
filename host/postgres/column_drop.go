package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// columnUsers lists what uses the column $2 of the table $1, but for what is the
// column's own: its default, its sequence, its NOT NULL, and, where $3 says that
// it is known, that it is the primary key.
//
// https://www.postgresql.org/docs/current/catalog-pg-depend.html
const columnUsers = `SELECT DISTINCT CASE d.classid
  WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
    FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid)
  WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT 'generated ' || pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, f.adrelid, f.adnum)
    FROM pg_catalog.pg_attrdef f WHERE f.oid = d.objid)
  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attname = $2 AND NOT a.attisdropped
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
    AND f.oid = d.objid AND f.adrelid = a.attrelid AND f.adnum = a.attnum)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class s WHERE d.classid = 'pg_catalog.pg_class'::regclass AND s.oid = d.objid AND s.relkind = 'S')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND n.oid = d.objid
    AND (n.contype = 'n' OR n.contype = 'p' AND $3::boolean AND n.conkey = ARRAY[a.attnum]))
ORDER BY 1`

// dropColumn drops a column that nothing uses. The server would drop indexes
// and constraints with it, which a downgrade could not make again. Whether
// there are any is an assertion that travels before the statement; who they are
// is asked only where it fails.
func (a *applier) dropColumn(ctx context.Context, op *schema.DropColumn) error {
	sql := "ALTER TABLE " + quoteIdent(op.Table) + " DROP COLUMN " + ifExists(op.IfExists) + quoteIdent(op.Name)
	key := op.Was != nil && op.Was.PrimaryKey
	column := [][]byte{[]byte(quoteIdent(op.Table)), []byte(op.Name), strconv.AppendBool(nil, key)}
	const hint = "Drop these before the column."
	d := missingColumn(op.Table).with(blocked(hint))
	d[codeInvalidText] = func(ctx context.Context, t *tx, e *host.SQLError) error {
		rows, err := t.look(ctx, columnUsers, column...)
		if err != nil {
			return err
		}
		*e = host.SQLError{
			Code: codeDependent, Message: fmt.Sprintf("column %q of table %q is used by other objects", op.Name, op.Table),
			Detail: strings.Join(firsts(rows), ", "), Hint: hint, SQL: sql, Ordinal: e.Ordinal, Err: e.Err,
		}
		return nil
	}
	a.unsyncedColumn(op.Table, op.Name)
	return a.guarded(d, func() error {
		a.assert("SELECT CASE WHEN EXISTS ("+columnUsers+") THEN "+raise("the column is used")+" END", column...)
		return a.send(ctx, sql)
	})
}
