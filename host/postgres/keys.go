package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// keys returns the unique indexes of a table that hold for all of its rows, in
// the order in which they would be chosen. One that compares texts in another way
// than ORDER BY does is unfit, unless equal texts are the same bytes to both; and
// so are those of a table that others inherit from, since they hold for its own
// rows alone, and those with a column of a composite type, whose values cannot be sent
// back as parameters.
//
// https://www.postgresql.org/docs/current/catalog-pg-index.html,
// https://www.postgresql.org/docs/current/ddl-inherit.html#DDL-INHERIT-CAVEATS
const keys = `SELECT coalesce(c.relkind::text, ''), (SELECT coalesce(json_agg(json_build_object('Columns', k.columns, 'Primary', k.indisprimary, 'Nullable', k.nullable,
      'Otherwise', k.otherwise, 'Composite', k.composite, 'Inherited', k.inherited) ORDER BY k.inherited OR k.otherwise OR k.composite, k.indisprimary DESC, k.nullable, pg_catalog.cardinality(k.columns), k.indexrelid), '[]')
  FROM (SELECT i.indexrelid, i.indisprimary, pg_catalog.bool_or(NOT a.attnotnull) AS nullable, pg_catalog.array_agg(a.attname ORDER BY p.n) AS columns,
      pg_catalog.bool_or(a.attcollation <> i.indcollation[p.n - 1] AND NOT coalesce(o.collisdeterministic, true)) AS otherwise,
      pg_catalog.bool_or(y.typtype = 'c') AS composite,
      EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid AND c.relkind = 'r') AS inherited
    FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts) p (n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p.n - 1]
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    GROUP BY i.indexrelid, i.indisprimary) k)
FROM (SELECT pg_catalog.to_regclass($1) AS oid) t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.oid`

// Keys implements host.Tx.
func (t *tx) Keys(ctx context.Context, table string) ([]host.Key, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	return t.keysOf(ctx, table, quoteIdent(table))
}

// keysOf returns the keys of a table, whose name is resolved.
func (t *tx) keysOf(ctx context.Context, table, resolved string) (found []host.Key, err error) {
	kind := ""
	var indexes []struct {
		host.Key
		Otherwise, Composite, Inherited bool
	}
	t.put(item{sql: keys, values: [][]byte{[]byte(resolved)}, row: func(v [][]byte) error {
		kind = string(v[0])
		return json.Unmarshal(v[1], &indexes)
	}})
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, &host.SQLError{Code: codeUndefinedTable, Message: fmt.Sprintf("relation %q does not exist", table)}
	}
	for _, i := range indexes {
		switch {
		case i.Inherited:
			i.Unfit = "other tables inherit from it, and their rows, which are among its own, may have the same: " +
				"visit each of them by itself, and this one from Go, as a query of it alone (SELECT … FROM ONLY …)"
		case i.Otherwise:
			i.Unfit = host.UnfitCollation
		case i.Composite:
			i.Unfit = "a column of it is of a composite type, whose values no checkpoint can hold: order by another key"
		}
		found = append(found, i.Key)
	}
	if what, none := keyless[kind]; none && len(found) == 0 {
		return nil, &host.SQLError{Code: codeWrongObjectType, Message: fmt.Sprintf("%q is %s, and has no key", table, what), Hint: host.HintKeyless}
	}
	return found, nil
}

// keyless are the kinds of relations that have no unique indexes, or need not have
// any. https://www.postgresql.org/docs/current/catalog-pg-class.html
var keyless = map[string]string{"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence"}

// Keys implements host.Tx. A plugin is told of the keys that it may not
// read what it lacks for them. What it asks about is found where its statements would find it.
func (t *confinedTx) Keys(ctx context.Context, table string) ([]host.Key, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select"}); refused != nil {
		return nil, refused
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	found, err := t.t.keysOf(timed, table, t.resolved(table))
	for i := range found {
		if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select", Columns: found[i].Columns}); refused != nil {
			found[i].Refused = refused
		}
	}
	return found, t.explain(ctx, err)
}
