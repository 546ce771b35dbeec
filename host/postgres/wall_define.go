package postgres

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// definitions look at the statements that define objects.
var definitions map[string]func(*checker, grammar.Node)

func init() {
	definitions = map[string]func(*checker, grammar.Node){
		"CreateStmt": (*checker).createTable, "CreateTableAsStmt": (*checker).createTableAs, "ViewStmt": (*checker).createView,
		"IndexStmt": (*checker).createIndex, "DropStmt": (*checker).drop, "TruncateStmt": (*checker).truncate,
		"CommentStmt": (*checker).comment, "RenameStmt": (*checker).rename, "AlterTableStmt": (*checker).alterTable,
		"CreateEnumStmt": (*checker).createEnum, "AlterEnumStmt": (*checker).alterEnum,
		"CreateSeqStmt": (*checker).createSequence, "AlterSeqStmt": (*checker).alterSequence,
	}
}

// objectKinds are what facts call the kinds of objects.
var objectKinds = map[string]string{
	"OBJECT_TABLE": "table", "OBJECT_VIEW": "view", "OBJECT_INDEX": "index", "OBJECT_SEQUENCE": "sequence", "OBJECT_TYPE": "type",
	"OBJECT_COLUMN": "table", "OBJECT_TABCONSTRAINT": "table", "OBJECT_ACCESS_METHOD": "table",
}

func (c *checker) createTable(n grammar.Node) {
	c.stored = true
	c.own(n.Node("relation"), "table", &c.facts.Makes)
	for _, parent := range n.List("inhRelations") {
		c.own(parent, "table", &c.facts.Changes)
	}
	c.all(n, "tableElts", "constraints", "partbound", "partspec")
	c.options(n, "options", "fillfactor")
}

// columnDef looks at a column of a table, or of what a function in FROM returns.
func (c *checker) columnDef(n grammar.Node) {
	if t := n.Node("typeName"); t.There() && c.form(t) {
		c.typeName(t, c.stored)
	}
	c.all(n, "raw_default", "collClause", "constraints")
}

// constraint looks at a constraint. The index of one takes its name among tables.
func (c *checker) constraint(n grammar.Node) {
	kind := n.Text("contype")
	if name := n.Text("conname"); name != "" && slices.Contains([]string{"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION"}, kind) {
		c.facts.Makes = append(c.facts.Makes, policy.Object{Kind: "constraint", Name: name, At: c.place(n)})
	}
	if index := n.Text("indexname"); index != "" {
		c.facts.Drops = append(c.facts.Drops, policy.Object{Kind: "index", Name: index, At: c.place(n)})
	}
	c.indexMethod(n, n.Text("access_method"))
	c.all(n, "raw_expr", "where_clause")
	for _, exclusion := range n.List("exclusions") {
		items := exclusion.List("items")
		c.visit(items[0])
		c.operator(n, items[1].Strings("items"))
	}
	if table := n.Node("pktable"); table.There() {
		c.own(table, "table", &c.facts.Changes) // a key of others is read by it, and can't be deleted any more
	}
	if kind == "CONSTR_IDENTITY" {
		c.options(n, "options", sequenceOptions...)
		return
	}
	c.options(n, "options", "fillfactor")
}

func (c *checker) createTableAs(n grammar.Node) {
	into := n.Node("into")
	if !c.form(into) {
		return
	}
	c.own(into.Node("rel"), "table", &c.facts.Makes)
	c.options(into, "options", "fillfactor")
	c.asQuery(n.Node("query"))
}

// asQuery looks at the query of AS, which may have been EXECUTE.
func (c *checker) asQuery(n grammar.Node) {
	if n.Kind != "SelectStmt" {
		c.deny(n, "%s something else than a query", c.facts.Kind)
		return
	}
	c.visit(n)
}

func (c *checker) createView(n grammar.Node) {
	c.stored, c.view = true, true
	c.own(n.Node("view"), "view", &c.facts.Makes)
	c.options(n, "options", "check_option", "security_barrier")
	c.asQuery(n.Node("query"))
}

func (c *checker) createIndex(n grammar.Node) {
	c.stored = true
	if name := n.Text("idxname"); name != "" {
		c.facts.Makes = append(c.facts.Makes, policy.Object{Kind: "index", Name: name})
	}
	c.own(n.Node("relation"), "table", &c.facts.Changes)
	c.indexMethod(n, n.Text("accessMethod"))
	c.all(n, "indexParams", "indexIncludingParams", "whereClause")
	c.options(n, "options", "fillfactor", "deduplicate_items", "fastupdate", "gin_pending_list_limit", "buffering", "pages_per_range", "autosummarize")
}

