package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (g *change) dropColumn(ctx context.Context, op *schema.DropColumn) error {
	if g.want.column(op.Name) == nil && op.IfExists {
		return nil
	}
	i, col, err := g.must(op.Name)
	if err != nil {
		return err
	}
	if len(g.text.Columns) == 1 {
		return hinted(fmt.Errorf("%q is the only column of table %q", col.name, g.was.name), "drop the table")
	}
	if err := g.a.unsyncedColumn(ctx, g.was.name, col.name); err != nil {
		return err
	}
	if err := g.unused(ctx, i); err != nil {
		return err
	}
	for _, k := range g.text.Columns[i].Constraints {
		if k.Kind == tabletext.Check {
			g.want.removeCheck(g.text.Text(k.Expr))
		}
	}
	if err := g.edit(g.text.DropColumn(i)); err != nil {
		return err
	}
	delete(g.sources, tabletext.Fold(col.name))
	g.alter(op, "ALTER TABLE "+ident(g.was.name)+" DROP COLUMN "+ident(col.name))
	g.want.columns = append(g.want.columns[:i], g.want.columns[i+1:]...)
	if g.drops++; g.drops > 1 || tabletext.Commented(g.text.SQL) {
		g.needs(op) // one rewrite of the table instead of several; SQLite's takes comments along
	}
	return nil
}

// unused refuses to drop a column that something is made of. Views and triggers
// show it when it is gone.
func (g *change) unused(ctx context.Context, i int) error {
	c := &g.text.Columns[i]
	refuse := func(what string) error {
		return hinted(fmt.Errorf("column %q of table %q is used by %s", c.Name, g.was.name, what), "drop that before, or change it")
	}
	for _, index := range g.indexes {
		if tabletext.Mentions(tabletext.IndexTerms(index.sql), c.Name) {
			return refuse(fmt.Sprintf("index %q", index.name))
		}
	}
	if err := g.watched(ctx, c.Name, refuse); err != nil {
		return err
	}
	for j := range g.text.Columns {
		for _, k := range g.text.Columns[j].Constraints {
			switch own := j == i; {
			case own && (k.Kind == tabletext.PrimaryKey || k.Kind == tabletext.Unique || k.Kind == tabletext.ForeignKey):
				return refuse("its " + constraintTitle(k))
			case !own && k.Kind == tabletext.Generated && tabletext.Mentions(g.text.Text(k.Expr), c.Name):
				return refuse(fmt.Sprintf("the generated column %q", g.text.Columns[j].Name))
			case !own && k.Kind == tabletext.Check && tabletext.Mentions(g.text.Text(k.Expr), c.Name):
				return refuse("the " + constraintTitle(k) + fmt.Sprintf(" of column %q", g.text.Columns[j].Name))
			}
		}
	}
	for _, k := range g.text.Constraints {
		if contains(k.Columns, c.Name) || k.Kind == tabletext.Check && tabletext.Mentions(g.text.Text(k.Expr), c.Name) {
			return refuse("the " + constraintTitle(k))
		}
	}
	keys, err := g.a.c.refersTo(ctx, g.was.name, c.Name)
	if err == nil && len(keys) > 0 {
		return refuse("foreign keys of " + strings.Join(keys, ", "))
	}
	return err
}

// watched refuses to drop a column that would be missed without a word: one
// whose changes fire a trigger, which SQLite then takes for one that never fires;
// and one that is called like the rowid, which views and triggers would then read
// in its place (https://sqlite.org/lang_createtable.html#rowid).
func (g *change) watched(ctx context.Context, column string, refuse func(string) error) error {
	all, err := g.a.c.objects(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.kind == "trigger" && tabletext.SameName(o.table, g.was.name) && tabletext.Mentions(tabletext.UpdateOf(o.sql), column) {
			return refuse(fmt.Sprintf("trigger %q", o.name))
		}
		if (o.kind == "trigger" || o.kind == "view") && contains(rowidNames, column) &&
			tabletext.Mentions(o.sql, column) && tabletext.Mentions(o.sql, g.was.name) {
			return refuse(fmt.Sprintf("%s %q", o.kind, o.name))
		}
	}
	return nil
}

// rowidNames are the names of the rowid, where no column has them.
var rowidNames = []string{"rowid", "_rowid_", "oid"}

func contains(names []string, name string) bool {
	for _, n := range names {
		if tabletext.SameName(n, name) {
			return true
		}
	}
	return false
}

func constraintTitle(k tabletext.Constraint) string {
	title := k.Kind.String()
	if k.Name != "" {
		title += fmt.Sprintf(" %q", k.Name)
	}
	if len(k.Columns) > 0 {
		title += " (" + strings.Join(k.Columns, ", ") + ")"
	}
	return title
}
