package chain

import (
	"slices"
	"strings"
)

// Reparent returns the text of a migration file in SQL with another parent in
// its header, and otherwise to the letter what it was. The result reads as the
// same revision that revises parent alone; where it would not, the error says
// so and the file is for a person to change.
func Reparent(name string, d Dialect, b []byte, parent string) ([]byte, error) {
	was, err := ParseHeader(name, d, b)
	if err != nil {
		return nil, err
	}
	from, to, ok := revisesValue(d, string(b))
	if !ok {
		return nil, errByHand(name)
	}
	value := parent
	if from == to && b[from-1] == ':' {
		value = " " + parent
	}
	out := slices.Concat(b[:from], []byte(value), b[to:])
	is, err := ParseHeader(name, d, out)
	if err != nil || !SameButParents(was, is) || !slices.Equal(is.Revises, []string{parent}) {
		return nil, errByHand(name)
	}
	return out, nil
}

// SameButParents reports whether two headers say the same of a revision, but
// for what it revises.
func SameButParents(a, b Revision) bool {
	return a.Key == b.Key && a.Dialect == b.Dialect && a.Slug == b.Slug && a.Created.Equal(b.Created) &&
		slices.Equal(a.DependsOn, b.DependsOn) && slices.Equal(a.Labels, b.Labels)
}

func errByHand(name string) error {
	return &ParseError{Path: name, Msg: "the line that names the parent cannot be changed without touching anything else: change it by hand"}
}

// revisesValue finds where the value of "-- Revises:" begins and ends.
func revisesValue(d Dialect, text string) (from, to int, ok bool) {
	const key = "revises"
	skip := len(text) - len(strings.TrimPrefix(text, "\xef\xbb\xbf"))
	for tok := range Tokens(d, text[skip:]) {
		if !tok.Blank() {
			break
		}
		if tok.Kind != Comment || !strings.HasPrefix(tok.Text, "--") {
			continue
		}
		// A lone carriage return ends a line as ParseHeader reads it.
		line, _, _ := strings.Cut(tok.Text, "\r")
		name, value, found := strings.Cut(line[2:], ":")
		if !found || !strings.EqualFold(strings.TrimSpace(name), key) {
			continue
		}
		begin := skip + tok.Pos + len("--") + len(name) + len(":")
		inner := strings.TrimSpace(value)
		if inner == "" {
			begin += len(value) - len(strings.TrimPrefix(value, " "))
			return begin, begin, true
		}
		begin += strings.Index(value, inner)
		return begin, begin + len(inner), true
	}
	return 0, 0, false
}
