package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// rename settles what was renamed, and lets the schema that is there have the
// wanted names from then on. It returns its objects with these.
func (d *differ) rename(objects []host.Object) ([]host.Object, error) {
	objects = slices.Clone(objects)
	for _, r := range d.opts.Renames {
		if r.Table == "" {
			if err := d.mustRename(r.Old, r.New, "table", tableNames(d.from), tableNames(d.to)); err != nil {
				return nil, err
			}
			d.renameTable(r, objects)
		}
	}
	if err := d.askTables(objects); err != nil {
		return nil, err
	}
	for _, r := range d.opts.Renames {
		if r.Table == "" {
			continue
		}
		was, t := d.from.table(r.Table), d.to.table(r.Table)
		if was == nil || t == nil {
			return nil, fmt.Errorf("rename %s.%s to %s: there is no table %q on both sides (a table that is renamed too goes by its new name)", r.Table, r.Old, r.New, r.Table)
		}
		if err := d.mustRename(r.Old, r.New, "column of table "+r.Table, columnNames(was), columnNames(t)); err != nil {
			return nil, err
		}
		d.renameColumn(r, was, objects)
	}
	return objects, d.askColumns(objects)
}

// mustRename says what is wrong with a rename that was given.
func (d *differ) mustRename(old, name, what string, there, wanted []string) error {
	is := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(n string) bool { return d.to.same(n, name) })
	}
	switch {
	case !is(there, old):
		return fmt.Errorf("rename %s to %s: the database has no %s called %q; it has %s", old, name, what, old, strings.Join(there, ", "))
	case !is(wanted, name):
		return fmt.Errorf("rename %s to %s: the wanted schema has no %s called %q; it has %s", old, name, what, name, strings.Join(wanted, ", "))
	case is(there, name):
		return fmt.Errorf("rename %s to %s: the database has a %s called %q already", old, name, what, name)
	}
	return nil
}

func tableNames(m *model) []string {
	var names []string
	for _, t := range m.tables {
		if !own(t.name) && !t.materialized {
			names = append(names, t.name)
		}
	}
	return names
}

func columnNames(t *table) []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	return names
}

// askTables asks of every table that is gone whether it is one that has come and
// has the same columns.
func (d *differ) askTables(objects []host.Object) error {
	if d.opts.Ask == nil {
		return nil
	}
	for _, gone := range slices.Clone(d.from.tables) {
		if d.to.table(gone.name) != nil || gone.materialized || own(gone.name) {
			continue
		}
		for _, come := range d.to.tables {
			if d.from.table(come.name) != nil || come.materialized || !d.sameColumns(gone, come) {
				continue
			}
			r := Rename{Old: gone.name, New: come.name}
			if yes, err := d.opts.Ask(r); err != nil {
				return err
			} else if yes {
				d.renameTable(r, objects)
				break
			}
		}
	}
	return nil
}

func (d *differ) sameColumns(a, b *table) bool {
	if len(a.columns) != len(b.columns) || len(a.columns) == 0 {
		return false
	}
	for _, c := range a.columns {
		if w := d.to.column(b, c.Name); w == nil || w.Type != c.Type || w.kind != c.kind {
			return false
		}
	}
	return true
}

// askColumns asks of every column that is gone whether it is one of its type that
// has come.
func (d *differ) askColumns(objects []host.Object) error {
	if d.opts.Ask == nil {
		return nil
	}
	for _, was := range d.from.tables {
		t := d.to.table(was.name)
		if t == nil || t.materialized {
			continue
		}
		for _, gone := range slices.Clone(was.columns) {
			if d.to.column(t, gone.Name) != nil {
				continue
			}
			for _, come := range t.columns {
				if d.from.column(was, come.Name) != nil || come.Type != gone.Type || come.kind != gone.kind || come.Generated.IsZero() != gone.Generated.IsZero() {
					continue
				}
				r := Rename{Table: t.name, Old: gone.Name, New: come.Name}
				if yes, err := d.opts.Ask(r); err != nil {
					return err
				} else if yes {
					d.renameColumn(r, was, objects)
					break
				}
			}
		}
	}
	return nil
}

