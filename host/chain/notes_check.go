package chain

import (
	"fmt"
	"slices"
	"strings"
)

// Check compares the notes with the chains: each migration of the main line has
// an entry (other lines have an author of their own, who may keep notes), each
// entry has the ids of one migration, and the newest is first.
func (n *Notes) Check(graphs ...*Graph) []Problem {
	pairs := Pairs(n, graphs...)
	where := positions(pairs)
	var problems []Problem
	add := func(rule Rule, revision string, line int, format string, args ...any) {
		problems = append(problems, Problem{rule, revision, n.Name, line + 1, fmt.Sprintf(format, args...)})
	}
	noted := make([]bool, len(pairs))
	newest := len(pairs) // the place of the entry above
	for _, e := range n.entries {
		place := -1
		wrong := false
		for _, d := range Dialects {
			id := e.ids[d]
			i, ok := where[d][id]
			switch {
			case id == "" || !hasDialect(graphs, d):
			case !ok:
				wrong = true
				add(RuleNotes, id, e.at[d], "the %s chain has no revision %s: if a plugin has it, build that into versions/ (`sandpiper build`); else correct the entry, or bring the file back", d, id)
			case place >= 0 && place != i:
				wrong = true
				add(RuleNotes, id, e.at[d], "%s and %s are two migrations, %s and %s, by their time and slug: give each an entry",
					pairs[place].ids(), pairs[i].ids(), pairs[place].Slug, pairs[i].Slug)
			default:
				place = i
			}
			if ok {
				noted[i] = true
			}
		}
		if wrong || place < 0 {
			continue
		}
		for d, id := range pairs[place].IDs {
			if e.ids[d] != id {
				add(RuleNotes, id, e.line, "the entry of %s lacks its %s revision %s: write it there", pairs[place].Slug, d, id)
			}
		}
		if place > newest {
			if why := later(graphs, pairs[newest], pairs[place]); why != "" {
				add(RuleNotesOrder, "", e.line, "the entry of %s stands below that of %s, which %s: the newest stands first; `sandpiper notes sync` moves it", pairs[place].Slug, pairs[newest].Slug, why)
			}
		}
		newest = place
	}
	for i := len(pairs) - 1; i >= 0; i-- {
		if !noted[i] && pairs[i].Line == DefaultLine {
			problems = append(problems, Problem{Rule: RuleNotesEntry, Source: n.Name, Revision: pairs[i].ids(), Message: fmt.Sprintf(
				"there is no entry for %s: `sandpiper notes sync` adds it", pairs[i].Slug)})
		}
	}
	return problems
}

// later says of a why b is newer: b comes from it, or was written later. Of what
// was written at once in two branches or lines, neither is: then it is "".
func later(graphs []*Graph, a, b Pair) string {
	from := slices.ContainsFunc(graphs, func(g *Graph) bool {
		return slices.Contains(g.Ancestors(Key{b.Line, b.IDs[g.dialect]}), Key{a.Line, a.IDs[g.dialect]})
	})
	switch {
	case from:
		return "comes before it in the chain"
	case b.Created.After(a.Created):
		return "was written before it, in another branch or line"
	}
	return ""
}

// ids names a pair's revisions for people.
func (p Pair) ids() string {
	var ids []string
	for _, d := range Dialects {
		if id := p.IDs[d]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

// positions says where in pairs a revision is: the main line's, if several lines
// have the id.
func positions(pairs []Pair) map[Dialect]map[string]int {
	where := map[Dialect]map[string]int{PostgreSQL: {}, SQLite: {}}
	for i, p := range pairs {
		for d, id := range p.IDs {
			if _, taken := where[d][id]; !taken || p.Line == DefaultLine {
				where[d][id] = i
			}
		}
	}
	return where
}

func hasDialect(graphs []*Graph, d Dialect) bool {
	return slices.ContainsFunc(graphs, func(g *Graph) bool { return g.dialect == d })
}
