package postgres

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// A scope is what names mean in one query.
type scope struct {
	outer   *scope
	ctes    map[string]bool
	outputs map[string]bool // names that the query gives to its columns
	items   []rangeItem
}

// A rangeItem is what rows are taken from, or written to.
type rangeItem struct {
	name string
	relation
	columnsKnown bool   // its columns are those of the grant
	verb         string // of a table that is written to: what reading its columns takes
}

// enter begins a query inside the present one.
func (c *checker) enter() (leave func()) {
	outer := c.scope
	c.scope = &scope{outer: outer, ctes: map[string]bool{}, outputs: map[string]bool{}}
	return func() { c.scope = outer }
}

func (s *scope) isCTE(name string) bool {
	for ; s != nil; s = s.outer {
		if s.ctes[name] {
			return true
		}
	}
	return false
}

func (s *scope) add(i rangeItem) {
	if s != nil {
		s.items = append(s.items, i)
	}
}

// column looks at the name of a column, which may have that of a table before it,
// and that of a schema before that, which is left out: an alias or the table's name
// says the same.
//
// What it can't tell from a column is the whole row, for a name alone, and a
// function of the row, for a.b: there is none in pg_catalog that takes a row and
// does more than to turn it into text or JSON.
func (c *checker) column(n grammar.Node) {
	fields := n.List("fields")
	var names []string
	star := false
	for _, f := range fields {
		switch f.Kind {
		case "String":
			names = append(names, f.Text("sval"))
		case "A_Star":
			star = true
		default:
			c.deny(n, "a column's name with %s in it", f.Kind)
		}
	}
	if parts := len(fields); parts == 3 && (names[0] == c.home || names[0] == c.shared) {
		n.Set("fields", fields[1:]...)
		names = names[1:]
	} else if parts > 2 {
		c.deny(n, "the name %s of a column: write table.column, or alias.column", strings.Join(names, "."))
		return
	}
	if c.stored && c.scope == nil && len(names) == 2 && !star {
		// There is one table, so its name says nothing, and without it the
		// database keeps no call of a function of the row.
		n.Set("fields", grammar.String(names[1]))
		return
	}
	c.reads(n, names, star)
}

// reads notes which column of a table of others is read, as far as that can be
// told. For tables that are read this is for the sake of a clear refusal: their
// columns are already those of the grant. For a table that is written to it is what
// keeps its other columns unread.
func (c *checker) reads(n grammar.Node, names []string, star bool) {
	column := ""
	if !star {
		column = names[len(names)-1]
	}
	qualified := len(names) == 2 || star && len(names) == 1
	var only []rangeItem
	for s := c.scope; s != nil; s = s.outer {
		for _, i := range s.items {
			switch {
			case qualified && i.name != names[0]:
			case i.verb != "" && !i.owned:
				c.readsTarget(n, i, column, star)
			case qualified && i.columnsKnown && !star:
				c.readsLimited(n, i, column)
			}
			only = append(only, i)
		}
		if qualified && slices.ContainsFunc(s.items, func(i rangeItem) bool { return i.name == names[0] }) {
			return
		}
		if star || s.outputs[column] {
			return
		}
	}
	if !qualified && !star && len(only) == 1 && only[0].columnsKnown && column != only[0].name {
		c.readsLimited(n, only[0], column)
	}
}

func (c *checker) readsTarget(n grammar.Node, i rangeItem, column string, star bool) {
	if star {
		c.access(n, i.relation, i.verb, nil, true)
		return
	}
	c.access(n, i.relation, i.verb, []string{column}, false)
}

func (c *checker) readsLimited(n grammar.Node, i rangeItem, column string) {
	if !slices.Contains(i.use.Columns, column) {
		c.access(n, i.relation, "select", []string{column}, false)
	}
}
