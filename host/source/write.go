package source

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Widths of what is written on one line, in characters: the value of an
// operation, and what is inside one that is written on several.
const (
	operationWidth = 96
	partWidth      = 100
)

// WriteOperations returns what stands behind the "upgrade:" or "downgrade:" of a
// YAML file that does the operations: a list on the lines below, or " []". What
// is short is on one line, as a person would write it, and text of several lines
// stays so.
func WriteOperations(operations []schema.Operation) (string, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, op := range operations {
		item, err := readJSON(json.NewDecoder(bytes.NewReader(schema.Append(nil, schema.Request{Operation: op}))))
		if err != nil {
			return "", err
		}
		for _, part := range item.Content {
			layOut(part, operationWidth)
		}
		list.Content = append(list.Content, item)
	}
	if len(list.Content) == 0 {
		return " []", nil
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: keyUpgrade}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, list}}); err != nil {
		return "", err
	}
	if err := encoder.Close(); err != nil {
		return "", err
	}
	return strings.TrimRight(strings.TrimPrefix(text.String(), keyUpgrade+":"), "\n"), nil
}

// readJSON makes nodes of the next value of a document. The YAML library could read
// JSON too, but takes some characters in it for ends of lines.
func readJSON(d *json.Decoder) (*yaml.Node, error) {
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v == '{' {
			n.Kind = yaml.MappingNode
		}
		for d.More() { // of an object, keys and values in turn
			part, err := readJSON(d)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, part)
		}
		_, err := d.Token()
		return n, err
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

// layOut chooses between one line and several for a node and what is in it.
func layOut(n *yaml.Node, width int) {
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!str" {
			n.Style = textStyle(n.Value)
		}
		return
	}
	n.Style = 0
	length, oneLine := measure(n)
	if oneLine && length <= width {
		n.Style = yaml.FlowStyle
	}
	for _, part := range n.Content {
		layOut(part, partWidth)
	}
}

// measure returns about how long a node is on one line, and whether it can be
// there.
func measure(n *yaml.Node) (length int, oneLine bool) {
	if n.Kind == yaml.ScalarNode {
		return utf8.RuneCountInString(n.Value) + 2, !strings.Contains(n.Value, "\n")
	}
	oneLine = true
	for _, part := range n.Content {
		l, one := measure(part)
		length += l
		oneLine = oneLine && one
	}
	return length + 2, oneLine
}

// textStyle leaves it to the library whether a string is quoted, but for text of
// several lines, which is written as it is, and for what would not show or not be
// read as it is.
func textStyle(text string) yaml.Style {
	hidden := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	switch {
	case strings.ContainsFunc(text, hidden):
		return yaml.DoubleQuotedStyle
	case !strings.Contains(text, "\n"):
		return 0
	case strings.HasPrefix(text, " "), strings.HasPrefix(text, "\n"), strings.Contains(text, " \n"),
		strings.HasSuffix(text, " "), strings.HasSuffix(text, "\n\n"):
		return yaml.DoubleQuotedStyle
	}
	return yaml.LiteralStyle
}
