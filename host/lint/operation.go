package lint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// operation reads a schema operation.
func (l *linter) operation(q schema.Request) (reading, error) {
	r := operationReader{dialect: l.dialect}
	if !q.For(string(l.dialect)) {
		return r.reading, nil
	}
	if e, ok := q.Operation.(*schema.Execute); ok {
		return l.statement(e.SQL.For(string(l.dialect)))
	}
	r.operation(q.Operation)
	return r.reading, l.parses(q.Operation)
}

// parses returns what keeps the SQL in an operation from being read.
func (l *linter) parses(op schema.Operation) error {
	parse := func(before, sql, after string) error {
		if sql == "" {
			return nil
		}
		var lite *liteError
		if l.dialect == chain.SQLite {
			err := l.liteSyntax(before + sql + after)
			if errors.As(err, &lite) {
				err = &liteError{fmt.Sprintf("in %q: %s", sql, lite.message), 0}
			}
			return err
		}
		_, err := grammar.Parse(before + sql + after)
		var syntax *grammar.SyntaxError
		switch {
		case errors.As(err, &syntax):
			return &grammar.SyntaxError{Message: fmt.Sprintf("in %q: %s", sql, syntax.Message)}
		case errors.Is(err, grammar.ErrTooLarge):
			return errUnread
		}
		return err
	}
	switch op := op.(type) {
	case *schema.CreateView:
		return parse("", op.Query.For(string(l.dialect)), "")
	case *schema.CreateTrigger:
		return parse("", op.SQL.For(string(l.dialect)), "")
	}
	for _, sql := range schema.Expressions(op) {
		if err := parse("SELECT (", sql.For(string(l.dialect)), ")"); err != nil {
			return err
		}
	}
	return nil
}

// An operationReader makes changes of operations.
type operationReader struct {
	reading
	dialect chain.Dialect
}

func (r *operationReader) lite() bool              { return r.dialect == chain.SQLite }
func (r *operationReader) fold(name string) string { return fold(r.dialect, name) }
func (r *operationReader) table(name string) table { return table(r.fold(name)) }

func (r *operationReader) folded(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = r.fold(n)
	}
	return out
}

func (r *operationReader) operation(op schema.Operation) {
	on := r.table(op.On())
	switch op := op.(type) {
	case *schema.CreateTable:
		e := createTable{table: r.table(op.Name)}
		for i := range op.Columns {
			e.columns = append(e.columns, r.column(&op.Columns[i]))
		}
		for i := range op.Constraints {
			e.constraints = append(e.constraints, r.constraint(&op.Constraints[i]))
		}
		r.add(0, e)
	case *schema.DropTable:
		r.add(0, dropTable{r.table(op.Name), op.Cascade})
	case *schema.RenameTable:
		r.add(0, renameTable{r.table(op.Name), r.fold(op.To)})
	case *schema.AddColumn:
		r.addColumn(on, op)
	case *schema.DropColumn:
		r.add(0, dropColumn{table: on, name: r.fold(op.Name)})
	case *schema.RenameColumn:
		r.add(0, renameColumn{on, r.fold(op.Name), r.fold(op.To)})
	case *schema.AlterColumn:
		r.alterColumn(on, op)
	case *schema.CreateIndex:
		e := createIndex{table: on, name: r.fold(op.Name), partial: !op.Where.IsZero(), concurrently: op.Concurrently}
		for _, c := range op.Columns {
			if c.Column == "" {
				break
			}
			e.columns = append(e.columns, r.fold(c.Column))
		}
		r.add(0, e)
	case *schema.DropIndex:
		r.add(0, dropIndex{on, r.fold(op.Name), op.Concurrently})
	case *schema.AddConstraint:
		k := r.constraint(&op.Constraint)
		r.add(0, addConstraint{on, k})
		if k.kind != check {
			r.rebuild(on, "a "+string(k.kind)+" is added")
		}
	case *schema.DropConstraint:
		r.add(0, dropConstraint{on, r.fold(op.Name)})
		if op.Was == nil || op.Was.Check.IsZero() {
			r.rebuild(on, "a constraint is dropped")
		}
	case *schema.ValidateConstraint:
		r.add(0, validateConstraint{on, op.Name})
	case *schema.CreateEnum:
		r.add(0, createObject{r.table(op.Name)})
	case *schema.AddEnumValue:
		r.add(0, addEnumValue{enum: op.Enum, value: op.Value})
	case *schema.RenameEnumValue:
		r.add(0, renameEnumValue{enum: op.Enum, value: op.Value})
	case *schema.DropEnumValue:
		if !r.lite() {
			r.add(0, rewrite{how: "the type " + op.Enum + " is made anew, and each table that has it with it"})
		}
	case *schema.CreateView:
		if op.Materialized { // which has indexes and locks as a table has
			r.add(0, createTable{table: r.table(op.Name)})
		}
		r.add(0, createObject{r.table(op.Name)})
	case *schema.DropView:
		r.add(0, dropObject{table: r.table(op.Name), what: "the view " + op.Name})
	case *schema.Insert:
		r.rows(op)
	case *schema.Batch:
		for _, inner := range op.Operations {
			if inner.For(string(r.dialect)) {
				r.operation(inner.Operation)
			}
		}
	}
}

// rebuild notes that SQLite rebuilds a table.
func (r *operationReader) rebuild(on table, why string) {
	if r.lite() {
		r.add(0, rebuild{on, why})
	}
}

