package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// others compares what operations have no word for, by its statements: functions,
// sequences, domains and other types, rules, policies, statistics.
func (d *differ) others() {
	same := func(o host.Object) func(host.Object) bool {
		return func(p host.Object) bool { return p.Kind == o.Kind && p.Name == o.Name && p.Table == o.Table }
	}
	for _, o := range d.to.others {
		c := d.change(Add, Kind(o.Kind), o.Table, o.Name, describe(o))
		i := slices.IndexFunc(d.from.others, same(o))
		switch {
		case i < 0 && o.SQL == "":
			d.unwritten(c, "Sandpiper cannot write it")
		case i < 0 && o.Kind == host.ObjectSequence && staysWithColumn(o.Name, d.to, d.from):
			c.Action = Modify
			d.do(d.creating(o), "", c, d.fromSerial(o)...)
		case i < 0:
			d.do(d.creating(o), "", c, d.executeAll(o.SQL)...)
		case !slices.Equal(d.from.others[i].Facts, o.Facts):
			c.Action = Modify
			d.changeOther(c, d.from.others[i], o)
		}
	}
	for _, o := range slices.Backward(d.from.others) {
		if slices.ContainsFunc(d.to.others, same(o)) || o.Table != "" && d.to.table(o.Table) == nil && d.to.view(o.Table) == nil {
			continue // it is there, or goes with its table
		}
		c := d.change(Drop, Kind(o.Kind), o.Table, o.Name, describe(o))
		if o.Kind == host.ObjectSequence && staysWithColumn(o.Name, d.from, d.to) {
			c.Action = Modify
			d.do(alteringColumns, "", c) // by its column
		} else if sql := dropping(o); sql != "" {
			d.do(d.removing(o), "", c, execute(sql)...)
		} else {
			d.unwritten(c, noOperation)
		}
	}
}

func describe(o host.Object) string {
	text := string(o.Kind) + " " + o.Name
	if o.Table != "" {
		text += " on " + o.Table
	}
	return text
}

func (d *differ) changeOther(c Change, was, o host.Object) {
	switch {
	case o.Kind == host.ObjectFunction && replaceable(was, o):
		d.do(d.creating(o), "", c, d.executeAll("CREATE OR REPLACE"+strings.TrimPrefix(o.SQL, "CREATE"))...)
	case o.Kind == host.ObjectFunction && o.SQL != "":
		c.Text += ", dropped and created again: it cannot be replaced"
		if !d.hides(c) {
			name, _, _ := strings.Cut(o.Name, "(")
			d.remadeFunctions = append(d.remadeFunctions, name)
			d.steps = append(d.steps, step{phase: droppingFunctions, operations: execute(dropping(was))},
				step{d.creating(o), "", []Change{c}, d.executeAll(o.SQL)})
		}
	case o.Table != "" && o.SQL != "" && dropping(was) != "":
		if !d.hides(c) {
			d.steps = append(d.steps, step{phase: d.removing(was), operations: execute(dropping(was))},
				step{d.creating(o), "", []Change{c}, d.executeAll(o.SQL)})
		}
	default:
		c.Text += ": " + strings.Join(was.Facts, "; ") + " → " + strings.Join(o.Facts, "; ")
		d.unwritten(c, noOperation)
	}
}

// creating says when an object is created. A function that names a table that is
// new comes after it, others before, since defaults and checks may call them.
func (d *differ) creating(o host.Object) phase {
	switch o.Kind {
	case host.ObjectType, host.ObjectSequence:
		return creatingTypes
	case host.ObjectFunction:
		for _, t := range d.to.tables {
			if d.from.table(t.name) == nil && d.to.mentions(o.SQL, t.name) {
				return lateFunctions
			}
		}
		for _, v := range d.to.views {
			if d.to.mentions(o.SQL, v.name) {
				return creatingRules
			}
		}
		return creatingFunctions
	}
	return creatingRules
}

// removing says when an object is dropped: a function before a table that goes and
// that it may be about.
func (d *differ) removing(o host.Object) phase {
	if o.Table != "" {
		return droppingTriggers
	}
	for _, t := range d.from.tables {
		if d.to.table(t.name) == nil && o.Kind == host.ObjectFunction && d.from.mentions(o.SQL, t.name) {
			return droppingFunctions
		}
	}
	return droppingTypes
}

// dropping returns the statement that drops an object, "" if there is none known.
func dropping(o host.Object) string {
	on := " ON " + quoteIdent(o.Table)
	switch o.Kind {
	case host.ObjectFunction:
		return dropRoutine(o)
	case host.ObjectSequence:
		return "DROP SEQUENCE IF EXISTS " + quoteIdent(o.Name) // it goes with the column that owns it
	case host.ObjectType:
		if strings.HasPrefix(o.SQL, "CREATE DOMAIN") {
			return "DROP DOMAIN " + quoteIdent(o.Name)
		}
		return "DROP TYPE " + quoteIdent(o.Name)
	case host.ObjectRule:
		return "DROP RULE " + quoteIdent(o.Name) + on
	case host.ObjectPolicy:
		return "DROP POLICY " + quoteIdent(o.Name) + on
	case host.ObjectStatistics:
		return "DROP STATISTICS " + quoteIdent(o.Name)
	}
	return ""
}

