package chain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Selection says which revisions are looked at. The zero value is all of
// them; each field that is set leaves some out.
type Selection struct {
	Line  string // those of one line
	Label string // those of the branch with that label, as LABEL@… has them in Resolve

	// From is a target word: those that come from what it names, itself
	// included. To is one: what it names and what that comes from. Together
	// they are what lies between.
	From, To string

	Since, Until time.Time // created at Since or later, and before Until

	Keep func(Revision) bool // anything else; nil keeps all

	Limit int // no more than the newest so many, of what the rest leaves; 0 is all
}

// Select returns what a selection has, parents first. Current holds the heads
// of each line, for words that count from them. Errors are those of Resolve;
// it is an error too where To does not come from From.
func (g *Graph) Select(s Selection, current map[string][]string) ([]Revision, error) {
	in := make([]bool, len(g.revs))
	for i := range in {
		in[i] = true
	}
	for _, narrow := range []func(Selection, map[string][]string, []bool) error{g.narrowLine, g.narrowRange} {
		if err := narrow(s, current, in); err != nil {
			return nil, err
		}
	}
	var chosen []Revision
	for i, rev := range g.revs {
		if in[i] && !rev.Created.Before(s.Since) && (s.Until.IsZero() || rev.Created.Before(s.Until)) && (s.Keep == nil || s.Keep(rev)) {
			chosen = append(chosen, rev)
		}
	}
	if s.Limit > 0 && len(chosen) > s.Limit {
		chosen = chosen[len(chosen)-s.Limit:]
	}
	return chosen, nil
}

// narrowLine leaves what is in the line and the branch.
func (g *Graph) narrowLine(s Selection, _ map[string][]string, in []bool) error {
	if s.Line != "" {
		if !slices.Contains(g.lines, s.Line) {
			return &TargetError{Target: s.Line, Msg: fmt.Sprintf("there is no such line; the lines are: %s", names(g.lines))}
		}
		and(in, func(i int) bool { return g.revs[i].Line == s.Line })
	}
	if s.Label != "" {
		at, ok := g.labels[s.Label]
		if !ok {
			return &TargetError{Target: s.Label, Msg: fmt.Sprintf("there is no such branch label; the labels are: %s", names(g.labelNames()))}
		}
		branch := g.branch(at)
		and(in, func(i int) bool { return branch[i] })
	}
	return nil
}

// narrowRange leaves what is between From and To.
func (g *Graph) narrowRange(s Selection, current map[string][]string, in []bool) error {
	var after, before []bool // nil: all
	var from []int
	if s.From != "" {
		r, err := g.resolve(s.From, g.stateOf(current))
		if err != nil {
			return err
		}
		if from = r.points; len(from) == 0 { // base
			from = r.baseOf(g)
		}
		after = g.reach(from, g.children)
		and(in, func(i int) bool { return after[i] })
	}
	if s.To != "" {
		r, err := g.resolve(s.To, g.stateOf(current))
		if err != nil {
			return err
		}
		if len(r.points) == 0 {
			return &TargetError{Target: s.To, Msg: "nothing comes before base: name a revision"}
		}
		before = g.reach(r.points, g.parents)
		if after != nil && !slices.ContainsFunc(from, func(i int) bool { return before[i] }) {
			return &TargetError{Target: s.To, Msg: fmt.Sprintf("it does not come from %s", keyList(g.keys(from)))}
		}
		and(in, func(i int) bool { return before[i] })
	}
	return nil
}

// and leaves what is in and fulfils a condition.
func and(in []bool, also func(int) bool) {
	for i := range in {
		in[i] = in[i] && also(i)
	}
}

// labelNames returns the branch labels, sorted.
func (g *Graph) labelNames() []string {
	var labels []string
	for label := range g.labels {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	return labels
}

// names lists names for people.
func names(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