// addColumn reads an added column. What ALTER TABLE cannot add, SQLite's table is
// rebuilt for.
//
// https://sqlite.org/lang_altertable.html#alter_table_add_column
func (r *operationReader) addColumn(on table, op *schema.AddColumn) {
	c := r.column(&op.Column)
	anew := r.lite() && (c.volatile != "" || c.rewrites != "")
	if anew {
		c.volatile, c.rewrites = "", ""
	}
	r.add(0, addColumn{on, c})
	if anew {
		r.rebuild(on, "the new column "+c.name+" has a value of its own in each row")
	}
}

func (r *operationReader) column(c *schema.Column) column {
	out := column{name: r.fold(c.Name), kind: r.kind(c.Type), notNull: c.NotNull || c.PrimaryKey}
	switch d := c.Default; {
	case d == nil:
	case d.Literal.Kind == schema.NullLiteral:
	case d.Function == schema.FunctionUUID:
		out.hasDefault, out.volatile = true, "a random uuid"
	case d.Function == schema.FunctionNow && r.lite():
		out.hasDefault, out.volatile = true, "the time"
	case !d.SQL.IsZero() && r.lite():
		out.hasDefault, out.volatile = true, d.SQL.For(schema.SQLite)
	case !d.SQL.IsZero():
		out.hasDefault, out.volatile = true, volatileIn(r.expression(d.SQL))
	default:
		out.hasDefault = true
	}
	switch {
	case c.Autoincrement:
		out.hasDefault, out.rewrites = true, "it is numbered"
	case !c.Generated.IsZero() && !c.Virtual:
		out.hasDefault, out.rewrites = true, "it is generated and stored"
	case !c.Generated.IsZero():
		out.hasDefault = true
	}
	if c.PrimaryKey {
		out.key = &constraint{kind: primaryKey, columns: []string{out.name}}
	}
	return out
}

func (r *operationReader) alterColumn(on table, op *schema.AlterColumn) {
	name := r.fold(op.Name)
	if !op.Type.IsZero() {
		e := setType{table: on, name: name, to: r.kind(op.Type), using: !op.Using.IsZero()}
		if op.Was != nil {
			e.was = r.kind(op.Was.Type)
		}
		r.add(0, e)
		r.rebuild(on, "the type of "+name+" changes")
	}
	if op.NotNull != nil && *op.NotNull {
		r.add(0, setNotNull{on, name})
	}
	if op.NotNull != nil && !*op.NotNull {
		r.add(0, dropNotNull{on, name})
	}
	if op.Default != nil || op.DropDefault {
		r.rebuild(on, "the default of "+name+" changes")
	}
}

func (r *operationReader) constraint(k *schema.Constraint) constraint {
	out := constraint{name: r.fold(k.Name), columns: r.folded(k.Columns()), parent: r.fold(k.References), notValid: k.NotValid}
	switch {
	case len(k.PrimaryKey) > 0:
		out.kind = primaryKey
	case len(k.Unique) > 0:
		out.kind = unique
	case len(k.ForeignKey) > 0:
		out.kind = foreignKey
	case len(k.Exclude) > 0:
		out.kind = exclusion
	default:
		out.kind = check
		if !r.lite() {
			out.proves = proven(r.expression(k.Check))
		}
	}
	return out
}

// expression parses an expression for PostgreSQL. One that cannot be parsed, which
// parses tells of, says nothing.
func (r *operationReader) expression(sql schema.SQL) grammar.Node {
	nodes, err := grammar.Parse("SELECT (" + sql.For(schema.PostgreSQL) + ")")
	if err != nil || len(nodes) != 1 {
		return grammar.Node{}
	}
	for _, target := range nodes[0].List("targetList") {
		return target.Node("val")
	}
	return grammar.Node{}
}

// kinds are the types of operations as PostgreSQL's parser calls them.
var kinds = map[schema.Base]string{
	schema.BaseString: "varchar", schema.BaseText: "text", schema.BaseSmallint: "int2", schema.BaseInteger: "int4",
	schema.BaseBigint: "int8", schema.BaseBoolean: "bool", schema.BaseFloat: "float8", schema.BaseNumeric: "numeric",
	schema.BaseTimestamp: "timestamp", schema.BaseTimestampTZ: "timestamptz", schema.BaseDate: "date", schema.BaseTime: "time",
	schema.BaseInterval: "interval", schema.BaseUUID: "uuid", schema.BaseJSON: "json", schema.BaseJSONB: "jsonb",
	schema.BaseBinary: "bytea",
}

func (r *operationReader) kind(t schema.Type) kind {
	if !t.Native.IsZero() {
		return kind{name: strings.ToLower(t.Native.For(string(r.dialect)))}
	}
	k := kind{name: kinds[t.Base], array: t.IsArray}
	if t.Base == schema.BaseEnum {
		k.name = t.Enum
	}
	if t.Size > 0 {
		k.mods = append(k.mods, int(t.Size))
	}
	if t.Base == schema.BaseNumeric && t.Size > 0 {
		k.mods = append(k.mods, int(t.Scale))
	}
	return k
}

// rows reads an insert. What it inserts are constants, which take no time.
func (r *operationReader) rows(op *schema.Insert) {
	for _, row := range op.Rows {
		for i, v := range row {
			if v.Kind == schema.TextLiteral && i < len(op.Columns) {
				r.uses = append(r.uses, use{value: v.Text, column: r.fold(op.Columns[i]), tables: []table{r.table(op.Table)}})
			}
		}
	}
}
