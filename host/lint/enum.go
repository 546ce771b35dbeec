package lint

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// A use is a string in a statement, which may be a value of an enum.
type use struct {
	value  string
	at     int
	kind   string  // of what it is for, if the statement says so
	column string  // that it is for, or is compared with
	tables []table // one of which has the column
}

// checkUses is about values of enums that are used before they are committed, in
// rows or in what is checked, shown or given as a default.
func (l *linter) checkUses(uses []use) {
	told := map[string]bool{}
	for _, u := range uses {
		enum := l.rev.values[u.value]
		if enum == "" || told[u.value] || l.isPlain(u) {
			continue
		}
		told[u.value] = true
		l.find(ruleEnumValue, u.at, "", "the value %q of the enum %s is used in the transaction that adds it", u.value, enum)
	}
}

// isPlain reports whether a string is known to be for something that is no enum.
func (l *linter) isPlain(u use) bool {
	if u.kind != "" {
		return slices.Contains(plain, u.kind)
	}
	known := false
	for _, t := range u.tables {
		if k, ok := l.facts.of(t.on()).kinds[u.column]; ok {
			if !slices.Contains(plain, k.name) {
				return false
			}
			known = true
		}
	}
	return known
}

// plain are types of the server that a string may be of.
var plain = []string{"text", "varchar", "bpchar", "char", "name", "citext", "json", "jsonb", "xml", "bytea"}

// A usesReader looks for strings in a statement.
type usesReader struct {
	uses   []use
	tables []table           // that the statement is about
	kinds  map[string]string // of the columns that it adds
	known  map[int]use       // what is known of a string, by where it stands
}

// usesIn returns the strings of a statement, in its order.
func usesIn(n grammar.Node) []use {
	r := usesReader{kinds: map[string]string{}, known: map[int]use{}}
	n.Walk(func(n grammar.Node) bool {
		if n.Text("relname") != "" {
			r.tables = append(r.tables, relation(n))
		}
		if n.Is("ColumnDef") {
			r.kinds[n.Text("colname")] = kindOf(n.Node("typeName")).name
		}
		return true
	})
	n.Walk(r.visit)
	slices.SortFunc(r.uses, func(a, b use) int { return a.at - b.at })
	return r.uses
}

// visit looks at what is said of strings before it comes to them.
func (r *usesReader) visit(n grammar.Node) bool {
	switch n.Kind {
	case "VariableSetStmt", "DefElem":
		return false // settings and options
	case "A_Const":
		if s := n.Node("sval").Text("sval"); s != "" {
			u := r.known[n.At()]
			u.value, u.at = s, n.At()
			r.uses = append(r.uses, u)
		}
	case "TypeCast":
		r.know(n.Node("arg"), use{kind: kindOf(n.Node("typeName")).name})
	case "FuncCall":
		if slices.Contains(steady, n.Name("funcname")) { // whose arguments are texts
			for _, arg := range n.List("args") {
				r.know(arg, use{kind: "text"})
			}
		}
	case "A_Expr":
		r.compared(n.Node("lexpr"), n.Node("rexpr"))
		r.compared(n.Node("rexpr"), n.Node("lexpr"))
	case "ColumnDef":
		for _, k := range n.List("constraints") {
			r.know(k.Node("raw_expr"), r.column(n.Text("colname"), nil))
		}
	case "UpdateStmt":
		for _, target := range n.List("targetList") {
			r.know(target.Node("val"), r.column(target.Text("name"), []table{relation(n.Node("relation"))}))
		}
	case "InsertStmt":
		columns := n.List("cols")
		for _, row := range n.Node("selectStmt").List("valuesLists") {
			for i, value := range row.List("items") {
				if i < len(columns) {
					r.know(value, r.column(columns[i].Text("name"), []table{relation(n.Node("relation"))}))
				}
			}
		}
	case "AlterTableCmd":
		r.know(n.Node("def"), r.column(n.Text("name"), r.tables)) // SET DEFAULT
	}
	return true
}

// compared notes what a column is compared with.
func (r *usesReader) compared(column, with grammar.Node) {
	parts := column.Strings("fields")
	if !column.Is("ColumnRef") || len(parts) == 0 {
		return
	}
	u := r.column(parts[len(parts)-1], r.tables)
	r.know(with, u)
	for _, value := range with.List("items") {
		r.know(value, u)
	}
}

func (r *usesReader) column(name string, tables []table) use {
	return use{kind: r.kinds[name], column: name, tables: tables}
}

// know notes what a string is for, if the node is one.
func (r *usesReader) know(n grammar.Node, u use) {
	if n.Is("A_Const") {
		r.known[n.At()] = u
	}
}
