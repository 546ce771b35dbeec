package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A sequenceRename is a column whose sequence is there under another name, and
// its two names.
type sequenceRename struct {
	table     *table
	was, c    *column
	old, name string
}

// numbers returns the sequence that a column owns, "" if it has none.
func (c *column) numbers() string { return cmp.Or(c.serial, c.sequence, c.owns) }

// renameSequences lets columns keep their sequences, and with them what they have
// counted, under the names that they have in the wanted schema. A sequence keeps
// its name where its table or column is renamed
// (https://www.postgresql.org/docs/current/sql-altertable.html).
func (d *differ) renameSequences(objects []host.Object) {
	if d.opts.Dialect != chain.PostgreSQL {
		return
	}
	list := d.sequenceRenames()
	for len(list) > 0 {
		i := slices.IndexFunc(list, func(r sequenceRename) bool { return !d.from.hasRelation(r.name) })
		if i < 0 {
			return // what has the name stays, or is in a circle with it
		}
		d.renameSequence(list[i], objects)
		list = slices.Delete(list, i, i+1)
	}
}

func (d *differ) sequenceRenames() (list []sequenceRename) {
	for _, t := range d.to.tables {
		was := d.from.table(t.name)
		if was == nil {
			continue
		}
		for _, c := range t.columns {
			there := d.from.column(was, c.Name)
			if there == nil || (there.identity == "") != (c.identity == "") {
				continue
			}
			r := sequenceRename{t, there, c, there.numbers(), c.numbers()}
			if r.old != "" && r.name != "" && r.old != r.name && d.becomes(r) {
				list = append(list, r)
			}
		}
	}
	return list
}

// becomes reports whether a sequence can be the wanted one: it is not wanted
// itself, and of two that stand alone no more differs than the names.
func (d *differ) becomes(r sequenceRename) bool {
	old, name := d.from.sequence(r.old), d.to.sequence(r.name)
	return d.to.sequence(r.old) == nil && (old == nil || name == nil || slices.Equal(old.Facts, name.Facts))
}

// sequence returns a sequence that is not part of a column.
func (m *model) sequence(name string) *host.Object {
	return find(pointers(m.others), func(o *host.Object) bool { return o.Kind == host.ObjectSequence && o.Name == name })
}

// hasRelation reports whether something has a name that a sequence would share:
// https://www.postgresql.org/docs/current/catalog-pg-class.html.
func (m *model) hasRelation(name string) bool {
	return m.sequence(name) != nil || m.view(name) != nil || slices.ContainsFunc(m.tables, func(t *table) bool {
		return t.name == name || slices.ContainsFunc(t.columns, func(c *column) bool { return c.numbers() == name }) ||
			slices.ContainsFunc(t.indexes, func(i *index) bool { return i.Name == name })
	})
}

// renameSequence renames one, unless a filter leaves it out, and lets the schema
// that is there have the wanted name from then on.
func (d *differ) renameSequence(r sequenceRename, objects []host.Object) {
	column := r.table.name + "." + r.c.Name
	c := d.change(Modify, KindColumn, r.table.name, r.c.Name, "column "+column+": sequence "+r.old+" → "+r.name)
	c.Was, c.Type = r.was.Type.String(), r.c.Type.String()
	if d.hides(c) {
		return
	}
	d.steps = append(d.steps, step{renamingColumns, "", []Change{c},
		execute("ALTER SEQUENCE " + quoteIdent(r.old) + " RENAME TO " + quoteIdent(r.name))})
	for _, name := range []*string{&r.was.serial, &r.was.sequence, &r.was.owns} {
		if *name == r.old {
			*name = r.name
		}
	}
	next := func(name string) string {
		if !bare(chain.PostgreSQL, name) {
			name = quoteIdent(name)
		}
		return "nextval(" + quoteText(name) + "::regclass)"
	}
	put := func(sql string) string { return strings.ReplaceAll(sql, next(r.old), next(r.name)) }
	for _, t := range d.from.tables {
		for _, c := range t.columns {
			if c.Default != nil {
				c.Default.SQL.Both = put(c.Default.SQL.Both)
			}
		}
	}
	for _, list := range [][]host.Object{d.from.others, objects} {
		for i := range list {
			o := &list[i]
			if o.Kind == host.ObjectSequence && o.Name == r.old {
				o.Name = r.name
			}
			o.Facts = slices.Clone(o.Facts)
			for n := range o.Facts {
				o.Facts[n] = put(o.Facts[n])
			}
		}
	}
}
