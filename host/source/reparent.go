package source

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Reparent returns the text of a migration file in which the revision for one
// dialect has another parent, and which is otherwise to the letter what it was.
// Where that takes more than a word, the error says so, and the file is for a
// person to change. Errors are of type *chain.ParseError.
func Reparent(name string, d chain.Dialect, b []byte, parent string) ([]byte, error) {
	if FormOf(name) != YAML {
		return chain.Reparent(name, d, b, parent)
	}
	byHand := &chain.ParseError{Path: name, Msg: "the parent of " + string(d) + " cannot be changed without touching anything else: change it by hand"}
	was, ok, err := yamlHeader(name, d, b)
	if err != nil {
		return nil, err
	}
	from, to, found := revisesWord(name, d, b)
	if !ok || !found {
		return nil, byHand
	}
	word := parent
	if from == to { // nothing was there
		word = " " + parent
	}
	out := slices.Concat(b[:from], []byte(word), b[to:])
	is, ok, err := yamlHeader(name, d, out)
	if err != nil || !ok || !chain.SameButParents(was, is) || !slices.Equal(is.Revises, []string{parent}) {
		return nil, byHand
	}
	return out, nil
}

// revisesWord finds the word, in bytes, that a parent stands or would stand in.
func revisesWord(name string, d chain.Dialect, b []byte) (from, to int, ok bool) {
	r := yamlReader{name: name, dialect: d}
	root, err := r.root(b)
	if err != nil {
		return 0, 0, false
	}
	at := r.find(root, keyRevises)
	key, value := root.Content[at], root.Content[at+1]
	if value.Kind == yaml.MappingNode {
		mapping := value
		if value = r.mine(mapping); value == nil {
			return 0, 0, false
		}
		key = mapping.Content[slices.Index(mapping.Content, value)-1]
	}
	if value.Kind == yaml.SequenceNode && len(value.Content) == 1 {
		value = value.Content[0]
	}
	switch {
	case value.Kind != yaml.ScalarNode:
		return 0, 0, false
	case value.Value == "": // behind the colon of the key
		from, ok = offset(b, key.Line, key.Column)
		colon := bytes.IndexByte(b[min(from, len(b)):], ':')
		if !ok || colon < 0 {
			return 0, 0, false
		}
		return from + colon + 1, from + colon + 1, true
	}
	from, ok = offset(b, value.Line, value.Column)
	if !ok {
		return 0, 0, false
	}
	if quote := b[from]; quote == '"' || quote == '\'' {
		from++
	}
	return from, from + len(value.Value), bytes.HasPrefix(b[from:], []byte(value.Value))
}

// offset returns where a line and column of the YAML reader's are, in bytes. It
// counts columns in characters, from 1, and lines as YAML ends them.
func offset(b []byte, line, column int) (int, bool) {
	at := 0
	for ; line > 1; line-- {
		end := bytes.IndexAny(b[at:], "\r\n")
		if end < 0 {
			return 0, false
		}
		at += end + 1
		if b[at-1] == '\r' && at < len(b) && b[at] == '\n' {
			at++
		}
	}
	for ; column > 1 && at < len(b); column-- {
		_, size := utf8.DecodeRune(b[at:])
		at += size
	}
	return at, at < len(b)
}
