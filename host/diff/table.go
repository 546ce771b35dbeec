package diff

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A tableDiff compares a table that both schemas have.
type tableDiff struct {
	*differ
	from, to *table
	lost     map[string]string // columns that are dropped and added again, folded, and why
	retyped  map[string]bool   // columns that get another type, folded
	keys     [][]string        // that are dropped, or dropped and added again
	steps    []step
	hidden   bool     // a filter left a change out
	anew     []Change // changes that only a new table makes
	remade   bool     // it is made anew
}

func (d *differ) pair(from, to *table) *tableDiff {
	return &tableDiff{differ: d, from: from, to: to, lost: map[string]string{}, retyped: map[string]bool{}}
}

func (p *tableDiff) lite() bool { return p.opts.Dialect == chain.SQLite }

// model is the wanted schema.
func (p *tableDiff) model() *model { return p.differ.to }

// fold returns a name in the form that its spellings share.
func (p *tableDiff) fold(name string) string {
	if p.lite() {
		return tabletext.Fold(name)
	}
	return name
}

// do notes operations that make a change, unless a filter leaves it out.
func (p *tableDiff) do(at phase, c Change, operations ...schema.Operation) {
	if p.hides(c) {
		p.hidden = true
		return
	}
	p.steps = append(p.steps, step{at, p.to.name, []Change{c}, operations})
}

// also notes operations that belong to a change that is noted elsewhere.
func (p *tableDiff) also(at phase, operations ...schema.Operation) {
	p.steps = append(p.steps, step{at, p.to.name, nil, operations})
}

// byNewTable notes a change of a table of SQLite that no operation makes: the
// table is made anew for it.
func (p *tableDiff) byNewTable(c Change) {
	if p.hides(c) {
		p.hidden = true
		return
	}
	p.anew = append(p.anew, c)
}

// equalSQL reports whether two texts are the same to the database.
func (p *tableDiff) equalSQL(a, b schema.SQL) bool {
	if p.lite() {
		return tabletext.NormalIn(a.Both, p.from.name) == tabletext.NormalIn(b.Both, p.to.name)
	}
	return a == b
}

func (p *tableDiff) equalNames(a, b []string) bool {
	return slices.EqualFunc(a, b, p.model().same)
}

func (p *tableDiff) equalDefaults(a, b *schema.Default) bool {
	if a == nil || b == nil || a.SQL.IsZero() || b.SQL.IsZero() {
		return reflect.DeepEqual(a, b)
	}
	return p.equalSQL(a.SQL, b.SQL)
}

// uses reports whether a text of the table's names a column that is dropped and
// added again, or whose enum loses a value.
func (p *tableDiff) uses(sql string) bool {
	for name := range p.lost {
		if p.model().mentions(sql, name) {
			return true
		}
	}
	return slices.ContainsFunc(p.to.columns, func(c *column) bool { return p.revalued[c] && p.model().mentions(sql, c.Name) })
}

// constraints compares the constraints but for foreign keys.
func (p *tableDiff) constraints() {
	p.compareConstraints(droppingConstraints, addingConstraints, func(k *constraint) bool { return len(k.ForeignKey) == 0 },
		func(k *constraint) bool {
			return slices.ContainsFunc(k.Columns(), func(c string) bool { return p.lost[p.fold(c)] != "" }) || p.uses(k.expressions())
		})
}

// expressions is all that a check or an exclusion says.
func (k *constraint) expressions() string {
	parts := []string{k.Check.Both, k.Where.Both}
	for _, e := range k.Exclude {
		parts = append(parts, quoteIdent(e.Column), e.Expr.Both)
	}
	return strings.Join(parts, " ")
}

// foreignKeys compares the foreign keys. One is dropped and added again where a
// key that it refers to is, or a column at either end of it.
func (p *tableDiff) foreignKeys() {
	p.compareConstraints(droppingForeignKeys, addingForeignKeys, func(k *constraint) bool { return len(k.ForeignKey) > 0 },
		func(k *constraint) bool {
			if p.disturbs(k.ForeignKey) {
				return true
			}
			parent := find(p.pairs, func(o *tableDiff) bool { return p.model().same(o.to.name, k.References) })
			return parent != nil && (parent.disturbs(k.To) || !p.lite() && (parent.losesIndex(k.To) ||
				slices.ContainsFunc(parent.keys, func(key []string) bool { return sameSet(key, k.To) })))
		})
}

// disturbs reports whether foreign keys cannot stay while the columns change.
func (p *tableDiff) disturbs(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool {
		return p.lost[p.fold(c)] != "" || !p.lite() && p.retyped[p.fold(c)]
	})
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

