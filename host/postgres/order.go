package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// order tells of columns of a table how they are ordered. How long a text or a number
// may be does not matter to that, nor which integer or text without padding it is,
// since their operator families are the same. The version of a collation does: it is that
// of the library that the server has now, and another one may order texts otherwise. That
// of the database's own collation is told from PostgreSQL 15 on. Row security is told of
// as pg_dump would find it, whatever the policies let through.
//
// https://www.postgresql.org/docs/current/functions-info.html,
// https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-COLLATION,
// https://www.postgresql.org/docs/current/btree.html,
// https://www.postgresql.org/docs/current/ddl-rowsecurity.html
const order = `SELECT pg_catalog.row_security_active(t.oid), CURRENT_USER,
  (SELECT pg_catalog.json_agg(coalesce(CASE WHEN a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype) THEN 'smallint, integer or bigint'
      WHEN a.atttypid IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype) THEN 'text or character varying' ELSE pg_catalog.format_type(a.atttypid, NULL) END
      || coalesce(' COLLATE ' || pg_catalog.quote_ident(o.collname) || coalesce(' of version ' || %s, ''), ''), '') ORDER BY k.n)
   FROM pg_catalog.json_array_elements_text($2::pg_catalog.json) WITH ORDINALITY k (name, n)
   LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attname = k.name AND NOT a.attisdropped
   LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation)
FROM (SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS oid) t`

// The version of a collation, in order.
const (
	collationVersion    = `pg_catalog.pg_collation_actual_version(o.oid)`
	anyCollationVersion = `CASE o.collprovider WHEN 'd' THEN
        (SELECT pg_catalog.pg_database_collation_actual_version(d.oid) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
      ELSE ` + collationVersion + ` END`
)

// Order implements host.Tx.
func (t *tx) Order(ctx context.Context, table string, columns []string) (host.Order, error) {
	if err := t.usable(); err != nil {
		return host.Order{}, err
	}
	o, role, err := t.orderOf(ctx, quoteIdent(table), columns)
	if o.Hidden != "" {
		o.Hidden += unhidden(role, quoteIdent(table))
	}
	return o, err
}

// unhidden says what to do about row security that holds for a role.
func unhidden(role, table string) string {
	return fmt.Sprintf("run as a role with BYPASSRLS (ALTER ROLE %s BYPASSRLS), or as the owner of the table and without FORCE ROW LEVEL SECURITY "+
		"(ALTER TABLE %s NO FORCE ROW LEVEL SECURITY)", quoteIdent(role), table)
}

// orderOf tells how a table is ordered, whose name is resolved. The first statement
// takes the lock that any query takes (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES):
// until the transaction ends nobody can change what the second one finds. LOCK TABLE
// would want more than the right to read some columns.
func (t *tx) orderOf(ctx context.Context, resolved string, columns []string) (o host.Order, role string, err error) {
	names, err := json.Marshal(columns)
	if err != nil {
		return o, "", err
	}
	t.put(item{sql: "SELECT FROM " + resolved + " WHERE false"})
	version := collationVersion
	if t.c.version >= 150000 {
		version = anyCollationVersion
	}
	t.put(item{sql: fmt.Sprintf(order, version), values: [][]byte{[]byte(resolved), names}, row: func(v [][]byte) error {
		if role = string(v[1]); isTrue(v[0]) {
			o.Hidden = fmt.Sprintf("row security holds for role %s there; ", quoteIdent(role))
		}
		return json.Unmarshal(v[2], &o.Columns)
	}})
	return o, role, t.flush(ctx)
}

// Order implements host.Tx. What a plugin asks about is found where its statements
// would find it. Its role cannot have BYPASSRLS.
func (t *confinedTx) Order(ctx context.Context, table string, columns []string) (host.Order, error) {
	if err := t.ready(ctx); err != nil {
		return host.Order{}, err
	}
	if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select", Columns: columns}); refused != nil {
		return host.Order{}, refused
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	o, _, err := t.t.orderOf(timed, t.resolved(table), columns)
	if o.Hidden != "" {
		o.Hidden += fmt.Sprintf("do without it meanwhile (ALTER TABLE %s DISABLE ROW LEVEL SECURITY), or have a migration that is no plugin's visit the table", quoteIdent(table))
	}
	return o, t.explain(ctx, err)
}

// resolved is the name of a table where the plugin's statements would find it.
func (t *confinedTx) resolved(table string) string {
	schema := t.w.quarters.shared
	if t.w.judge.Owns(table) {
		schema = t.w.quarters.home
	}
	return quoteIdent(schema) + "." + quoteIdent(table)
}
