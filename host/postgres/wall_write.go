package postgres

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// written looks at the table that a statement writes to.
func (c *checker) written(n grammar.Node, verb string, columns []string, all bool) relation {
	if !c.form(n) {
		return relation{}
	}
	r := c.resolve(n)
	c.access(n, r, verb, columns, all)
	return r
}

// target makes a table that is written to known by its name.
func (c *checker) target(n grammar.Node, r relation) {
	name := n.Node("alias").Text("aliasname")
	if name == "" {
		name = r.name
	}
	if r.limited() && slices.Contains(r.use.Columns, name) {
		c.deny(n, "%s %s under the name of one of its columns, which would mean the whole row if there were no such column", c.facts.Kind, r.name)
	}
	c.scope.add(rangeItem{name: name, relation: r, verb: "select"})
}

// assigned returns the columns of SET or of INSERT.
func assigned(targets []grammar.Node) []string {
	var columns []string
	for _, t := range targets {
		columns = append(columns, t.Text("name"))
	}
	return columns
}

func (c *checker) insert(n grammar.Node) {
	defer c.enter()()
	c.with(n.Node("withClause"))
	columns := assigned(n.List("cols"))
	table := n.Node("relation")
	r := c.written(table, "insert", columns, len(columns) == 0)
	c.all(n, "cols", "selectStmt") // which do not see the table
	c.target(table, r)
	conflict := n.Node("onConflictClause")
	if conflict.There() && c.form(conflict) {
		c.conflict(conflict, table, r)
	}
	c.all(n, "returningList")
}

// conflict looks at ON CONFLICT. The columns that find the row are read.
func (c *checker) conflict(n, table grammar.Node, r relation) {
	infer := n.Node("infer")
	for _, elem := range infer.List("indexElems") {
		if name := elem.Text("name"); name != "" && !r.owned {
			c.access(table, r, "select", []string{name}, false)
		}
	}
	c.visit(infer)
	if n.Text("action") != "ONCONFLICT_UPDATE" {
		return
	}
	c.access(table, r, "update", assigned(n.List("targetList")), false)
	outside := len(c.scope.items)
	c.scope.add(rangeItem{name: "excluded", relation: r, verb: "insert"})
	c.all(n, "targetList", "whereClause")
	c.scope.items = c.scope.items[:outside] // not by its name, which the table may have as well
}

func (c *checker) update(n grammar.Node) {
	defer c.enter()()
	c.with(n.Node("withClause"))
	table := n.Node("relation")
	r := c.written(table, "update", assigned(n.List("targetList")), false)
	c.target(table, r)
	c.all(n, "fromClause", "targetList", "whereClause", "returningList")
}

func (c *checker) deleteFrom(n grammar.Node) {
	defer c.enter()()
	c.with(n.Node("withClause"))
	table := n.Node("relation")
	c.target(table, c.written(table, "delete", nil, false))
	c.all(n, "usingClause", "whereClause", "returningList")
}

// mergeVerbs are what the actions of MERGE do.
var mergeVerbs = map[string]string{"CMD_INSERT": "insert", "CMD_UPDATE": "update", "CMD_DELETE": "delete"}

func (c *checker) merge(n grammar.Node) {
	defer c.enter()()
	c.with(n.Node("withClause"))
	table := n.Node("relation")
	r := c.written(table, "select", nil, false)
	c.target(table, r)
	c.all(n, "sourceRelation", "joinCondition")
	for _, when := range n.List("mergeWhenClauses") {
		if !c.form(when) {
			continue
		}
		if verb := mergeVerbs[when.Text("commandType")]; verb != "" {
			columns := assigned(when.List("targetList"))
			c.access(table, r, verb, columns, verb == "insert" && len(columns) == 0)
		}
		c.all(when, "condition", "targetList", "values")
	}
	c.all(n, "returningList")
}
