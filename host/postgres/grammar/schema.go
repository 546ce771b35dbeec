package grammar

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// schemaText says which fields each kind of node has, with their numbers in the
// parser's protocol buffers.
//
//go:generate go run generate.go
//go:embed schema.txt
var schemaText string

// A kind is the form of one kind of node.
type kind struct {
	name   string
	byName map[string]*fieldForm
	choice bool // it stands for one of its fields, as the kind Node does
}

// A fieldForm is the form of a field.
type fieldForm struct {
	number int
	name   string
	scalar scalar
	node   *kind // where scalar is none
	list   bool
	enum   *enum
	place  bool // where in the text the node is
}

type scalar uint8

const (
	none scalar = iota
	text
	number
	boolean
)

// An enum has the names of its values.
type enum struct {
	names   []string
	numbers map[string]int
}

// kinds returns the kinds by name, which are read once and when they are needed.
var kinds = sync.OnceValue(readKinds)

func readKinds() map[string]*kind {
	all, enums := map[string]*kind{}, map[string]*enum{}
	kindOf := func(name string) *kind {
		if all[name] == nil {
			all[name] = &kind{name: name, byName: map[string]*fieldForm{}, choice: name == "Node"}
		}
		return all[name]
	}
	lines := strings.Split(strings.TrimSpace(schemaText), "\n")
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "enum "); ok {
			enums[name] = &enum{numbers: map[string]int{}}
		}
	}
	var node *kind
	var values *enum
	for _, line := range lines {
		words := strings.Fields(line)
		switch {
		case words[0] == "#":
		case words[0] == "node":
			node, values = kindOf(words[1]), nil
		case words[0] == "enum":
			node, values = nil, enums[words[1]]
		case values != nil:
			values.add(words)
		default:
			node.add(words, kindOf, enums)
		}
	}
	return all
}

func (e *enum) add(words []string) {
	n, _ := strconv.Atoi(words[0])
	for len(e.names) <= n {
		e.names = append(e.names, "")
	}
	e.names[n] = words[1]
	e.numbers[words[1]] = n
}

func (k *kind) add(words []string, kindOf func(string) *kind, enums map[string]*enum) {
	n, _ := strconv.Atoi(words[0])
	of, list := strings.CutPrefix(words[2], "*")
	f := &fieldForm{number: n, name: words[1], list: list}
	switch {
	case of == "string":
		f.scalar = text
	case of == "bool":
		f.scalar = boolean
	case enums[of] != nil:
		f.scalar, f.enum = number, enums[of]
	case of[0] >= 'A' && of[0] <= 'Z':
		f.node = kindOf(of)
	default:
		f.scalar = number
		f.place = f.name == "location" || f.name == "name_location" || strings.HasPrefix(f.name, "stmt_l")
	}
	k.byName[f.name] = f
}
