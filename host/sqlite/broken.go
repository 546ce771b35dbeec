package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// broken are the views and triggers that SQLite cannot compile, and its words.
// SQLite looks at them when they are used and not when what they use is changed.
type broken map[string]string

// names returns which they are, in order.
func (b broken) names() []string { return slices.Sorted(maps.Keys(b)) }

// findBroken compiles all views, and what would fire each trigger.
func (c *conn) findBroken(ctx context.Context) (broken, error) {
	all, err := c.objects(ctx)
	if err != nil {
		return nil, err
	}
	found := broken{}
	on := map[string][]string{} // the triggers of tables and views
	for _, o := range all {
		switch o.kind {
		case "view":
			if err := c.compiles("SELECT * FROM main." + ident(o.name)); err != nil {
				found[fmt.Sprintf("view %q", o.name)] = message(err)
			}
		case "trigger":
			on[o.table] = append(on[o.table], fmt.Sprintf("%q", o.name))
		}
	}
	for table, triggers := range on {
		if found[fmt.Sprintf("view %q", table)] != "" {
			continue // it is what is broken
		}
		what := "trigger " + strings.Join(triggers, " or ") + fmt.Sprintf(" of %q", table)
		for _, sql := range c.firing(ctx, table) {
			if err := c.compiles(sql); err != nil && !strings.HasPrefix(message(err), "cannot modify") {
				found[what] = message(err)
			}
		}
	}
	return found, nil
}

// firing returns statements whose code has all triggers of a table in it.
func (c *conn) firing(ctx context.Context, table string) []string {
	var set []string
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		set = append(set, ident(s.ColumnText(0))+" = "+ident(s.ColumnText(0)))
		return nil
	}, "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0", table)
	name := "main." + ident(table)
	sqls := []string{"INSERT INTO " + name + " DEFAULT VALUES", "DELETE FROM " + name}
	if err == nil && len(set) > 0 {
		sqls = append(sqls, "UPDATE "+name+" SET "+strings.Join(set, ", "))
	}
	return sqls
}

func (c *conn) compiles(sql string) error {
	s, _, err := c.sq.Prepare(sql)
	if err == nil {
		s.Close()
	}
	return err
}

func message(err error) string {
	_, m := codeAndMessage(err)
	return m
}

// unbroken runs do, which may break no view and no trigger that was not broken
// before.
func (a *applier) unbroken(ctx context.Context, do func() error) error {
	before, err := a.c.findBroken(ctx)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return a.stillWhole(ctx, before)
}

const dropBefore = "drop it before, and create it anew afterwards"

func (a *applier) stillWhole(ctx context.Context, before broken) error {
	after, err := a.c.findBroken(ctx)
	if err != nil {
		return err
	}
	for what := range before {
		delete(after, what)
	}
	if len(after) == 0 {
		return nil
	}
	names := after.names()
	return hinted(fmt.Errorf("%s would be broken: %s", strings.Join(names, " and "), after[names[0]]), dropBefore)
}
