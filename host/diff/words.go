package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// same reports whether the dialect takes two names for one.
func (m *model) same(a, b string) bool {
	if m.dialect == chain.SQLite {
		return tabletext.SameName(a, b)
	}
	return a == b
}

// mentions reports whether a name occurs in a text of SQL.
func (m *model) mentions(sql, name string) bool {
	for t := range chain.Tokens(m.dialect, sql) {
		if n, ok := t.Name(m.dialect); ok && m.same(n, name) {
			return true
		}
	}
	return false
}

// mentionsAll reports whether all names occur in a text of SQL.
func (m *model) mentionsAll(sql string, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !m.mentions(sql, name) })
}

// renamed returns a text of SQL in which a name is another one, spelled as the
// texts of the database are. Where it spells a name otherwise, such as one that is
// a keyword, what the text belongs to is made anew, which is no more than needless.
func (m *model) renamed(sql, old, name string) string {
	spelled := quoteIdent(name)
	switch {
	case m.dialect == chain.SQLite:
		spelled = tabletext.Plain(spelled, "")
	case bare(m.dialect, name):
		spelled = name
	}
	var b strings.Builder
	for t := range chain.Tokens(m.dialect, sql) {
		if n, ok := t.Name(m.dialect); ok && m.same(n, old) {
			b.WriteString(spelled)
			continue
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// renamedReference returns a foreign key to a table, as text, in which a column of
// that table has another name.
func (m *model) renamedReference(fact, table, old, name string) string {
	for t := range chain.Tokens(m.dialect, fact) {
		if t.Is("REFERENCES") {
			if rest := fact[t.Pos:]; m.mentions(rest, table) {
				return fact[:t.Pos] + m.renamed(rest, old, name)
			}
			break
		}
	}
	return fact
}

// bare reports whether a name is itself without quotes.
func bare(d chain.Dialect, name string) bool {
	n := 0
	for t := range chain.Tokens(d, name) {
		folded, ok := t.Name(d)
		if n++; t.Kind != chain.Word || !ok || folded != name {
			return false
		}
	}
	return n == 1
}

func quoteIdent(name string) string { return tabletext.Quote(name) }

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func quoteIdents(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quoteIdent(name)
	}
	return strings.Join(quoted, ", ")
}

// unwrapped returns an expression without the parentheses around all of it.
func unwrapped(d chain.Dialect, sql string) string {
	sql = strings.TrimSpace(sql)
	depth := 0
	for t := range chain.Tokens(d, sql) {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth == 0 {
			if t.Is(")") && t.Pos == len(sql)-1 {
				return strings.TrimSpace(sql[1:t.Pos])
			}
			break
		}
	}
	return sql
}
