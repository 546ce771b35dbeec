package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// An Error is what keeps a text from being edited.
type Error struct {
	Path string // the file, "" for a bare text
	Line int    // 1-based, 0 if it is about no line
	Msg  string // what is wrong and what to do
}

// Error says where, as far as it is known, and what.
func (e *Error) Error() string {
	switch {
	case e.Path != "" && e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Msg)
	case e.Path != "":
		return e.Path + ": " + e.Msg
	case e.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
	}
	return e.Msg
}

// A document is a text with the places of what is in it.
type document struct {
	text     []byte
	sections []section
	values   map[string]any
}

// A section is a header and what is below it. The first one has no header.
type section struct {
	path    []string
	list    bool // [[path]]
	header  span // its line
	entries []entry
}

// An entry is a key with its value.
type entry struct {
	key   []string // more than one part if it is dotted
	lines span     // all of its lines
	value span
}

// A span is a part of the text.
type span struct{ from, to int }

// scan reads a text.
func scan(text []byte) (*document, error) {
	d := &document{text: text, sections: []section{{}}}
	if err := toml.Unmarshal(text, &d.values); err != nil {
		return nil, malformed(err)
	}
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		node := p.Expression()
		key, at := keyOf(node)
		switch node.Kind {
		case unstable.KeyValue:
			raw := span{int(node.Raw.Offset), int(node.Raw.Offset + node.Raw.Length)}
			value := at.to + bytes.IndexByte(text[at.to:], '=') + 1
			value += len(text[value:]) - len(bytes.TrimLeft(text[value:], " \t"))
			last := &d.sections[len(d.sections)-1]
			last.entries = append(last.entries, entry{key, d.lines(raw), span{value, raw.to}})
		case unstable.Table, unstable.ArrayTable:
			d.sections = append(d.sections, section{path: key, list: node.Kind == unstable.ArrayTable, header: d.lines(at)})
		}
	}
	return d, p.Error()
}

// malformed gives an error of the decoder its line.
func malformed(err error) error {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		return &Error{Msg: err.Error()}
	}
	line, _ := at.Position()
	return &Error{Line: line, Msg: strings.TrimPrefix(at.Error(), "toml: ")}
}

// keyOf returns the parts of a key, and where they are.
func keyOf(node *unstable.Node) (key []string, at span) {
	at.from = -1
	for it := node.Key(); it.Next(); {
		part := it.Node()
		key = append(key, string(part.Data))
		if at.from < 0 {
			at.from = int(part.Raw.Offset)
		}
		at.to = int(part.Raw.Offset + part.Raw.Length)
	}
	return key, at
}

// lines widens a part of the text to whole lines.
func (d *document) lines(s span) span {
	return span{d.lineStart(s.from), d.lineEnd(s.to)}
}

// lineStart is where the line at an offset begins.
func (d *document) lineStart(at int) int { return bytes.LastIndexByte(d.text[:at], '\n') + 1 }

// lineEnd is where the next line begins.
func (d *document) lineEnd(at int) int {
	if n := bytes.IndexByte(d.text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(d.text)
}

// blank reports whether a part of the text has nothing in it.
func (d *document) blank(s span) bool { return len(bytes.TrimSpace(d.text[s.from:s.to])) == 0 }

// line is the number of the line at an offset.
func (d *document) line(at int) int { return bytes.Count(d.text[:at], []byte("\n")) + 1 }

// newline is how the lines of the text end.
func (d *document) newline() string {
	if n := bytes.IndexByte(d.text, '\n'); n > 0 && d.text[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// end is where a section's last entry ends, or its header.
func (s *section) end() int {
	if n := len(s.entries); n > 0 {
		return s.entries[n-1].lines.to
	}
	return s.header.to
}

// blockEnd is where a section ends with the comments that are below its last
// entry, up to a blank line. Comments that are above another header are that
// one's.
func (d *document) blockEnd(s *section) int {
	end := s.end()
	for at := end; at < len(d.text); {
		next := d.lineEnd(at)
		line := bytes.TrimSpace(d.text[at:next])
		switch {
		case len(line) == 0:
			return at
		case line[0] != '#':
			return end
		}
		at = next
		if at == len(d.text) {
			return at
		}
	}
	return end
}

// find returns the section of a table, nil if it has no header.
func (d *document) find(table []string) *section {
	for i := range d.sections {
		if s := &d.sections[i]; !s.list && len(s.path) > 0 && slices.Equal(s.path, table) {
			return s
		}
	}
	return nil
}

// editable returns an error if a table is written in a way that cannot be
// edited as a section.
func (d *document) editable(table []string) error {
	refuse := func(at int, format string, args ...any) error {
		return &Error{Line: d.line(at), Msg: fmt.Sprintf(format, args...) +
			fmt.Sprintf("; write it as a table [%s] with a line for each key, and run this again", dotted(table))}
	}
	for _, s := range d.sections {
		if s.list && hasPrefix(table, s.path) {
			return refuse(s.header.from, "%s is a list of tables", dotted(s.path))
		}
		for _, e := range s.entries {
			full := slices.Concat(s.path, e.key)
			switch {
			case hasPrefix(table, full):
				return refuse(e.lines.from, "%s is written as a value", dotted(full))
			case hasPrefix(full, table) && !hasPrefix(s.path, table):
				return refuse(e.lines.from, "%s is written with a dotted key", dotted(table))
			}
		}
	}
	return nil
}

// hasPrefix reports whether a path begins with another one, or is the same.
func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}
