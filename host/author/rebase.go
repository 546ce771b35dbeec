package author

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
)

// A Move is a revision that gets another parent.
type Move struct {
	Revision chain.Revision // as it is
	Onto     chain.Revision // the parent to be
	Heads    []string       // the line's heads afterwards
}

// PlanRebase says what it takes to let the revision that a word names revise
// another: a Move for each chain that has it, where what is named in one chain
// is in another the revision of the same time and slug. Where onto is empty it
// is the one other head of the line. A chain in which the revision stands there
// already has no Move. Where only is not empty it is the one dialect whose chain
// is looked at. Nothing is written.
//
// It is refused, with a *DraftError, where that would lead in a circle, where
// the revision joins several others, or where it is in a module.
func (f *Folder) PlanRebase(only chain.Dialect, word, onto string) ([]Move, error) {
	graphs, err := f.chosen(only)
	if err != nil {
		return nil, err
	}
	main, rev, err := lookUp(graphs, word)
	if err != nil {
		return nil, err
	}
	var moves []Move
	var without []string // chains in which there is no head to move it onto
	var failed error     // what is told: of the chain whose ids were given, else the first
	for n, g := range graphs {
		mine := rev
		if n != main {
			var ok bool
			if mine, ok = g.Pair(rev); !ok {
				continue
			}
		}
		parent, err := newParent(graphs, n, mine, onto)
		if err != nil {
			if failed == nil || n == main {
				failed = err
			}
			continue
		}
		if parent.ID == "" {
			without = append(without, string(g.Dialect()))
			continue
		}
		if len(mine.Revises) == 1 && mine.Revises[0] == parent.ID {
			continue
		}
		move, err := planMove(g, mine, parent)
		if err != nil {
			if failed == nil || n == main {
				failed = err
			}
			continue
		}
		moves = append(moves, move)
	}
	if failed != nil {
		return nil, failed
	}
	if len(moves) == 0 && len(without) > 0 {
		return nil, refuse("name the revision to come after with --onto",
			"line %s has no other head for %s that %s could come after", rev.Line, strings.Join(without, " and "), rev.Key)
	}
	return moves, nil
}

// newParent finds what a revision of the n-th chain is to revise. It returns a
// revision without an id where onto is empty and there is no other head.
func newParent(graphs []*chain.Graph, n int, rev chain.Revision, onto string) (chain.Revision, error) {
	g := graphs[n]
	if onto != "" {
		parent, ok, err := find(graphs, n, onto)
		if err != nil {
			return chain.Revision{}, err
		}
		if !ok {
			return chain.Revision{}, refuse("give --dialect and move it in one chain alone, or write the pair that is missing",
				"%s has no revision of the same time and slug as %q", g.Dialect(), onto)
		}
		return parent, nil
	}
	after := g.Descendants(rev.Key)
	var others []string
	for _, id := range g.Heads(rev.Line) {
		if !slices.Contains(after, chain.Key{Line: rev.Line, ID: id}) {
			others = append(others, id)
		}
	}
	switch len(others) {
	case 0:
		return chain.Revision{}, nil
	case 1:
		parent, _ := g.Revision(chain.Key{Line: rev.Line, ID: others[0]})
		return parent, nil
	}
	return chain.Revision{}, refuse("name one of them with --onto",
		"line %s has several other heads for %s: %s", rev.Line, g.Dialect(), strings.Join(others, ", "))
}

// planMove checks one move, by making the graph as it would be.
func planMove(g *chain.Graph, rev, parent chain.Revision) (Move, error) {
	switch {
	case inModule(rev):
		return Move{}, refuse("whoever ships the module gives it another parent", "%s is in the module %s", rev.Key, rev.Source)
	case rev.Line != parent.Line:
		return Move{}, refuse("", "%s is of line %s, and %s of line %s: a revision revises those of its own line", rev.Key, rev.Line, parent.Key, parent.Line)
	case len(rev.Revises) > 1:
		return Move{}, refuse("remove it and run `sandpiper merge` again, or change its parents by hand",
			"%s joins %s", rev.Key, strings.Join(rev.Revises, ", "))
	case rev.Key == parent.Key:
		return Move{}, refuse("name another one with --onto", "%s cannot come after itself", rev.Key)
	case slices.Contains(g.Descendants(rev.Key), parent.Key):
		return Move{}, refuse("name another one with --onto", "%s comes from %s already: that would lead in a circle", parent.Key, rev.Key)
	}
	revisions := slices.Collect(g.All())
	for i := range revisions {
		if revisions[i].Key == rev.Key {
			revisions[i].Revises = []string{parent.ID}
		}
	}
	after, err := g.With(revisions)
	var bad *chain.GraphError
	if errors.As(err, &bad) && bad.Rule == chain.RuleCycle {
		return Move{}, refuse("name another one with --onto", "%s depends on what comes after %s: %s", parent.Key, rev.Key, bad.Msg)
	}
	if err != nil {
		return Move{}, err
	}
	return Move{Revision: rev, Onto: parent, Heads: after.Heads(rev.Line)}, nil
}

// Rebase makes moves that PlanRebase has planned: it changes the parents in the
// headers of the files, and not a byte besides, and the lines of the lock file
// where there is one, all of it or nothing. root is the folder that the
// revisions' sources are relative to. It returns what the lock file did not have,
// as after a git merge, and has now.
func (f *Folder) Rebase(root string, moves []Move) (added []chain.PinChange, err error) {
	texts := map[string][]byte{}
	var files []file
	for _, m := range moves {
		name := filepath.Join(root, filepath.FromSlash(m.Revision.Source))
		if texts[name] == nil {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			texts[name] = text
			files = append(files, file{name: name, replace: true})
		}
		text, err := source.Reparent(m.Revision.Source, m.Revision.Dialect, texts[name], m.Onto.ID)
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	for i := range files {
		files[i].text = texts[files[i].name]
	}
	var moved []chain.Revision
	for _, m := range moves {
		text := texts[filepath.Join(root, filepath.FromSlash(m.Revision.Source))]
		rev, _, err := source.Header(m.Revision.Source, m.Revision.Dialect, text)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(rev.Revises, []string{m.Onto.ID}) {
			return nil, refuse("write revises as a mapping of the dialects to their parents, and try again",
				"%s has one parent for several dialects, which would now have different ones", m.Revision.Source)
		}
		moved = append(moved, rev)
	}
	if f.Lock != nil && len(moved) > 0 {
		lock, err := f.repin(moved)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: f.lockName(), text: []byte(lock.String()), replace: true})
		for _, c := range f.Lock.Changes(lock) {
			if c.Was == "" {
				added = append(added, c)
			}
		}
	}
	return added, writeAll(files)
}

// repin returns the lock with revisions that were changed.
func (f *Folder) repin(moved []chain.Revision) (*chain.Lock, error) {
	lock := f.Lock
	for _, g := range f.Graphs {
		accept := map[chain.Key]bool{}
		revisions := slices.Collect(g.All())
		for i, r := range revisions {
			for _, m := range moved {
				if m.Key == r.Key && m.Dialect == r.Dialect {
					revisions[i], accept[r.Key] = m, true
				}
			}
		}
		next, err := g.With(revisions)
		if err != nil {
			return nil, err
		}
		lock = lock.With(next, func(k chain.Key) bool { return accept[k] })
	}
	return lock, nil
}
