package diff

import (
	"database/sql"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Side is one of the two schemas that are compared: a database, real or
// scratch, and what Conn.Objects says of it.
type Side struct {
	DB      *sql.DB
	Objects []host.Object
}

// Options are how two schemas are compared.
type Options struct {
	Dialect chain.Dialect

	// Renames are what was renamed and not dropped and created.
	Renames []Rename

	// Ask, if set, is asked of everything that could have been renamed:
	// something is gone and something alike has come. Without it nothing is a
	// rename that Renames does not name.
	Ask func(Rename) (bool, error)

	// Filters say what to leave out; the first that matches hides a change.
	// Defaults to DefaultFilters.
	Filters []Filter

	// Elsewhere are the names of the indexes that the wanted schemas of other
	// dialects declare, for the filter about them.
	Elsewhere []string
}

// A Rename is a table, or a column of a table, that has another name.
type Rename struct {
	Table    string // its table's name as wanted; "" where it is a table itself
	Old, New string
}

// A Change is one difference, as filters see it.
type Change struct {
	Dialect chain.Dialect
	Action  Action
	Kind    Kind
	Table   string // that it belongs to; "" for tables and what stands alone
	Name    string
	Index   *Index // of an index
	Type    string // of a column, as the database has it or will have it
	Was     string // of a modified column, its type before
	Text    string // what differs, for people, in one line

	Destroys bool // rows or values that are stored are lost
}

// Action is what happens to a thing.
type Action string

// The actions.
const (
	Add     Action = "add"
	Drop    Action = "drop"
	Modify  Action = "modify"
	Renamed Action = "rename"
)

// Kind is what a Change is about: a host.ObjectKind, "column" or "constraint".
type Kind string

// An Index is what filters know of an index that is added, dropped or modified.
type Index struct {
	Method          string   // btree, gin, gist …, lower case; "" on SQLite
	OperatorClasses []string // that are not the type's default, such as gin_trgm_ops
	Expressions     bool     // it has parts that are no columns
	DirectionOnly   bool     // it is there under another name and differs by asc and desc alone
	Elsewhere       bool     // the wanted schema of another dialect declares it, and that of this one does not
}

// A Filter is a rule for what to leave out. It may come from sandpiper.toml or
// from a program.
type Filter struct {
	Name string // shown with what it hides
	Hide func(Change) bool
}

// Hidden is a change that a filter left out.
type Hidden struct {
	Change Change
	Filter string
}

// A Result is what leads from one schema to the other.
type Result struct {
	Operations []schema.Operation
	Changes    []Change // what the operations do, in their order
	Hidden     []Hidden

	// Unwritten are differences that no operation was found for, each with
	// the reason: a person must write them.
	Unwritten []Unwritten
}

// Unwritten is a difference that is there and that no operation was found for.
type Unwritten struct {
	Change Change
	Reason string
}
