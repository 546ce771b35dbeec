package grammar

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// maxDepth is how deep a text may nest. Four times as much is more than the
// parser's stack holds.
const maxDepth = 250

// A level is what is open since a parenthesis.
type level struct {
	links int // operators and such since the last comma: each may nest what is before it
	joins int // set operations and joins, which commas do not end
}

// deep reports whether the tree of a text may be deeper than maxDepth. It counts
// what may nest, and so may take a long flat expression for a deep one.
func deep(sql string) bool {
	levels := []level{{}}
	depth, last := 0, chain.Token{}
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		if t.Blank() {
			continue
		}
		top := &levels[len(levels)-1]
		switch {
		case t.Is("(") || t.Is("["):
			levels = append(levels, level{})
			depth++
		case (t.Is(")") || t.Is("]")) && len(levels) > 1:
			depth -= 1 + top.links + top.joins
			levels = levels[:len(levels)-1]
		case t.Is(",") || t.Is(";"):
			depth -= top.links
			top.links = 0
		case t.Is("UNION") || t.Is("INTERSECT") || t.Is("EXCEPT") || t.Is("JOIN"):
			top.joins++
			depth++
		case t.Is("SELECT") && len(levels) > 1, t.Is("CASE"):
			top.links += 3 // a query and an alternative take more of the stack than the rest
			depth += 3
		case t.Is("NOT") || links(t) && (t.Kind == chain.Word || t.Is("-") || t.Is("+") || !links(last)):
			top.links++
			depth++
		}
		if depth > maxDepth {
			return true
		}
		last = t
	}
	return false
}

// linkWords are the operators that are words.
var linkWords = []string{
	"AND", "OR", "IS", "ISNULL", "NOTNULL", "LIKE", "ILIKE", "SIMILAR", "BETWEEN", "IN", "COLLATE", "AT", "OPERATOR", "OVERLAPS",
}

// links reports whether a token may join what stands on its two sides, or one of
// them, to an expression.
func links(t chain.Token) bool {
	switch t.Kind {
	case chain.Word:
		return slices.ContainsFunc(linkWords, t.Is)
	case chain.Punct:
		return strings.Contains("+-*/<>=~!@#%^&|`?:.", t.Text)
	}
	return false
}