func (d *differ) renameTable(r Rename, objects []host.Object) {
	c := d.change(Renamed, KindTable, "", r.New, "table "+r.Old+" → "+r.New)
	c.Was = r.Old
	d.steps = append(d.steps, step{renamingTables, "", []Change{c}, []schema.Operation{&schema.RenameTable{Name: r.Old, To: r.New}}})
	m := d.from
	m.table(r.Old).name = r.New
	for _, t := range m.tables {
		for _, k := range t.constraints {
			if m.same(k.References, r.Old) {
				k.References = r.New
			}
		}
		for _, i := range t.indexes {
			if m.same(i.Table, r.Old) {
				i.Table = r.New
			}
		}
	}
	for _, g := range m.triggers {
		if m.same(g.table, r.Old) {
			g.table = r.New
		}
	}
	for i := range objects {
		if o := &objects[i]; m.same(o.Table, r.Old) {
			o.Table = r.New
		} else if o.Kind == host.ObjectTable && m.same(o.Name, r.Old) {
			o.Name = r.New
		}
	}
	d.substitute(nil, r.Old, r.New, objects)
}

func (d *differ) renameColumn(r Rename, t *table, objects []host.Object) {
	c := d.change(Renamed, KindColumn, t.name, r.New, "column "+t.name+"."+r.Old+" → "+r.New)
	c.Was = r.Old
	d.steps = append(d.steps, step{renamingColumns, "", []Change{c}, []schema.Operation{&schema.RenameColumn{Table: t.name, Name: r.Old, To: r.New}}})
	m := d.from
	m.column(t, r.Old).Name = r.New
	put := func(names []string) []string {
		names = slices.Clone(names)
		for i := range names {
			if m.same(names[i], r.Old) {
				names[i] = r.New
			}
		}
		return names
	}
	for _, other := range m.tables {
		for _, k := range other.constraints {
			if m.same(k.References, t.name) {
				k.To = put(k.To)
			}
		}
	}
	for _, k := range t.constraints {
		k.PrimaryKey, k.Unique, k.ForeignKey = put(k.PrimaryKey), put(k.Unique), put(k.ForeignKey)
		for i := range k.Exclude {
			if m.same(k.Exclude[i].Column, r.Old) {
				k.Exclude[i].Column = r.New
			}
		}
	}
	for _, i := range t.indexes {
		i.Include = put(i.Include)
		for n := range i.Columns {
			if m.same(i.Columns[n].Column, r.Old) {
				i.Columns[n].Column = r.New
			}
		}
	}
	d.substitute(t, r.Old, r.New, objects)
}

// substitute puts a new name in the place of an old one in all expressions of the
// schema that is there: of one table, or of all where the table itself is renamed.
func (d *differ) substitute(of *table, old, name string, objects []host.Object) {
	m := d.from
	put := func(sql *string) { *sql = m.renamed(*sql, old, name) }
	for _, t := range m.tables {
		if of != nil && t != of {
			continue
		}
		for _, c := range t.columns {
			put(&c.Generated.Both)
			if c.Default != nil {
				put(&c.Default.SQL.Both)
			}
		}
		for _, k := range t.constraints {
			put(&k.Check.Both)
			put(&k.Where.Both)
			for i := range k.Exclude {
				put(&k.Exclude[i].Expr.Both)
			}
		}
		for _, i := range t.indexes {
			put(&i.Where.Both)
			put(&i.sql)
			for n := range i.Columns {
				put(&i.Columns[n].Expr.Both)
			}
		}
	}
	for _, v := range m.views {
		if of == nil || m.mentions(v.query, of.name) {
			put(&v.query)
			if m.dialect == chain.PostgreSQL {
				v.disturbed = true // its columns keep their names
			}
		}
	}
	for _, g := range m.triggers {
		if of == nil || m.same(g.table, of.name) || m.mentions(g.text, of.name) {
			put(&g.text)
		}
	}
	sequences := slices.DeleteFunc(pointers(m.others), func(o *host.Object) bool { return o.Kind != host.ObjectSequence }) // their owners follow
	for _, o := range append(pointers(objects), sequences...) {
		o.Facts = slices.Clone(o.Facts)
		for n := range o.Facts {
			if of == nil || m.about(o, of.name, o.Facts[n]) {
				put(&o.Facts[n])
			} else {
				o.Facts[n] = m.renamedReference(o.Facts[n], of.name, old, name)
			}
		}
	}
}

// about reports whether a fact of an object may name the columns of a table: it is
// the table, something on it, or something that reads it.
func (m *model) about(o *host.Object, table, fact string) bool {
	switch o.Kind {
	case host.ObjectTable:
		return m.same(o.Name, table)
	case host.ObjectView, host.ObjectTrigger:
		return m.same(o.Table, table) || m.mentions(fact, table)
	case host.ObjectSequence:
		return m.mentions(fact, table) // its owner
	}
	return m.same(o.Table, table)
}
