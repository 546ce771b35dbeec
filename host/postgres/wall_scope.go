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
// told.
func (c *checker) reads(n grammar.Node, names []string, star bool) {
	column := ""
	if !star {
		column = names[len(names)-1]
	}
	table := "" // that the column is said to be of
	if len(names) == 2 || star && len(names) == 1 {
		table = names[0]
	}
	c.readsTargets(n, table, column, star)
	if !star {
		c.readsLimited(n, table, column)
	}
}

// readsTargets is for tables that are written to. Nothing else keeps their columns
// unread, so what may be one of theirs is taken for one: whether another item of
// the same name is nearer depends on what the server sees where, such as not the
// neighbours of a query that is not LATERAL.
func (c *checker) readsTargets(n grammar.Node, table, column string, star bool) {
	for s := c.scope; s != nil; s = s.outer {
		for _, i := range s.items {
			if i.verb == "" || i.owned || !i.isCalled(table) {
				continue
			}
			if star {
				c.access(n, i.relation, i.verb, nil, true)
			} else {
				c.access(n, i.relation, i.verb, []string{column}, false)
			}
		}
		if star && table == "" {
			return // it means the columns of this query alone
		}
	}
}

// isCalled reports whether a name before a column may mean a table that is written
// to. In RETURNING, PostgreSQL 18 calls its rows old and new
// (https://www.postgresql.org/docs/18/dml-returning.html).
func (i rangeItem) isCalled(table string) bool {
	return table == "" || table == i.name || table == "old" || table == "new"
}

// readsLimited is for tables that are read, in whose place is a query with the
// columns of the grant: for the sake of a clear refusal, where it is clear which
// table is meant.
func (c *checker) readsLimited(n grammar.Node, table, column string) {
	var meant []rangeItem
	for s := c.scope; s != nil; s = s.outer {
		for _, i := range s.items {
			if table == "" || i.name == table {
				meant = append(meant, i)
			}
		}
		if table != "" && len(meant) > 0 {
			break
		}
		if table == "" && s.outputs[column] {
			return
		}
	}
	if len(meant) != 1 || !meant[0].columnsKnown || table == "" && column == meant[0].name || slices.Contains(meant[0].use.Columns, column) {
		return
	}
	c.access(n, meant[0].relation, "select", []string{column}, false)
}
