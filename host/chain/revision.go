package chain

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A Dialect names a kind of database, and with it one chain of revisions.
type Dialect string

// The dialects Sandpiper knows.
const (
	PostgreSQL Dialect = "postgresql"
	SQLite     Dialect = "sqlite"
)

// Dialects are all of them, in the order in which they are written about.
var Dialects = []Dialect{PostgreSQL, SQLite}

// Title is the dialect as people write it.
func (d Dialect) Title() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return string(d)
}

// A Direction is which way a revision is run.
type Direction uint8

// The two directions, with the values of sandpiper_run in ABI.md, section 1.
const (
	Upgrade   Direction = 0
	Downgrade Direction = 1
)

// String returns "upgrade" or "downgrade".
func (d Direction) String() string {
	if d == Downgrade {
		return "downgrade"
	}
	return "upgrade"
}

// DefaultLine is the line of a project's own migrations.
const DefaultLine = "main"

// A Key names a revision within one dialect: ids are unique within a line.
type Key struct {
	Line string `json:"line"`
	ID   string `json:"id"`
}

// String returns "id", or "line@id" outside the default line, and the name of the
// line where the key names no revision, as in the history of a purge.
func (k Key) String() string {
	if k.ID == "" {
		return k.Line
	}
	if k.Line == "" || k.Line == DefaultLine {
		return k.ID
	}
	return k.Line + "@" + k.ID
}

// A Revision is one step of one dialect's chain, without its body.
type Revision struct {
	Key
	Dialect      Dialect   `json:"dialect"`
	Revises      []string  `json:"revises,omitempty"`    // parents, in the same line; empty for a base
	DependsOn    []Key     `json:"depends_on,omitempty"` // revisions that must be applied before, in any line
	Labels       []string  `json:"labels,omitempty"`     // branch labels
	Slug         string    `json:"slug,omitempty"`
	Created      time.Time `json:"created,omitzero"`       // zero if unknown
	Irreversible bool      `json:"irreversible,omitempty"` // there is no downgrade
	Digest       string    `json:"digest,omitempty"`       // "sha256:…" of the source, or "" where it has none of its own
	Module       string    `json:"module,omitempty"`       // "sha256:…" of the .wasm file that holds it, "" for a file of its own
	Source       string    `json:"source,omitempty"`       // the file it comes from, for people

	// Plugin says that it is of a plugin. What has no Created then comes after
	// what has one, or is the project's own: a plugin uses the project's tables
	// more often than the other way round.
	Plugin bool `json:"plugin,omitempty"`
}

// late reports whether a revision waits for those that nothing else orders.
func (r *Revision) late() int {
	if r.Plugin && r.Created.IsZero() {
		return 1
	}
	return 0
}

// ValidID reports whether id has the form of a revision's id: 12 lower-case
// hex digits.
func ValidID(id string) bool {
	return len(id) == idLength && span(id, isHex) == idLength
}

const idLength = 12

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' }

// validName reports whether a line or a label can be written in a target: 1 to
// 60 letters, digits, and _ . / - inside.
func validName(name string) bool {
	if len(name) == 0 || len(name) > 60 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_'
		if !letter && (i == 0 || i == len(name)-1 || c != '.' && c != '/' && c != '-') {
			return false
		}
	}
	return name != "head" && name != "heads" && name != "base"
}

// ValidLine reports whether name can be the name of a line.
func ValidLine(name string) bool { return validName(name) }

// ParseKey reads "line@id", or "id" for the default line: what Key.String
// writes.
func ParseKey(s string) (Key, error) {
	line, id, found := strings.Cut(s, "@")
	if !found {
		line, id = DefaultLine, s
	}
	if !ValidID(id) {
		return Key{}, fmt.Errorf("%q is not a revision id, which is 12 lower-case hex digits", id)
	}
	if !validName(line) {
		return Key{}, fmt.Errorf("%q is not the name of a line", line)
	}
	return Key{Line: line, ID: id}, nil
}

// compare orders keys by line, then by id.
func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Line, o.Line), cmp.Compare(k.ID, o.ID))
}
