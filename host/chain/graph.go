package chain

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A Graph is the revisions of one dialect, of all lines, with what they revise
// and depend on. It does not change.
type Graph struct {
	dialect   Dialect
	revs      []Revision // parents first
	index     map[Key]int
	elsewhere []string // lines whose revisions are not here

	// Edges, by position in revs. What is revised makes heads; what is
	// depended on must only be there before.
	parents, children [][]int
	needs, dependents [][]int
	lines             []string
	labels            map[string]int
	heads, bases      map[string][]int
	positionsOfLine   map[string][]int
}

// NewGraph makes a graph of revisions in any order. Revisions without a line
// are of DefaultLine. elsewhere are lines whose revisions are not among them, and
// that revisions may depend on all the same: such a graph is good for reading, and
// not for a run. Where the revisions do not make a graph, the error joins a
// *GraphError for each thing that is wrong, as far as it could look.
func NewGraph(d Dialect, revs []Revision, elsewhere ...string) (*Graph, error) {
	g := &Graph{dialect: d, revs: slices.Clone(revs), index: make(map[Key]int, len(revs)), elsewhere: elsewhere, labels: map[string]int{}}
	for i := range g.revs {
		if g.revs[i].Line == "" {
			g.revs[i].Line = DefaultLine
		}
	}
	slices.SortStableFunc(g.revs, func(a, b Revision) int {
		return cmp.Or(cmp.Compare(a.late(), b.late()), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Source, b.Source))
	})
	// Each step needs what the one before has found right.
	for _, step := range []func() []error{g.checkRevisions, g.link, g.order, g.checkLabels} {
		if errs := step(); len(errs) > 0 {
			const most = 20
			return nil, errors.Join(errs[:min(len(errs), most)]...)
		}
	}
	g.findLines()
	return g, nil
}

// With returns a graph of other revisions in the place of this one's.
func (g *Graph) With(revs []Revision) (*Graph, error) {
	return NewGraph(g.dialect, revs, g.elsewhere...)
}

// Dialect returns the dialect of all revisions.
func (g *Graph) Dialect() Dialect { return g.dialect }

// Len returns the number of revisions.
func (g *Graph) Len() int { return len(g.revs) }

// All returns the revisions in the order they can be applied in: what a
// revision revises or depends on comes before it; where that leaves a choice,
// the older Created comes first, then the lower id; what is of a plugin and has no
// Created comes last.
func (g *Graph) All() iter.Seq[Revision] { return slices.Values(g.revs) }

// Revision returns the revision with that key.
func (g *Graph) Revision(k Key) (Revision, bool) {
	i, ok := g.index[k]
	if !ok {
		return Revision{}, false
	}
	return g.revs[i], true
}

// Lines returns the names of the lines, sorted.
func (g *Graph) Lines() []string { return slices.Clone(g.lines) }

// Heads returns the sorted ids of the revisions of a line that no revision of
// it revises.
func (g *Graph) Heads(line string) []string { return g.ids(g.heads[line]) }

// Bases returns the sorted ids of the revisions of a line that revise none.
func (g *Graph) Bases(line string) []string { return g.ids(g.bases[line]) }

// Children returns the keys of the revisions that revise k, parents first.
func (g *Graph) Children(k Key) []Key {
	i, ok := g.index[k]
	if !ok {
		return nil
	}
	return g.keys(g.children[i])
}

// Dependents returns the revisions of other lines that depend on one of a line,
// which may be elsewhere.
func (g *Graph) Dependents(line string) (dependents []Revision) {
	for _, r := range g.revs {
		if r.Line != line && slices.ContainsFunc(r.DependsOn, func(k Key) bool { return k.Line == line }) {
			dependents = append(dependents, r)
		}
	}
	return dependents
}

// Label returns the revision that carries a branch label.
func (g *Graph) Label(label string) (Key, bool) {
	i, ok := g.labels[label]
	if !ok {
		return Key{}, false
	}
	return g.revs[i].Key, true
}

// Ancestors returns the keys that are in the graph and everything that they
// revise or depend on, near and far, parents first.
func (g *Graph) Ancestors(keys ...Key) []Key {
	var from []int
	for _, k := range keys {
		if i, ok := g.index[k]; ok {
			from = append(from, i)
		}
	}
	in := g.reach(from, g.parents, g.needs)
	var all []Key
	for i, yes := range in {
		if yes {
			all = append(all, g.revs[i].Key)
		}
	}
	return all
}

