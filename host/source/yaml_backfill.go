package source

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// The keys of a backfill beside its options.
const (
	keyStatement = "statement"
	keyNoReverse = "no_reverse"
)

// backfill reads an item {backfill: {table: …, statement: …}} that follows others.
// It returns false where the item is for the other dialect.
func (r *yamlReader) backfill(n *yaml.Node, item *yamlItem, before []yamlItem) (mine bool, err error) {
	mine = true
	var options *yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch d := chain.Dialect(value.Value); {
		case key.Value == keyBackfill && value.Kind == yaml.MappingNode:
			options = value
		case key.Value == "dialect" && (d == chain.PostgreSQL || d == chain.SQLite):
			mine = d == r.dialect
		case key.Value == keyBackfill:
			return false, r.fail(key, "a backfill is a mapping such as {table: label, key: id, statement: \"UPDATE label SET … WHERE ${chunk}\"}")
		default:
			return false, r.fail(key, "%s beside a backfill: there is only dialect, with postgresql or sqlite", key.Value)
		}
	}
	if !mine {
		return false, nil
	}
	b := &chain.Backfill{Line: n.Line}
	statement := chain.Statement{Line: n.Line, Column: n.Column}
	for i := 0; i < len(options.Content) && err == nil; i += 2 {
		key, value := options.Content[i], options.Content[i+1]
		switch key.Value {
		case keyStatement:
			if value, err = r.forDialect(key, value); err == nil {
				statement, err = r.statement(value)
			}
		case keyNoReverse:
			item.noReverse = value.Value == "true"
			if value.ShortTag() != "!!bool" {
				err = r.fail(value, "%s is true or false", keyNoReverse)
			}
		default:
			err = r.option(b, key, value)
		}
	}
	if err != nil {
		return false, err
	}
	if statement.SQL == "" {
		return false, r.fail(n, "the backfill has no %s: write the one that is run for each chunk of rows", keyStatement)
	}
	if err := b.Complete(r.dialect); err != nil {
		return false, r.fail(n, "the backfill: %v", err)
	}
	for _, other := range before {
		if d := other.data; d != nil && d.Backfill != nil && d.Backfill.Name == b.Name {
			return false, r.fail(n, "a second backfill %s, after the one at line %d: name them apart with name: …", b.Name, other.line)
		}
	}
	item.data = &chain.Item{Kind: chain.ItemBackfill, Statement: statement, Backfill: b}
	return true, checkBackfill(r.name, r.dialect, *item.data)
}

// option reads an option of a backfill.
func (r *yamlReader) option(b *chain.Backfill, key, value *yaml.Node) error {
	value, err := r.forDialect(key, value)
	if err != nil {
		return err
	}
	text := ""
	switch {
	case value.Kind == yaml.SequenceNode && key.Value == "key":
		text, err = r.words(key, value)
	case value.Kind == yaml.ScalarNode:
		text = value.Value
	default:
		err = r.fail(value, "%s is a word or a number", key.Value)
	}
	if err != nil {
		return err
	}
	quoted := value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if err := b.Set(key.Value, text, quoted); err != nil {
		if strings.HasPrefix(err.Error(), "unknown option") {
			return r.fail(key, "%v, %s and %s", err, keyStatement, keyNoReverse)
		}
		return r.fail(value, "%v", err)
	}
	return nil
}

// forDialect returns a value, or what a mapping of dialects has for this one.
func (r *yamlReader) forDialect(key, value *yaml.Node) (*yaml.Node, error) {
	if value.Kind != yaml.MappingNode {
		return value, nil
	}
	for i := 0; i < len(value.Content); i += 2 {
		if d := value.Content[i]; chain.Dialect(d.Value) != chain.PostgreSQL && chain.Dialect(d.Value) != chain.SQLite {
			return nil, r.fail(d, "%s is a word, or a mapping of postgresql and sqlite", key.Value)
		}
	}
	if value = r.mine(value); value == nil {
		return nil, r.fail(key, "%s has nothing for %s", key.Value, r.dialect)
	}
	return value, nil
}

// statement reads a text of one SQL statement.
func (r *yamlReader) statement(value *yaml.Node) (chain.Statement, error) {
	if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" {
		return chain.Statement{}, r.fail(value, "%s is the text of one SQL statement", keyStatement)
	}
	first := value.Line
	if value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		first++ // the text begins below its key
	}
	all, err := chain.Split(r.dialect, value.Value)
	if wrong, ok := err.(*chain.ParseError); ok {
		return chain.Statement{}, &chain.ParseError{Path: r.name, Line: first + max(wrong.Line, 1) - 1, Msg: wrong.Msg}
	}
	if err != nil {
		return chain.Statement{}, err
	}
	if len(all) != 1 {
		return chain.Statement{}, r.fail(value, "%d statements in a backfill: it is one", len(all))
	}
	return chain.Statement{SQL: all[0].SQL, Line: first + all[0].Line - 1}, nil
}

// phase reads an item {phase: expand} that follows others.
func (r *yamlReader) phase(n *yaml.Node, dir chain.Direction, before []yamlItem) (*chain.Item, error) {
	name := n.Content[1]
	if dir != chain.Upgrade {
		return nil, r.fail(n, "a phase in a downgrade, which has none: it undoes the whole migration")
	}
	var others []string
	for _, item := range before {
		if item.data != nil && item.data.Kind == chain.ItemPhase {
			others = append(others, item.data.Phase)
		}
	}
	if err := chain.CheckPhase(name.Value, others, len(before) == 0); err != nil {
		return nil, r.fail(name, "%v", err)
	}
	return &chain.Item{Kind: chain.ItemPhase, Statement: chain.Statement{Line: n.Line, Column: n.Column}, Phase: name.Value}, nil
}
