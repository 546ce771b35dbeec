package chain

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ParseHeader reads the comment lines at the top of a migration file, and
// digests the file. The body is not read, so Irreversible is always false: only
// Parse knows.
//
//	-- Revision ID: 5e1f0c0de0a2
//	-- Revises: 5e1f0c0de0a1
//	-- Depends on: tools@0123456789ab      (optional)
//	-- Branch labels: reports              (optional)
//	-- Line: reports                       (optional, defaults to main)
//	-- Irreversible: it drops the addresses (optional: why there is no downgrade)
//	-- Create Date: 2026-10-02 09:30:00    (optional, defaults to the file name's)
//	-- Template: on                        (optional, see Parse)
//
// Revises is empty for the first revision; it, "Depends on" and "Branch labels"
// take several values with commas between. Other comments and blank lines may
// stand among them. Errors are of type *ParseError.
func ParseHeader(name string, d Dialect, b []byte) (Revision, error) {
	h, err := parseHeader(name, d, string(normalize(b)))
	if err != nil {
		return Revision{}, err
	}
	h.Digest = Digest(b)
	return h.Revision, nil
}

// A header is what stands at the top of a file.
type header struct {
	Revision
	template     bool
	irreversible string // the mark's reason
}

// A Header collects what the top of a migration file of another form says, key
// by key. The keys and their values are those of ParseHeader, in lower case.
type Header struct{ header }

// NewHeader begins the header of a file.
func NewHeader(name string, d Dialect) *Header { return &Header{newHeader(name, d)} }

// Set sets what a key says.
func (h *Header) Set(key, value string) error {
	set, known := headerLines[key]
	if !known {
		return fmt.Errorf("%q is not a key of a header", key)
	}
	return set(&h.header, value)
}

// Revision returns what was said.
func (h *Header) Revision() Revision { return h.header.Revision }

func newHeader(name string, d Dialect) header {
	h := header{Revision: Revision{Dialect: d, Source: name}}
	h.Line = DefaultLine
	h.Created, h.Slug = ParseName(name)
	return h
}

// parseHeader reads the header of a normalized text.
func parseHeader(name string, d Dialect, text string) (header, error) {
	h := newHeader(name, d)
	fail := func(line int, format string, args ...any) (header, error) {
		return header{}, &ParseError{Path: name, Line: line, Msg: fmt.Sprintf(format, args...)}
	}
	if at := badText(text); at >= 0 {
		return fail(1+strings.Count(text[:at], "\n"), "not UTF-8 text, or it holds a NUL byte: save the file as UTF-8")
	}

	seen := map[string]int{}
	line := 1
	for tok := range Tokens(d, text) {
		if !tok.Blank() {
			break
		}
		if tok.Kind == Comment && strings.HasPrefix(tok.Text, "--") {
			if markerOf(tok.Text) != nil {
				break
			}
			key, value, ok := strings.Cut(tok.Text[2:], ":")
			key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
			set, known := headerLines[key]
			if ok && known {
				if seen[key] > 0 {
					return fail(line, "a second %q: line %d has the first; keep one of them", key, seen[key])
				}
				seen[key] = line
				if err := set(&h, value); err != nil {
					return fail(line, "%s: %v", strings.TrimSpace(tok.Text), err)
				}
			}
		}
		line += strings.Count(tok.Text, "\n")
	}

	switch {
	case h.ID == "":
		return fail(0, `no revision id: put a line "-- Revision ID: " and 12 lower-case hex digits at the top of the file`)
	case seen["revises"] == 0:
		return fail(0, `no parent: put a line "-- Revises: " and the id of the revision before at the top of the file, `+
			`or nothing after the colon if it is the first`)
	}
	return h, nil
}

// headerLines are the known lines of a header: what stands before the colon, in
// lower case, and what it sets.
var headerLines = map[string]func(*header, string) error{
	"revision id": func(h *header, v string) error {
		h.ID = v
		return checkID(v)
	},
	"revises": func(h *header, v string) error {
		h.Revises = list(v)
		return firstError(h.Revises, checkID)
	},
	"depends on": func(h *header, v string) error {
		return firstError(list(v), func(s string) error {
			key, err := ParseKey(s)
			h.DependsOn = append(h.DependsOn, key)
			return err
		})
	},
	"branch labels": func(h *header, v string) error {
		h.Labels = list(v)
		return firstError(h.Labels, func(s string) error {
			if !validName(s) {
				return fmt.Errorf("%q is not a label: use letters, digits and _ . / - inside, and not head, heads or base", s)
			}
			return nil
		})
	},
	"create date": func(h *header, v string) (err error) {
		h.Created, err = parseDate(v)
		return err
	},
	"line": func(h *header, v string) error {
		if !validName(v) {
			return fmt.Errorf("%q is not the name of a line: use letters, digits and _ . / - inside, and not head, heads or base", v)
		}
		h.Line = v
		return nil
	},
	"irreversible": func(h *header, v string) error {
		if v == "" {
			return errors.New("say why there is no downgrade")
		}
		h.irreversible = v
		return nil
	},
	"template": func(h *header, v string) error {
		switch strings.ToLower(v) {
		case "on":
			h.template = true
		case "off":
		default:
			return fmt.Errorf("%q is neither on nor off", v)
		}
		return nil
	},
}

func checkID(s string) error {
	if !ValidID(s) {
		return fmt.Errorf("%q is not a revision id, which is 12 lower-case hex digits", s)
	}
	return nil
}

// list reads values with commas between.
func list(v string) []string {
	if v == "" {
		return nil
	}
	parts := strings.Split(v, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func firstError(values []string, check func(string) error) error {
	for _, v := range values {
		if err := check(v); err != nil {
			return err
		}
	}
	return nil
}

// parseDate reads RFC 3339, and the forms that Alembic writes, which are in UTC
// where they name no zone.
func parseDate(v string) (time.Time, error) {
	// Parse takes a fraction of a second wherever the layout has seconds.
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date such as 2026-10-02 09:30:00 or 2026-10-02T09:30:00Z", v)
}

// badText returns the offset of the first byte that a text must not have, or -1.
func badText(s string) int {
	if n := strings.IndexByte(s, 0); n >= 0 {
		return n
	}
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size <= 1 {
				return i
			}
		}
	}
	return -1
}