// reach returns what can be reached from some revisions, themselves included.
func (g *Graph) reach(from []int, edges ...[][]int) []bool {
	in := make([]bool, len(g.revs))
	todo := slices.Clone(from)
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if in[i] {
			continue
		}
		in[i] = true
		for _, e := range edges {
			todo = append(todo, e[i]...)
		}
	}
	return in
}

func (g *Graph) keys(positions []int) []Key {
	keys := make([]Key, len(positions))
	for n, i := range positions {
		keys[n] = g.revs[i].Key
	}
	return keys
}

func (g *Graph) ids(positions []int) []string {
	ids := make([]string, len(positions))
	for n, i := range positions {
		ids[n] = g.revs[i].ID
	}
	slices.Sort(ids)
	return ids
}

// fail makes an error about the revision at i; other is a second one, or -1.
func (g *Graph) fail(rule Rule, i, other int, format string, args ...any) error {
	e := &GraphError{Rule: rule, Path: g.revs[i].Source, Key: g.revs[i].Key, Msg: fmt.Sprintf(format, args...)}
	if other >= 0 {
		e.Other = g.revs[other].Source
	}
	return e
}

// checkRevisions checks each revision by itself, and that no two are one.
func (g *Graph) checkRevisions() (errs []error) {
	for i, r := range g.revs {
		if !ValidID(r.ID) {
			errs = append(errs, g.fail(RuleID, i, -1, "%q is not a revision id, which is 12 lower-case hex digits", r.ID))
			continue
		}
		if r.Dialect != g.dialect {
			errs = append(errs, g.fail(RuleDialect, i, -1, "revision %s is for %q, among those for %s: move its file", r.Key, r.Dialect, g.dialect))
		}
		if first, ok := g.index[r.Key]; ok {
			errs = append(errs, g.fail(RuleDuplicate, i, first,
				"revision %s is in %s too: give one of the two a new id, and change what revises it", r.Key, g.revs[first].Source))
			continue
		}
		g.index[r.Key] = i
	}
	return errs
}

// link finds the revisions that revisions name.
func (g *Graph) link() (errs []error) {
	n := len(g.revs)
	g.parents, g.needs = make([][]int, n), make([][]int, n)
	for i, r := range g.revs {
		for _, id := range r.Revises {
			p, ok := g.index[Key{r.Line, id}]
			switch {
			case !ok:
				errs = append(errs, g.fail(RuleParent, i, -1,
					"revision %s revises %s, which no migration for %s in line %s has: bring its file back, or name another parent",
					r.Key, id, g.dialect, r.Line))
			case slices.Contains(g.parents[i], p):
				errs = append(errs, g.fail(RuleParent, i, -1, "revision %s names the parent %s twice", r.Key, id))
			default:
				g.parents[i] = append(g.parents[i], p)
			}
		}
		for _, k := range r.DependsOn {
			if k.Line == "" {
				k.Line = DefaultLine
			}
			p, ok := g.index[k]
			switch {
			case !ok && slices.Contains(g.elsewhere, k.Line):
			case !ok:
				errs = append(errs, g.fail(RuleDependsOn, i, -1,
					"revision %s depends on %s@%s, which is not among the migrations for %s: add the module that has it, or take the dependency out",
					r.Key, k.Line, k.ID, g.dialect))
			case !slices.Contains(g.needs[i], p):
				g.needs[i] = append(g.needs[i], p)
			}
		}
	}
	return errs
}

// order puts the revisions in the order of All, and renumbers the edges.
func (g *Graph) order() []error {
	n := len(g.revs)
	g.children, g.dependents = reversed(g.parents), reversed(g.needs)
	waits := make([]int, n) // for how many others
	var ready minHeap
	for i := range n {
		waits[i] = len(g.parents[i]) + len(g.needs[i])
		if waits[i] == 0 {
			ready.push(i)
		}
	}
	order, place := make([]int, 0, n), make([]int, n)
	for len(ready) > 0 {
		i := ready.pop()
		place[i] = len(order)
		order = append(order, i)
		for _, after := range [][]int{g.children[i], g.dependents[i]} {
			for _, c := range after {
				if waits[c]--; waits[c] == 0 {
					ready.push(c)
				}
			}
		}
	}
	if len(order) < n {
		return []error{g.cycle(waits)}
	}

	revs := make([]Revision, n)
	for i, r := range g.revs {
		revs[place[i]] = r
		g.index[r.Key] = place[i]
	}
	g.revs = revs
	for _, edges := range []*[][]int{&g.parents, &g.children, &g.needs, &g.dependents} {
		moved := make([][]int, n)
		for i, list := range *edges {
			for k := range list {
				list[k] = place[list[k]]
			}
			slices.Sort(list)
			moved[place[i]] = list
		}
		*edges = moved
	}
	return nil
}

