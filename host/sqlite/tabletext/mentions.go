package tabletext

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// reserved are the words of expressions that no name can be without quotes
// (https://sqlite.org/lang_keywords.html). SQLite lets the others be names.
var reserved = map[string]bool{
	"AND": true, "AS": true, "BETWEEN": true, "CASE": true, "COLLATE": true, "DISTINCT": true, "ELSE": true,
	"ESCAPE": true, "EXISTS": true, "FROM": true, "IN": true, "IS": true, "ISNULL": true, "NOT": true,
	"NOTNULL": true, "NULL": true, "OR": true, "SELECT": true, "THEN": true, "WHEN": true, "WHERE": true,
}

// Mentions reports whether a name occurs in a text, other than as a function's,
// a collation's or a word of the language.
func Mentions(sql, name string) bool {
	list := tokens(sql)
	cases := 0 // that are open
	for i, t := range list {
		n, ok := t.Name(chain.SQLite)
		switch {
		case t.Is("CASE"):
			cases++
			continue
		case t.Is("END") && cases > 0:
			cases--
			continue
		case t.Kind == chain.Word && (reserved[strings.ToUpper(t.Text)] || i+1 < len(list) && list[i+1].Is("(")):
			continue
		case (t.Is("ASC") || t.Is("DESC")) && orders(list, i), i > 0 && list[i-1].Is("COLLATE"):
			continue
		}
		if ok && SameName(n, name) {
			return true
		}
	}
	return false
}

// orders reports whether ASC or DESC is the order of what stands before it, and
// no name: that ends an expression, and nothing more follows.
func orders(list []token, i int) bool {
	if i == 0 || i+1 < len(list) && !list[i+1].Is(",") && !list[i+1].Is(")") {
		return false
	}
	switch before := list[i-1]; before.Kind {
	case chain.Word:
		return !reserved[strings.ToUpper(before.Text)]
	case chain.Quoted, chain.String, chain.Number:
		return true
	default:
		return before.Is(")")
	}
}
