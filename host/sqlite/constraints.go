package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (g *change) addConstraint(ctx context.Context, op *schema.AddConstraint) error {
	k := &op.Constraint
	if k.Name != "" && g.find(func(there tabletext.Constraint) bool { return tabletext.SameName(there.Name, k.Name) }) != nil {
		return fmt.Errorf("table %q has a constraint %q already", g.was.name, k.Name)
	}
	for _, name := range k.Columns() {
		if g.want.column(name) == nil {
			return noColumn(g.was.name, name, &g.want)
		}
	}
	def, err := constraintDef(k)
	if err != nil {
		return fmt.Errorf("constraint %q of table %q: %w", k.Name, g.was.name, err)
	}
	switch {
	case len(k.PrimaryKey) > 0:
		err = g.addPrimaryKey(ctx, op)
	case len(k.Unique) > 0:
		g.want.addKey(k.Unique)
		g.doubtUnique(op, k.Unique)
	case !k.Check.IsZero():
		g.want.addCheck(k.Check.For(schema.SQLite))
		g.doubtCheck(op)
		g.alter(op, "ALTER TABLE "+ident(g.was.name)+" ADD "+def)
	default:
		err = g.addForeignKey(ctx, k)
	}
	if err != nil {
		return err
	}
	if k.Check.IsZero() {
		g.needs(op)
	}
	return g.edit(g.text.AddConstraint(def))
}

// addPrimaryKey adds a key without NULLs. SQLite would let them be in some
// tables, and number these rows in others.
func (g *change) addPrimaryKey(ctx context.Context, op *schema.AddConstraint) error {
	key := op.Constraint.PrimaryKey
	if there := g.want.primaryKey(); len(there) > 0 {
		return hinted(fmt.Errorf("table %q has a primary key already: (%s)", g.was.name, strings.Join(there, ", ")), "drop it before")
	}
	for i, name := range key {
		col := g.want.column(name)
		col.key = i + 1
		if col.notNull {
			continue
		}
		n, err := g.a.c.number(ctx, g.nulls(name))
		if err != nil {
			return err
		}
		if n > 0 {
			return g.isNull(name, n)
		}
	}
	g.want.addKey(key)
	g.rekey()
	g.doubtUnique(op, key)
	return nil
}

func (g *change) addForeignKey(ctx context.Context, k *schema.Constraint) error {
	parent, err := g.a.c.readObject(ctx, "table", k.References)
	if err != nil {
		return err
	}
	if parent == nil {
		return g.a.c.missing(ctx, "table", k.References)
	}
	g.want.foreign = append(g.want.foreign, foreignKey(k.ForeignKey, k.References, k.To, action(k.OnDelete), action(k.OnUpdate), "NONE"))
	slices.Sort(g.want.foreign)
	return nil
}

// action returns an action as the pragma has it.
func action[A ~string](a A) string {
	if a == "" {
		return "NO ACTION"
	}
	return strings.ToUpper(string(a))
}

// doubtUnique doubts that columns are different in every row.
func (g *change) doubtUnique(op schema.Operation, columns []string) {
	list := idents(columns)
	var there []string
	for _, name := range columns {
		there = append(there, ident(name)+" IS NOT NULL")
	}
	same := "SELECT count(*) AS n FROM " + g.table() + " WHERE " + strings.Join(there, " AND ") + " GROUP BY " + list + " HAVING count(*) > 1"
	g.doubt(op, "SELECT coalesce(sum(n), 0) FROM ("+same+")", func(n int64) error {
		return hinted(fmt.Errorf("%s of table %q share their (%s) with another row", rowCount(n), g.was.name, strings.Join(columns, ", ")),
			"SELECT "+list+", count(*) FROM "+ident(g.was.name)+" GROUP BY "+list+" HAVING count(*) > 1 shows them: mend or delete them before")
	})
}

func (g *change) doubtCheck(op *schema.AddConstraint) {
	expr := tabletext.Parenthesized(op.Constraint.Check.For(schema.SQLite))
	g.doubt(op, "SELECT count(*) FROM "+g.table()+" WHERE NOT "+expr, func(n int64) error {
		return hinted(fmt.Errorf("the check %q does not hold in %s of table %q", op.Constraint.Name, rowCount(n), g.was.name),
			"mend or delete these rows before")
	})
}

// find returns the first constraint, of the table or of a column, that is.
func (g *change) find(is func(tabletext.Constraint) bool) *tabletext.Constraint {
	for _, k := range g.text.All() {
		switch k.Kind {
		case tabletext.PrimaryKey, tabletext.Unique, tabletext.Check, tabletext.ForeignKey:
			if is(k) {
				return &k
			}
		}
	}
	return nil
}

