package chain

import "slices"

// Branches is where one line begins, divides, comes together and ends.
type Branches struct {
	Line   string
	Bases  []Revision // that revise nothing
	Forks  []Fork     // that several revise
	Joins  []Revision // that revise several
	Heads  []Revision // that nothing revises
	Labels []Branch   // by label
}

// A Fork is a revision that several others revise.
type Fork struct {
	Revision Revision
	Children []Revision
}

// A Branch is what a label stands for.
type Branch struct {
	Label     string
	Revision  Revision   // the one that carries the label
	Revisions int        // how many the branch has
	Heads     []Revision // of the branch
}

// Branches says how a line divides and comes together, each list parents first.
func (g *Graph) Branches(line string) Branches {
	b := Branches{Line: line}
	for _, i := range g.positionsOfLine[line] {
		rev := g.revs[i]
		if len(g.parents[i]) == 0 {
			b.Bases = append(b.Bases, rev)
		}
		if len(g.parents[i]) > 1 {
			b.Joins = append(b.Joins, rev)
		}
		if len(g.children[i]) > 1 {
			fork := Fork{Revision: rev}
			for _, c := range g.children[i] {
				fork.Children = append(fork.Children, g.revs[c])
			}
			b.Forks = append(b.Forks, fork)
		}
		if len(g.children[i]) == 0 {
			b.Heads = append(b.Heads, rev)
		}
	}
	for _, label := range g.labelNames() {
		at := g.labels[label]
		if g.revs[at].Line != line {
			continue
		}
		branch := Branch{Label: label, Revision: g.revs[at]}
		for i, within := range g.branch(at) {
			if !within {
				continue
			}
			branch.Revisions++
			if len(g.children[i]) == 0 {
				branch.Heads = append(branch.Heads, g.revs[i])
			}
		}
		b.Labels = append(b.Labels, branch)
	}
	return b
}

// Descendants returns the keys that are in the graph and everything that
// revises them, near and far, parents first.
func (g *Graph) Descendants(keys ...Key) []Key {
	var from []int
	for _, k := range keys {
		if i, ok := g.index[k]; ok {
			from = append(from, i)
		}
	}
	in := g.reach(from, g.children)
	var all []Key
	for i, yes := range in {
		if yes {
			all = append(all, g.revs[i].Key)
		}
	}
	return all
}

// Pair returns the revision of this graph that makes the same change as one of
// another dialect: the one of the same line with the same time and slug.
func (g *Graph) Pair(rev Revision) (Revision, bool) {
	if rev.Created.IsZero() {
		return Revision{}, false
	}
	i := slices.IndexFunc(g.revs, func(r Revision) bool {
		return r.Line == rev.Line && r.Slug == rev.Slug && r.Created.Equal(rev.Created)
	})
	if i < 0 {
		return Revision{}, false
	}
	return g.revs[i], true
}
