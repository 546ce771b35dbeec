package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (g *change) addColumn(ctx context.Context, op *schema.AddColumn) error {
	col := &op.Column
	if g.want.column(col.Name) != nil {
		if op.IfNotExists {
			return nil
		}
		return fmt.Errorf("table %q has a column %q already", g.was.name, col.Name)
	}
	def, err := columnDef(col, g.want.strict, g.a.enums)
	if err != nil {
		return fmt.Errorf("column %q of table %q: %w", col.Name, g.was.name, err)
	}
	empty := col.NotNull && col.Generated.IsZero() && (col.Default == nil || col.Default.Literal.Kind == schema.NullLiteral)
	if empty {
		n, err := g.a.c.number(ctx, "SELECT count(*) FROM "+g.table())
		if err != nil {
			return err
		}
		if n > 0 {
			return hinted(fmt.Errorf("column %q of table %q is NOT NULL without a default, and the table has %s", col.Name, g.was.name, rowCount(n)),
				"give it a default, or add it, fill it and then make it NOT NULL")
		}
	}
	if err := g.edit(g.text.AddColumn(def)); err != nil {
		return err
	}
	added := shapeColumn{name: col.Name, notNull: col.NotNull, collation: "BINARY"}
	kind, err := typeName(col.Type, g.want.strict, g.a.enums)
	if err != nil {
		return err
	}
	added.kind = strings.ToUpper(kind)
	if added.value, err = normalDefault(col.Default, col.Type.Base); err != nil {
		return err
	}
	if collation := col.Collate.For(schema.SQLite); collation != "" {
		added.collation = collation
	}
	if !col.Generated.IsZero() {
		added.hidden = 3
		if col.Virtual {
			added.hidden = 2
		}
	}
	g.want.columns = append(g.want.columns, added)
	if col.NotNull && added.generated() {
		g.doubt(op, g.nulls(col.Name), func(n int64) error {
			return hinted(fmt.Errorf("column %q of table %q is NOT NULL, and what it is made of is NULL in %s", col.Name, g.was.name, rowCount(n)),
				"mend these rows before, or let the column be NULL")
		})
	}
	if e := g.a.checked(col.Type); e != nil {
		g.want.addCheck(e.expr(col.Name))
	}
	if empty || added.hidden == 3 || !constant(col.Default) {
		g.needs(op)
		return nil
	}
	g.step(op, "ALTER TABLE "+ident(g.was.name)+" ADD COLUMN "+def)
	return nil
}

// constant reports whether ALTER TABLE can add a column with a default
// (https://sqlite.org/lang_altertable.html#alter_table_add_column).
func constant(d *schema.Default) bool {
	return d == nil || d.Literal.Kind != schema.NoLiteral || d.Function == schema.FunctionJSON || d.Function == schema.FunctionJSONArray
}

// normalDefault returns a default as a shape has it.
func normalDefault(d *schema.Default, base schema.Base) (string, error) {
	if d == nil {
		return "", nil
	}
	value, err := defaultValue(d, base)
	if strings.HasPrefix(value, "(") {
		value = value[1 : len(value)-1] // SQLite keeps what is inside
	}
	return tabletext.Normal(value), err
}

// checked returns the enum of a type whose columns have a check, or nil.
func (a *applier) checked(t schema.Type) *enum {
	if e := a.enums[t.Enum]; t.Base == schema.BaseEnum && !t.IsArray && e != nil && !e.plain {
		return e
	}
	return nil
}

func (g *change) alterColumn(ctx context.Context, op *schema.AlterColumn) error {
	i, col, err := g.must(op.Name)
	if err != nil {
		return err
	}
	if !op.Type.IsZero() || op.Default != nil || op.DropDefault {
		if err := g.a.unsyncedColumn(ctx, g.was.name, col.name); err != nil {
			return err
		}
	}
	if !op.Type.IsZero() {
		if err := g.retype(ctx, op, i, col); err != nil {
			return err
		}
		if i, col, err = g.must(op.Name); err != nil {
			return err
		}
	}
	switch {
	case op.Default != nil:
		err = g.setDefault(op, i, col)
	case op.DropDefault && col.value != "":
		g.needs(op)
		col.value = ""
		err = g.edit(g.text.DropDefault(i))
	}
	if err != nil || op.NotNull == nil {
		return err
	}
	return g.setNotNull(op, i, col)
}

// setNotNull makes a column NOT NULL, or lets it be NULL.
func (g *change) setNotNull(op *schema.AlterColumn, i int, col *shapeColumn) error {
	c := &g.text.Columns[i]
	there := c.Count(tabletext.NotNull)
	if tabletext.Mentions(g.text.Text(c.Span), "deferrable") && *op.NotNull != (there > 0) {
		g.needs(op) // SQLite takes NOT DEFERRABLE for NOT NULL
	}
	alter := "ALTER TABLE " + ident(g.was.name) + " ALTER COLUMN " + ident(col.name)
	switch {
	case *op.NotNull && there == 0:
		if c.Find(tabletext.Null) != nil {
			g.needs(op) // SQLite would leave the NULL there
		}
		g.alter(op, alter+" SET NOT NULL")
		col.notNull = true
		g.doubt(op, g.nulls(col.name), func(n int64) error { return g.isNull(op.Name, n) })
		return g.edit(g.text.SetNotNull(i))
	case !*op.NotNull && there > 0:
		if there > 1 || g.text.CommentBeside(c.Find(tabletext.NotNull).Span) {
			g.needs(op) // SQLite would take out one, and comments along
		}
		g.alter(op, alter+" DROP NOT NULL")
		col.notNull = false
		g.want.implied()
		return g.edit(g.text.DropNotNull(i))
	}
	return nil
}

