package tabletext

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// IndexFacts say what an index on a table is, by its CREATE INDEX statement:
// whether it is unique, its terms, its condition, sorted.
func IndexFacts(sql, table string) []string {
	var facts []string
	list := tokens(sql)
	if len(list) > 1 && list[1].Is("UNIQUE") {
		facts = append(facts, "unique")
	}
	terms := IndexTerms(sql)
	var columns []string
	depth, start := 0, 0
	inside := tokens(terms)
	for i, t := range inside {
		switch {
		case t.Is("("):
			if depth++; depth == 1 {
				start = t.end
			}
		case t.Is(")"):
			depth--
		}
		if depth == 1 && t.Is(",") || depth == 0 {
			columns = append(columns, strings.TrimSuffix(Plain(terms[start:t.Pos], table), " asc"))
			start = t.end
		}
		if depth == 0 {
			if i+1 < len(inside) && inside[i+1].Is("WHERE") {
				facts = append(facts, "where "+Plain(terms[inside[i+1].end:], table))
			}
			break
		}
	}
	facts = append(facts, "on ("+strings.Join(columns, ", ")+")")
	slices.Sort(facts)
	return facts
}

// Definition returns, in plain form, what a CREATE statement for a kind of
// object says after the name: all of it where it cannot be read.
func Definition(kind, sql string) string {
	p := &parser{sql: sql, tokens: tokens(sql)}
	name := p.created(kind)
	if p.err != nil {
		return Plain(sql, "")
	}
	return Plain(sql[name.End:], "")
}

// Statement returns a text with the semicolon that ends it. A comment at the end
// of the text does not take it in.
func Statement(sql string) string {
	last := chain.Token{}
	for t := range chain.Tokens(chain.SQLite, sql) {
		last = t
	}
	switch {
	case last.Kind == chain.Comment && strings.HasPrefix(last.Text, "--"):
		return sql + "\n;"
	case last.Kind == chain.Unterminated: // SQLite lets a comment run to the end of the text
		return strings.TrimSpace(sql[:last.Pos]) + ";"
	}
	return sql + ";"
}
