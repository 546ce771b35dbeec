package configfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Set makes a table hold what is given and nothing else. Keys that say what is
// meant already are not touched, with what is said about them. A table that is
// not there is begun below its like, or at the end.
func Set(text []byte, table []string, pairs ...Pair) ([]byte, error) {
	keep := map[string]any{}
	for _, p := range pairs {
		value, err := decoded(p.Value)
		if err != nil {
			return nil, err
		}
		keep[p.Key] = value
	}
	return edited(text, table, keep, func(text []byte) ([]byte, error) {
		text, err := begin(text, table, pairs)
		if err != nil {
			return nil, err
		}
		d, err := scan(text)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(d.table(table))) {
			if _, ok := keep[key]; ok {
				continue
			}
			if text, err = removeKey(text, table, key); err != nil {
				return nil, err
			}
		}
		return setKeys(text, table, pairs)
	})
}

// SetKey sets one key of a table, and leaves the others as they are. A table
// that is not there is begun.
func SetKey(text []byte, table []string, pair Pair) ([]byte, error) {
	d, err := scan(text)
	if err != nil {
		return nil, err
	}
	value, err := decoded(pair.Value)
	if err != nil {
		return nil, err
	}
	want := maps.Clone(d.table(table))
	if want == nil {
		want = map[string]any{}
	}
	want[pair.Key] = value
	return edited(text, table, want, func(text []byte) ([]byte, error) {
		text, err := begin(text, table, []Pair{pair})
		if err != nil {
			return nil, err
		}
		return setKeys(text, table, []Pair{pair})
	})
}

// Remove takes a table out, with the tables in it and the comments in and right
// below it. Comments above it stay: they may be about more. A table that is not
// there is no error.
func Remove(text []byte, table []string) ([]byte, error) {
	return edited(text, table, nil, func(text []byte) ([]byte, error) {
		return removeSections(text, table)
	})
}

// edited edits a text, and sees to it that the result says what is wanted of the
// table, and of the rest what the text said.
func edited(text []byte, table []string, want map[string]any, edit func([]byte) ([]byte, error)) ([]byte, error) {
	before, err := scan(text)
	if err != nil {
		return nil, err
	}
	if err := before.editable(table); err != nil {
		return nil, err
	}
	out, err := edit(bytes.Clone(text))
	if err != nil {
		return nil, err
	}
	after, err := scan(out)
	if err != nil || !same(after.table(table), want) || !same(without(after.values, table), without(before.values, table)) {
		return nil, &Error{Msg: fmt.Sprintf("the table [%s] cannot be edited without changing something else: edit it by hand", dotted(table))}
	}
	return out, nil
}

