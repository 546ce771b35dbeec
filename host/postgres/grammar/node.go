package grammar

import "strings"

// A Node is a part of a tree. The zero Node is one that is not there: it has no
// Kind, and nothing in any field.
type Node struct {
	Kind   string // "" where the field it stands in has only one kind
	fields map[string]any
}

// nodeOf makes a node of what the parser has written: its fields alone, or an
// object whose one name is the kind. Kinds begin with a capital, fields do not.
func nodeOf(v any) Node {
	object, _ := v.(map[string]any)
	if len(object) == 1 {
		for name, inner := range object {
			if fields, ok := inner.(map[string]any); ok && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
				return Node{name, fields}
			}
		}
	}
	return Node{fields: object}
}

// There reports whether the node is there.
func (n Node) There() bool { return n.fields != nil }

// Is reports whether the node is of one of the kinds.
func (n Node) Is(kinds ...string) bool {
	for _, k := range kinds {
		if n.Kind == k {
			return true
		}
	}
	return false
}

// Text returns a field that is a string or an enum, "" where it is not there.
func (n Node) Text(field string) string {
	s, _ := n.fields[field].(string)
	return s
}

// True reports whether a field is there and true.
func (n Node) True(field string) bool {
	b, _ := n.fields[field].(bool)
	return b
}

// Int returns a field that is a number, 0 where it is not there: the parser
// leaves zeros out.
func (n Node) Int(field string) int {
	f, _ := n.fields[field].(float64)
	return int(f)
}

// Node returns a field that is a node.
func (n Node) Node(field string) Node { return nodeOf(n.fields[field]) }

// List returns a field that is a list of nodes. A List node is one too.
func (n Node) List(field string) []Node {
	items, ok := n.fields[field].([]any)
	if inner := n.Node(field); !ok && inner.Kind == "List" {
		items, _ = inner.fields["items"].([]any)
	}
	nodes := make([]Node, len(items))
	for i, item := range items {
		nodes[i] = nodeOf(item)
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

// Walk calls visit with the node and all that are in it, until it returns false
// for a node, whose inside is then left out.
func (n Node) Walk(visit func(Node) bool) {
	if !n.There() || !visit(n) {
		return
	}
	for _, v := range n.fields {
		switch v := v.(type) {
		case map[string]any:
			nodeOf(v).Walk(visit)
		case []any:
			for _, item := range v {
				nodeOf(item).Walk(visit)
			}
		}
	}
}
