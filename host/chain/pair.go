package chain

import (
	"cmp"
	"slices"
	"time"
)

// A Pair is one migration: the revisions of the dialects that have the same
// line, time and slug.
type Pair struct {
	Line    string
	Slug    string
	Created time.Time
	IDs     map[Dialect]string
}

// pairKey is what the revisions of a pair share.
type pairKey struct {
	line, slug string
	created    int64
}

func keyOfPair(r Revision) pairKey { return pairKey{r.Line, r.Slug, r.Created.UnixMicro()} }

// Pairs puts the revisions of several chains together, oldest first. The order
// is that of the first chain; what only the others have stands where their order
// puts it. Of two revisions of one chain that have the same time and slug, the
// second is a pair of its own, as is one without a time.
func Pairs(graphs ...*Graph) []Pair {
	var pairs []Pair
	for _, g := range graphs {
		at := map[pairKey]int{}
		for i, p := range pairs {
			at[pairKey{p.Line, p.Slug, p.Created.UnixMicro()}] = i
		}
		var merged []Pair
		next := 0 // of pairs, not in merged yet
		taken := map[int]bool{}
		for r := range g.All() {
			i, found := at[keyOfPair(r)]
			if !found || taken[i] || r.Created.IsZero() {
				// Before what is younger, and after all that is older.
				for next < len(pairs) && !r.Created.IsZero() && pairs[next].Created.Before(r.Created) {
					merged = append(merged, pairs[next])
					next++
				}
				merged = append(merged, Pair{r.Line, r.Slug, r.Created, map[Dialect]string{g.dialect: r.ID}})
				continue
			}
			taken[i] = true
			pairs[i].IDs[g.dialect] = r.ID
			for next <= i {
				merged = append(merged, pairs[next])
				next++
			}
		}
		pairs = append(merged, pairs[next:]...)
	}
	return pairs
}

// CheckPairs tells of the revisions of the main line that have no pair. Other
// lines are someone else's to keep. alone says which are meant to have none.
func CheckPairs(alone func(id string, d Dialect) bool, graphs ...*Graph) []Problem {
	var problems []Problem
	for _, p := range Pairs(graphs...) {
		if p.Line != DefaultLine || len(p.IDs) == len(graphs) {
			continue
		}
		for _, g := range graphs {
			id, ok := p.IDs[g.dialect]
			if !ok || alone(id, g.dialect) {
				continue
			}
			r, _ := g.Revision(Key{p.Line, id})
			other := graphs[slices.IndexFunc(graphs, func(o *Graph) bool { return p.IDs[o.dialect] == "" })].dialect
			problems = append(problems, problem(RulePair, r,
				"the %s chain has no revision of the same time and slug: write one, or say in the notes' entry that it is for %s alone (%s: none)",
				other, g.dialect, dialectTitle(other)))
		}
	}
	return problems
}

// dialectTitle is how people write a dialect.
func dialectTitle(d Dialect) string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return string(d)
}

// CheckNames tells of files whose name has another id than the file. A file for
// several dialects has the id of one of them.
func CheckNames(graphs ...*Graph) []Problem {
	inside := map[string][]Revision{}
	for _, g := range graphs {
		for r := range g.All() {
			if r.Module == "" {
				inside[r.Source] = append(inside[r.Source], r)
			}
		}
	}
	var problems []Problem
	for name, revisions := range inside {
		id := nameID(name)
		if id != "" && !slices.ContainsFunc(revisions, func(r Revision) bool { return r.ID == id }) {
			problems = append(problems, problem(RuleFileName, revisions[0],
				"its name says %s, and its header %s: the header counts; rename the file", id, revisions[0].ID))
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Source, b.Source) })
	return problems
}

// CheckHeads tells of lines with several heads.
func (g *Graph) CheckHeads() []Problem {
	var problems []Problem
	for _, line := range g.lines {
		if heads := g.keys(g.heads[line]); len(heads) > 1 {
			problems = append(problems, problem(RuleHeads, g.revs[g.heads[line][1]],
				"line %s has %d heads for %s: %s; a merge revision joins them, or let one revise the other", line, len(heads), g.dialect, keyList(heads)))
		}
	}
	return problems
}
