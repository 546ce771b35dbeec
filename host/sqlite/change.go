package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A change is what operations in a row make of one table. Noting an operation
// checks it against the table as the operations before it leave it, edits the
// text, and works out the shape that the table must have afterwards. finish
// sends the statements: SQLite's own ALTER TABLE and CREATE INDEX where these
// do all of it, a rebuild otherwise.
type change struct {
	a       *applier
	was     *table
	text    *tabletext.Table // with the changes
	want    shape
	sources map[string]source // of the columns' content, by their folded names
	indexes []object          // with the changes
	doubts  []doubt           // what may be wrong with the rows
	queries []step            // that compile only if the new expressions name columns that are there

	steps   []step // what does it without a rebuild
	alters  bool   // SQLite edits the text, for which it reads all of the schema
	drops   int    // columns that are dropped
	rebuild *step  // the operation that needs a rebuild, if one does
}

// A step is a statement of an operation.
type step struct {
	sql     string
	ordinal int
	op      schema.Operation
}

// A source says where a column of the new table has its content from. A column
// without one is new and gets its default.
type source struct {
	column string // of the old table
	expr   string // what is copied
	how    conversion
}

// A conversion says in what the copy may differ from the column.
type conversion uint8

const (
	unchanged conversion = iota // in nothing
	retyped                     // what another affinity makes of it
	computed                    // in anything
)

// begin starts a change of a table.
func (a *applier) begin(ctx context.Context, name string) (*change, error) {
	was, err := a.c.readTable(ctx, name)
	if err != nil {
		return nil, err
	}
	if a.enums, err = a.c.readEnums(ctx); err != nil {
		return nil, err
	}
	g := &change{a: a, was: was, text: was.text, want: was.shape.clone(), sources: map[string]source{}}
	g.indexes = append(g.indexes, was.indexes...)
	for i := range was.shape.columns {
		if col := &was.shape.columns[i]; !col.generated() {
			g.sources[tabletext.Fold(col.name)] = source{column: col.name, expr: ident(col.name)}
		}
	}
	return g, nil
}

// sees reports whether an operation reads what the change has made of columns
// and not what they were, or drops one that it reads: the change has to be made
// before.
func (g *change) sees(op schema.Operation) bool {
	if add, ok := op.(*schema.AddColumn); ok {
		return g.mentionsNew(add.Column.Generated)
	}
	if drop, ok := op.(*schema.DropColumn); ok { // a new expression is read when the change is made
		return slices.ContainsFunc(g.queries, func(q step) bool { return tabletext.Mentions(q.sql, drop.Name) })
	}
	alter, ok := op.(*schema.AlterColumn)
	if !ok {
		return false
	}
	from, there := g.sources[tabletext.Fold(alter.Name)]
	if !there && (alter.Default != nil || alter.DropDefault) {
		return true // the rows that are there get the default that the column was added with
	}
	if alter.Type.IsZero() {
		return false
	}
	if !there || from.how != unchanged {
		return true
	}
	return g.mentionsNew(alter.Using)
}

// mentionsNew reports whether an expression reads what is not in the old table.
func (g *change) mentionsNew(expr schema.SQL) bool {
	for i := range g.want.columns {
		name := g.want.columns[i].name
		if from, there := g.sources[tabletext.Fold(name)]; (!there || from.how != unchanged) && tabletext.Mentions(expr.For(schema.SQLite), name) {
			return true
		}
	}
	return false
}

// note adds an operation to the change.
func (g *change) note(ctx context.Context, op schema.Operation) error {
	for _, query := range g.reading(op) {
		g.queries = append(g.queries, step{query, g.a.ordinal, op})
	}
	switch op := op.(type) {
	case *schema.AddColumn:
		return g.addColumn(ctx, op)
	case *schema.DropColumn:
		return g.dropColumn(ctx, op)
	case *schema.AlterColumn:
		return g.alterColumn(ctx, op)
	case *schema.AddConstraint:
		return g.addConstraint(ctx, op)
	case *schema.DropConstraint:
		return g.dropConstraint(ctx, op)
	case *schema.CreateIndex:
		return g.createIndex(ctx, op)
	case *schema.DropIndex:
		return g.dropIndex(ctx, op)
	case *schema.RenameIndex:
		return g.renameIndex(ctx, op)
	case *schema.Comment, *schema.ValidateConstraint:
		return nil // SQLite has no comments, and has checked all rows
	}
	return fmt.Errorf("it is not a change of a table that SQLite knows")
}

