package chain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Target is what a target word means.
type Target struct {
	Lines []string // the lines it is about, sorted
	Keys  []Key    // the revisions it names, parents first; none for base
}

// Resolve says what a word means, in Alembic's language:
//
//	head, heads       the head of a line; all heads of all lines
//	base              before the first revision, of all lines
//	+N, -N            N revisions up or down from current
//	ID                an id, or the beginning of one that fits no other
//	LABEL             the revision with that branch label
//	ID+N, head-N …    N revisions up or down from there
//	LINE@…, LABEL@…   any of these (heads and base too) in one line or branch
//
// Without a line a word is about the line "main", or the only line there is;
// heads and base are about all lines, and an id that main does not have is
// looked for in the others. current holds the heads of each line; only +N and
// -N need it. Errors are of type *TargetError; *UnknownError where +N or -N
// would count from a revision that the graph does not have.
//
// https://alembic.sqlalchemy.org/en/latest/tutorial.html#relative-migration-identifiers,
// https://alembic.sqlalchemy.org/en/latest/branches.html#referring-to-branches
func (g *Graph) Resolve(word string, current map[string][]string) (Target, error) {
	r, err := g.resolve(word, g.stateOf(current))
	if err != nil {
		return Target{}, err
	}
	return Target{Lines: r.lines, Keys: g.keys(r.points)}, nil
}

// resolved is a target word, by positions in the graph.
type resolved struct {
	lines  []string
	scope  []int  // all revisions the word is about
	within []bool // the same, by position; nil for a whole line or all lines
	points []int  // the revisions it names, ascending; after a walk, where it ends
	base   bool   // it names what is before all of scope
	all    bool   // it is about every line
	walked int    // the N of +N and -N, counted from current
	undo   []int  // what a walk down from current undoes
}

// resolve reads "[scope@][symbol][±N]".
func (g *Graph) resolve(word string, st *state) (*resolved, error) {
	fail := func(format string, args ...any) (*resolved, error) {
		return nil, &TargetError{Target: word, Msg: fmt.Sprintf(format, args...)}
	}
	scope, rest, scoped := strings.Cut(strings.TrimSpace(word), "@")
	if !scoped {
		scope, rest = "", scope
	}
	symbol, steps, err := g.cutSteps(rest)
	switch {
	case err != nil:
		return fail("%v", err)
	case symbol == "" && steps == 0:
		return fail("write head, heads, base, +N, -N, a revision id or the beginning of one, or line@ before one of these")
	case symbol == "heads" && steps != 0:
		return fail("count from one head: write head, or line@head, or a revision id")
	}

	r := &resolved{}
	if err := g.choose(r, word, scope, scoped, symbol, steps); err != nil {
		return nil, err
	}
	if symbol == "" {
		return r, g.walkCurrent(r, word, steps, st)
	}
	if err := g.find(r, word, symbol, scoped); err != nil {
		return nil, err
	}
	return r, g.walk(r, word, steps)
}

// cutSteps cuts ±N off the end of a word. What is a label as a whole has none.
func (g *Graph) cutSteps(s string) (symbol string, steps int, err error) {
	i := strings.LastIndexAny(s, "+-")
	_, label := g.labels[s]
	if i < 0 || label || i+1 == len(s) || span(s[i+1:], isDigit) != len(s)-i-1 {
		return s, 0, nil
	}
	if steps, err = strconv.Atoi(s[i:]); err != nil || steps == 0 {
		return "", 0, fmt.Errorf("%s is not a number of revisions to go", s[i:])
	}
	return s[:i], steps, nil
}