// nullBehind reports whether the next thing behind a part of a column is NULL.
func (g *change) nullBehind(s tabletext.Span) bool {
	return slices.ContainsFunc(g.text.All(), func(k tabletext.Constraint) bool {
		return k.Kind == tabletext.Null && k.Span.Start >= s.End && strings.TrimSpace(g.text.SQL[s.End:k.Span.Start]) == ""
	})
}

func (g *change) dropConstraint(_ context.Context, op *schema.DropConstraint) error {
	var k *tabletext.Constraint
	if op.Name != "" {
		k = g.find(func(k tabletext.Constraint) bool { return tabletext.SameName(k.Name, op.Name) })
	}
	if k == nil && op.Was != nil {
		k = g.find(func(k tabletext.Constraint) bool { return k.Name == "" && g.isLike(k, op.Was) })
	}
	if k == nil {
		if op.IfExists {
			return nil
		}
		return g.noConstraint(op)
	}
	dropped, expr := *k, g.text.Text(k.Expr)
	// SQLite's takes comments along, and a NULL behind it.
	if k.Kind == tabletext.Check && g.named(k.Name) == 1 && !g.text.CommentBeside(k.Span) && !g.nullBehind(k.Span) {
		g.alter(op, "ALTER TABLE "+ident(g.was.name)+" DROP CONSTRAINT "+ident(k.Name))
	} else {
		g.needs(op)
	}
	if err := g.edit(g.text.Drop(dropped)); err != nil {
		return err
	}
	switch dropped.Kind {
	case tabletext.Check:
		g.want.removeCheck(expr)
	case tabletext.ForeignKey:
		gone := foreignKey(dropped.Columns, dropped.Parent, dropped.To, action(dropped.OnDelete), action(dropped.OnUpdate), "NONE")
		if i := slices.Index(g.want.foreign, gone); i >= 0 {
			g.want.foreign = slices.Delete(g.want.foreign, i, i+1)
		}
	case tabletext.PrimaryKey, tabletext.Unique:
		g.dropKey(dropped)
	}
	return nil
}

// named returns how many constraints have a name; none has the empty one.
func (g *change) named(name string) int {
	n := 0
	for _, k := range g.text.All() {
		if name != "" && tabletext.SameName(k.Name, name) {
			n++
		}
	}
	return n
}

// dropKey takes a key out of the shape, unless another one is the same.
func (g *change) dropKey(dropped tabletext.Constraint) {
	if dropped.Kind == tabletext.PrimaryKey {
		for i := range g.want.columns {
			g.want.columns[i].key, g.want.columns[i].autoincrement = 0, false
		}
		g.rekey()
	}
	another := g.find(func(k tabletext.Constraint) bool {
		return (k.Kind == tabletext.Unique || k.Kind == tabletext.PrimaryKey) && fold(k.Columns) == fold(dropped.Columns)
	})
	if i := slices.Index(g.want.keys, fold(dropped.Columns)); i >= 0 && another == nil {
		g.want.keys = slices.Delete(g.want.keys, i, i+1)
	}
}

// isLike reports whether a constraint is what an operation says of it.
func (g *change) isLike(k tabletext.Constraint, was *schema.Constraint) bool {
	switch k.Kind {
	case tabletext.PrimaryKey:
		return len(was.PrimaryKey) > 0 && fold(k.Columns) == fold(was.PrimaryKey)
	case tabletext.Unique:
		return len(was.Unique) > 0 && fold(k.Columns) == fold(was.Unique)
	case tabletext.ForeignKey:
		return len(was.ForeignKey) > 0 && fold(k.Columns) == fold(was.ForeignKey) && tabletext.SameName(k.Parent, was.References) &&
			(len(was.To) == 0 || len(k.To) == 0 || fold(k.To) == fold(was.To))
	default:
		check := was.Check.For(schema.SQLite)
		return check != "" && tabletext.Normal(g.text.Text(k.Expr)) == tabletext.Normal(check)
	}
}

// noConstraint is the error of a constraint that is not there.
func (g *change) noConstraint(op *schema.DropConstraint) error {
	var titles []string
	for _, k := range g.text.All() {
		switch k.Kind {
		case tabletext.PrimaryKey, tabletext.Unique, tabletext.Check, tabletext.ForeignKey:
			title := constraintTitle(k)
			if k.Kind == tabletext.Check && k.Name == "" {
				title += " (" + g.text.Text(k.Expr) + ")"
			}
			titles = append(titles, title)
		}
	}
	has := "it has none"
	if len(titles) > 0 {
		has = "it has " + strings.Join(titles, "; ")
	}
	return hinted(fmt.Errorf("table %q has no constraint %q: %s", g.was.name, op.Name, has),
		"a constraint without a name is found by what it is: say it in was")
}
