package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// An enumType is an enum as it is in the database.
type enumType struct {
	name    string // quoted, with its schema
	schema  string // quoted
	values  []string
	owner   string // quoted; "" if it is who the migration runs as
	comment string
	granted bool // somebody has rights on it that not everybody has
}

// An enumColumn is a column of an enum, or of arrays of it.
type enumColumn struct {
	table, name string // quoted, the table with its schema
	where       string // for people
	isArray     bool
	defaultExpr string
}

// dropEnumValue makes the type anew without the value, and gives it to every
// column of the old one: PostgreSQL can't take a value out of a type. The
// tables are locked before the rows are counted, so that none gets the value
// in between.
func (a *applier) dropEnumValue(ctx context.Context, op *schema.DropEnumValue) error {
	enum, err := a.enumType(ctx, op.Enum)
	if err != nil {
		return err
	}
	at := slices.Index(enum.values, op.Value)
	if at < 0 {
		return a.refuse(codeUndefinedObject, fmt.Sprintf("the enum %q has no value %q", op.Enum, op.Value),
			fmt.Sprintf("Its values are %s.", quotedList(enum.values)))
	}
	if enum.granted {
		return a.refuse(codeDependent, fmt.Sprintf("rights on the enum %q were granted or revoked, and the type that takes its place would not have them", op.Enum),
			"Put the rights back to what they are by default before, and grant them again after.")
	}
	if err := a.refuseEnumUsers(ctx, op); err != nil {
		return err
	}
	columns, err := a.enumColumns(ctx, op.Enum)
	if err != nil {
		return err
	}
	if err := a.refuseUsedValue(ctx, op, columns); err != nil {
		return err
	}
	enum.values = slices.Delete(enum.values, at, at+1)
	return a.replaceEnum(ctx, op, enum, columns)
}

// enumType finds an enum.
func (a *applier) enumType(ctx context.Context, name string) (enumType, error) {
	rows, err := a.ask(ctx, `SELECT coalesce(e.enumlabel, ''), pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(t.typname),
		  CASE WHEN pg_catalog.pg_get_userbyid(t.typowner) <> current_user THEN pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.typowner)) ELSE '' END,
		  coalesce(pg_catalog.obj_description(t.oid, 'pg_type'), ''), t.typacl IS NOT NULL
		FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
		LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
		WHERE t.oid = pg_catalog.to_regtype($1) AND t.typtype = 'e' ORDER BY e.enumsortorder`, []byte(quoteIdent(name)))
	if err != nil {
		return enumType{}, err
	}
	if len(rows) == 0 {
		return enumType{}, a.refuse(codeUndefinedObject, fmt.Sprintf("the enum %q does not exist", name), "")
	}
	first := rows[0]
	return enumType{
		name: first[1] + "." + first[2], schema: first[1], values: firsts(rows),
		owner: first[3], comment: first[4], granted: first[5] == "t",
	}, nil
}

// refuseEnumUsers refuses to replace a type that something other than columns
// of tables, and their defaults, is made of: it would go on with the old one.
func (a *applier) refuseEnumUsers(ctx context.Context, op *schema.DropEnumValue) error {
	rows, err := a.ask(ctx, `SELECT DISTINCT CASE d.classid
		  WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
		    FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid)
		  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END
		FROM pg_catalog.pg_type t
		JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype <> 'i'
		WHERE t.oid = pg_catalog.to_regtype($1)
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
		    AND d.objsubid > 0 AND c.relkind IN ('r', 'p'))
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
		    WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid AND a.attgenerated = '' AND a.atttypid IN (t.oid, t.typarray))
		ORDER BY 1`, []byte(quoteIdent(op.Enum)))
	if err != nil || len(rows) == 0 {
		return err
	}
	return a.refuse(codeDependent, fmt.Sprintf("the enum %q is used by %s, which would go on with the type that has the value %q",
		op.Enum, strings.Join(firsts(rows), ", "), op.Value), "Drop these before, and create them again after.")
}

// enumColumns returns the columns of the enum. What is inherited changes with
// its parent.
func (a *applier) enumColumns(ctx context.Context, enum string) ([]enumColumn, error) {
	rows, err := a.ask(ctx, `SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), pg_catalog.quote_ident(a.attname),
		  c.relname || '.' || a.attname, a.atttypid = t.typarray, coalesce(pg_catalog.pg_get_expr(f.adbin, f.adrelid), '')
		FROM pg_catalog.pg_type t
		JOIN pg_catalog.pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped AND a.attinhcount = 0
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
		WHERE t.oid = pg_catalog.to_regtype($1) ORDER BY c.oid, a.attnum`, []byte(quoteIdent(enum)))
	columns := make([]enumColumn, len(rows))
	for i, row := range rows {
		columns[i] = enumColumn{table: row[0], name: row[1], where: row[2], isArray: row[3] == "t", defaultExpr: row[4]}
	}
	return columns, err
}

