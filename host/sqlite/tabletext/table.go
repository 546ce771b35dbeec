package tabletext

import "strings"

// A Span is a part of a text: the bytes from Start up to End.
type Span struct{ Start, End int }

func (s Span) empty() bool { return s.Start == s.End }

// A Table is a CREATE TABLE statement and where its parts are in it.
type Table struct {
	SQL         string
	Name        string
	NameSpan    Span
	Columns     []Column
	Constraints []Constraint // of the table, not of its columns

	WithoutRowID bool
	Strict       bool

	items  []Span // columns and constraints, in order
	tokens []token
}

// A Column is the definition of a column.
type Column struct {
	Name        string
	Span        Span // from the name to the last constraint
	NameSpan    Span
	Type        Span // empty, after the name, where there is none
	Constraints []Constraint
}

// A Kind is what a Constraint is.
type Kind uint8

// The kinds of constraints. SQLite calls constraints whatever may follow the
// type of a column.
const (
	NoConstraint Kind = iota // a name that no constraint follows
	PrimaryKey
	NotNull
	Null // NULL: the column may be NULL, which it may anyway
	Unique
	Check
	Default
	Collate
	ForeignKey
	Generated
	Deferral // DEFERRABLE that does not follow REFERENCES at once
)

// String returns the kind as a message has it.
func (k Kind) String() string {
	return [...]string{
		"name of a constraint", "primary key", "NOT NULL", "NULL", "unique constraint", "check", "default",
		"collation", "foreign key", "generated column", "deferral",
	}[k]
}

// A Constraint is a constraint of a table or of a column.
type Constraint struct {
	Kind Kind
	Name string // "" if it has none
	Span Span   // with CONSTRAINT and the name

	Columns       []string // of a key or a foreign key; of a column's own, the column
	Terms         []Span   // of a table's key: what follows the name of each column, its collation and order
	Parent        string   // of a foreign key: the table it refers to
	To            []string // of a foreign key: the parent's columns, as far as they are given
	Expr          Span     // of a check or a generated column, without the parentheses; the value of a default; the name of a collation
	OnDelete      string   // of a foreign key: the action in capitals, "" if none is given
	OnUpdate      string   // the same
	Autoincrement bool     // of a primary key
	Descending    bool     // of a column's primary key: DESC
	Stored        bool     // of a generated column
	Conflict      string   // of a key or NOT NULL: what ON CONFLICT asks for, in capitals, "" if it asks for nothing
	Deferred      bool     // of a foreign key or a deferral: it is looked at when the transaction commits
}

// Text returns a part of the table's text.
func (t *Table) Text(s Span) string { return t.SQL[s.Start:s.End] }

// CommentBeside reports whether there is a comment in a part of the text, or
// between it and the tokens on its two sides.
func (t *Table) CommentBeside(s Span) bool {
	from, to := 0, len(t.SQL)
	for _, k := range t.tokens {
		if k.end <= s.Start {
			from = k.end
		}
		if k.Pos >= s.End {
			to = k.Pos
			break
		}
	}
	return Commented(t.SQL[from:to])
}

// Column returns the index of a column, or -1.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if SameName(t.Columns[i].Name, name) {
			return i
		}
	}
	return -1
}

// Find returns the first constraint of a kind, or nil.
func (c *Column) Find(kind Kind) *Constraint {
	for i := range c.Constraints {
		if c.Constraints[i].Kind == kind {
			return &c.Constraints[i]
		}
	}
	return nil
}

// Count returns how many constraints of a kind there are.
func (c *Column) Count(kind Kind) int {
	n := 0
	for i := range c.Constraints {
		if c.Constraints[i].Kind == kind {
			n++
		}
	}
	return n
}

// All returns the constraints of the table, those of its columns first.
func (t *Table) All() []Constraint {
	var all []Constraint
	for i := range t.Columns {
		all = append(all, t.Columns[i].Constraints...)
	}
	return append(all, t.Constraints...)
}

// SameName reports whether SQLite takes two names for one: it looks past the
// case of ASCII letters, and of no others.
func SameName(a, b string) bool { return len(a) == len(b) && Fold(a) == Fold(b) }

// Fold returns a name in the form that all its spellings share.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Quote returns a name in double quotes.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
