package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A decoder reads the JSON that the parser writes, which has no blanks. What
// schema.txt does not know is an error: a part of a tree that is not seen could
// not be judged. encoding/json takes ten times as long.
type decoder struct {
	s      string
	at     int
	fields []field // of the nodes that are being read, the innermost last
}

func decode(s string) (*tree, error) {
	d := &decoder{s: s}
	t, err := d.node(kinds()["ParseResult"])
	if err == nil && d.at != len(s) {
		err = d.malformed()
	}
	return t, err
}

// malformed is the error of a tree that is not of the form of schema.txt: the
// parser is of another version.
func (d *decoder) malformed() error {
	return fmt.Errorf("read what the PostgreSQL parser has made: it is malformed at %.20q", d.s[d.at:])
}

func (d *decoder) skip(token string) bool {
	if !strings.HasPrefix(d.s[d.at:], token) {
		return false
	}
	d.at += len(token)
	return true
}

// node reads an object with the fields of a kind. One that stands for a node of
// any kind has one field, or none where nothing is.
func (d *decoder) node(k *kind) (*tree, error) {
	outer := len(d.fields)
	if !d.skip("{") {
		return nil, d.malformed()
	}
	for first := true; !d.skip("}"); first = false {
		if !first && !d.skip(",") {
			return nil, d.malformed()
		}
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		form := k.byName[name]
		if form == nil || !d.skip(":") {
			return nil, d.malformed()
		}
		f := field{form: form}
		if err := d.value(&f); err != nil {
			return nil, err
		}
		if k.choice {
			if !d.skip("}") {
				return nil, d.malformed()
			}
			return f.nodes[0], nil
		}
		if f.number != 0 || f.text != "" || len(f.nodes) > 0 {
			d.fields = append(d.fields, f)
		}
	}
	t := &tree{k, slices.Clone(d.fields[outer:])}
	d.fields = d.fields[:outer]
	return t, nil
}

// value reads the value of a field.
func (d *decoder) value(f *field) (err error) {
	switch {
	case f.form.list:
		return d.list(f)
	case f.form.scalar == none:
		var t *tree
		t, err = d.node(f.form.node)
		f.nodes = []*tree{t}
	case f.form.scalar == text:
		f.text, err = d.text()
	case f.form.enum != nil:
		var name string
		if name, err = d.text(); err == nil {
			n, ok := f.form.enum.numbers[name]
			if !ok {
				return d.malformed()
			}
			f.number = int64(n)
		}
	case f.form.scalar == boolean:
		if d.skip("true") {
			f.number = 1
		} else if !d.skip("false") {
			return d.malformed()
		}
	default:
		f.number, err = d.integer()
	}
	return err
}

func (d *decoder) list(f *field) error {
	if !d.skip("[") {
		return d.malformed()
	}
	for !d.skip("]") {
		if len(f.nodes) > 0 && !d.skip(",") {
			return d.malformed()
		}
		t, err := d.node(f.form.node)
		if err != nil {
			return err
		}
		f.nodes = append(f.nodes, t)
	}
	return nil
}

func (d *decoder) integer() (int64, error) {
	end := d.at
	for end < len(d.s) && (d.s[end] == '-' || d.s[end] >= '0' && d.s[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(d.s[d.at:end], 10, 64)
	if err != nil {
		return 0, d.malformed()
	}
	d.at = end
	return n, nil
}

// text reads a string. Most have no escapes.
func (d *decoder) text() (s string, err error) {
	if !d.skip(`"`) {
		return "", d.malformed()
	}
	start := d.at
	for escaped := false; d.at < len(d.s); d.at++ {
		switch d.s[d.at] {
		case '\\':
			escaped = true
			d.at++
		case '"':
			d.at++
			if !escaped {
				return d.s[start : d.at-1], nil
			}
			err = json.Unmarshal([]byte(d.s[start-1:d.at]), &s)
			return s, err
		}
	}
	return "", d.malformed()
}