// nulls returns the query that counts the rows in which a column is to be NULL.
func (g *change) nulls(column string) string {
	expr := "NULL" // of a new column, unless it has a default
	if from, there := g.sources[tabletext.Fold(column)]; there {
		expr = from.expr
	} else if k := g.text.Columns[g.text.Column(column)].Find(tabletext.Generated); k != nil {
		expr = g.text.Text(k.Expr)
	} else if value := g.want.column(column).value; value != "" && value != "null" {
		expr = "1"
	}
	return "SELECT count(*) FROM " + g.table() + " WHERE (" + expr + ") IS NULL"
}

func (g *change) isNull(column string, rows int64) error {
	return hinted(fmt.Errorf("column %q of table %q is NULL in %s", column, g.was.name, rowCount(rows)), "give these rows a value before")
}

func (g *change) setDefault(op *schema.AlterColumn, i int, col *shapeColumn) error {
	base := op.Type.Base
	if op.Type.IsZero() {
		base = baseOf(col.kind)
	}
	normal, err := normalDefault(op.Default, base)
	if err != nil || normal == col.value {
		return err
	}
	value, err := defaultValue(op.Default, base)
	if err != nil {
		return err
	}
	g.needs(op)
	col.value = normal
	return g.edit(g.text.SetDefault(i, value))
}

// baseOf returns the portable type that decides what the default "now" is.
func baseOf(kind string) schema.Base {
	switch kind {
	case "DATE":
		return schema.BaseDate
	case "TIME":
		return schema.BaseTime
	}
	return schema.BaseTimestamp
}

// retype changes the type of a column, and with it the check of an enum.
func (g *change) retype(ctx context.Context, op *schema.AlterColumn, i int, col *shapeColumn) error {
	kind, err := typeName(op.Type, g.want.strict, g.a.enums)
	if err != nil {
		return fmt.Errorf("column %q of table %q: %w", op.Name, g.was.name, err)
	}
	other := strings.ToUpper(kind) != col.kind
	if other {
		g.needs(op)
		col.kind = strings.ToUpper(kind)
		if err := g.edit(g.text.SetType(i, kind)); err != nil {
			return err
		}
		g.rekey()
	}
	if from, there := g.sources[tabletext.Fold(col.name)]; there {
		if using := op.Using.For(schema.SQLite); using != "" {
			expr, err := expression(op.Using)
			if err != nil {
				return fmt.Errorf("column %q of table %q: using: %w", op.Name, g.was.name, err)
			}
			g.needs(op)
			from.expr, from.how = expr, computed
		} else if other {
			from.how = retyped
			if err := g.convertible(ctx, op, col.name); err != nil {
				return err
			}
		}
		g.sources[tabletext.Fold(col.name)] = from
	}
	return g.setEnumCheck(op, col.name, g.a.checked(op.Type))
}

// rekey works out what follows from the primary key, as the text has it now.
func (g *change) rekey() {
	for i := range g.want.columns {
		if col := &g.want.columns[i]; !col.generated() {
			col.notNull = g.text.Columns[i].Find(tabletext.NotNull) != nil
		}
	}
	g.want.aliased(g.text)
}

// convertible refuses a type of numbers for values that are not such numbers.
// SQLite would leave them as they are.
func (g *change) convertible(ctx context.Context, op *schema.AlterColumn, column string) error {
	name := ident(column)
	var fits string
	switch op.Type.Base {
	case schema.BaseSmallint, schema.BaseInteger, schema.BaseBigint:
		fits = "CAST(" + name + " AS INTEGER) = " + name
	case schema.BaseFloat:
		fits = "CAST(" + name + " AS REAL) = " + name + " AND " + exact(name, "REAL")
	case schema.BaseNumeric:
		fits = "CAST(" + name + " AS NUMERIC) = " + name + " AND " + exact(name, "NUMERIC")
	case schema.BaseBoolean:
		fits = "CAST(" + name + " AS NUMERIC) = " + name + " AND CAST(" + name + " AS NUMERIC) IN (0, 1)"
	}
	if fits == "" {
		// A type that is not one of numbers alone may still make numbers of
		// texts that look like some.
		switch affinity := affinityOf(g.want.column(column).kind); affinity {
		case "INTEGER", "REAL", "NUMERIC":
			fits = "CAST(" + name + " AS NUMERIC) <> " + name + " OR " + exact(name, affinity)
		default:
			return nil
		}
	}
	// A comparison applies the affinity of the cast to what it is compared
	// with (https://sqlite.org/datatype3.html#type_conversions_prior_to_comparison).
	where := " FROM " + g.table() + " WHERE " + name + " IS NOT NULL AND NOT (" + fits + ")"
	n, err := g.a.c.number(ctx, "SELECT count(*)"+where)
	if err != nil || n == 0 {
		return err
	}
	such, err := g.a.c.oneText(ctx, "SELECT quote("+name+")"+where+" LIMIT 1")
	if err != nil {
		return err
	}
	return hinted(fmt.Errorf("column %q of table %q is not a value of %s in %s, such as %s", column, g.was.name, op.Type, rowCount(n), such),
		"mend these rows before, or say with using what becomes of them")
}