func (p *tableDiff) compareConstraints(drop, add phase, is, goes func(*constraint) bool) {
	rest := slices.DeleteFunc(slices.Clone(p.to.constraints), func(k *constraint) bool { return !is(k) })
	var gone []*constraint
	for _, k := range p.from.constraints {
		if !is(k) {
			continue
		}
		at := slices.IndexFunc(rest, func(w *constraint) bool {
			return p.model().same(k.Name, w.Name) && (k.Name != "" && !p.lite() || p.equalConstraints(k, w))
		})
		if at < 0 {
			gone = append(gone, k)
			continue
		}
		w := rest[at]
		rest = slices.Delete(rest, at, at+1)
		switch {
		case !p.equalConstraints(k, w):
			p.changeConstraint(drop, add, k, w)
		case goes(k):
			p.keys = append(p.keys, k.Columns())
			p.also(drop, dropConstraint(p.to.name, k))
			c := p.change(Modify, KindConstraint, p.to.name, w.label(), w.text(p.to.name)+again)
			p.steps = append(p.steps, step{add, p.to.name, []Change{c}, addConstraint(p.to.name, w)})
		case k.comment != w.comment:
			p.do(settingComments, p.change(Modify, KindConstraint, p.to.name, w.label(), "comment on "+w.text(p.to.name)),
				execute(commentOnConstraint(p.to.name, w))...)
		}
	}
	for _, k := range gone {
		at := slices.IndexFunc(rest, func(w *constraint) bool { return !p.lite() && !goes(k) && p.equalBarNames(k, w) })
		if at < 0 {
			p.dropConstraint(drop, k)
			continue
		}
		w := rest[at]
		rest = slices.Delete(rest, at, at+1)
		c := p.change(Renamed, KindConstraint, p.to.name, w.label(), "constraint "+k.Name+" of table "+p.to.name+" → "+w.Name)
		c.Was = k.Name
		p.do(add, c, execute("ALTER TABLE "+quoteIdent(p.to.name)+" RENAME CONSTRAINT "+quoteIdent(k.Name)+" TO "+quoteIdent(w.Name))...)
	}
	for _, w := range rest {
		c := p.change(Add, KindConstraint, p.to.name, w.label(), w.text(p.to.name))
		if p.lite() && !sayableConstraint(w) {
			p.byNewTable(c)
			continue
		}
		p.do(add, c, addConstraint(p.to.name, w)...)
	}
}

func (p *tableDiff) dropConstraint(at phase, k *constraint) {
	p.keys = append(p.keys, k.Columns())
	c := p.change(Drop, KindConstraint, p.to.name, k.label(), k.text(p.to.name))
	if key := len(k.PrimaryKey) > 0; key && p.lite() && slices.ContainsFunc(p.from.columns, func(c *column) bool { return c.Autoincrement }) {
		p.byNewTable(c)
		return
	}
	p.do(at, c, dropConstraint(p.to.name, k))
}

func (p *tableDiff) changeConstraint(drop, add phase, k, w *constraint) {
	c := p.change(Modify, KindConstraint, p.to.name, w.label(), w.text(p.to.name))
	unchecked := w.Constraint
	unchecked.NotValid = true
	if k.NotValid && !w.NotValid && p.equalConstraints(k, &constraint{Constraint: unchecked, besides: w.besides}) {
		p.do(add, c, &schema.ValidateConstraint{Table: p.to.name, Name: k.Name})
		return
	}
	p.keys = append(p.keys, k.Columns())
	if p.hides(c) {
		p.hidden = true
		return
	}
	p.also(drop, dropConstraint(p.to.name, k))
	p.steps = append(p.steps, step{add, p.to.name, []Change{c}, addConstraint(p.to.name, w)})
}

// equalBarNames reports whether two constraints differ in nothing but their names.
func (p *tableDiff) equalBarNames(a, b *constraint) bool {
	renamed := *a
	renamed.Name = b.Name
	return p.equalConstraints(&renamed, b) && a.comment == b.comment
}

// equalConstraints reports whether two constraints are the same but for their
// comments.
func (p *tableDiff) equalConstraints(a, b *constraint) bool {
	if !p.model().same(a.Name, b.Name) || a.besides != b.besides || !p.equalSQL(a.Check, b.Check) || !p.equalSQL(a.Where, b.Where) {
		return false
	}
	if !p.lite() {
		return reflect.DeepEqual(a.Constraint, b.Constraint)
	}
	return p.equalNames(a.PrimaryKey, b.PrimaryKey) && p.equalNames(a.Unique, b.Unique) && p.equalNames(a.ForeignKey, b.ForeignKey) &&
		p.model().same(a.References, b.References) && p.equalNames(a.To, b.To) && a.OnDelete == b.OnDelete && a.OnUpdate == b.OnUpdate &&
		a.InitiallyDeferred == b.InitiallyDeferred
}

// rest compares what is neither a column nor a constraint nor an index.
func (p *tableDiff) rest() {
	c := p.change(Modify, KindTable, "", p.to.name, "")
	if p.from.comment != p.to.comment {
		c.Text = "comment on table " + p.to.name
		p.do(settingComments, c, &schema.Comment{Table: p.to.name, Text: p.to.comment, Was: &p.from.comment})
	}
	if statements := rowSecurity(p.from, p.to); len(statements) > 0 {
		c.Text = "row level security of table " + p.to.name
		p.do(settingComments, c, execute(statements...)...)
	}
	if p.from.strict != p.to.strict || p.from.withoutRowID != p.to.withoutRowID {
		c.Text = "options of table " + p.to.name
		p.byNewTable(c)
	}
	if !slices.Equal(p.from.besides, p.to.besides) {
		c.Text = "table " + p.to.name + ": " + strings.Join(p.from.besides, "; ") + " → " + strings.Join(p.to.besides, "; ")
		p.unwritten(c, "no operation changes it: write the statement with execute")
	}
}

// finish hands in the steps.
func (p *tableDiff) finish() {
	switch {
	case len(p.anew) == 0:
	case p.hidden:
		for _, c := range p.anew {
			p.unwritten(c, "the table would have to be made anew, and with it what a filter leaves out")
		}
	default:
		p.remake()
		return
	}
	p.differ.steps = append(p.differ.steps, p.steps...)
}
