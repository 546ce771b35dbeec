package grammar

import (
	"encoding/binary"
	"slices"
)

// The wire types of protocol buffers that occur
// (https://protobuf.dev/programming-guides/encoding/).
const (
	wireNumber = 0
	wireBytes  = 2
)

// encode appends the message of a tree, without where in a text its nodes were: the
// deparser has no use for it, and takes a fifth longer with it.
func encode(dst []byte, t *tree) []byte {
	for i := range t.fields {
		f := &t.fields[i]
		if f.form.place {
			continue
		}
		switch f.form.scalar {
		case none:
			for _, node := range f.nodes {
				dst = encodeNode(dst, f.form, node)
			}
		case text:
			dst = binary.AppendUvarint(dst, uint64(f.form.number)<<3|wireBytes)
			dst = binary.AppendUvarint(dst, uint64(len(f.text)))
			dst = append(dst, f.text...)
		default:
			dst = binary.AppendUvarint(dst, uint64(f.form.number)<<3|wireNumber)
			dst = binary.AppendUvarint(dst, uint64(f.number))
		}
	}
	return dst
}

// encodeNode appends the field of a node: directly, or wrapped where the field
// takes nodes of all kinds.
func encodeNode(dst []byte, form *fieldForm, node *tree) []byte {
	dst = binary.AppendUvarint(dst, uint64(form.number)<<3|wireBytes)
	start := len(dst)
	switch {
	case form.node.choice && node.kind.choice: // nothing is there
	case form.node.choice:
		dst = encodeNode(dst, form.node.byName[node.kind.name], node)
	default:
		dst = encode(dst, node)
	}
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(dst)-start))
	return slices.Insert(dst, start, size[:n]...)
}

// messages returns how deep the message of a tree nests.
func messages(t *tree) int {
	deepest := 0
	for i := range t.fields {
		f := &t.fields[i]
		level := 1
		if f.form.scalar == none && f.form.node.choice {
			level = 2
		}
		for _, node := range f.nodes {
			deepest = max(deepest, level+messages(node))
		}
	}
	return deepest
}