// dropRoutine returns the statement that drops a function. Its object is called
// name(types); where the name ends is told by the statement that creates it, "" if
// there is none.
func dropRoutine(o host.Object) string {
	words := 0
	for t := range chain.Tokens(chain.PostgreSQL, o.SQL) {
		if t.Blank() {
			continue
		}
		if words++; words < 3 { // CREATE FUNCTION, PROCEDURE or AGGREGATE
			continue
		}
		name, _ := t.Name(chain.PostgreSQL)
		if types, ok := strings.CutPrefix(o.Name, name); ok && name != "" {
			return "DROP ROUTINE " + quoteIdent(name) + types
		}
		break
	}
	return ""
}

// leftover looks for what differs and nothing speaks of: it is said as such.
func (d *differ) leftover(before, wanted []host.Object) {
	said := slices.Clone(d.result.Changes)
	for _, h := range d.result.Hidden {
		said = append(said, h.Change)
	}
	for _, u := range d.result.Unwritten {
		said = append(said, u.Change)
	}
	actions := map[host.Presence]Action{host.InBoth: Modify, host.InFirst: Drop, host.InSecond: Add}
	differences := host.CompareObjects(before, wanted)
	for _, diff := range differences {
		if slices.ContainsFunc(said, func(c Change) bool { return d.speaksOf(c, diff) }) || d.ofParentIndex(diff, differences) {
			continue
		}
		var facts []string
		for _, fact := range slices.Concat(diff.Had, diff.Has) {
			if !slices.ContainsFunc(said, func(c Change) bool { return d.explains(c, diff, fact) }) {
				facts = append(facts, fact)
			}
		}
		if len(facts) == 0 && diff.In == host.InBoth {
			continue
		}
		if d.opts.Dialect == chain.SQLite && diff.Kind == host.ObjectType && d.to.enum(diff.Name) != nil && d.from.enum(diff.Name) != nil {
			continue // its checks tell of it, and the list is Sandpiper's own
		}
		c := d.change(actions[diff.In], Kind(diff.Kind), diff.Table, diff.Name, string(diff.Kind)+" "+diff.Name+": "+strings.Join(facts, "; "))
		d.unwritten(c, noOperation)
	}
}

// ofParentIndex reports whether an index of a partition goes or comes with that of
// the partitioned table
// (https://www.postgresql.org/docs/current/ddl-partitioning.html).
func (d *differ) ofParentIndex(diff host.Difference, all []host.Difference) bool {
	return diff.Kind == host.ObjectIndex && slices.ContainsFunc(slices.Concat(diff.Had, diff.Has), func(fact string) bool {
		parent, ok := strings.CutPrefix(fact, "part of index ")
		return ok && slices.ContainsFunc(all, func(o host.Difference) bool {
			return o.Kind == host.ObjectIndex && o.In == diff.In && (o.Name == parent || quoteIdent(o.Name) == parent)
		})
	})
}

// speaksOf reports whether a change is about all of an object: the object itself,
// or the table or view that it goes and comes with.
func (d *differ) speaksOf(c Change, diff host.Difference) bool {
	view := func(k Kind) bool { return k == kindView || k == kindMaterializedView }
	switch kind := Kind(diff.Kind); {
	case view(c.Kind) && d.to.same(c.Name, diff.Table):
		return true
	case c.Kind == KindTable && d.to.same(c.Name, tableOf(diff)) && diff.In != host.InBoth:
		return c.Action == map[host.Presence]Action{host.InFirst: Drop, host.InSecond: Add}[diff.In]
	case kind == KindTable:
		return false
	case diff.Kind == host.ObjectForeignKey:
		return c.Kind == KindConstraint && c.Table == diff.Table && (c.Name == diff.Name || c.Was == diff.Name)
	default:
		return (c.Kind == kind || view(c.Kind) && view(kind)) && (d.to.same(c.Name, diff.Name) || c.Action == Renamed && d.to.same(c.Was, diff.Name)) && d.to.same(c.Table, diff.Table)
	}
}

// tableOf returns the table that a difference is about.
func tableOf(diff host.Difference) string {
	if diff.Kind == host.ObjectTable {
		return diff.Name
	}
	return diff.Table
}

// explains reports whether a change is about a fact of a table.
func (d *differ) explains(c Change, diff host.Difference, fact string) bool {
	switch {
	case diff.Kind != host.ObjectTable:
		return false
	case c.Kind == KindType && d.opts.Dialect == chain.SQLite:
		return d.to.mentions(fact, enumCheck+c.Name)
	case c.Kind == KindTable && d.to.same(c.Name, diff.Name):
		return c.Action == Modify && !isColumnFact(fact)
	case d.to.same(c.Table, diff.Name) && c.Name != "":
		return d.to.mentions(fact, c.Name) || c.Was != "" && d.to.mentions(fact, c.Was) || c.Kind == KindConstraint && d.unnamed(c, fact)
	}
	return false
}

func isColumnFact(fact string) bool {
	return strings.HasPrefix(fact, "column ") || strings.HasPrefix(fact, "constraint ")
}

// unnamed reports whether a change of a constraint without a name is about a
// fact, which names the columns.
func (d *differ) unnamed(c Change, fact string) bool {
	return d.opts.Dialect == chain.SQLite && strings.HasPrefix(fact, strings.SplitN(c.Name, " ", 2)[0])
}