// cycle finds a circle among the revisions that still wait for others. Each of
// those waits for another one of them, so following that leads into a circle.
func (g *Graph) cycle(waits []int) error {
	seen := make([]int, len(g.revs)) // when, from 1
	var walk []int
	i := slices.IndexFunc(waits, func(n int) bool { return n > 0 })
	for seen[i] == 0 {
		walk = append(walk, i)
		seen[i] = len(walk)
		before := slices.Concat(g.parents[i], g.needs[i])
		i = before[slices.IndexFunc(before, func(p int) bool { return waits[p] > 0 })]
	}
	circle := walk[seen[i]-1:]
	// It begins with the first in order, wherever the walk came in.
	first := slices.Index(circle, slices.Min(circle))
	circle = slices.Concat(circle[first:], circle[:first])

	const most = 12
	var b strings.Builder
	for n, i := range circle {
		if n == most {
			fmt.Fprintf(&b, "… (%d more) → ", len(circle)-most)
			break
		}
		fmt.Fprintf(&b, "%s (%s) → ", g.revs[i].Key, g.revs[i].Source)
	}
	return g.fail(RuleCycle, circle[0], circle[len(circle)-1],
		"each of these revisions comes after the next one, in a circle: %s%s; change what one of them revises or depends on",
		b.String(), g.revs[circle[0]].Key)
}

// checkLabels finds the branch labels.
func (g *Graph) checkLabels() (errs []error) {
	lines := map[string]bool{}
	for _, r := range g.revs {
		lines[r.Line] = true
	}
	for i, r := range g.revs {
		for _, label := range r.Labels {
			first, taken := g.labels[label]
			switch {
			case !validName(label):
				errs = append(errs, g.fail(RuleLabel, i, -1, "%q cannot be a branch label: use letters, digits and _ . / - inside, and not head, heads or base", label))
			case lines[label]:
				errs = append(errs, g.fail(RuleLabel, i, -1, "the branch label %q is also the name of a line: rename the label", label))
			case taken && first != i:
				errs = append(errs, g.fail(RuleLabel, i, first, "the branch label %q is in %s too: rename one of the two", label, g.revs[first].Source))
			default:
				g.labels[label] = i
			}
		}
	}
	return errs
}

// findLines fills in what is known of each line.
func (g *Graph) findLines() {
	g.heads, g.bases, g.positionsOfLine = map[string][]int{}, map[string][]int{}, map[string][]int{}
	for i, r := range g.revs {
		if len(g.positionsOfLine[r.Line]) == 0 {
			g.lines = append(g.lines, r.Line)
		}
		g.positionsOfLine[r.Line] = append(g.positionsOfLine[r.Line], i)
		if len(g.children[i]) == 0 {
			g.heads[r.Line] = append(g.heads[r.Line], i)
		}
		if len(g.parents[i]) == 0 {
			g.bases[r.Line] = append(g.bases[r.Line], i)
		}
	}
	slices.Sort(g.lines)
}

// reversed turns edges around.
func reversed(edges [][]int) [][]int {
	back := make([][]int, len(edges))
	for i, list := range edges {
		for _, p := range list {
			back[p] = append(back[p], i)
		}
	}
	return back
}

// A minHeap gives back the smallest number first.
type minHeap []int

func (h *minHeap) push(v int) {
	s := append(*h, v)
	for i := len(s) - 1; i > 0 && s[i] < s[(i-1)/2]; i = (i - 1) / 2 {
		s[i], s[(i-1)/2] = s[(i-1)/2], s[i]
	}
	*h = s
}

func (h *minHeap) pop() int {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < len(s) && s[c+1] < s[c] {
			c++
		}
		if c >= len(s) || s[i] <= s[c] {
			break
		}
		s[i], s[c] = s[c], s[i]
		i = c
	}
	*h = s
	return top
}
