package postgres

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// A checker looks at one statement, collects its facts, and qualifies its names.
type checker struct {
	*wall
	judge *policy.Judge
	sql   string
	facts policy.Facts
	scope *scope // what names mean where the checker is

	// stored is set in expressions that the database keeps and evaluates later,
	// as whoever uses the table.
	stored bool

	// view is set in the query of a view, which keeps what it reads from being
	// changed (https://www.postgresql.org/docs/current/ddl-depend.html).
	view bool
}

// statement looks at a whole statement.
func (c *checker) statement(n grammar.Node) {
	name, ok := commands[n.Kind]
	if !ok {
		c.facts.Kind = c.begins()
		why := denials[n.Kind]
		if why == "" {
			why = "it is not among the statements that plugins may send"
		}
		c.deny(n, "%s: %s", c.facts.Kind, why)
		return
	}
	c.facts.Kind = name
	c.visit(n)
}

// begins returns the words that a statement begins with, as far as they say what
// it is.
func (c *checker) begins() string {
	var words []string
	for _, t := range tokensOf(c.sql, 2) {
		if t.Kind != chain.Word || len(words) == 1 && !t.Is("TRANSACTION") && !isOneOf(chain.Token{Kind: chain.Word, Text: words[0]}, "CREATE|ALTER|DROP|REFRESH|SECURITY") {
			break
		}
		words = append(words, strings.ToUpper(t.Text))
	}
	return strings.Join(words, " ")
}

// place returns the 1-based character that a node begins at, 0 if it is not known.
func (c *checker) place(n grammar.Node) int {
	at := n.At()
	if at <= 0 || at > len(c.sql) {
		return 0
	}
	return utf8.RuneCountInString(c.sql[:at]) + 1
}

// deny notes what no grant can allow.
func (c *checker) deny(at grammar.Node, format string, args ...any) {
	c.facts.Denied = append(c.facts.Denied, policy.Denial{Reason: fmt.Sprintf(format, args...), At: c.place(at)})
}

// visit looks at a node and all that is in it.
func (c *checker) visit(n grammar.Node) {
	if !n.There() || !c.form(n) {
		return
	}
	switch n.Kind {
	case "SelectStmt":
		c.query(n)
	case "RangeVar":
		c.read(n)
	case "RangeSubselect":
		c.subselect(n)
	case "RangeFunction":
		c.rangeFunction(n, true)
	case "ColumnRef":
		c.column(n)
	case "FuncCall":
		c.call(n)
	case "TypeName":
		c.typeName(n, false)
	case "CollateClause":
		c.inside(n)
		c.catalogName(n, "collname", "collation")
	case "A_Expr":
		c.operator(n, n.Strings("name"))
		c.inside(n)
	case "SubLink":
		c.operator(n, n.Strings("operName"))
		c.inside(n)
	case "A_Indirection":
		c.subscripts(n, n.List("indirection"))
		if arg := n.Node("arg"); arg.Is("A_ArrayExpr", "CaseExpr", "CoalesceExpr", "MinMaxExpr") || arg.Text("subLinkType") == "ARRAY_SUBLINK" {
			// The parser writes it without the parentheses.
			c.deny(arg, "take elements of an expression without its type: write (…::int[])[1]")
		}
		c.inside(n)
	case "ResTarget":
		c.subscripts(n, n.List("indirection"))
		c.inside(n)
	default:
		c.command(n)
	}
}

// command looks at the statements besides SELECT, and at what is only of its kind.
func (c *checker) command(n grammar.Node) {
	switch n.Kind {
	case "InsertStmt":
		c.insert(n)
	case "UpdateStmt":
		c.update(n)
	case "DeleteStmt":
		c.deleteFrom(n)
	case "MergeStmt":
		c.merge(n)
	case "IndexElem", "PartitionElem":
		c.inside(n)
		c.catalogName(n, "collation", "collation")
		c.operatorClass(n)
	case "ColumnDef":
		c.columnDef(n)
	case "Constraint":
		c.constraint(n)
	case "TableLikeClause":
		c.own(n.Node("relation"), "table", &c.facts.Changes)
	default:
		if define := definitions[n.Kind]; define != nil {
			define(c, n)
			return
		}
		c.inside(n)
	}
}

// inside looks at all that is in a node.
func (c *checker) inside(n grammar.Node) {
	for f := range n.Fields() {
		for inner := range f.Nodes() {
			c.visit(inner)
		}
	}
}

// all looks at the nodes in some fields, in this order.
func (c *checker) all(n grammar.Node, fields ...string) {
	for _, field := range fields {
		if inner := n.Node(field); inner.There() {
			c.visit(inner)
			continue
		}
		for _, inner := range n.List(field) {
			c.visit(inner)
		}
	}
}

// form reports whether a node is of a form that is allowed.
func (c *checker) form(n grammar.Node) bool {
	fields, ok := forms()[n.Kind]
	if !ok {
		c.deny(n, "%s", unknown(n.Kind, ""))
		return false
	}
	for f := range n.Fields() {
		values, ok := fields[f.Name]
		if !ok || f.Enum != "" && !slices.Contains(values, f.Enum) {
			c.deny(n, "%s", unknown(n.Kind+"."+f.Name, f.Enum))
			return false
		}
	}
	return true
}

// unknown says what is not among what plugins may use, in the parser's words where
// there are no others.
func unknown(name, value string) string {
	if words := reasons[name]; words != "" {
		return words
	}
	if name == "AlterTableCmd.subtype" {
		name, value = "ALTER TABLE", strings.TrimPrefix(value, "AT_")
	}
	return strings.TrimSpace(name+" "+value) + ": not among what plugins may use"
}

// subscripts looks at what follows an expression or a column: elements of arrays
// alone, since (x).f is a call of f where x has no field of that name.
func (c *checker) subscripts(at grammar.Node, list []grammar.Node) {
	for _, n := range list {
		if n.Kind != "A_Indices" {
			c.deny(at, "select a field with (…).name, which may call a function of that name")
			return
		}
	}
}

// operator looks at an operator, which is one of the server's own.
func (c *checker) operator(at grammar.Node, name []string) {
	switch {
	case len(name) == 0:
		return
	case len(name) == 2 && name[0] != "pg_catalog" || len(name) > 2:
		c.deny(at, "the operator %s: only those of pg_catalog may be used", strings.Join(name, "."))
	case !operators()[name[len(name)-1]]:
		c.deny(at, "the operator %s: not among those that plugins may use", name[len(name)-1])
	}
}
