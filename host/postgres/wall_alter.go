package postgres

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

func (c *checker) alterTable(n grammar.Node) {
	c.stored = true
	kind := objectKinds[n.Text("objtype")]
	c.facts.Kind = "ALTER " + map[string]string{"table": "TABLE", "view": "VIEW", "index": "INDEX", "sequence": "SEQUENCE"}[kind]
	c.own(n.Node("relation"), kind, &c.facts.Changes)
	for _, cmd := range n.List("cmds") {
		if c.form(cmd) {
			c.alterCommand(cmd)
		}
	}
}

// alterCommand looks at one change of a table. What has no definition, such as to
// drop a column, needs no look.
func (c *checker) alterCommand(n grammar.Node) {
	def := n.Node("def")
	switch subtype := n.Text("subtype"); subtype {
	case "AT_AddInherit", "AT_DropInherit":
		c.own(def, "table", &c.facts.Changes)
	case "AT_AttachPartition", "AT_DetachPartition":
		if !c.form(def) {
			return
		}
		c.own(def.Node("name"), "table", &c.facts.Changes)
		c.all(def, "bound")
	case "AT_SetRelOptions":
		c.options(n, "def", "fillfactor")
	case "AT_SetIdentity":
		c.options(n, "def", slices.Concat(sequenceOptions, []string{"generated"})...)
	default:
		c.all(n, "def")
	}
}
