package postgres

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// query looks at a SELECT, or at VALUES, or at a set operation with its two sides.
func (c *checker) query(n grammar.Node) {
	done := c.enter()
	defer done()
	c.with(n.Node("withClause"))
	c.all(n, "larg", "rarg")
	bare := isBare(n)
	for _, item := range n.List("fromClause") {
		if bare && item.Kind == "RangeFunction" && c.form(item) {
			c.rangeFunction(item, false)
			continue
		}
		c.visit(item)
	}
	for _, target := range n.List("targetList") {
		if name := target.Text("name"); name != "" {
			c.scope.outputs[name] = true
		}
	}
	c.all(n, "targetList", "whereClause", "groupClause", "havingClause", "windowClause", "distinctClause",
		"valuesLists", "sortClause", "limitOffset", "limitCount")
}

// with looks at common table expressions. Those that are recursive see each other,
// the rest those before them
// (https://www.postgresql.org/docs/current/queries-with.html).
func (c *checker) with(n grammar.Node) {
	if !n.There() || !c.form(n) {
		return
	}
	ctes := n.List("ctes")
	if n.True("recursive") {
		for _, cte := range ctes {
			c.scope.ctes[cte.Text("ctename")] = true
		}
	}
	for _, cte := range ctes {
		if !c.form(cte) {
			continue
		}
		if name := cte.Text("ctename"); strings.HasPrefix(name, "pg_") {
			c.deny(cte, "WITH %s: a name that begins with pg_ is one of the server's tables to whoever reads it", name)
		}
		c.all(cte, "ctequery", "search_clause")
		c.scope.ctes[cte.Text("ctename")] = true
	}
}

// isBare reports whether a query is SELECT * FROM one item, and nothing else.
func isBare(n grammar.Node) bool {
	for f := range n.Fields() {
		switch f.Name {
		case "targetList", "fromClause", "limitOption", "op":
		default:
			return false
		}
	}
	targets := n.List("targetList")
	if n.Kind != "SelectStmt" || len(n.List("fromClause")) != 1 || len(targets) != 1 || targets[0].Text("name") != "" {
		return false
	}
	fields := targets[0].Node("val").List("fields")
	return targets[0].Node("val").Kind == "ColumnRef" && len(fields) == 1 && fields[0].Kind == "A_Star"
}

// read looks at a table that is read, and puts a query in its place where not all
// of it may be read.
func (c *checker) read(n grammar.Node) {
	alias := n.Node("alias")
	name := alias.Text("aliasname")
	if name == "" {
		name = n.Text("relname")
	}
	if n.Text("schemaname") == "" && c.scope.isCTE(n.Text("relname")) {
		c.scope.add(rangeItem{name: name})
		return
	}
	r := c.resolve(n)
	c.access(n, r, "select", nil, false)
	c.scope.add(rangeItem{name: name, relation: r, columnsKnown: r.limited()})
	if r.limited() {
		n.Become(wrapped(n.Moved(), r, name))
	}
}

// access notes what is done with a table.
func (c *checker) access(at grammar.Node, r relation, verb string, columns []string, all bool) {
	c.facts.Access = append(c.facts.Access, policy.Access{
		Table: r.name, Verb: verb, Columns: columns, All: all, Foreign: r.foreign, Viewed: c.view, At: c.place(at),
	})
}

// innerName is what a table is called in the query that stands for it. No grant
// names a column with a capital, so a name in that query can't mean the whole row.
const innerName = "T"

// wrapped returns the query that stands for a table of others, of which only some
// columns may be read.
func wrapped(table grammar.Node, r relation, name string) grammar.Node {
	outer := table.Node("alias")
	if !outer.There() {
		outer = aliasOf(name)
	}
	inner := table.Moved()
	inner.Set("alias", aliasOf(innerName))
	var targets []grammar.Node
	for _, column := range r.use.Columns {
		targets = append(targets, target(grammar.String(column)))
	}
	return subselect(selectFrom(inner, targets...), outer, false)
}

func aliasOf(name string) grammar.Node {
	n := grammar.Make("Alias")
	n.SetText("aliasname", name)
	return n
}

func target(field grammar.Node) grammar.Node {
	column := grammar.Make("ColumnRef")
	column.Set("fields", field)
	n := grammar.Make("ResTarget")
	n.Set("val", column)
	return n
}

func selectFrom(from grammar.Node, targets ...grammar.Node) grammar.Node {
	n := grammar.Make("SelectStmt")
	n.Set("targetList", targets...)
	n.Set("fromClause", from)
	n.SetText("limitOption", "LIMIT_OPTION_DEFAULT")
	n.SetText("op", "SETOP_NONE")
	return n
}

func subselect(query, alias grammar.Node, lateral bool) grammar.Node {
	n := grammar.Make("RangeSubselect")
	n.Set("subquery", query)
	n.Set("alias", alias)
	if lateral {
		n.SetTrue("lateral")
	}
	return n
}

// subselect looks at a query in FROM. One that already is what would be put in the
// place of a table stays as it is.
func (c *checker) subselect(n grammar.Node) {
	alias := n.Node("alias").Text("aliasname")
	if from := n.Node("subquery").List("fromClause"); len(from) == 1 && from[0].Kind == "RangeVar" &&
		from[0].Text("schemaname") != "" && from[0].Node("alias").Text("aliasname") == innerName && c.form(from[0]) {
		r := c.resolve(from[0])
		if r.limited() && wrapped(from[0].Moved(), r, alias).Node("subquery").Equal(n.Node("subquery")) {
			c.access(from[0], r, "select", nil, false)
			c.scope.add(rangeItem{name: alias, relation: r, columnsKnown: true})
			return
		}
	}
	c.inside(n)
	c.scope.add(rangeItem{name: alias})
}

// rangeFunction looks at functions in FROM. Where f() u stands for rows of one
// value, u is that value, and u.g calls g with it. With a query around it, u is a
// row of no type that any function is for.
func (c *checker) rangeFunction(n grammar.Node, wrap bool) {
	name := n.Node("alias").Text("aliasname")
	for _, f := range n.List("functions") {
		items := f.List("items")
		if len(items) == 0 || items[0].Kind != "FuncCall" {
			c.deny(f, "FROM with something else than a table, a query or a function")
			return
		}
		if parts := items[0].Strings("funcname"); name == "" {
			name = parts[len(parts)-1]
		}
	}
	c.all(n, "functions", "coldeflist", "alias")
	c.scope.add(rangeItem{name: name})
	if !wrap {
		return
	}
	inner := n.Moved()
	n.Become(subselect(selectFrom(inner, target(grammar.Make("A_Star"))), aliasOf(name), true))
}
