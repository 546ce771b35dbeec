package draw

import (
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A State is what the database has of a revision.
type State uint8

// The states.
const (
	Unknown State = iota // no database was asked
	Pending
	Applied
)

// A Node is a revision in a picture, or stands for those that are left out.
type Node struct {
	Revision chain.Revision `json:"revision,omitzero"`
	State    State          `json:"state"`
	Head     bool           `json:"head,omitempty"`
	Parents  []int          `json:"parents,omitempty"` // earlier nodes
	Needs    []int          `json:"needs,omitempty"`   // earlier nodes that it depends on and does not revise

	Elided int  `json:"elided,omitempty"` // not 0: it stands for so many revisions, and Revision is empty
	Newer  bool `json:"newer,omitempty"`  // those come after what is shown, and not before it
}

// A Picture is what is drawn, parents first.
type Picture struct {
	Title string `json:"title"`
	Nodes []Node `json:"nodes"`
	Asked bool   `json:"asked,omitempty"` // a database was: States are known
}

// Of makes a picture of some revisions of a graph, as chain.Graph.Select returns
// them. applied says what the database has; nil is for when none was asked.
func Of(g *chain.Graph, chosen []chain.Revision, applied func(chain.Key) bool) Picture {
	p := Picture{Title: fmt.Sprintf("Migrations for %s", g.Dialect()), Asked: applied != nil}
	shown := map[chain.Key]int{}
	for _, rev := range chosen {
		shown[rev.Key] = -1
	}
	older := elided(chosen, shown, func(r chain.Revision) []chain.Revision { return parents(g, r) })
	newer := elided(chosen, shown, func(r chain.Revision) []chain.Revision { return children(g, r) })
	if older > 0 {
		p.Nodes = append(p.Nodes, Node{Elided: older})
	}
	var goOn []int // nodes with children that are left out
	for _, rev := range chosen {
		n := Node{Revision: rev}
		for _, parent := range parents(g, rev) {
			at, ok := shown[parent.Key]
			if !ok {
				at = 0 // the node of what is older
			}
			if !slices.Contains(n.Parents, at) {
				n.Parents = append(n.Parents, at)
			}
		}
		for _, need := range rev.DependsOn {
			if at, ok := shown[need]; ok {
				n.Needs = append(n.Needs, at)
			}
		}
		after := children(g, rev)
		n.Head = len(after) == 0
		if applied != nil {
			n.State = Pending
			if applied(rev.Key) {
				n.State = Applied
			}
		}
		shown[rev.Key] = len(p.Nodes)
		if slices.ContainsFunc(after, func(c chain.Revision) bool { _, ok := shown[c.Key]; return !ok }) {
			goOn = append(goOn, len(p.Nodes))
		}
		p.Nodes = append(p.Nodes, n)
	}
	if newer > 0 {
		p.Nodes = append(p.Nodes, Node{Elided: newer, Newer: true, Parents: goOn})
	}
	return p
}

// elided counts what can be reached from the chosen revisions and is not shown.
func elided(chosen []chain.Revision, shown map[chain.Key]int, next func(chain.Revision) []chain.Revision) int {
	seen := map[chain.Key]bool{}
	todo := slices.Clone(chosen)
	for len(todo) > 0 {
		rev := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range next(rev) {
			if _, ok := shown[n.Key]; !ok && !seen[n.Key] {
				seen[n.Key] = true
				todo = append(todo, n)
			}
		}
	}
	return len(seen)
}

func parents(g *chain.Graph, r chain.Revision) (list []chain.Revision) {
	for _, id := range r.Revises {
		if rev, ok := g.Revision(chain.Key{Line: r.Line, ID: id}); ok {
			list = append(list, rev)
		}
	}
	return list
}

func children(g *chain.Graph, r chain.Revision) (list []chain.Revision) {
	for _, k := range g.Children(r.Key) {
		if rev, ok := g.Revision(k); ok {
			list = append(list, rev)
		}
	}
	return list
}

// elision says what a node that stands for others stands for.
func (n Node) elision() string {
	word, s := "older", "s"
	if n.Newer {
		word = "newer"
	}
	if n.Elided == 1 {
		s = ""
	}
	return fmt.Sprintf("%d %s revision%s", n.Elided, word, s)
}

// notes are what is said of a node besides its name.
func (n Node) notes() []string {
	var notes []string
	if n.Head {
		notes = append(notes, "head")
	}
	for _, label := range n.Revision.Labels {
		notes = append(notes, "label "+label)
	}
	for _, k := range n.Revision.DependsOn {
		if k.Line == "" {
			k.Line = chain.DefaultLine
		}
		notes = append(notes, "needs "+k.String())
	}
	return notes
}
