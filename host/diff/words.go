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

// renamed returns a text of SQL in which a name is another one. Where the
// database spells a text otherwise after a rename, what the text belongs to is
// made anew, which is no more than needless.
func (m *model) renamed(sql, old, name string) string {
	var b strings.Builder
	for t := range chain.Tokens(m.dialect, sql) {
		if n, ok := t.Name(m.dialect); ok && m.same(n, old) {
			if t.Kind == chain.Quoted || !bare(m.dialect, name) {
				b.WriteString(quoteIdent(name))
			} else {
				b.WriteString(name)
			}
			continue
		}
		b.WriteString(t.Text)
	}
	return b.String()
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
