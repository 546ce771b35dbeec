package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A yamlItem is an operation, a section of operations, a backfill or a phase.
type yamlItem struct {
	line    int
	column  int
	request schema.Request
	section []yamlItem // of an autocommit section

	data      *chain.Item // a backfill or a phase
	noReverse bool        // there is nothing to undo of the backfill
}

// isSection reports whether the item is an autocommit section.
func (i *yamlItem) isSection() bool { return i.request.Operation == nil && i.data == nil }

// items reads the list of a direction.
func (r *yamlReader) items(list *yaml.Node, dir chain.Direction) ([]yamlItem, error) {
	nodes, err := r.list(list)
	if err != nil {
		return nil, err
	}
	var items []yamlItem
	for _, n := range nodes {
		item := yamlItem{line: n.Line, column: n.Column}
		switch key := n.Content[0].Value; {
		case key == keyAutocommit && len(n.Content) == 2:
			item.section, err = r.section(n.Content[1])
		case key == keyPhase && len(n.Content) == 2:
			item.data, err = r.phase(n, dir, items)
		case has(n, keyBackfill):
			var mine bool
			if mine, err = r.backfill(n, &item, items); err == nil && !mine {
				continue
			}
		default:
			item.request, err = r.request(n)
		}
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// section reads the list of an autocommit section.
func (r *yamlReader) section(list *yaml.Node) ([]yamlItem, error) {
	nodes, err := r.list(list)
	var items []yamlItem
	for _, n := range nodes {
		for _, key := range []string{keyAutocommit, keyBackfill, keyPhase} {
			if has(n, key) {
				return nil, r.fail(n, "%s stands alone in its item, and not inside autocommit", key)
			}
		}
		request, err := r.request(n)
		if err != nil {
			return nil, err
		}
		items = append(items, yamlItem{line: n.Line, column: n.Column, request: request})
	}
	return items, err
}

// list returns the items of a list, each of them a mapping.
func (r *yamlReader) list(list *yaml.Node) ([]*yaml.Node, error) {
	if list.Kind == yaml.ScalarNode && list.Tag == "!!null" {
		return nil, nil
	}
	if list.Kind != yaml.SequenceNode {
		return nil, r.fail(list, "a list of operations is expected")
	}
	for _, n := range list.Content {
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			return nil, r.fail(n, "an operation is a mapping such as {drop_table: {name: label}}")
		}
	}
	return list.Content, nil
}

// has reports whether a mapping has a key.
func has(mapping *yaml.Node, key string) bool {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return true
		}
	}
	return false
}

// request reads one operation, names what it does not name, and asks whether
// the dialect can do it.
func (r *yamlReader) request(n *yaml.Node) (schema.Request, error) {
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Value == keyAutocommit || key.Value == keyPhase:
			return schema.Request{}, r.fail(key, "%s stands alone in its item", key.Value)
		case key.Value != "dialect" && key.Value != "lock_timeout" && !slices.Contains(schema.Kinds(), key.Value):
			return schema.Request{}, r.fail(key, "unknown operation %q: they are %s; beside one stand dialect and lock_timeout. No operations are autocommit, backfill and phase",
				key.Value, strings.Join(schema.Kinds(), ", "))
		}
	}
	document, lines, err := toJSON(n)
	if err != nil {
		return schema.Request{}, r.fail(err.at, "%s", err.reason)
	}
	request, decodeErr := schema.Decode(document)
	if decodeErr == nil {
		request = r.naming.Fill(request)
		decodeErr = Check(request, r.dialect)
	}
	if decodeErr != nil {
		line, reason := lines.explain(decodeErr, n.Line)
		return schema.Request{}, &chain.ParseError{Path: r.name, Line: line, Msg: reason}
	}
	return request, nil
}

// file writes items as those of a file.
func (r *yamlReader) file(items []yamlItem) []chain.Item {
	var out []chain.Item
	for _, item := range items {
		if item.data != nil {
			out = append(out, *item.data)
			continue
		}
		if item.isSection() {
			out = append(out, at(chain.ItemAutocommitBegin, item))
			out = append(out, r.file(item.section)...)
			out = append(out, at(chain.ItemAutocommitEnd, item))
			continue
		}
		one := at(chain.ItemOperation, item)
		one.Document = string(schema.Append(nil, item.request))
		out = append(out, one)
	}
	return out
}

func at(kind chain.ItemKind, item yamlItem) chain.Item {
	return chain.Item{Kind: kind, Statement: chain.Statement{Line: item.line, Column: item.column}}
}

// derive makes the downgrade of an upgrade: each section is undone in a section
// of its own, the last first. Phases are an upgrade's.
func (r *yamlReader) derive(upgrade []yamlItem) ([]chain.Item, error) {
	var all []schema.Request
	var lines, sections []int // of each request; its section, 0 outside
	section := 0
	for _, item := range upgrade {
		if item.data != nil {
			if item.data.Kind == chain.ItemBackfill && !item.noReverse {
				return nil, &chain.ParseError{Path: r.name, Line: item.line, Msg: fmt.Sprintf(
					"no downgrade can be derived of a backfill: give it no_reverse: true if there is nothing to undo, since the column goes anyway; or write %s: a list of operations, or %s",
					keyDowngrade, wordIrreversible)}
			}
			continue
		}
		inner := []yamlItem{item}
		number := 0
		if item.isSection() {
			section++
			inner, number = item.section, section
		}
		for _, one := range inner {
			all = append(all, one.request)
			lines = append(lines, one.line)
			sections = append(sections, number)
		}
	}
	reversed, err := schema.ReverseEach(all)
	if err != nil {
		var not *schema.IrreversibleError
		if errors.As(err, &not) {
			return nil, &chain.ParseError{Path: r.name, Line: lines[not.Index], Msg: fmt.Sprintf(
				"no downgrade can be derived: %v; or write %s: a list of operations, or %s", err, keyDowngrade, wordIrreversible)}
		}
		return nil, err
	}
	var items []yamlItem
	for i := len(all) - 1; i >= 0; i-- {
		undo := make([]yamlItem, len(reversed[i]))
		for k, request := range reversed[i] {
			undo[k] = yamlItem{line: lines[i], request: request}
		}
		switch {
		case sections[i] == 0:
			items = append(items, undo...)
		case i+1 < len(all) && sections[i+1] == sections[i]:
			last := &items[len(items)-1]
			last.section = append(last.section, undo...)
		default:
			items = append(items, yamlItem{line: lines[i], section: undo})
		}
	}
	// A section with nothing to undo would commit for nothing.
	items = slices.DeleteFunc(items, func(item yamlItem) bool {
		return item.isSection() && len(item.section) == 0
	})
	return r.file(items), nil
}