func (c *checker) indexMethod(at grammar.Node, method string) {
	if !slices.Contains([]string{"", "btree", "hash", "gin", "gist", "spgist", "brin"}, method) {
		c.deny(at, "%s USING %s: not among the methods of indexes that plugins may use", c.facts.Kind, method)
	}
}

func (c *checker) drop(n grammar.Node) {
	kind := objectKinds[n.Text("removeType")]
	for i, object := range n.List("objects") {
		if object.Kind == "TypeName" && c.form(object) {
			object.Set("names", c.ownName(object, object.Strings("names"), 0, kind, &c.facts.Drops)...)
			continue
		}
		name := grammar.Make("List")
		name.Set("items", c.ownName(object, object.Strings("items"), 0, kind, &c.facts.Drops)...)
		n.SetItem("objects", i, name)
	}
}

func (c *checker) truncate(n grammar.Node) {
	for _, table := range n.List("relations") {
		c.own(table, "table", &c.facts.Changes)
	}
}

func (c *checker) comment(n grammar.Node) {
	objtype := n.Text("objtype")
	object := n.Node("object")
	after := 0
	if objtype == "OBJECT_COLUMN" || objtype == "OBJECT_TABCONSTRAINT" {
		after = 1
	}
	field := "items"
	if object.Kind == "TypeName" && c.form(object) {
		field = "names"
	}
	object.Set(field, c.ownName(object, object.Strings(field), after, objectKinds[objtype], &c.facts.Changes)...)
}

func (c *checker) rename(n grammar.Node) {
	what := n.Text("renameType")
	kind := objectKinds[what]
	newname := n.Text("newname")
	switch what {
	case "OBJECT_COLUMN":
		c.own(n.Node("relation"), "table", &c.facts.Changes)
		return
	case "OBJECT_TABCONSTRAINT": // the index of it gets the name
		c.own(n.Node("relation"), "table", &c.facts.Changes)
		c.facts.Makes = append(c.facts.Makes, policy.Object{Kind: "constraint", Name: newname})
		return
	case "OBJECT_TYPE":
		object := n.Node("object")
		object.Set("items", c.ownName(object, object.Strings("items"), 0, kind, &c.facts.Drops)...)
	default:
		c.own(n.Node("relation"), kind, &c.facts.Drops)
	}
	c.facts.Makes = append(c.facts.Makes, policy.Object{Kind: kind, Name: newname})
}

func (c *checker) createEnum(n grammar.Node) {
	n.Set("typeName", c.ownName(n, n.Strings("typeName"), 0, "type", &c.facts.Makes)...)
}

func (c *checker) alterEnum(n grammar.Node) {
	n.Set("typeName", c.ownName(n, n.Strings("typeName"), 0, "type", &c.facts.Changes)...)
}

// sequenceOptions are those of CREATE SEQUENCE but for the name of one that belongs
// to a column.
var sequenceOptions = []string{"as", "increment", "minvalue", "maxvalue", "start", "restart", "cache", "cycle", "owned_by"}

func (c *checker) createSequence(n grammar.Node) {
	c.own(n.Node("sequence"), "sequence", &c.facts.Makes)
	c.options(n, "options", sequenceOptions...)
}

func (c *checker) alterSequence(n grammar.Node) {
	c.own(n.Node("sequence"), "sequence", &c.facts.Changes)
	c.options(n, "options", sequenceOptions...)
}

// options looks at options of a list, which have constants for values, but for the
// type of a sequence and the column that it belongs to.
func (c *checker) options(n grammar.Node, field string, known ...string) {
	for _, o := range n.List(field) {
		name, arg := o.Text("defname"), o.Node("arg")
		if o.Kind != "DefElem" || o.Has("defnamespace") || o.Text("defaction") != "DEFELEM_UNSPEC" || !slices.Contains(known, name) {
			c.deny(o, "%s with the option %s: not among what plugins may use", c.facts.Kind, name)
			continue
		}
		switch {
		case name == "as":
			c.visit(arg)
		case name == "owned_by" && len(arg.List("items")) > 1:
			arg.Set("items", c.ownName(o, arg.Strings("items"), 1, "table", &c.facts.Changes)...)
		case name == "owned_by" && strings.EqualFold(strings.Join(arg.Strings("items"), ""), "none"):
		case arg.There() && !arg.Is("Integer", "Float", "String", "Boolean", "TypeName"):
			c.deny(o, "%s with the option %s, whose value is no constant", c.facts.Kind, name)
		}
	}
}
