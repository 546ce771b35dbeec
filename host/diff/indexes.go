package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// freeIndexNames drops the indexes of SQLite whose names indexes of other tables
// get, before any table changes: tables change one after the other, and those that
// are not wanted go last.
func (d *differ) freeIndexNames() {
	if d.opts.Dialect != chain.SQLite {
		return
	}
	for _, t := range d.from.tables {
		for _, i := range t.indexes {
			moves := slices.ContainsFunc(d.to.tables, func(w *table) bool {
				return !d.to.same(w.name, t.name) && slices.ContainsFunc(w.indexes, func(o *index) bool { return d.to.same(o.Name, i.Name) })
			})
			if moves && d.filter(d.dropsIndex(t, i)) == nil && (d.to.table(t.name) != nil || d.filter(d.dropsTable(t)) == nil) {
				d.freed[i] = true
				d.steps = append(d.steps, step{freeingIndexNames, t.name, nil, []schema.Operation{&schema.DropIndex{Name: i.Name, Table: t.name}}})
			}
		}
	}
}

// indexes compares the indexes.
func (p *tableDiff) indexes() {
	drop, add := droppingIndexes, creatingIndexes
	if p.to.materialized {
		add = indexingViews
	}
	name := func(i *index) func(*index) bool {
		return func(o *index) bool { return p.model().same(i.Name, o.Name) }
	}
	renamed := map[*index]bool{}
	for _, i := range p.from.indexes {
		w := find(p.to.indexes, name(i))
		switch to := p.renamedIndex(i, renamed); {
		case w == nil && to != nil:
			renamed[to] = true
			c := p.change(Renamed, KindIndex, p.to.name, to.Name, "index "+i.Name+" on "+p.to.name+" → "+to.Name)
			c.Was, c.Index = i.Name, p.facts(to, nil)
			p.do(add, c, &schema.RenameIndex{Name: i.Name, Table: p.to.name, To: to.Name})
		case w == nil:
			c := p.dropsIndex(p.to, i)
			if p.freed[i] {
				p.do(drop, c)
			} else {
				p.do(drop, c, &schema.DropIndex{Name: i.Name, Table: p.to.name})
			}
		case !p.equalIndexes(i, w):
			c := p.change(Modify, KindIndex, p.to.name, i.Name, "index "+i.Name+" on "+p.to.name)
			c.Index = p.facts(w, nil)
			if p.hides(c) {
				p.hidden = true
				continue
			}
			p.also(drop, &schema.DropIndex{Name: i.Name, Table: p.to.name})
			p.steps = append(p.steps, step{add, p.to.name, []Change{c}, p.indexOperations(w)})
		case p.indexAgain(w):
			c := p.change(Modify, KindIndex, p.to.name, i.Name, "index "+i.Name+" on "+p.to.name+again)
			p.also(drop, &schema.DropIndex{Name: i.Name, Table: p.to.name})
			p.steps = append(p.steps, step{add, p.to.name, []Change{c}, p.indexOperations(w)})
		case i.comment != w.comment:
			c := p.change(Modify, KindIndex, p.to.name, i.Name, "comment on index "+i.Name)
			c.Index = p.facts(w, nil)
			text := "NULL"
			if w.comment != "" {
				text = quoteText(w.comment)
			}
			p.do(settingComments, c, execute("COMMENT ON INDEX "+quoteIdent(w.Name)+" IS "+text)...)
		}
	}
	for _, w := range p.to.indexes {
		if find(p.from.indexes, name(w)) == nil && !renamed[w] {
			c := p.change(Add, KindIndex, p.to.name, w.Name, "index "+w.Name+" on "+p.to.name)
			c.Index = p.facts(w, p.from.indexes)
			p.do(add, c, p.indexOperations(w)...)
		}
	}
}

