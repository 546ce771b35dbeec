package sdk

import (
	"runtime"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Dialect is the kind of database that a migration runs on.
type Dialect string

// The dialects.
const (
	PostgreSQL Dialect = abi.PostgreSQL
	SQLite     Dialect = abi.SQLite
)

// Param returns the placeholder of the n-th parameter of a statement, counted
// from 1: "$1" on PostgreSQL, "?1" on SQLite.
func (d Dialect) Param(n int) string {
	if d == SQLite {
		return "?" + strconv.Itoa(n)
	}
	return "$" + strconv.Itoa(n)
}

// Direction is which way a migration runs.
type Direction uint8

// The directions.
const (
	Upgrade   Direction = abi.DirectionUpgrade
	Downgrade Direction = abi.DirectionDowngrade
)

// String returns "upgrade" or "downgrade".
func (d Direction) String() string {
	if d == Downgrade {
		return abi.Downgrade
	}
	return abi.Upgrade
}

// A Migration is one change, with one revision per dialect.
type Migration struct {
	// Slug is what the migration is called, such as "fill_slugs".
	Slug string

	// Created is when it was written, as in RFC 3339.
	Created string

	// PostgreSQL and SQLite are its places in the two chains. A zero Revision
	// says that there is nothing to do on that dialect.
	PostgreSQL, SQLite Revision

	// Upgrade and Downgrade do the work. A migration whose Downgrade is nil is
	// irreversible.
	Upgrade, Downgrade func(*Tx) error
}

// A Revision is a place in a dialect's chain.
type Revision struct {
	ID        string   // 12 lower-case hex digits
	Revises   []string // the parents' ids; none for the first of a line
	DependsOn []string // "line@id" of revisions that must be applied before
	Labels    []string // branch labels
}

// Revision returns the migration's revision on a dialect.
func (m *Migration) Revision(d Dialect) Revision {
	switch d {
	case PostgreSQL:
		return m.PostgreSQL
	case SQLite:
		return m.SQLite
	}
	return Revision{}
}

// registered is what the plugin's init functions have said. A migration's step
// is its place in it: Go runs init functions in the same order in every build.
var registered struct {
	name, version, line string
	capabilities        Capabilities
	migrations          []Migration
	sources             []string // the file of each Register
}

// Register adds a migration to the module. Call it from an init function. What
// is wrong with a migration is reported when the module is built.
func Register(m Migration) {
	_, file, _, _ := runtime.Caller(1)
	registered.migrations = append(registered.migrations, m)
	registered.sources = append(registered.sources, file)
}

// Module names the module and says which line its migrations belong to: a
// plugin for databases of others has a line of its own. An empty line is
// "main". Call it, at most once, from an init function.
func Module(name, version, line string) {
	registered.name, registered.version, registered.line = name, version, line
}

// Capabilities are what a module asks for that others run as a plugin on their
// databases (abi/ABI.md, section 6.3).
type Capabilities = abi.Capabilities

// A Use is what a plugin does with a table that it does not own.
type Use = abi.Use

// Ask says what the module needs where it is run as a plugin: whoever runs it
// reads that first, and what is not asked for is refused. A module of the line
// "main", which is trusted, asks for nothing. Call it, at most once, from an init
// function.
func Ask(c Capabilities) { registered.capabilities = c }

// Registered returns the migrations of this module, in the order of their
// registration.
func Registered() []Migration {
	return append([]Migration(nil), registered.migrations...)
}

// Manifest returns the module's manifest (ABI.md, section 6.3), or what is
// wrong with what was registered.
func Manifest() (*abi.Manifest, error) {
	m := &abi.Manifest{
		Manifest: 1,
		ABI:      abi.Version,
		Name:     registered.name,
		Version:  registered.version,
		Line:     registered.line,

		Capabilities: registered.capabilities,
	}
	if m.Line == "" {
		m.Line = abi.DefaultLine
	}
	for step := range registered.migrations {
		migration := &registered.migrations[step]
		if migration.Upgrade == nil {
			return nil, wrongMigration(migration, "it has no Upgrade")
		}
		before := len(m.Revisions)
		for _, d := range []Dialect{PostgreSQL, SQLite} {
			r := migration.Revision(d)
			if r.ID == "" {
				if len(r.Revises)+len(r.DependsOn)+len(r.Labels) > 0 {
					return nil, wrongMigration(migration, "its "+string(d)+" revision has no ID")
				}
				continue
			}
			m.Revisions = append(m.Revisions, abi.Revision{
				Step:         int32(step),
				Dialect:      string(d),
				ID:           r.ID,
				Revises:      r.Revises,
				DependsOn:    r.DependsOn,
				Labels:       r.Labels,
				Slug:         migration.Slug,
				Created:      migration.Created,
				Irreversible: migration.Downgrade == nil,
				Source:       registered.sources[step],
			})
		}
		if len(m.Revisions) == before {
			return nil, wrongMigration(migration, "it has a revision for neither dialect")
		}
	}
	if len(m.Revisions) == 0 {
		return nil, &Error{Errno: ErrArgument,
			Message: "no migration is registered: call sdk.Register from an init function"}
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

func wrongMigration(m *Migration, reason string) error {
	return &Error{Errno: ErrArgument, Message: `migration "` + m.Slug + `": ` + reason}
}

// Run runs one migration against a backend and returns what sandpiper_run
// reports: nil only if the migration is complete. It is what the host's call
// comes to in a module, and what package sdktest calls in a test.
func Run(b Backend, m Migration, dir Direction) error {
	handler := m.Upgrade
	if dir == Downgrade {
		handler = m.Downgrade
	}
	if handler == nil {
		return wrongMigration(&m, "it has no "+dir.String())
	}
	c, err := b.Context()
	if err != nil {
		return err
	}
	if m.Revision(Dialect(c.Dialect)).ID == "" {
		return wrongMigration(&m, "it has no revision for "+c.Dialect)
	}
	tx := &Tx{backend: b, context: c}
	return tx.settle(0, handler(tx))
}
