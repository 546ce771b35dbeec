package grammar

import (
	"iter"
	"slices"
	"strings"
)

// A Node is a part of a tree. The zero Node is one that is not there: it has no
// Kind, and nothing in any field.
type Node struct {
	Kind string
	tree *tree
}

// A tree is what a Node refers to. Only fields that are there are in it: the
// parser leaves zeros out.
type tree struct {
	kind   *kind
	fields []field
}

// A field has one of its three values, as its form says.
type field struct {
	form   *fieldForm
	number int64
	text   string
	nodes  []*tree
}

func nodeOf(t *tree) Node {
	if t == nil || t.kind.choice {
		return Node{}
	}
	return Node{t.kind.name, t}
}

func (n Node) field(name string) *field {
	if n.tree == nil {
		return nil
	}
	for i := range n.tree.fields {
		if f := &n.tree.fields[i]; f.form.name == name {
			return f
		}
	}
	return nil
}

// There reports whether the node is there.
func (n Node) There() bool { return n.tree != nil }

// Is reports whether the node is of one of the kinds.
func (n Node) Is(kinds ...string) bool {
	for _, k := range kinds {
		if n.Kind == k {
			return true
		}
	}
	return false
}

// Has reports whether a field is there.
func (n Node) Has(field string) bool { return n.field(field) != nil }

// Text returns a field that is a string or an enum, "" where it is not there.
func (n Node) Text(field string) string {
	f := n.field(field)
	switch {
	case f == nil:
		return ""
	case f.form.enum == nil:
		return f.text
	}
	return f.form.enum.names[f.number]
}

// True reports whether a field is there and true.
func (n Node) True(field string) bool { return n.Int(field) != 0 }

// Int returns a field that is a number, 0 where it is not there: the parser
// leaves zeros out.
func (n Node) Int(field string) int {
	if f := n.field(field); f != nil {
		return int(f.number)
	}
	return 0
}

// Node returns a field that is a node.
func (n Node) Node(field string) Node {
	if f := n.field(field); f != nil && len(f.nodes) == 1 && !f.form.list {
		return nodeOf(f.nodes[0])
	}
	return Node{}
}

// List returns a field that is a list of nodes. A List node is one too.
func (n Node) List(field string) []Node {
	f := n.field(field)
	if f == nil {
		return nil
	}
	if inner := n.Node(field); inner.Kind == "List" {
		return inner.List("items")
	}
	nodes := make([]Node, len(f.nodes))
	for i, t := range f.nodes {
		nodes[i] = nodeOf(t)
	}
	return nodes
}

// Strings returns the String nodes of a list, such as the parts of a name.
func (n Node) Strings(field string) []string {
	var list []string
	for _, item := range n.List(field) {
		if item.Kind == "String" {
			list = append(list, item.Text("sval"))
		}
	}
	return list
}

// Name returns a name of several parts, with a dot between them and without the
// schemas that the server has for itself.
func (n Node) Name(field string) string {
	parts := n.Strings(field)
	if len(parts) > 1 && parts[0] == "pg_catalog" {
		parts = parts[1:]
	}
	return strings.Join(parts, ".")
}

// At returns the byte that the node begins at, as far as the parser says so.
func (n Node) At() int { return n.Int("location") }

// A Field is one field of a node, for those who look at all of them.
type Field struct {
	Name string
	Enum string // the value's name, "" if it is no enum

	nodes []*tree
}

// Fields yields the fields that are there, but for where in the text they are.
func (n Node) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		if n.tree == nil {
			return
		}
		for i := range n.tree.fields {
			f := &n.tree.fields[i]
			if f.form.place {
				continue
			}
			out := Field{Name: f.form.name, nodes: f.nodes}
			if f.form.enum != nil {
				out.Enum = f.form.enum.names[f.number]
			}
			if !yield(out) {
				return
			}
		}
	}
}

// Nodes yields the nodes in a field. One that is not there is where nothing is in
// a list.
func (f Field) Nodes() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for _, t := range f.nodes {
			if !yield(nodeOf(t)) {
				return
			}
		}
	}
}

// Walk calls visit with the node and all that are in it, until it returns false
// for a node, whose inside is then left out.
func (n Node) Walk(visit func(Node) bool) {
	if !n.There() || !visit(n) {
		return
	}
	for i := range n.tree.fields {
		for _, t := range n.tree.fields[i].nodes {
			nodeOf(t).Walk(visit)
		}
	}
}

// Equal reports whether two trees are the same, wherever in a text they stand.
func (n Node) Equal(other Node) bool { return equal(n.tree, other.tree) }

func equal(a, b *tree) bool {
	if a == nil || b == nil || a.kind != b.kind {
		return a == b
	}
	unmatched := 0
	for i := range b.fields {
		if !b.fields[i].form.place {
			unmatched++
		}
	}
	for i := range a.fields {
		f := &a.fields[i]
		if f.form.place {
			continue
		}
		other := nodeOf(b).field(f.form.name)
		if other == nil || f.number != other.number || f.text != other.text ||
			!slices.EqualFunc(f.nodes, other.nodes, equal) {
			return false
		}
		unmatched--
	}
	return unmatched == 0
}
