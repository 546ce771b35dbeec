package grammar

import "slices"

// Make returns a new node of a kind.
func Make(kind string) Node {
	return nodeOf(&tree{kind: kinds()[kind]})
}

// String returns the node of a name.
func String(s string) Node {
	n := Make("String")
	n.SetText("sval", s)
	return n
}

// Names returns the nodes of a name of several parts.
func Names(parts ...string) []Node {
	list := make([]Node, len(parts))
	for i, p := range parts {
		list[i] = String(p)
	}
	return list
}

// put returns the field of a name, which is made if it is not there.
func (n Node) put(name string) *field {
	if f := n.field(name); f != nil {
		return f
	}
	n.tree.fields = append(n.tree.fields, field{form: n.tree.kind.byName[name]})
	return &n.tree.fields[len(n.tree.fields)-1]
}

// Remove takes a field away.
func (n Node) Remove(field string) {
	for i := range n.tree.fields {
		if n.tree.fields[i].form.name == field {
			n.tree.fields = append(n.tree.fields[:i], n.tree.fields[i+1:]...)
			return
		}
	}
}

// SetText sets a field that is a string or an enum.
func (n Node) SetText(field, s string) {
	f := n.put(field)
	if f.form.enum != nil {
		f.number = int64(f.form.enum.numbers[s])
		return
	}
	f.text = s
}

// SetTrue sets a field that is true or false.
func (n Node) SetTrue(field string) { n.put(field).number = 1 }

// Set sets a field to a node, or to a list of nodes.
func (n Node) Set(field string, nodes ...Node) {
	if len(nodes) == 0 {
		n.Remove(field)
		return
	}
	f := n.put(field)
	f.nodes = make([]*tree, len(nodes))
	for i, node := range nodes {
		f.nodes[i] = node.tree
	}
}

// SetItem sets one node of a list.
func (n Node) SetItem(field string, i int, node Node) { n.field(field).nodes[i] = node.tree }

// Moved returns a node with what is in n, so that n can become another.
func (n Node) Moved() Node {
	return nodeOf(&tree{n.tree.kind, slices.Clone(n.tree.fields)})
}

// Become puts another node in the place of n, which must take nodes of that kind,
// and returns what n is then.
func (n Node) Become(other Node) Node {
	*n.tree = *other.tree
	return nodeOf(n.tree)
}
