package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// synced has a row for each column that a sync keeps in step. The condition of a
// sync's trigger names them all, so that the server knows them, and drops none
// (https://www.postgresql.org/docs/current/ddl-depend.html).
const synced = `(SELECT g.tgrelid AS "table", d.refobjsubid AS "column", p.proname AS sync
  FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = g.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = g.tgrelid AND d.refobjsubid > 0
  WHERE pg_catalog.strpos(p.prosrc, '` + schema.SyncMark + `') > 0)`

// unsynced makes sure that no sync needs a column of a table, or, if column is
// "", the table. It is an assertion that travels before what sends does.
func (a *applier) unsynced(what, table, column string) {
	before := a.t.why
	defer func() { a.t.why = before }()
	a.t.why = diagnosis{codeInvalidText: func(_ context.Context, _ *tx, e *host.SQLError) error {
		m := assertedSync.FindStringSubmatch(e.Message)
		if m == nil {
			return fmt.Errorf("another failure: %s", e.Message)
		}
		*e = host.SQLError{
			Code: codeDependent, Message: what + " is kept in step by the sync " + m[1], Ordinal: e.Ordinal, Err: e.Err,
			Hint: "Drop it before, with drop_sync.",
		}
		return nil
	}}
	a.assert(`SELECT CASE WHEN sync IS NOT NULL THEN ('sandpiper: the sync ' || sync || ' needs it')::int END
FROM (SELECT pg_catalog.min(pg_catalog.quote_ident(s.sync)) AS sync FROM `+synced+` s
  JOIN pg_catalog.pg_attribute a ON a.attrelid = s."table" AND a.attnum = s."column"
  WHERE s."table" = pg_catalog.to_regclass($1) AND ($2 = '' OR a.attname = $2)) s`, []byte(quoteIdent(table)), []byte(column))
}

var assertedSync = regexp.MustCompile(`sandpiper: the sync (.+) needs it`)

// unsyncedColumn is unsynced for a column.
func (a *applier) unsyncedColumn(table, column string) {
	a.unsynced("the column "+quoteIdent(table)+"."+quoteIdent(column), table, column)
}

// A syncedTable is what a sync has to know of its table.
type syncedTable struct {
	schema  string // in quotes
	path    string // the search path for the expressions
	columns map[string]syncedColumn
}

type syncedColumn struct {
	kind      string
	generated bool
	value     string // the default
	sync      string // that keeps it in step already
}

