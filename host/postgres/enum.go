package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func createEnum(name string, values []string) string {
	return "CREATE TYPE " + quoteIdent(name) + " AS ENUM (" + quotedList(values) + ")"
}

func dropEnum(op *schema.DropEnum) string {
	return "DROP TYPE " + ifExists(op.IfExists) + quoteIdent(op.Name)
}

// unknownEnum is for columns of these types.
func unknownEnum(types ...schema.Type) diagnosis {
	return diagnosis{codeUndefinedObject: func(_ context.Context, _ *tx, e *host.SQLError) error {
		for _, t := range types {
			if t.Base == schema.BaseEnum && strings.Contains(e.Message, t.Enum) {
				e.Hint = fmt.Sprintf("Create the enum %q before (create_enum).", t.Enum)
			}
		}
		return nil
	}}
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
	values, err := a.enumValues(ctx, op.Enum)
	if err != nil {
		return err
	}
	at := slices.Index(values, op.Value)
	if at < 0 {
		return a.refuse(codeUndefinedObject, fmt.Sprintf("the enum %q has no value %q", op.Enum, op.Value),
			fmt.Sprintf("Its values are %s.", quotedList(values)))
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
	return a.replaceEnum(ctx, op, slices.Delete(values, at, at+1), columns)
}

// enumValues returns the values of an enum in their order.
func (a *applier) enumValues(ctx context.Context, enum string) ([]string, error) {
	rows, err := a.ask(ctx, `SELECT e.enumlabel FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
		WHERE t.oid = pg_catalog.to_regtype($1) AND t.typtype = 'e' ORDER BY e.enumsortorder`, []byte(quoteIdent(enum)))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, a.refuse(codeUndefinedObject, fmt.Sprintf("the enum %q does not exist", enum), "")
	}
	return firsts(rows), nil
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
		condition := c.name + " = "
		if c.isArray {
			condition = quoteText(op.Value) + " = ANY (" + c.name + ")"
		} else {
			condition += quoteText(op.Value)
		}
		counts = append(counts, "SELECT "+quoteText(c.where)+", count(*) FROM "+c.table+" WHERE "+condition)
	}
	if err := a.send(ctx, "LOCK TABLE "+strings.Join(tables, ", ")); err != nil {
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
func (a *applier) replaceEnum(ctx context.Context, op *schema.DropEnumValue, values []string, columns []enumColumn) error {
	enum, old := quoteIdent(op.Enum), quoteIdent(oldEnumName(op.Enum))
	comment, err := a.ask(ctx, `SELECT pg_catalog.obj_description(pg_catalog.to_regtype($1), 'pg_type')`, []byte(enum))
	if err != nil {
		return err
	}
	sqls := []string{"ALTER TYPE " + enum + " RENAME TO " + old, createEnum(op.Enum, values)}
	if len(comment) == 1 && comment[0][0] != "" {
		sqls = append(sqls, "COMMENT ON TYPE "+enum+" IS "+quoteText(comment[0][0]))
	}
	if err := a.sendAll(ctx, sqls); err != nil {
		return err
	}
	for _, c := range columns {
		if err := a.explained(ctx, c.retype(enum), diagnosis{
			codeInvalidText: func(_ context.Context, _ *tx, e *host.SQLError) error {
				e.Message = fmt.Sprintf("the default of %s is %s, which uses the value %q of the enum %q", c.where, c.defaultExpr, op.Value, op.Enum)
				e.Hint, e.Position = "Change or drop the default before.", 0
				return nil
			},
			codeFeature: hinting(fmt.Sprintf("Drop what uses %s before, and create it again after.", c.where)),
		}); err != nil {
			return err
		}
	}
	return a.send(ctx, "DROP TYPE "+old)
}

// retype is the statement that gives a column the new type. The default is said
// in the words that it had: they mean the type that has the name now.
func (c *enumColumn) retype(enum string) string {
	if c.isArray {
		enum += "[]"
	}
	text := "::text::"
	if c.isArray {
		text = "::text[]::"
	}
	alter := "ALTER COLUMN " + c.name + " "
	actions := []string{alter + "TYPE " + enum + " USING " + c.name + text + enum}
	if c.defaultExpr != "" {
		actions = []string{alter + "DROP DEFAULT", actions[0], alter + "SET DEFAULT " + c.defaultExpr}
	}
	return "ALTER TABLE " + c.table + " " + strings.Join(actions, ", ")
}

// oldEnumName is what an enum is called while the new one takes its place.
func oldEnumName(enum string) string {
	const suffix = "_sandpiper_old"
	cut := min(len(enum), 63-len(suffix))
	for cut > 0 && cut < len(enum) && enum[cut]&0xc0 == 0x80 {
		cut-- // not inside a character
	}
	return enum[:cut] + suffix
}

func quotedList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quoteText(v)
	}
	return strings.Join(quoted, ", ")
}
