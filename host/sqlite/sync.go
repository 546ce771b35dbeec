package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// unsynced refuses where a sync needs a column of a table, or, if column is "",
// the table.
func (a *applier) unsynced(ctx context.Context, what, table, column string) error {
	all, err := a.c.objects(ctx)
	if err != nil {
		return err
	}
	if name := syncOf(all, table, column); name != "" {
		return hinted(fmt.Errorf("%s is kept in step by the sync %q", what, name), "drop it before, with drop_sync")
	}
	return nil
}

func (a *applier) unsyncedColumn(ctx context.Context, table, column string) error {
	return a.unsynced(ctx, fmt.Sprintf("column %q of table %q", column, table), table, column)
}

// syncOf returns the sync of a table that keeps a column in step, whose name is as
// the table has it, "" if there is none.
func syncOf(all []object, table, column string) string {
	for _, o := range all {
		name, ok := o.sync()
		if ok && tabletext.SameName(o.table, table) && (column == "" || strings.Contains(o.sql, changed(column))) {
			return name
		}
	}
	return ""
}

// sync returns the name of the sync that a trigger belongs to.
func (o *object) sync() (name string, ok bool) {
	if o.kind != "trigger" || !strings.Contains(o.sql, schema.SyncMark) {
		return "", false
	}
	return schema.SyncOf(o.name)
}

// createSync makes the triggers of a sync, after a look at whether the columns
// and expressions are what can be kept in step.
func (a *applier) createSync(ctx context.Context, op *schema.CreateSync) error {
	t, err := a.c.readTable(ctx, op.Table)
	if err != nil {
		return err
	}
	s := syncMaker{table: t}
	if s.key, err = keyOfRow(t); err != nil {
		return err
	}
	if s.old, err = a.syncSide(ctx, t, op.Old, op.New); err != nil {
		return err
	}
	if s.new, err = a.syncSide(ctx, t, op.New, op.Old); err != nil {
		return err
	}
	all := slices.Concat(s.old.names, s.new.names)
	for i, name := range all {
		if contains(all[:i], name) { // in letters of another case
			return fmt.Errorf("column %q of table %q is there twice", name, t.name)
		}
	}
	for _, name := range s.new.names {
		col := &t.text.Columns[t.text.Column(name)]
		value := ""
		if d := col.Find(tabletext.Default); d != nil {
			if value = tabletext.Constant(t.text.Text(d.Expr)); value == "" {
				return hinted(fmt.Errorf("column %q of table %q has the default %s, from which no one can tell what a program gives", name, t.name, t.text.Text(d.Expr)),
					"give the new column no default, or a constant one, for as long as there is the sync")
			}
		}
		s.defaults = append(s.defaults, value)
	}
	for _, sql := range s.reading() {
		if err := a.c.compiles(sql); err != nil {
			return hinted(fmt.Errorf("table %q: %s", t.name, message(err)), "an expression of a sync names columns of the other side, and no others")
		}
	}
	for _, sql := range s.triggers(op.Name) {
		if err := a.exec(ctx, sql); err != nil {
			return err
		}
	}
	// Not every function that a query may call is for triggers
	// (https://sqlite.org/pragma.html#pragma_trusted_schema).
	for _, sql := range a.c.firing(ctx, t.name) {
		if err := a.c.compiles(sql); err != nil {
			return hinted(fmt.Errorf("table %q could not be written to: %s", t.name, message(err)), "use other functions in the expressions of the sync")
		}
	}
	return nil
}

// syncSide returns the columns of a side, unless one of them cannot be kept in
// step by an update that follows the program's own statement: NOT NULL is checked
// before (https://sqlite.org/lang_conflict.html), and the key is how the row is
// found.
func (a *applier) syncSide(ctx context.Context, t *table, columns, other []schema.SyncColumn) (syncSide, error) {
	s := newSyncSide(columns, other)
	for i, name := range s.names {
		col, err := t.must(name)
		if err != nil {
			return s, err
		}
		s.names[i] = col.name
		refuse := func(why, hint string) (syncSide, error) {
			return s, hinted(fmt.Errorf("column %q of table %q %s", col.name, t.name, why), hint)
		}
		switch {
		case col.generated():
			return refuse("is generated, and cannot be kept in step", "name the columns that it is made of")
		case col.key > 0:
			return refuse("is of the primary key, by which the sync finds a row", "make a table with the new key, and copy the rows")
		case col.notNull && isNull(col.value):
			return refuse("is NOT NULL and has no default: SQLite refuses a row without it before the sync can fill it in",
				"let it be NULL, or give it a constant default, for as long as there is the sync (alter_column)")
		}
		if err := a.unsyncedColumn(ctx, t.name, col.name); err != nil {
			return s, err
		}
	}
	return s, nil
}

// keyOfRow returns the columns by which a trigger finds the row that it is about.
func keyOfRow(t *table) ([]string, error) {
	switch {
	case tabletext.SameName(t.name, "new"), tabletext.SameName(t.name, "old"):
		return nil, fmt.Errorf("the table %q is called as a trigger calls the row that it is about, which it could not tell apart", t.name)
	case t.shape.rowless:
		return t.shape.primaryKey(), nil
	case t.shape.alias != "":
		return []string{t.shape.alias}, nil
	}
	for _, name := range rowidNames {
		if t.shape.column(name) == nil {
			return []string{name}, nil
		}
	}
	return nil, fmt.Errorf("the columns of table %q hide all names of the rowid (%s), by which the sync finds a row", t.name, strings.Join(rowidNames, ", "))
}

// dropSync drops the triggers of a sync.
func (a *applier) dropSync(ctx context.Context, op *schema.DropSync) error {
	t, err := a.c.readTable(ctx, op.Table)
	if err != nil {
		return err
	}
	all, err := a.c.objects(ctx)
	if err != nil {
		return err
	}
	var known []string
	dropped := false
	for _, o := range all {
		name, ok := o.sync()
		if !ok || !tabletext.SameName(o.table, t.name) {
			continue
		}
		known = append(known, name)
		if tabletext.SameName(name, op.Name) {
			dropped = true
			if err := a.exec(ctx, "DROP TRIGGER "+ident(o.name)); err != nil {
				return err
			}
		}
	}
	if !dropped && !op.IfExists {
		return fmt.Errorf("there is no sync %q of table %q: %s", op.Name, t.name, listed("it has", slices.Compact(known)))
	}
	return nil
}