// refuseUsedValue locks the tables and refuses a value that rows of them have.
func (a *applier) refuseUsedValue(ctx context.Context, op *schema.DropEnumValue, columns []enumColumn) error {
	if len(columns) == 0 {
		return nil
	}
	var tables, counts []string
	for _, c := range columns {
		if !slices.Contains(tables, c.table) {
			tables = append(tables, c.table)
		}
		has := c.name
		if c.isArray {
			has = "ANY (" + c.name + ")"
		}
		counts = append(counts, "SELECT "+quoteText(c.where)+", count(*) FROM "+c.table+" WHERE "+quoteText(op.Value)+" = "+has)
	}
	if err := a.sendOwn(ctx, "LOCK TABLE "+strings.Join(tables, ", ")); err != nil {
		return err
	}
	rows, err := a.ask(ctx, strings.Join(counts, " UNION ALL "))
	if err != nil {
		return err
	}
	var used []string
	for _, row := range rows {
		if row[1] != "0" {
			used = append(used, row[1]+" in "+row[0])
		}
	}
	if len(used) == 0 {
		return nil
	}
	return a.t.spoil(&host.SQLError{
		Code: codeDependent, Message: fmt.Sprintf("rows have the value %q of the enum %q", op.Value, op.Enum),
		Detail: "Rows with it: " + strings.Join(used, ", ") + ".", Hint: "Give these rows another value before.", Ordinal: a.ordinal,
	})
}

// replaceEnum puts a type of the values in the enum's place.
func (a *applier) replaceEnum(ctx context.Context, op *schema.DropEnumValue, enum enumType, columns []enumColumn) error {
	old := oldEnumName(op.Enum)
	if err := a.sendOwn(ctx, "ALTER TYPE "+enum.name+" RENAME TO "+quoteIdent(old)); err != nil {
		return err
	}
	sqls := []string{createEnum(enum.name, enum.values)}
	if enum.comment != "" {
		sqls = append(sqls, "COMMENT ON TYPE "+enum.name+" IS "+quoteText(enum.comment))
	}
	if enum.owner != "" {
		sqls = append(sqls, "ALTER TYPE "+enum.name+" OWNER TO "+enum.owner)
	}
	if err := a.sendAll(ctx, sqls); err != nil {
		return err
	}
	for _, c := range columns {
		if c.defaultExpr != "" {
			a.checkDefault(op, c)
		}
	}
	for len(columns) > 0 {
		n := 1
		for n < len(columns) && columns[n].table == columns[0].table {
			n++
		}
		err := a.explained(ctx, retype(columns[:n], enum.name), diagnosis{
			codeUnsupported: hinting(fmt.Sprintf("Drop what uses the columns of %s before, and create it again after.", columns[0].table)),
		})
		if err != nil {
			return err
		}
		columns = columns[n:]
	}
	return a.sendOwn(ctx, "DROP TYPE "+enum.schema+"."+quoteIdent(old))
}

// checkDefault has the server read a default that is not for the new type,
// before tables are rewritten. The expression is parsed, with its constants, and
// not computed.
func (a *applier) checkDefault(op *schema.DropEnumValue, c enumColumn) {
	a.t.why = diagnosis{codeInvalidText: func(_ context.Context, _ *tx, e *host.SQLError) error {
		*e = host.SQLError{
			Code: codeDependent, Message: fmt.Sprintf("the default of %s has the value %q of the enum %q", c.where, op.Value, op.Enum),
			Detail: "It is " + c.defaultExpr + ".", Hint: "Change or drop the default before.", Ordinal: e.Ordinal, Err: e.Err,
		}
		return nil
	}}
	a.assert("SELECT " + c.defaultExpr + " WHERE false")
	a.t.why = nil
}

// retype gives the new type to the columns of one table, at once, since a check
// may compare them. Defaults are said in the words that they had: these mean the
// type that has the name now.
func retype(columns []enumColumn, enum string) string {
	var actions []string
	for _, c := range columns {
		to, text := enum, "text"
		if c.isArray {
			to, text = enum+"[]", "text[]"
		}
		alter := "ALTER COLUMN " + c.name + " "
		change := alter + "TYPE " + to + " USING " + c.name + "::" + text + "::" + to
		if c.defaultExpr == "" {
			actions = append(actions, change)
			continue
		}
		actions = append(actions, alter+"DROP DEFAULT", change, alter+"SET DEFAULT "+c.defaultExpr)
	}
	return "ALTER TABLE " + columns[0].table + " " + strings.Join(actions, ", ")
}

// oldEnumName is what an enum is called while the new one takes its place.
func oldEnumName(enum string) string {
	const suffix = "_sandpiper_old"

	cut := min(len(enum), maxName-len(suffix))
	for cut > 0 && cut < len(enum) && enum[cut]&0xc0 == 0x80 {
		cut-- // not inside a character
	}
	return enum[:cut] + suffix
}
