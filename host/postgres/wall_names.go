package postgres

import (
	"slices"
	"strings"
	"sync"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A relation is a table, or what is read and written like one.
type relation struct {
	name    string
	owned   bool
	foreign bool    // it is in a schema of others, whatever its name
	use     abi.Use // of one that is not owned
}

// limited reports whether only some columns of a table may be used.
func (r relation) limited() bool { return !r.owned && len(r.use.Columns) > 0 }

// resolve finds out which relation a RangeVar means, and qualifies it. What is
// the plugin's by its name is in its schema, the rest in that of the others.
func (c *checker) resolve(n grammar.Node) relation {
	r := relation{name: n.Text("relname")}
	schema := n.Text("schemaname")
	switch schema {
	case "":
		r.owned = c.judge.Owns(r.name)
	case c.home:
		r.owned = c.judge.Owns(r.name)
	case c.shared:
		r.foreign = true
	default:
		c.deny(n, "%s %s.%s: a table of a schema that is neither the plugin's nor the one that the grants are about", c.facts.Kind, schema, r.name)
	}
	if n.Text("relpersistence") != "p" {
		c.deny(n, "a temporary or unlogged table")
	}
	if r.owned {
		n.SetText("schemaname", c.home)
		return r
	}
	if schema == c.home && c.home != c.shared {
		c.deny(n, "%s %s.%s, whose name is not among those that the plugin owns", c.facts.Kind, schema, r.name)
	}
	r.use, _ = c.judge.Grants.Use(r.name)
	n.SetText("schemaname", c.shared)
	return r
}

// own qualifies a relation that must be the plugin's, and notes what is done to it.
func (c *checker) own(n grammar.Node, kind string, to *[]policy.Object) string {
	name := n.Text("relname")
	if !n.There() || !c.form(n) {
		return name
	}
	if n.Text("relpersistence") != "p" {
		c.deny(n, "a temporary or unlogged table: what a plugin makes is there for all sessions and survives a crash")
	}
	c.ownSchema(n, n.Text("schemaname"), kind, name)
	n.SetText("schemaname", c.home)
	*to = append(*to, policy.Object{Kind: kind, Name: name, At: c.place(n)})
	return name
}

func (c *checker) ownSchema(at grammar.Node, schema, kind, name string) {
	if schema != "" && schema != c.home {
		c.deny(at, "%s %s.%s: the %ss of the plugin are in the schema %s", c.facts.Kind, schema, name, kind, c.home)
	}
}

// ownName qualifies the name of an object that must be the plugin's, with parts
// after it, such as a column.
func (c *checker) ownName(at grammar.Node, parts []string, after int, kind string, to *[]policy.Object) []grammar.Node {
	n := len(parts) - after
	if n != 1 && n != 2 {
		c.deny(at, "the name %s, which is not a name with or without a schema", strings.Join(parts, "."))
		return grammar.Names(parts...)
	}
	name := parts[n-1]
	if n == 2 {
		c.ownSchema(at, parts[0], kind, name)
	}
	*to = append(*to, policy.Object{Kind: kind, Name: name, At: c.place(at)})
	return grammar.Names(append([]string{c.home, name}, parts[n:]...)...)
}

// catalogName qualifies the name in a field, which must be one of the server's own.
func (c *checker) catalogName(n grammar.Node, field, what string) {
	name := n.Strings(field)
	switch {
	case len(name) == 0:
		return
	case len(name) == 1:
		n.Set(field, grammar.Names("pg_catalog", name[0])...)
	case len(name) != 2 || name[0] != "pg_catalog":
		c.deny(n, "the %s %s: only those of pg_catalog may be used", what, strings.Join(name, "."))
	}
}

// types are those of https://www.postgresql.org/docs/current/datatype.html that
// hold data and name nothing. Those of object identifiers (oid, regclass) read the
// catalogs, and xml can name files.
var types = sync.OnceValue(func() map[string]bool {
	return setOf(`
		bool int2 int4 int8 float4 float8 numeric money text varchar bpchar char bytea bit varbit uuid
		date time timetz timestamp timestamptz interval json jsonb jsonpath tsvector tsquery
		inet cidr macaddr macaddr8 point line lseg box path polygon circle
		int4range int8range numrange tsrange tstzrange daterange
		int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange`)
})

// serials are what only the definition of a column has for a type, without a schema.
var serials = []string{"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"}

// operators are those of pg_catalog that plugins may use, and the words that the
// parser has for some others.
var operators = sync.OnceValue(func() map[string]bool {
	return setOf(`
		+ - * / % ^ |/ ||/ @ & | # ~ << >> = <> < > <= >= || ^@ ~~ !~~ ~~* !~~* ~* !~ !~*
		BETWEEN BETWEEN_SYMMETRIC NOT_BETWEEN NOT_BETWEEN_SYMMETRIC
		-> ->> #> #>> @> <@ ? ?| ?& #- @? @@ && -|- &< &> !! <-> <<= >>= <<| |>> &<| |&> <^ >^ ## ?# ?- ?|| ?-| ~= @-@ !=`)
})

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[strings.ReplaceAll(word, "_", " ")] = true
	}
	return set
}

// typeName looks at a type: one of the server's own by list, or one of the plugin's.
func (c *checker) typeName(n grammar.Node, serial bool) {
	c.all(n, "typmods", "arrayBounds")
	name := n.Strings("names")
	for _, m := range n.List("typmods") {
		if m.Kind != "A_Const" {
			c.deny(n, "the type %s with something else than constants after it", strings.Join(name, "."))
		}
	}
	last := ""
	if len(name) > 0 {
		last = name[len(name)-1]
	}
	builtIn := len(name) == 1 || len(name) == 2 && name[0] == "pg_catalog"
	switch {
	case serial && len(name) == 1 && slices.Contains(serials, last):
	case builtIn && types()[last]:
		n.Set("names", grammar.Names("pg_catalog", last)...)
	case (len(name) == 1 || len(name) == 2 && name[0] == c.home) && c.judge.Owns(last):
		n.Set("names", grammar.Names(c.home, last)...)
	default:
		c.deny(n, "the type %s: neither among those that plugins may use nor one of its own; a column of an extension's type %s", strings.Join(name, "."), forProject)
	}
}
