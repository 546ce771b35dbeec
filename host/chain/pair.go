package chain

import (
	"cmp"
	"slices"
	"time"
)

// A Pair is one migration: the revisions of the dialects that have the same
// line, time and slug, or that an entry of the notes has together.
type Pair struct {
	Line    string
	Slug    string
	Created time.Time
	IDs     map[Dialect]string

	key pairKey
}

// pairKey is what the revisions of a pair share.
type pairKey struct {
	line, slug string
	created    int64  // 0 if unknown
	alone      string // what has no time is a pair of its own
}

func keyOfPair(r Revision) pairKey {
	if r.Created.IsZero() {
		return pairKey{line: r.Line, slug: r.Slug, alone: string(r.Dialect) + r.ID}
	}
	return pairKey{line: r.Line, slug: r.Slug, created: r.Created.UnixMicro()}
}

// Pairs puts the revisions of several chains together, oldest first. The order
// is that of the first chain; what only the others have stands where their order
// puts it. Of two revisions of one chain that have the same time and slug, the
// second is a pair of its own. Chains that were written by hand may have other
// times for the same migration: the notes, which may be nil, pair what has no
// pair by time and slug.
func Pairs(n *Notes, graphs ...*Graph) []Pair {
	noted := n.pairs(graphs)
	var pairs []Pair
	for _, g := range graphs {
		at := map[pairKey]int{}
		for i, p := range pairs {
			at[p.key] = i
		}
		var merged []Pair
		next := 0 // of pairs, not in merged yet
		taken := map[int]bool{}
		for r := range g.All() {
			key := keyOfPair(r)
			if with, ok := noted[key]; ok {
				key = with
			}
			i, found := at[key]
			if !found || taken[i] {
				// Before what is younger, and after all that is older.
				for next < len(pairs) && !r.Created.IsZero() && pairs[next].Created.Before(r.Created) {
					merged = append(merged, pairs[next])
					next++
				}
				merged = append(merged, Pair{r.Line, r.Slug, r.Created, map[Dialect]string{g.dialect: r.ID}, key})
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

// pairs says which revisions of the main line an entry of the notes puts to one
// of a chain before, although time or slug differ.
func (n *Notes) pairs(graphs []*Graph) map[pairKey]pairKey {
	if n == nil {
		return nil
	}
	times := map[pairKey]int{} // in how many chains
	for _, g := range graphs {
		for r := range g.All() {
			times[keyOfPair(r)]++
		}
	}
	noted := map[pairKey]pairKey{}
	for _, e := range n.entries {
		var first *pairKey
		for _, g := range graphs {
			r, ok := g.Revision(Key{DefaultLine, e.ids[g.dialect]})
			key := keyOfPair(r)
			switch {
			case !ok || times[key] > 1:
			case first == nil:
				first = &key
			default:
				noted[key] = *first
			}
		}
	}
	return noted
}

// CheckPairs tells of the revisions of the main line that have no pair, and of
// which the notes do not say that they are for their dialect alone. Other lines
// are someone else's to keep.
func CheckPairs(n *Notes, graphs ...*Graph) []Problem {
	var problems []Problem
	for _, p := range Pairs(n, graphs...) {
		if p.Line != DefaultLine || len(p.IDs) == len(graphs) {
			continue
		}
		for _, g := range graphs {
			id, ok := p.IDs[g.dialect]
			if !ok || n.alone(id, g.dialect) {
				continue
			}
			r, _ := g.Revision(Key{p.Line, id})
			other := graphs[slices.IndexFunc(graphs, func(o *Graph) bool { return p.IDs[o.dialect] == "" })].dialect
			problems = append(problems, problem(RulePair, r,
				"the %s chain has no revision of the same time and slug: write one, name the one that belongs to it in its entry in the notes, "+
					"or say there that it is for %s alone (%s: none)",
				other, g.dialect, other.Title()))
		}
	}
	return problems
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
		id := NameID(name)
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
