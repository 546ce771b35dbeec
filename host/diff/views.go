package diff

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// viewsAndTriggers compares views and triggers. One that stays, and is over
// something that could not change under it, is dropped before and created again
// after.
func (d *differ) viewsAndTriggers() {
	going := d.goingViews()
	for _, v := range slices.Backward(d.from.views) {
		if !going[v.name] {
			continue
		}
		s := step{droppingViews, "", nil, []schema.Operation{&schema.DropView{Name: v.name, Materialized: v.materialized}}}
		if d.to.view(v.name) == nil {
			s.changes = []Change{d.change(Drop, v.kind(), "", v.name, string(v.kind())+" "+v.name)}
		}
		d.steps = append(d.steps, s)
	}
	for _, v := range d.to.views {
		was := d.from.view(v.name)
		if was == nil || going[was.name] {
			d.createView(v, was)
		}
	}
	d.indexesOfViews(going)
	d.triggers(going)
}

// again says why something goes and comes that does not differ.
const again = ", dropped and created again: something that it uses does not change under it"

func (v *view) kind() Kind {
	if v.materialized {
		return kindMaterializedView
	}
	return kindView
}

// goingViews returns the views that are dropped, for good or for a while, by the
// names they have.
func (d *differ) goingViews() map[string]bool {
	going := map[string]bool{}
	for _, v := range d.from.views {
		w := d.to.view(v.name)
		switch {
		case w == nil:
			going[v.name] = !d.hides(d.change(Drop, v.kind(), "", v.name, string(v.kind())+" "+v.name))
		case !d.equalViews(v, w):
			going[v.name] = !d.hides(d.change(Modify, v.kind(), "", v.name, string(v.kind())+" "+v.name))
		default:
			going[v.name] = v.disturbed || d.disturbed(v.query)
		}
	}
	for more := true; more; {
		more = false
		for _, v := range d.from.views {
			for _, below := range d.from.views {
				if !going[v.name] && v != below && going[below.name] && d.from.mentions(v.query, below.name) {
					going[v.name], more = true, true
				}
			}
		}
	}
	return going
}

// disturbed reports whether a text uses a column or a function that does not change
// under it.
func (d *differ) disturbed(sql string) bool {
	if slices.ContainsFunc(d.remadeFunctions, func(name string) bool { return d.to.mentions(sql, name) }) {
		return true
	}
	for _, p := range d.pairs {
		for _, c := range p.to.columns {
			name := p.fold(c.Name)
			if (p.lost[name] != "" || d.opts.Dialect == chain.PostgreSQL && (p.retyped[name] || d.revalued[c])) && d.to.mentionsAll(sql, p.to.name, c.Name) {
				return true
			}
		}
	}
	return false
}

func (d *differ) equalViews(a, b *view) bool {
	query := a.query == b.query
	if d.opts.Dialect == chain.SQLite {
		query = tabletext.Plain(a.query, "") == tabletext.Plain(b.query, "")
	}
	return query && slices.EqualFunc(a.columns, b.columns, d.to.same) && a.materialized == b.materialized && a.besides == b.besides
}

// createView creates a view that is new, or again.
func (d *differ) createView(v, was *view) {
	s := step{phase: creatingViews}
	switch {
	case was == nil:
		c := d.change(Add, v.kind(), "", v.name, string(v.kind())+" "+v.name)
		if d.hides(c) {
			return
		}
		s.changes = []Change{c}
	case !d.equalViews(was, v):
		s.changes = []Change{d.change(Modify, v.kind(), "", v.name, string(v.kind())+" "+v.name)}
	default:
		s.changes = []Change{d.change(Modify, v.kind(), "", v.name, string(v.kind())+" "+v.name+again)}
	}
	if v.besides != "" {
		s.operations = d.executeAll(v.sql)
	} else {
		s.operations = []schema.Operation{&schema.CreateView{Name: v.name, Query: schema.Expr(v.query), Columns: v.columns, Materialized: v.materialized}}
	}
	d.steps = append(d.steps, s)
}

// indexesOfViews compares the indexes of materialized views. They go with their
// view.
func (d *differ) indexesOfViews(going map[string]bool) {
	for _, t := range d.to.tables {
		if !t.materialized {
			continue
		}
		was := d.from.table(t.name)
		if was != nil && was.materialized && !going[t.name] {
			p := d.pair(was, t)
			p.indexes()
			p.finish()
			continue
		}
		for _, i := range t.indexes {
			if was != nil {
				if old := find(was.indexes, func(o *index) bool { return o.Name == i.Name }); old != nil {
					d.steps = append(d.steps, step{indexingViews, t.name, nil, d.indexOperations(i)})
					continue
				}
			}
			d.addIndex(indexingViews, i, nil)
		}
	}
}

// triggers compares the triggers. One on a view goes with it; on SQLite one that
// names a view that is not there for a while would keep tables from changing.
func (d *differ) triggers(going map[string]bool) {
	same := func(g *trigger) func(*trigger) bool {
		return func(o *trigger) bool { return d.to.same(g.name, o.name) && d.to.same(g.table, o.table) }
	}
	for _, g := range d.from.triggers {
		w := find(d.to.triggers, same(g))
		drop := &schema.DropTrigger{Name: g.name, Table: d.formerly(g.table)}
		change := d.change(Drop, kindTrigger, g.table, g.name, "trigger "+g.name+" on "+g.table)
		switch {
		case w == nil && d.to.table(g.table) == nil && d.to.view(g.table) == nil && d.from.view(g.table) == nil:
			// It goes with its table.
		case w == nil:
			d.do(droppingTriggers, "", change, drop)
		case g.text != w.text || g.besides != w.besides:
			change.Action = Modify
			if !d.hides(change) {
				d.steps = append(d.steps, step{phase: droppingTriggers, operations: []schema.Operation{drop}},
					step{creatingTriggers, "", []Change{change}, d.triggerOperations(w)})
			}
		case d.triggerAgain(g, going):
			change.Action, change.Text = Modify, change.Text+again
			d.steps = append(d.steps, step{phase: droppingTriggers, operations: []schema.Operation{drop}},
				step{creatingTriggers, "", []Change{change}, d.triggerOperations(w)})
		}
	}
	for _, w := range d.to.triggers {
		if find(d.from.triggers, same(w)) == nil {
			d.do(creatingTriggers, "", d.change(Add, kindTrigger, w.table, w.name, "trigger "+w.name+" on "+w.table), d.triggerOperations(w)...)
		}
	}
}

// formerly returns the name that a table has before it is renamed.
func (d *differ) formerly(table string) string {
	for _, s := range d.steps {
		for _, op := range s.operations {
			if r, ok := op.(*schema.RenameTable); ok && r.To == table {
				return r.Name
			}
		}
	}
	return table
}

func (d *differ) triggerAgain(g *trigger, going map[string]bool) bool {
	if slices.ContainsFunc(d.from.views, func(v *view) bool {
		return going[v.name] && (d.from.same(v.name, g.table) || d.opts.Dialect == chain.SQLite && d.from.mentions(g.text, v.name))
	}) {
		return true
	}
	if p := find(d.pairs, func(p *tableDiff) bool { return d.to.same(p.to.name, g.table) }); p != nil && p.remade {
		return true
	}
	return d.disturbed(g.text + " " + quoteIdent(g.table))
}

func (d *differ) triggerOperations(g *trigger) []schema.Operation {
	if g.besides != "" {
		return d.executeAll(g.all)
	}
	return []schema.Operation{&schema.CreateTrigger{Name: g.name, Table: g.table, SQL: schema.Expr(g.sql)}}
}