// syncedTable looks at a table.
func (a *applier) syncedTable(ctx context.Context, name string) (*syncedTable, error) {
	rows, err := a.ask(ctx, `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
  coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
  coalesce((SELECT pg_catalog.min(sync) FROM `+synced+` s WHERE s."table" = a.attrelid AND s."column" = a.attnum), ''),
  pg_catalog.quote_ident(n.nspname),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s), ', ' ORDER BY i)
    FROM pg_catalog.unnest(n.nspname || pg_catalog.array_remove(current_schemas(false), n.nspname)) WITH ORDINALITY u (s, i)
    WHERE s NOT LIKE 'pg\_%')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.oid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, []byte(quoteIdent(name)))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, a.refuse(codeUndefinedTable, "there is no table "+quoteIdent(name), "")
	}
	t := &syncedTable{schema: rows[0][5], path: rows[0][6] + ", pg_temp", columns: map[string]syncedColumn{}}
	for _, row := range rows {
		t.columns[row[0]] = syncedColumn{kind: row[1], generated: row[2] == "t", value: row[3], sync: row[4]}
	}
	return t, nil
}

// createSync makes the function of a sync and its triggers, after a look at
// whether the columns and expressions are what can be kept in step.
func (a *applier) createSync(ctx context.Context, op *schema.CreateSync) error {
	t, err := a.syncedTable(ctx, op.Table)
	if err != nil {
		return err
	}
	s := syncMaker{op: op, table: t, old: newSyncSide(op.Old, op.New), new: newSyncSide(op.New, op.Old)}
	if err := a.checkSync(&s); err != nil {
		return err
	}
	for _, try := range []string{s.try(s.new, s.old), s.try(s.old, s.new)} {
		a.t.why = diagnosis{codeUndefinedColumn: hinting("An expression of a sync names columns of the other side, and no others.")}
		_, err := a.ask(ctx, try)
		if a.t.why = nil; err != nil {
			return err
		}
	}
	insert, update := schema.SyncTriggers(op.Name)
	if err := a.lastToFire(ctx, op.Table, insert, update); err != nil {
		return err
	}
	on, function := " ON "+quoteIdent(op.Table), t.schema+"."+quoteIdent(op.Name)+"()"
	return a.sendAll(ctx, []string{
		"CREATE FUNCTION " + function + " RETURNS trigger LANGUAGE plpgsql SET search_path = " + t.path + " AS " + dollarQuoted(s.body()),
		"CREATE TRIGGER " + quoteIdent(insert) + " BEFORE INSERT" + on + " FOR EACH ROW EXECUTE FUNCTION " + function,
		"CREATE TRIGGER " + quoteIdent(update) + " BEFORE UPDATE" + on + " FOR EACH ROW WHEN (" + s.concerns() + ") EXECUTE FUNCTION " + function,
	})
}

// lastToFire refuses a trigger that would fire behind those of a sync, and so could
// change what they have kept in step. Another sync has other columns.
//
// https://www.postgresql.org/docs/current/trigger-definition.html
func (a *applier) lastToFire(ctx context.Context, table, insert, update string) error {
	rows, err := a.ask(ctx, `SELECT g.tgname FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
WHERE g.tgrelid = pg_catalog.to_regclass($1) AND NOT g.tgisinternal AND g.tgenabled <> 'D'
  AND g.tgtype & 3 = 3 -- BEFORE, FOR EACH ROW; INSERT; UPDATE
  AND (g.tgtype & 4 > 0 AND g.tgname > $2::name OR g.tgtype & 16 > 0 AND g.tgname > $3::name)
  AND pg_catalog.strpos(p.prosrc, '`+schema.SyncMark+`') = 0
ORDER BY g.tgname LIMIT 1`, []byte(quoteIdent(table)), []byte(insert), []byte(update))
	if err != nil || len(rows) == 0 {
		return err
	}
	name := quoteIdent(rows[0][0])
	return a.refuse(codeUnsupported, "the trigger "+name+" of "+quoteIdent(table)+" fires behind those of the sync, and what it makes of a row would not be kept in step",
		"Triggers fire in the order of their names: ALTER TRIGGER "+name+" ON "+quoteIdent(table)+" RENAME TO a name that comes before "+quoteIdent(insert)+".")
}

// checkSync refuses columns that nobody can keep in step.
func (a *applier) checkSync(s *syncMaker) error {
	for _, given := range []struct {
		syncSide
		isNew bool
	}{{s.old, false}, {s.new, true}} {
		for _, name := range given.names {
			what := "the column " + quoteIdent(s.op.Table) + "." + quoteIdent(name)
			col, ok := s.table.columns[name]
			switch {
			case !ok:
				return a.refuse(codeUndefinedColumn, "there is no column "+quoteIdent(name)+" in "+quoteIdent(s.op.Table), "")
			case col.generated:
				return a.refuse(codeUnsupported, what+" is generated, and cannot be kept in step", "Name the columns that it is made of.")
			case col.sync != "":
				return a.refuse(codeDuplicateObject, what+" is kept in step by the sync "+quoteIdent(col.sync), "A column is in one sync at a time: drop the other with drop_sync.")
			case given.isNew && col.value != "" && !isConstant(col.value):
				return a.refuse(codeUnsupported, what+" has the default "+col.value+", from which no one can tell what a program gives",
					"Give the new column no default, or a constant one, for as long as there is the sync.")
			}
		}
	}
	return nil
}

// dropSync drops the triggers of a sync, and the function that no trigger calls
// any more.
func (a *applier) dropSync(ctx context.Context, op *schema.DropSync) error {
	rows, err := a.ask(ctx, `SELECT DISTINCT sync, (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = "table")
FROM `+synced+` s WHERE "table" = pg_catalog.to_regclass($1) ORDER BY sync`, []byte(quoteIdent(op.Table)))
	if err != nil {
		return err
	}
	insert, update := schema.SyncTriggers(op.Name)
	for _, row := range rows {
		if row[0] == op.Name {
			return a.sendAll(ctx, []string{
				"DROP TRIGGER " + quoteIdent(insert) + " ON " + quoteIdent(op.Table),
				"DROP TRIGGER " + quoteIdent(update) + " ON " + quoteIdent(op.Table),
				"DROP FUNCTION " + row[1] + "." + quoteIdent(op.Name) + "()",
			})
		}
	}
	if op.IfExists {
		return nil
	}
	hint := "The table has no sync."
	if len(rows) > 0 {
		hint = "The table has " + idents(firsts(rows)) + "."
	}
	return a.refuse(codeUndefinedObject, "there is no sync "+quoteIdent(op.Name)+" of "+quoteIdent(op.Table), hint)
}

// dollarQuoted is a literal string in which nothing is escaped.
//
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-DOLLAR-QUOTING
func dollarQuoted(s string) string {
	tag := "$sync"
	for strings.Contains(s, tag) {
		tag += "_"
	}
	return tag + "$\n" + s + tag + "$"
}

// isConstant reports whether a default, as pg_get_expr writes it, is a constant.
func isConstant(expr string) bool {
	return castString.MatchString(expr) || bareWord.MatchString(expr) || isNull(expr)
}

func isNull(expr string) bool { return expr == "NULL" || strings.HasPrefix(expr, "NULL::") }