// begin adds the table with all its pairs if it has no header.
func begin(text []byte, table []string, pairs []Pair) ([]byte, error) {
	d, err := scan(text)
	if err != nil {
		return nil, err
	}
	if d.find(table) != nil {
		return text, nil
	}
	at := len(text)
	for i := range d.sections {
		if s := &d.sections[i]; len(s.path) > 0 && s.path[0] == table[0] {
			at = d.blockEnd(s)
		}
	}
	var b strings.Builder
	if rest := bytes.TrimRight(text[:at], " \t"); len(rest) > 0 {
		if rest[len(rest)-1] != '\n' {
			b.WriteByte('\n')
		}
		if !blankBefore(text[:at]) {
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "[%s]\n", dotted(table))
	for _, p := range pairs {
		if _, there := d.table(table)[p.Key]; !there {
			b.WriteString(line(p))
		}
	}
	return d.splice(span{at, at}, b.String()), nil
}

// blankBefore reports whether the last line of a text is blank.
func blankBefore(text []byte) bool {
	lines := bytes.Split(text, []byte("\n"))
	n := len(lines)
	return n >= 2 && len(lines[n-1]) == 0 && len(bytes.TrimSpace(lines[n-2])) == 0
}

// setKeys sets keys of a table that has a header.
func setKeys(text []byte, table []string, pairs []Pair) ([]byte, error) {
	for _, p := range pairs {
		d, err := scan(text)
		if err != nil {
			return nil, err
		}
		value, err := decoded(p.Value)
		if err != nil {
			return nil, err
		}
		was, there := d.table(table)[p.Key]
		if there && same(was, value) {
			continue
		}
		if i := slices.IndexFunc(d.find(table).entries, func(e entry) bool { return slices.Equal(e.key, []string{p.Key}) }); i >= 0 {
			text = d.splice(d.find(table).entries[i].value, encode(p.Value))
			continue
		}
		if text, err = removeKey(text, table, p.Key); err != nil {
			return nil, err
		}
		if text, err = addKey(text, table, p); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// addKey adds a line below the last one of a table.
func addKey(text []byte, table []string, p Pair) ([]byte, error) {
	d, err := scan(text)
	if err != nil {
		return nil, err
	}
	s := d.find(table)
	at, indent := s.end(), ""
	if n := len(s.entries); n > 0 {
		first := d.text[s.entries[n-1].lines.from:]
		indent = string(first[:len(first)-len(bytes.TrimLeft(first, " \t"))])
	}
	added := indent + line(p)
	if at > 0 && text[at-1] != '\n' {
		added = "\n" + added
	}
	return d.splice(span{at, at}, added), nil
}

// removeKey removes a key of a table, however it is written there.
func removeKey(text []byte, table []string, key string) ([]byte, error) {
	d, err := scan(text)
	if err != nil {
		return nil, err
	}
	if s := d.find(table); s != nil {
		for _, e := range slices.Backward(s.entries) {
			if e.key[0] == key {
				text = slices.Concat(text[:e.lines.from], text[e.lines.to:])
			}
		}
	}
	return removeSections(text, slices.Concat(table, []string{key}))
}

// removeSections removes a table, or a list of tables, and what is in it.
func removeSections(text []byte, table []string) ([]byte, error) {
	d, err := scan(text)
	if err != nil {
		return nil, err
	}
	var cuts []span
	for i := range d.sections {
		s := &d.sections[i]
		if len(s.path) == 0 || !hasPrefix(s.path, table) {
			continue
		}
		cut := span{s.header.from, d.blockEnd(s)}
		if n := len(cuts); n > 0 && d.blank(span{cuts[n-1].to, cut.from}) {
			cuts[n-1].to = cut.to
		} else {
			cuts = append(cuts, cut)
		}
	}
	for _, cut := range slices.Backward(cuts) {
		// Of the blank lines around it one stays, none at either end.
		if next := d.lineEnd(cut.to); d.blank(span{cut.to, next}) {
			switch {
			case blankBefore(text[:cut.from]):
				cut.from = d.lineStart(cut.from - 1)
			case cut.from == 0:
				cut.to = next
			}
		}
		text = slices.Concat(text[:cut.from], text[cut.to:])
	}
	return text, nil
}

// splice puts text, whose lines end in a line feed, in the place of a part.
func (d *document) splice(s span, text string) []byte {
	return slices.Concat(d.text[:s.from], []byte(strings.ReplaceAll(text, "\n", d.newline())), d.text[s.to:])
}

// table returns what a table says, nil if it is not there.
func (d *document) table(path []string) map[string]any {
	at := d.values
	for _, key := range path {
		at, _ = at[key].(map[string]any)
	}
	return at
}

// without returns values without a table, and without those around it that hold
// nothing else.
func without(values map[string]any, path []string) map[string]any {
	out := maps.Clone(values)
	below, ok := out[path[0]].(map[string]any)
	if ok && len(path) > 1 {
		below = without(below, path[1:])
		out[path[0]] = below
	}
	if ok && (len(path) == 1 || len(below) == 0) {
		delete(out, path[0])
	}
	return out
}

// decoded is a value as it is read.
func decoded(value any) (any, error) {
	var out struct{ V any }
	err := toml.Unmarshal([]byte("V = "+encode(value)), &out)
	return out.V, err
}

// same compares what was read. Written again it has one form, whatever the order
// of its keys was, and not a number is the same as not a number.
func same(a, b any) bool {
	x, err := toml.Marshal(map[string]any{"v": a})
	if err != nil {
		return false
	}
	y, err := toml.Marshal(map[string]any{"v": b})
	return err == nil && bytes.Equal(x, y)
}
