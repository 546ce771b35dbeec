package lint

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A history has what each revision of a chain does, as far as facts care. A revision
// finds what its ancestors have made, and nothing of a branch beside it.
type history struct {
	effects map[chain.Key][]effect
	facts   *facts
	applied []chain.Key // the revisions that facts are of, in the order of the graph
}

func newHistory() *history { return &history{effects: map[chain.Key][]effect{}, facts: newFacts()} }

// before returns what is known where a revision begins. The revisions are asked for
// in the order of the graph, so that in a chain without branches each goes on from
// the one before.
func (h *history) before(g *chain.Graph, rev chain.Revision) *facts {
	all := g.Ancestors(rev.Key)
	ancestors := slices.DeleteFunc(all, func(k chain.Key) bool { return k == rev.Key })
	if !slices.Equal(h.applied, ancestors) {
		h.facts = newFacts()
		for _, key := range ancestors {
			for _, e := range h.effects[key] {
				h.facts.apply(e)
			}
		}
	}
	h.applied = append(ancestors, rev.Key)
	return h.facts
}

// add notes what a revision does.
func (h *history) add(key chain.Key, e effect) {
	if _, rows := e.(writeRows); !rows { // of which there may be many
		h.effects[key] = append(h.effects[key], e)
	}
}

// paid reports whether a finding asks for an index that a later revision creates, as
// one does that has to run outside a transaction.
func (h *history) paid(g *chain.Graph, f *Finding) bool {
	if f.owed == nil {
		return false
	}
	for _, key := range g.Descendants(f.Revision) {
		for _, e := range h.effects[key] {
			if e, ok := e.(createIndex); ok && e.on() == f.table && !e.partial && begins(e.columns, f.owed) {
				return true
			}
		}
	}
	return false
}