// choose finds the line, lines or branch that a word is about.
func (g *Graph) choose(r *resolved, word, scope string, scoped bool, symbol string, steps int) error {
	switch label, isLabel := g.labels[scope]; {
	case scoped && slices.Contains(g.lines, scope):
		r.lines = []string{scope}
	case scoped && isLabel:
		r.lines = []string{g.revs[label].Line}
		r.within = g.branch(label)
	case scoped:
		return &TargetError{Target: word, Msg: fmt.Sprintf("there is no line and no branch label %q; the lines are: %s",
			scope, cmp.Or(strings.Join(g.lines, ", "), "none"))}
	case symbol == "heads", symbol == "base" && steps == 0:
		r.lines, r.all = g.Lines(), true
	case slices.Contains(g.lines, DefaultLine):
		r.lines = []string{DefaultLine}
	case len(g.lines) == 1:
		r.lines = g.Lines()
	case len(g.lines) == 0:
		return &TargetError{Target: word, Absent: g.dialect, Msg: "there are no migrations"}
	case symbol == "head", symbol == "base", symbol == "":
		return &TargetError{Target: word, Msg: fmt.Sprintf("there are several lines: write line@%s with one of %s",
			word, strings.Join(g.lines, ", "))}
	}
	for _, line := range r.lines {
		for _, i := range g.positionsOfLine[line] {
			if r.within == nil || r.within[i] {
				r.scope = append(r.scope, i)
			}
		}
	}
	slices.Sort(r.scope)
	return nil
}

// branch returns the revisions that a label stands for: the one that carries
// it, all that come from it, and those before it up to where its line branches
// or merges, as in Alembic.
func (g *Graph) branch(root int) []bool {
	for len(g.parents[root]) == 1 {
		p := g.parents[root][0]
		if len(g.children[p]) > 1 || len(g.parents[p]) > 1 {
			break
		}
		root = p
	}
	return g.reach([]int{root}, g.children)
}

// contains reports whether a word is about the revision at i.
func (r *resolved) contains(i int) bool {
	if r.within != nil {
		return r.within[i]
	}
	_, found := slices.BinarySearch(r.scope, i)
	return found
}

// find finds the revisions that a symbol names.
func (g *Graph) find(r *resolved, word, symbol string, scoped bool) error {
	switch symbol {
	case "base":
		r.base = true
		return nil
	case "head", "heads":
		for _, i := range r.scope {
			if len(g.children[i]) == 0 {
				r.points = append(r.points, i)
			}
		}
		if symbol == "head" && len(r.points) > 1 {
			return &TargetError{Target: word, Fits: g.keys(r.points), Msg: fmt.Sprintf(
				"there are several heads, %s: write heads for all of them, or one of them, or merge them with a revision that revises them all",
				keyList(g.keys(r.points)))}
		}
		return nil
	}
	if i, ok := g.labels[symbol]; ok && (!scoped || r.contains(i)) {
		g.point(r, i)
		return nil
	}
	fits := g.byPrefix(r.scope, symbol)
	if len(fits) == 0 && (!scoped || r.within != nil) {
		// In another line; or for a branch, what it comes from.
		other := g.reach(r.scope, g.parents)
		var among []int
		for i := range g.revs {
			if !scoped || other[i] {
				among = append(among, i)
			}
		}
		fits = g.byPrefix(among, symbol)
	}
	switch len(fits) {
	case 0:
		where := ""
		if scoped {
			where = " in " + word[:strings.IndexByte(word, '@')]
		}
		return &TargetError{Target: word, Absent: g.dialect, Msg: fmt.Sprintf("there is no revision and no branch label %q%s", symbol, where)}
	case 1:
	default:
		return &TargetError{Target: word, Fits: g.keys(fits), Msg: fmt.Sprintf(
			"it fits several revisions, %s: write more of the id, or line@ before it", keyList(g.keys(fits)))}
	}
	g.point(r, fits[0])
	return nil
}

// point makes a word name the revision at i, in another line too.
func (g *Graph) point(r *resolved, i int) {
	r.points = []int{i}
	if r.within == nil && !r.contains(i) {
		r.lines = []string{g.revs[i].Line}
		r.scope, r.within = g.positionsOfLine[r.lines[0]], nil
	}
}

