package lint

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// objects are what programs know by name, and no rule of tables is about. A type
// cannot be dropped while a column has it, unless CASCADE says so.
var objects = map[string]string{"OBJECT_VIEW": "the view ", "OBJECT_MATVIEW": "the materialized view ", "OBJECT_SCHEMA": "the schema ", "OBJECT_TYPE": "the type ", "OBJECT_DOMAIN": "the domain "}

// object reads what makes, drops and renames something that is no table.
func (r *postgresReader) object(n grammar.Node) {
	switch n.Kind {
	case "ViewStmt":
		view := n.Node("view")
		r.add(view.At(), createObject{relation(view)})
	case "CreateSchemaStmt":
		r.add(0, createObject{table(n.Text("schemaname"))})
	case "CreateEnumStmt":
		r.add(0, createObject{table(qualified(n.Strings("typeName")))})
	case "CompositeTypeStmt":
		r.add(0, createObject{relation(n.Node("typevar"))})
	case "CreateDomainStmt":
		constrained := slices.ContainsFunc(n.List("constraints"), func(k grammar.Node) bool {
			return k.Text("contype") == "CONSTR_CHECK" || k.Text("contype") == "CONSTR_NOTNULL"
		})
		r.add(0, createDomain{table(qualified(n.Strings("domainname"))), constrained})
	case "AlterDomainStmt":
		r.alterDomain(n)
	case "DropOwnedStmt":
		for _, role := range n.List("roles") {
			name := role.Text("rolename")
			r.add(role.At(), dropObject{what: "all that " + name + " owns", rows: true})
		}
		r.cascade(n, "DROP OWNED")
	}
}

// alterDomain reads ALTER DOMAIN, of which the parser has letters: C adds a
// constraint, O says NOT NULL.
func (r *postgresReader) alterDomain(n grammar.Node) {
	name := table(qualified(n.Strings("typeName")))
	switch n.Text("subtype") {
	case "C":
		r.add(0, alterDomain{name, n.Node("def").True("skip_validation")})
	case "O":
		r.add(0, alterDomain{name, false})
	}
	r.cascade(n, "ALTER DOMAIN")
}

// dropped reads what a DROP names other than a table.
func (r *postgresReader) dropped(n, object grammar.Node) {
	kind := n.Text("removeType")
	name := qualified(object.Strings("items"))
	if kind == "OBJECT_SCHEMA" {
		name = object.Text("sval")
	}
	switch kind {
	case "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SCHEMA":
		r.add(0, dropObject{table(name), objects[kind] + name, kind == "OBJECT_SCHEMA" && n.Text("behavior") == "DROP_CASCADE"})
	}
}

// renamed reads the new name of something other than a table.
func (r *postgresReader) renamed(n grammar.Node) {
	at := n.Node("relation").At()
	kind := n.Text("renameType")
	name := string(relation(n.Node("relation")))
	switch {
	case kind == "OBJECT_COLUMN" && objects[n.Text("relationType")] != "":
		r.add(at, renameObject{table(name), "the column " + name + "." + n.Text("subname"), n.Text("newname")})
		return
	case kind == "OBJECT_SCHEMA":
		name = n.Text("subname")
	case kind == "OBJECT_TYPE", kind == "OBJECT_DOMAIN":
		name = qualified(n.Strings("object"))
	}
	if what := objects[kind]; what != "" {
		r.add(at, renameObject{table(name), what + name, n.Text("newname")})
	}
}
