package chain

import (
	"cmp"
	"fmt"
	"slices"
)

// A PlanStep is one revision to run, and what it makes of its line's heads.
type PlanStep struct {
	Revision  Revision
	Direction Direction
	Before    []string // the line's heads before the step, sorted
	After     []string // and after it
}

// Plan returns the steps from the current heads of each line to a target, as
// Resolve reads it; none where the target is reached already.
//
// An upgrade applies what the target revises and depends on, near and far, and
// what is not applied yet, parents first. A downgrade undoes what comes from the
// target, in any line, children first, and leaves alone what does not, such as
// another branch; its target must be applied. What is applied in a line is its
// heads and what they revise, near and far.
//
// Whether a downgrade meets a revision that is Irreversible is for the caller
// to see. Errors are of type *TargetError, or *UnknownError where one of the
// lines concerned is at a revision that the graph does not have.
func (g *Graph) Plan(current map[string][]string, dir Direction, word string) ([]PlanStep, error) {
	st := g.stateOf(current)
	r, err := g.resolve(word, st)
	if err != nil {
		return nil, err
	}
	concerned := r.lines
	if r.all && r.base {
		concerned = st.lines() // base means everything, with lines that the graph lacks
	}
	if err := st.known(concerned...); err != nil {
		return nil, err
	}
	var todo []bool
	if dir == Downgrade {
		todo, err = g.toUndo(r, word, st)
	} else {
		todo, err = g.toApply(r, word, st)
	}
	if err != nil {
		return nil, err
	}
	return g.steps(dir, todo, st)
}

// toApply returns which revisions an upgrade applies.
func (g *Graph) toApply(r *resolved, word string, st *state) ([]bool, error) {
	if r.base || r.walked < 0 {
		return nil, &TargetError{Target: word, Msg: "that way is down: downgrade to it"}
	}
	need := g.reach(r.points, g.parents, g.needs)
	for i := range need {
		need[i] = need[i] && !st.applied[i]
	}
	return need, nil
}

// toUndo returns which revisions a downgrade undoes: those that come straight
// from the target, and what in turn comes from them.
func (g *Graph) toUndo(r *resolved, word string, st *state) ([]bool, error) {
	var from []int
	switch {
	case r.walked > 0:
		return nil, &TargetError{Target: word, Msg: "that way is up: upgrade to it"}
	case r.walked < 0:
		from = r.undo
	case r.base:
		from = r.scope
	default:
		for _, i := range r.points {
			if !st.applied[i] {
				return nil, &TargetError{Target: word, Msg: fmt.Sprintf(
					"revision %s is not applied (the database is at %s): downgrade to one that is, or upgrade",
					g.revs[i].Key, st.at(g.revs[i].Line))}
			}
			from = append(from, r.filter(g.children[i])...)
		}
	}
	undo := g.reach(from, g.children, g.dependents)
	for i := range undo {
		undo[i] = undo[i] && st.applied[i]
	}
	return undo, nil
}

// steps puts the revisions in order and follows the heads: applying one takes
// its parents from the heads and adds it; undoing one takes it away and adds
// the parents of which no applied child is left.
func (g *Graph) steps(dir Direction, todo []bool, st *state) ([]PlanStep, error) {
	var order []int
	for i, yes := range todo {
		if yes {
			order = append(order, i)
		}
	}
	children := make([]int, len(g.revs)) // how many are applied
	if dir == Downgrade {
		slices.Reverse(order)
		for i, list := range g.parents {
			if st.applied[i] {
				for _, p := range list {
					children[p]++
				}
			}
		}
	}
	for _, i := range order {
		if err := st.known(g.revs[i].Line); err != nil {
			return nil, err
		}
	}

	if len(order) == 0 {
		return nil, nil
	}
	steps := make([]PlanStep, 0, len(order))
	for _, i := range order {
		rev := g.revs[i]
		before := st.heads[rev.Line]
		var gone, come []string
		if dir == Upgrade {
			gone, come = rev.Revises, []string{rev.ID}
		} else {
			gone = []string{rev.ID}
			for _, p := range g.parents[i] {
				if children[p]--; children[p] == 0 {
					come = append(come, g.revs[p].ID)
				}
			}
		}
		after := make([]string, 0, len(before)+len(come))
		for _, id := range before {
			if !slices.Contains(gone, id) {
				after = append(after, id)
			}
		}
		after = sortedSet(append(after, come...))
		steps = append(steps, PlanStep{Revision: rev, Direction: dir, Before: before, After: after})
		st.heads[rev.Line] = after
	}
	return steps, nil
}

// A state is where a database is in a graph.
type state struct {
	applied []bool              // by position in the graph
	heads   map[string][]string // line → sorted ids
	unknown map[string][]Key    // line → heads that the graph does not have
}

func (g *Graph) stateOf(current map[string][]string) *state {
	st := &state{heads: map[string][]string{}, unknown: map[string][]Key{}}
	var from []int
	for line, ids := range current {
		st.heads[line] = sortedSet(slices.Clone(ids))
		for _, id := range st.heads[line] {
			k := Key{line, id}
			if i, ok := g.index[k]; ok {
				from = append(from, i)
			} else {
				st.unknown[line] = append(st.unknown[line], k)
			}
		}
	}
	st.applied = g.reach(from, g.parents)
	return st
}

// known returns an *UnknownError if one of the lines is at a revision that the
// graph does not have.
func (st *state) known(lines ...string) error {
	var keys []Key
	for _, line := range lines {
		keys = append(keys, st.unknown[line]...)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, Key.compare)
	return &UnknownError{Keys: slices.Compact(keys)}
}

// lines returns the lines the database has.
func (st *state) lines() (lines []string) {
	for line := range st.heads {
		lines = append(lines, line)
	}
	return lines
}

// at names the heads of a line for people.
func (st *state) at(line string) string {
	var keys []Key
	for _, id := range st.heads[line] {
		keys = append(keys, Key{line, id})
	}
	return cmp.Or(keyList(keys), "base")
}

// sortedSet sorts ids in place and drops what occurs twice.
func sortedSet(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