// byPrefix returns which of the revisions have an id that begins so. A whole id
// begins no other one.
func (g *Graph) byPrefix(among []int, prefix string) (fits []int) {
	prefix = strings.ToLower(prefix)
	for _, i := range among {
		if strings.HasPrefix(g.revs[i].ID, prefix) {
			fits = append(fits, i)
		}
	}
	return fits
}

// walk goes from the one point, or from base, along the graph.
func (g *Graph) walk(r *resolved, word string, steps int) error {
	for done := 0; done != steps; {
		var next []int
		switch {
		case steps < 0 && !r.base:
			next = g.parents[r.points[0]]
		case steps > 0 && r.base:
			next = r.baseOf(g)
		case steps > 0:
			next = r.filter(g.children[r.points[0]])
		}
		switch {
		case len(next) > 1:
			return &TargetError{Target: word, Fits: g.keys(next), Msg: fmt.Sprintf(
				"the way divides at %s: name the revision", keyList(g.keys(next)))}
		case len(next) == 0 && (steps > 0 || r.base):
			return &TargetError{Target: word, Msg: fmt.Sprintf("there are only %d revisions that way", max(done, -done))}
		}
		r.points, r.base = next, len(next) == 0
		done += sign(steps)
	}
	return nil
}

// baseOf returns the revisions of the scope that revise nothing in it.
func (r *resolved) baseOf(g *Graph) (bases []int) {
	for _, i := range r.scope {
		if len(r.filter(g.parents[i])) == 0 {
			bases = append(bases, i)
		}
	}
	return bases
}

// filter returns what the word is about.
func (r *resolved) filter(positions []int) (in []int) {
	for _, i := range positions {
		if r.contains(i) {
			in = append(in, i)
		}
	}
	return in
}

func sign(n int) int { return cmp.Compare(n, 0) }

// walkCurrent goes up or down from the current heads, one revision at a time,
// as long as there is exactly one that can be applied or undone next. So it
// goes through a merge, and stops where there is a choice.
func (g *Graph) walkCurrent(r *resolved, word string, steps int, st *state) error {
	if err := st.known(r.lines...); err != nil {
		return err
	}
	r.walked = steps
	back, forth := g.parents, g.children
	applied := st.applied
	if steps < 0 {
		back, forth = forth, back
	}
	// What stands in a revision's way is what must be applied before it (or,
	// on the way down, undone before it) and is not yet.
	free := func(i int) bool { return applied[i] == (steps < 0) }
	blocks := make(map[int]int, len(r.scope))
	var ready []int
	for _, i := range r.scope {
		for _, b := range r.filter(back[i]) {
			if free(b) {
				blocks[i]++
			}
		}
		if free(i) && blocks[i] == 0 {
			ready = append(ready, i)
		}
	}
	var walk []int
	for range max(steps, -steps) {
		switch {
		case len(ready) == 0 && steps > 0:
			return &TargetError{Target: word, Msg: fmt.Sprintf("there are only %d revisions left to apply", len(walk))}
		case len(ready) == 0:
			return &TargetError{Target: word, Msg: fmt.Sprintf("there are only %d revisions to undo", len(walk))}
		case len(ready) > 1:
			return &TargetError{Target: word, Fits: g.keys(ready), Msg: fmt.Sprintf(
				"after %d revisions the way divides at %s: name the revision", len(walk), keyList(g.keys(ready)))}
		}
		i := ready[0]
		walk = append(walk, i)
		ready = ready[:0]
		for _, n := range r.filter(forth[i]) {
			if blocks[n]--; blocks[n] == 0 && free(n) {
				ready = append(ready, n)
			}
		}
	}

	// Where it ends: the heads of what is applied then.
	after := slices.Clone(applied)
	for _, i := range walk {
		after[i] = steps > 0
	}
	for _, i := range r.scope {
		if after[i] && !slices.ContainsFunc(g.children[i], func(c int) bool { return r.contains(c) && after[c] }) {
			r.points = append(r.points, i)
		}
	}
	if steps < 0 {
		r.undo = walk
	}
	return nil
}
