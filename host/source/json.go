package source

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// maxNesting is how deep a document may be: an operation is not nearly that.
const maxNesting = 32

// A yamlError is something of YAML that JSON has no way to say.
type yamlError struct {
	at     *yaml.Node
	reason string
}

// A lineTable says which line of the file each part of a document is from.
type lineTable []struct{ offset, line int }

// explain returns the line and the words of an error about the document that
// begins at a line.
func (t lineTable) explain(err error, line int) (int, string) {
	var malformed *abi.MalformedError
	if !errors.As(err, &malformed) {
		return line, err.Error()
	}
	for _, entry := range t {
		if entry.offset > malformed.Offset {
			break
		}
		line = entry.line
	}
	return line, malformed.Reason
}

// toJSON writes a node as JSON. Integers and decimals keep every digit.
func toJSON(n *yaml.Node) ([]byte, lineTable, *yamlError) {
	j := jsonMaker{w: abi.NewJSONWriter(nil)}
	j.node(n, 0)
	return j.w.Bytes(), j.lines, j.err
}

type jsonMaker struct {
	w     *abi.JSONWriter
	lines lineTable
	err   *yamlError
}

func (j *jsonMaker) fail(n *yaml.Node, format string, args ...any) {
	if j.err == nil {
		j.err = &yamlError{n, fmt.Sprintf(format, args...)}
	}
}

func (j *jsonMaker) node(n *yaml.Node, depth int) {
	switch {
	case j.err != nil:
		return
	case depth > maxNesting:
		j.fail(n, "nested more than %d deep", maxNesting)
		return
	case len(j.w.Bytes()) > abi.MaxDocument:
		j.fail(n, "an operation of more than 1 MiB: write several, or a migration in Go for many rows")
		return
	case n.Anchor != "":
		j.fail(n, "the anchor &%s: anchors and aliases are not read, so that a small file stays small", n.Anchor)
		return
	}
	j.lines = append(j.lines, struct{ offset, line int }{len(j.w.Bytes()), n.Line})
	switch n.Kind {
	case yaml.MappingNode:
		j.w.Open('{')
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				j.fail(key, "a key is a word")
				return
			}
			j.lines = append(j.lines, struct{ offset, line int }{len(j.w.Bytes()), key.Line})
			j.w.Name(key.Value)
			j.node(n.Content[i+1], depth+1)
		}
		j.w.Close('}')
	case yaml.SequenceNode:
		j.w.Open('[')
		for _, v := range n.Content {
			j.node(v, depth+1)
		}
		j.w.Close(']')
	case yaml.ScalarNode:
		j.scalar(n)
	default:
		j.fail(n, "the alias *%s: anchors and aliases are not read, so that a small file stays small", n.Value)
	}
}

func (j *jsonMaker) scalar(n *yaml.Node) {
	switch n.ShortTag() {
	case "!!null":
		j.w.Raw("null")
	case "!!bool":
		var b bool
		if n.Decode(&b) != nil {
			j.fail(n, "%q is neither true nor false", n.Value)
		}
		j.w.Raw(strconv.FormatBool(b))
	case "!!int", "!!float":
		j.number(n)
	default: // dates too: the operations have no type for them but text
		if !abi.ValidText([]byte(n.Value)) {
			j.fail(n, "text that is not UTF-8, or holds a NUL")
		}
		j.w.Text(n.Value)
	}
}

// number writes a number as it stands where JSON can, else its value.
func (j *jsonMaker) number(n *yaml.Node) {
	r := abi.NewJSONReader("number", []byte(n.Value))
	if text := r.Number(); r.Err() == nil && len(text) == len(n.Value) {
		j.w.Raw(text)
		return
	}
	var whole int64
	var float float64
	switch {
	case n.Decode(&whole) == nil:
		j.w.Raw(strconv.FormatInt(whole, 10))
	case n.Decode(&float) == nil && !math.IsInf(float, 0) && !math.IsNaN(float):
		j.w.Raw(strconv.FormatFloat(float, 'g', -1, 64))
	default:
		j.fail(n, "the number %s: write it in quotes", n.Value)
	}
}