// reading returns queries that read the expressions of an operation. Where
// strings in double quotes are allowed, for the sake of what is there already, a
// column that is not there would be taken for one.
func (g *change) reading(op schema.Operation) []string {
	var queries []string
	read := func(sql schema.SQL, from string) {
		if expr := sql.For(schema.SQLite); expr != "" {
			queries = append(queries, "SELECT "+tabletext.Parenthesized(expr)+from)
		}
	}
	from := " FROM " + g.table()
	switch op := op.(type) {
	case *schema.AddColumn:
		read(op.Column.Generated, from)
		if op.Column.Default != nil {
			read(op.Column.Default.SQL, "")
		}
	case *schema.AlterColumn:
		if op.Default != nil {
			read(op.Default.SQL, "")
		}
	case *schema.AddConstraint:
		read(op.Constraint.Check, from)
	case *schema.CreateIndex:
		read(op.Where, from)
		for i := range op.Columns {
			read(op.Columns[i].Expr, from)
		}
	}
	return queries
}

// read compiles the queries that read the new expressions.
func (g *change) read() error {
	for _, q := range g.queries {
		g.a.ordinal = q.ordinal
		s, _, err := g.a.c.sq.Prepare(q.sql)
		if err != nil {
			_, message := codeAndMessage(err)
			return fmt.Errorf("table %q: %s", g.was.name, message)
		}
		s.Close()
	}
	return nil
}

// edit takes over an edited text.
func (g *change) edit(sql string) error {
	edited, err := tabletext.Parse(sql)
	if err != nil {
		return fmt.Errorf("the text of table %q would become one that cannot be read, %w: %s", g.was.name, err, sql)
	}
	g.text = edited
	return nil
}

// must returns the index of a column in the text, and the column.
func (g *change) must(name string) (int, *shapeColumn, error) {
	i, col := g.text.Column(name), g.want.column(name)
	if i < 0 || col == nil {
		return -1, nil, noColumn(g.was.name, name, &g.want)
	}
	return i, col, nil
}

// needs notes that an operation needs a rebuild.
func (g *change) needs(op schema.Operation) {
	if g.rebuild == nil {
		g.rebuild = &step{ordinal: g.a.ordinal, op: op}
	}
}

func (g *change) step(op schema.Operation, sql string) {
	g.steps = append(g.steps, step{sql, g.a.ordinal, op})
}

// alter notes a statement of SQLite's that edits what is there.
func (g *change) alter(op schema.Operation, sql string) {
	g.alters = true
	g.step(op, sql)
}

// table returns the name of the table for a query.
func (g *change) table() string { return "main." + ident(g.was.name) }

// A doubt is a reason why the rows that are there may refuse a change. It is
// looked into when they have.
type doubt struct {
	step
	count   string // the query that counts the rows in the way
	refusal func(rows int64) error
}

func (g *change) doubt(op schema.Operation, count string, refusal func(int64) error) {
	g.doubts = append(g.doubts, doubt{step{count, g.a.ordinal, op}, count, refusal})
}

// because returns the reason of a refusal, or the refusal itself.
func (g *change) because(ctx context.Context, refusal error) error {
	for _, d := range g.doubts {
		n, err := g.a.counting(ctx, d.count)
		if err != nil || n == 0 {
			continue // it is about a column that is not there yet, or not the reason
		}
		g.a.ordinal = d.ordinal
		return g.a.explain(ctx, d.op, d.refusal(n))
	}
	return refusal
}

// counting returns the number that a query with expressions of the guest's has.
func (a *applier) counting(ctx context.Context, sql string) (int64, error) {
	if a.c.wall == nil {
		return a.c.number(ctx, sql)
	}
	defer a.c.writtenBy(renderer)()
	defer a.c.wall.raise(ctx, &reading{kind: "SELECT"})()
	return a.c.number(a.c.wall.until(ctx), sql)
}