// exact is the condition under which a text keeps all of its digits as a number:
// 15 are what a REAL holds, and an INTEGER holds what it can
// (https://sqlite.org/floatingpoint.html).
func exact(name, affinity string) string {
	digits := "length(ltrim(replace(replace(replace(" + name + ", '.', ''), '-', ''), '+', ''), '0'))"
	condition := "typeof(" + name + ") <> 'text' OR " + digits + " <= 15"
	if affinity != "REAL" {
		condition += " OR " + name + " NOT GLOB '*[^0-9+-]*' AND typeof(CAST(" + name + " AS NUMERIC)) = 'integer'"
	}
	return "(" + condition + ")"
}

// affinityOf returns the affinity of a type's name, which is in capitals
// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
func affinityOf(kind string) string {
	for _, rule := range []struct{ word, affinity string }{
		{"INT", "INTEGER"}, {"CHAR", "TEXT"}, {"CLOB", "TEXT"}, {"TEXT", "TEXT"},
		{"BLOB", "BLOB"}, {"REAL", "REAL"}, {"FLOA", "REAL"}, {"DOUB", "REAL"},
	} {
		if strings.Contains(kind, rule.word) {
			return rule.affinity
		}
	}
	if kind == "" {
		return "BLOB"
	}
	return "NUMERIC"
}

// setEnumCheck gives a column the check of an enum in the place of another's;
// without an enum it has none afterwards.
func (g *change) setEnumCheck(op schema.Operation, column string, e *enum) error {
	i := g.text.Column(column)
	there := enumOf(&g.text.Columns[i], "")
	if there != nil && e != nil && there.Name == enumCheck+e.name {
		return nil
	}
	if there != nil {
		g.needs(op)
		g.want.removeCheck(g.text.Text(there.Expr))
		if err := g.edit(g.text.Drop(*there)); err != nil {
			return err
		}
	}
	if e == nil {
		return nil
	}
	g.needs(op)
	g.want.addCheck(e.expr(column))
	g.doubtEnum(op, column, e)
	return g.edit(g.text.AddColumnConstraint(i, e.check(column)))
}

// doubtEnum doubts that a column has the values of an enum alone.
func (g *change) doubtEnum(op schema.Operation, column string, e *enum) {
	from := g.sources[tabletext.Fold(column)].expr
	if from == "" {
		return
	}
	values := strings.TrimPrefix(e.expr(column), ident(column))
	g.doubt(op, "SELECT count(*) FROM "+g.table()+" WHERE ("+from+") NOT"+values, func(n int64) error {
		return hinted(fmt.Errorf("column %q of table %q has in %s what is no value of the enum %q", column, g.was.name, rowCount(n), e.name),
			listed("its values are", e.values))
	})
}

// setEnum puts the values of an enum that has changed into a column's check.
func (g *change) setEnum(column string, next *enum, renamed *valueRename) error {
	op := &schema.AlterColumn{Table: g.was.name, Name: column, Type: schema.EnumOf(next.name)}
	i := g.text.Column(column)
	k := enumOf(&g.text.Columns[i], next.name)
	g.needs(op)
	g.want.removeCheck(g.text.Text(k.Expr))
	g.want.addCheck(next.expr(column))
	g.doubtEnum(op, column, next)
	if err := g.edit(g.text.ReplaceExpr(*k, next.expr(column))); err != nil {
		return err
	}
	d := g.text.Columns[i].Find(tabletext.Default)
	if renamed == nil {
		if d != nil && next.index(unquoted(g.text.Text(d.Expr))) < 0 && strings.HasPrefix(g.text.Text(d.Expr), "'") {
			return hinted(fmt.Errorf("the default of column %q of table %q is %s", column, g.was.name, g.text.Text(d.Expr)), "change the default before")
		}
		return nil
	}
	if from, there := g.sources[tabletext.Fold(column)]; there {
		name := ident(column)
		from.expr = fmt.Sprintf("CASE %s WHEN %s THEN %s ELSE %s END", name, text(renamed.from), text(renamed.to), name)
		from.how = computed
		g.sources[tabletext.Fold(column)] = from
	}
	if d != nil && g.text.Text(d.Expr) == text(renamed.from) {
		g.want.column(column).value = text(renamed.to)
		return g.edit(g.text.ReplaceExpr(*d, text(renamed.to)))
	}
	return nil
}

// unquoted returns the value of a string literal.
func unquoted(literal string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(literal, "'"), "'")
	return strings.ReplaceAll(inner, "''", "'")
}
