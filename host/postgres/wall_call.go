package postgres

import (
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// call looks at the call of a function: one of the server's own, or one of the
// others' schema that is granted.
func (c *checker) call(n grammar.Node) {
	name := n.Strings("funcname")
	last := name[len(name)-1]
	c.facts.Functions = append(c.facts.Functions, policy.Call{Name: last, At: c.place(n)})
	standard := policy.Functions(chain.PostgreSQL)[last]
	granted := !standard && c.judge.Grants.Function(last)
	switch {
	case len(name) == 1 && standard, len(name) == 2 && name[0] == "pg_catalog":
		n.Set("funcname", grammar.Names("pg_catalog", last)...)
	case granted && (len(name) == 1 || len(name) == 2 && name[0] == c.shared):
		n.Set("funcname", grammar.Names(c.shared, last)...)
	case len(name) > 1:
		c.deny(n, "call the function %s: a name with a schema must be one of pg_catalog, or one that is granted in the schema %s",
			strings.Join(name, "."), c.shared)
	}
	if granted && c.stored && !strings.HasPrefix(last, "uuid_generate_") { // of uuid-ossp, which default values are made of
		c.deny(n, "%s with the function %s in it: whoever uses the table would call it; functions beyond the default list are for statements that run now", c.facts.Kind, last)
	}
	c.arguments(n, last)
}

// maxFill is how long repeat and the like may make a text.
const maxFill = 1 << 16

// arguments looks at the arguments of functions for which they matter.
func (c *checker) arguments(n grammar.Node, name string) {
	args := n.List("args")
	switch name {
	case "nextval", "setval", "currval":
		if len(args) > 0 && !c.sequence(args[0]) {
			c.deny(n, "call %s with something else than the name of a sequence as text", name)
		}
	case "pg_get_serial_sequence":
		if len(args) > 0 && !c.relationText(args[0], "table", &c.facts.Changes) {
			c.deny(n, "call %s with something else than the name of a table as text", name)
		}
	case "repeat", "lpad", "rpad":
		if len(args) > 1 && !isCount(args[1]) {
			c.deny(n, "call %s with something else than a constant of at most %d as its second argument", name, maxFill)
		}
	case "format":
		if len(args) > 0 && !isFormat(args[0]) {
			c.deny(n, "call format with something else than a constant text whose widths are below 1,000")
		}
	}
	c.inside(n)
}

// sequence reports whether an argument names a sequence: as text, or by the table
// and column that it is for.
func (c *checker) sequence(arg grammar.Node) bool {
	if name := arg.Strings("funcname"); arg.Kind == "FuncCall" {
		return name[len(name)-1] == "pg_get_serial_sequence"
	}
	if arg.Kind == "TypeCast" && arg.Node("typeName").Name("names") == "regclass" {
		arg = arg.Become(arg.Node("arg"))
	}
	return c.relationText(arg, "sequence", &c.facts.Changes)
}

// relationText reports whether an argument is a constant text with the name of a
// relation, which must be the plugin's, and qualifies that name.
func (c *checker) relationText(arg grammar.Node, kind string, to *[]policy.Object) bool {
	if arg.Kind != "A_Const" || !arg.Has("sval") {
		return false
	}
	text := arg.Node("sval").Text("sval")
	parts, ok := nameParts(text)
	if !ok {
		return false
	}
	for i, name := range c.ownName(arg, parts, 0, kind, to) {
		parts = append(parts[:i], quoteIdent(name.Text("sval")))
	}
	arg.Node("sval").SetText("sval", strings.Join(parts, "."))
	return true
}

// maxName is how many bytes of a name the server reads
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
const maxName = 63

// nameParts reads a name as the server reads one in a text: with dots between its
// parts, in lower case where it is not quoted
// (https://www.postgresql.org/docs/current/datatype-oid.html).
func nameParts(text string) (parts []string, ok bool) {
	want := true // a part comes next
	for t := range chain.Tokens(chain.PostgreSQL, text) {
		switch {
		case want && t.Kind == chain.Word:
			for i := range len(t.Text) {
				if t.Text[i] >= 0x80 {
					return nil, false // the server folds it by its locale
				}
			}
			parts = append(parts, strings.ToLower(t.Text))
		case want && t.Kind == chain.Quoted && strings.HasPrefix(t.Text, `"`):
			parts = append(parts, strings.ReplaceAll(t.Text[1:len(t.Text)-1], `""`, `"`))
		case !want && t.Is("."):
		default:
			return nil, false
		}
		want = !want
	}
	for _, part := range parts {
		if part == "" || len(part) > maxName {
			return nil, false // the server would cut it off
		}
	}
	return parts, !want
}

func isCount(n grammar.Node) bool {
	return n.Kind == "A_Const" && n.Has("ival") && n.Node("ival").Int("ival") <= maxFill
}

// isFormat reports whether an argument is a constant text for format in which no
// number has more than three digits, and no width comes from an argument.
func isFormat(n grammar.Node) bool {
	if n.Kind != "A_Const" || !n.Has("sval") {
		return false
	}
	text := n.Node("sval").Text("sval")
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		end := i + 1
		for end < len(text) && strings.IndexByte("0123456789$-*", text[end]) >= 0 {
			end++
		}
		for _, number := range strings.FieldsFunc(text[i+1:end], func(r rune) bool { return r == '$' || r == '-' }) {
			if width, err := strconv.Atoi(number); err != nil || width > 999 {
				return false
			}
		}
		i = end
	}
	return true
}