// dropsIndex is the change that an index is dropped from a table.
func (d *differ) dropsIndex(t *table, i *index) Change {
	c := d.change(Drop, KindIndex, t.name, i.Name, "index "+i.Name+" on "+t.name)
	var others []*index
	if w := d.to.table(t.name); w != nil {
		others = w.indexes
	}
	c.Index = d.facts(i, others)
	return c
}

// renamedIndex returns the index that one differs from in nothing but its name,
// nil if there is none that is new.
func (p *tableDiff) renamedIndex(i *index, taken map[*index]bool) *index {
	if p.freed[i] {
		return nil
	}
	return find(p.to.indexes, func(w *index) bool {
		there := slices.ContainsFunc(p.from.indexes, func(o *index) bool { return p.model().same(o.Name, w.Name) })
		return !there && !taken[w] && p.equalIndexes(i, w) && i.comment == w.comment && !p.indexAgain(w)
	})
}

// addIndex adds an index of a table that is new.
func (d *differ) addIndex(at phase, i *index, others []*index) {
	c := d.change(Add, KindIndex, i.Table, i.Name, "index "+i.Name+" on "+i.Table)
	c.Index = d.facts(i, others)
	d.do(at, i.Table, c, d.indexOperations(i)...)
}

// facts are what filters know of an index; others are those that the other side
// has on the table.
func (d *differ) facts(i *index, others []*index) *Index {
	known := &Index{
		Method: i.method, OperatorClasses: i.classes, Elsewhere: slices.Contains(d.opts.Elsewhere, i.Name),
		Expressions: slices.ContainsFunc(i.Columns, func(c schema.IndexColumn) bool { return c.Column == "" }),
	}
	for _, o := range others {
		if !d.from.same(o.Name, i.Name) && slices.Equal(undirected(o), undirected(i)) && o.Unique == i.Unique && o.Where == i.Where {
			known.DirectionOnly = true
		}
	}
	return known
}

// undirected returns the columns of an index without their order.
func undirected(i *index) []schema.IndexColumn {
	columns := slices.Clone(i.Columns)
	for n := range columns {
		columns[n].Order, columns[n].Nulls = "", ""
	}
	return columns
}

// indexAgain reports whether an index is dropped and made again because a
// column is.
func (p *tableDiff) indexAgain(i *index) bool {
	parts := []string{i.Where.Both}
	for _, c := range i.Columns {
		if c.Column != "" && p.lost[p.fold(c.Column)] != "" {
			return true
		}
		parts = append(parts, c.Expr.Both)
	}
	return p.uses(strings.Join(parts, " ")) || slices.ContainsFunc(i.Include, func(c string) bool { return p.lost[p.fold(c)] != "" })
}

// losesIndex reports whether a unique index of the columns, which foreign keys may
// be of, is dropped or made anew.
func (p *tableDiff) losesIndex(columns []string) bool {
	return slices.ContainsFunc(p.from.indexes, func(i *index) bool {
		names := make([]string, len(i.Columns))
		for n, c := range i.Columns {
			names[n] = c.Column
		}
		if !i.Unique || !sameSet(names, columns) {
			return false
		}
		w := find(p.to.indexes, func(o *index) bool { return p.model().same(o.Name, i.Name) })
		return w == nil && p.renamedIndex(i, nil) == nil || w != nil && !p.equalIndexes(i, w)
	})
}

// equalIndexes reports whether two indexes are the same but for their comments.
func (p *tableDiff) equalIndexes(a, b *index) bool {
	if !p.lite() {
		x, y := a.CreateIndex, b.CreateIndex
		return a.besides == b.besides && slices.Equal(x.Columns, y.Columns) && x.Unique == y.Unique && x.Where == y.Where && x.Using == y.Using &&
			x.NullsNotDistinct == y.NullsNotDistinct && slices.Equal(x.Include, y.Include) && slices.Equal(x.With, y.With)
	}
	return slices.Equal(tabletext.IndexFacts(a.sql, p.from.name), tabletext.IndexFacts(b.sql, p.to.name))
}
