package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (g *change) createIndex(ctx context.Context, op *schema.CreateIndex) error {
	free, err := g.freeName(ctx, op.Name)
	if err != nil {
		if !free && op.IfNotExists {
			return nil
		}
		return err
	}
	for i := range op.Columns {
		if name := op.Columns[i].Column; name != "" && g.want.column(name) == nil {
			return noColumn(g.was.name, name, &g.want)
		}
	}
	named := *op
	named.Table, named.IfNotExists = g.was.name, false // it is not there
	sql, err := createIndex(&named)
	if err != nil {
		return fmt.Errorf("index %q: %w", op.Name, err)
	}
	g.indexes = append(g.indexes, object{"index", op.Name, g.was.name, sql})
	g.step(op, sql)
	if op.Unique {
		g.doubtUniqueIndex(op)
	}
	return nil
}

// freeName reports whether an index can have a name; if not, the error says
// what has it.
func (g *change) freeName(ctx context.Context, name string) (bool, error) {
	if g.index(name) >= 0 {
		return false, fmt.Errorf("table %q has an index %q already", g.was.name, name)
	}
	all, err := g.a.c.objects(ctx)
	if err != nil {
		return true, err
	}
	for _, o := range all {
		if !tabletext.SameName(o.name, name) || o.kind == "trigger" {
			continue
		}
		if o.kind != "index" {
			return true, fmt.Errorf("there is a %s %q already", o.kind, name)
		}
		if !tabletext.SameName(o.table, g.was.name) {
			return true, fmt.Errorf("there is an index %q already, on table %q", name, o.table)
		}
	}
	return true, nil
}

// index returns the place of an index in the list, or -1.
func (g *change) index(name string) int {
	for i := range g.indexes {
		if tabletext.SameName(g.indexes[i].name, name) {
			return i
		}
	}
	return -1
}

// doubtUniqueIndex doubts that no two rows are the same to a unique index.
func (g *change) doubtUniqueIndex(op *schema.CreateIndex) {
	terms := make([]string, len(op.Columns))
	there := []string{"1"}
	for i := range op.Columns {
		if terms[i] = ident(op.Columns[i].Column); op.Columns[i].Column == "" {
			terms[i] = tabletext.Parenthesized(op.Columns[i].Expr.For(schema.SQLite))
		}
		there = append(there, terms[i]+" IS NOT NULL")
		if collation := op.Columns[i].Collate.For(schema.SQLite); collation != "" {
			terms[i] += " COLLATE " + ident(collation)
		}
	}
	if where := op.Where.For(schema.SQLite); where != "" {
		there = append(there, tabletext.Parenthesized(where))
	}
	same := "SELECT count(*) AS n FROM " + g.table() + " WHERE " + strings.Join(there, " AND ") +
		" GROUP BY " + strings.Join(terms, ", ") + " HAVING count(*) > 1"
	g.doubt(op, "SELECT coalesce(sum(n), 0) FROM ("+same+")", func(n int64) error {
		return hinted(fmt.Errorf("the unique index %q: %s of table %q share their (%s) with another row", op.Name, rowCount(n), g.was.name, strings.Join(terms, ", ")),
			"mend or delete these rows before")
	})
}

// mustIndex returns the place of an index in the list, or an error that lists
// the indexes.
func (g *change) mustIndex(ctx context.Context, name string) (int, error) {
	if i := g.index(name); i >= 0 {
		return i, nil
	}
	o, err := g.a.c.readObject(ctx, "index", name)
	switch {
	case err != nil:
		return -1, err
	case o != nil && o.sql == "":
		return -1, hinted(fmt.Errorf("the index %q is that of a constraint of table %q", name, o.table), "drop the constraint")
	case o != nil && !tabletext.SameName(o.table, g.was.name):
		return -1, fmt.Errorf("the index %q is on table %q, not on %q", name, o.table, g.was.name)
	}
	var there []string
	for _, index := range g.indexes {
		there = append(there, index.name)
	}
	return -1, fmt.Errorf("table %q has no index %q: %s", g.was.name, name, listed("it has", there))
}

func (g *change) dropIndex(ctx context.Context, op *schema.DropIndex) error {
	if g.index(op.Name) < 0 && op.IfExists {
		return nil
	}
	i, err := g.mustIndex(ctx, op.Name)
	if err != nil {
		return err
	}
	g.step(op, "DROP INDEX "+ident(g.indexes[i].name))
	g.indexes = append(g.indexes[:i:i], g.indexes[i+1:]...)
	return nil
}

// renameIndex makes the index anew: SQLite has no other way.
func (g *change) renameIndex(ctx context.Context, op *schema.RenameIndex) error {
	i, err := g.mustIndex(ctx, op.Name)
	if err != nil {
		return err
	}
	if _, err := g.freeName(ctx, op.To); err != nil {
		return err
	}
	was := g.indexes[i]
	sql, err := tabletext.RenameIndex(was.sql, op.To)
	if err != nil {
		return err
	}
	g.step(op, "DROP INDEX "+ident(was.name))
	g.step(op, sql)
	g.indexes = append(append(g.indexes[:i:i], g.indexes[i+1:]...), object{"index", op.To, was.table, sql})
	return nil
}
