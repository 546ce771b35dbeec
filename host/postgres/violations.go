package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// constraintViolations counts the rows that keep a constraint from being added.
func constraintViolations(table string, k *schema.Constraint) diagnosis {
	d := missingColumn(table)
	switch {
	case len(k.PrimaryKey) > 0:
		d[codeUnique] = duplicates(table, schema.IndexOn(k.PrimaryKey...), false, "")
		var none []string
		for _, name := range k.PrimaryKey {
			none = append(none, quoteIdent(name)+" IS NULL")
		}
		d[codeNotNull] = counting("SELECT count(*) FROM "+quoteIdent(table)+" WHERE "+strings.Join(none, " OR "),
			"Rows of "+quoteIdent(table)+" without "+idents(k.PrimaryKey), "Fill them in before.")
	case len(k.Unique) > 0:
		d[codeUnique] = duplicates(table, schema.IndexOn(k.Unique...), k.NullsNotDistinct, "")
	case len(k.ForeignKey) > 0:
		d = missingColumn(table, k.References)
		d[codeForeignKey] = orphans(table, k, mendOrNotValid)
	case !k.Check.IsZero():
		d[codeCheck] = failing(table, k.Check.For(schema.PostgreSQL), mendOrNotValid)
	case len(k.Exclude) > 0:
		d[codeExclusion] = overlapping(table, k)
	}
	return d
}

// indexViolations counts the rows that keep an index from being created.
func indexViolations(op *schema.CreateIndex) diagnosis {
	d := missingColumn(op.Table)
	if op.Unique {
		d[codeUnique] = duplicates(op.Table, op.Columns, op.NullsNotDistinct, op.Where.For(schema.PostgreSQL))
	}
	return d
}

// duplicates counts the rows that are not alone with their key.
func duplicates(table string, key []schema.IndexColumn, nullsEqual bool, where string) explanation {
	exprs := make([]string, len(key))
	var conditions []string
	for i, c := range key {
		exprs[i] = columnOrExpr(c.Column, c.Expr)
		if !nullsEqual {
			conditions = append(conditions, exprs[i]+" IS NOT NULL")
		}
	}
	if where != "" {
		conditions = append(conditions, "("+where+")")
	}
	sql := "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM " + quoteIdent(table)
	if len(conditions) > 0 {
		sql += " WHERE " + strings.Join(conditions, " AND ")
	}
	sql += " GROUP BY " + strings.Join(exprs, ", ") + " HAVING count(*) > 1) t"
	return counting(sql, "Rows of "+quoteIdent(table)+" that share "+strings.Join(exprs, ", ")+" with another one",
		mendRows)
}

// What to do about rows that a constraint does not allow.
const (
	mendRows       = "Change or delete them before."
	mendOrNotValid = "Change or delete them before; or add the constraint with not_valid, which leaves them unchecked."
)

// failing counts the rows for which a check is false.
func failing(table, check, hint string) explanation {
	return counting("SELECT count(*) FROM "+quoteIdent(table)+" WHERE NOT ("+check+")",
		"Rows of "+quoteIdent(table)+" for which it is false", hint)
}

// orphans counts the rows that refer to none.
func orphans(table string, k *schema.Constraint, hint string) explanation {
	return func(ctx context.Context, t *tx, e *host.SQLError) error {
		to := k.To
		if len(to) == 0 {
			rows, err := t.look(ctx, primaryKey, []byte(quoteIdent(k.References)))
			if err != nil {
				return err
			}
			to = firsts(rows)
		}
		if len(to) != len(k.ForeignKey) {
			return errors.New("the keys differ in length")
		}
		var there, same []string
		for i, name := range k.ForeignKey {
			there = append(there, "c."+quoteIdent(name)+" IS NOT NULL")
			same = append(same, "p."+quoteIdent(to[i])+" = c."+quoteIdent(name))
		}
		return counting("SELECT count(*) FROM "+quoteIdent(table)+" c WHERE "+strings.Join(there, " AND ")+
			" AND NOT EXISTS (SELECT FROM "+quoteIdent(k.References)+" p WHERE "+strings.Join(same, " AND ")+")",
			"Rows of "+quoteIdent(table)+" that refer to no row of "+quoteIdent(k.References), hint)(ctx, t, e)
	}
}

const primaryKey = `SELECT a.attname FROM pg_catalog.pg_constraint k, unnest(k.conkey) WITH ORDINALITY u (attnum, n)
JOIN pg_catalog.pg_attribute a ON a.attrelid = pg_catalog.to_regclass($1) AND a.attnum = u.attnum
WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.contype = 'p' ORDER BY u.n`

// overlapping counts the rows that an exclusion constraint does not let be
// beside another one.
func overlapping(table string, k *schema.Constraint) explanation {
	var keys, conflicts []string
	for i, e := range k.Exclude {
		name := "k" + strconv.Itoa(i)
		keys = append(keys, columnOrExpr(e.Column, e.Expr)+" AS "+name)
		conflicts = append(conflicts, "x."+name+" "+e.With+" y."+name)
	}
	sql := "WITH r AS MATERIALIZED (SELECT ctid AS i, " + strings.Join(keys, ", ") + " FROM " + quoteIdent(table)
	if where := k.Where.For(schema.PostgreSQL); where != "" {
		sql += " WHERE " + where
	}
	sql += ") SELECT count(*) FROM r x WHERE EXISTS (SELECT FROM r y WHERE x.i <> y.i AND " + strings.Join(conflicts, " AND ") + ")"
	return counting(sql, "Rows of "+quoteIdent(table)+" that conflict with another one", mendRows)
}

// storedViolations counts the rows that keep a constraint from being validated.
// What it says is in the catalog.
func storedViolations(table, name string) diagnosis {
	constraint := [][]byte{[]byte(quoteIdent(table)), []byte(name)}
	return diagnosis{
		codeCheck: func(ctx context.Context, t *tx, e *host.SQLError) error {
			rows, err := t.look(ctx, `SELECT pg_catalog.pg_get_expr(conbin, conrelid) FROM pg_catalog.pg_constraint
				WHERE conrelid = pg_catalog.to_regclass($1) AND conname = $2`, constraint...)
			if err != nil || len(rows) != 1 {
				return errors.Join(errors.New("the check is not found"), err)
			}
			return failing(table, rows[0][0], mendRows)(ctx, t, e)
		},
		codeForeignKey: func(ctx context.Context, t *tx, e *host.SQLError) error {
			rows, err := t.look(ctx, `SELECT c.attname, p.attname, r.relname
				FROM pg_catalog.pg_constraint k, unnest(k.conkey, k.confkey) u (c, p),
				  pg_catalog.pg_attribute c, pg_catalog.pg_attribute p, pg_catalog.pg_class r
				WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.conname = $2 AND r.oid = k.confrelid
				  AND c.attrelid = k.conrelid AND c.attnum = u.c AND p.attrelid = k.confrelid AND p.attnum = u.p`, constraint...)
			if err != nil || len(rows) == 0 {
				return errors.Join(errors.New("the foreign key is not found"), err)
			}
			k := schema.Constraint{References: rows[0][2]}
			for _, row := range rows {
				k.ForeignKey, k.To = append(k.ForeignKey, row[0]), append(k.To, row[1])
			}
			return orphans(table, &k, mendRows)(ctx, t, e)
		},
	}
}
