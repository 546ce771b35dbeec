package sdktest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Database is what a Runner runs migrations on. Errors of statements are of
// type *[sdk.Error].
type Database interface {
	// Dialect returns the kind of the database.
	Dialect() sdk.Dialect

	// Begin, Commit and Rollback begin and end a transaction.
	Begin() error
	Commit() error
	Rollback() error

	// Exec runs one statement, inside the transaction if there is one.
	Exec(sql string, params []sdk.Value) (affected int64, err error)

	// Query runs one statement and opens its rows.
	Query(sql string, params []sdk.Value) (Rows, error)
}

// Rows are the open rows of a query.
type Rows interface {
	// Columns returns the columns.
	Columns() ([]abi.Column, error)

	// Next returns the next row, or io.EOF after the last one. The slice and
	// the bytes in it are valid until the following call.
	Next() ([]abi.Value, error)

	// Close closes the rows. It is safe to call twice, and after the last row.
	Close() error
}

// An Operator is a Database that does schema operations.
type Operator interface {
	// Apply does one operation, inside the transaction if there is one.
	Apply(request schema.Request) error
}

// A Runner runs the registered migrations on a database, as the host would. It
// remembers what migrations that failed had committed before.
type Runner struct {
	// ChunkRows is how many rows a chunk of a backfill has. Defaults to 3, so that
	// a test with few rows has several chunks.
	ChunkRows int

	db       Database
	lines    []string
	progress map[string][]unit // by revision and direction
	until    *sdk.Phase        // the last phase to run; nil for all
	cutter   func(moment) bool // decides whether a run is cut short
}

// New returns a runner for a database.
func New(db Database) *Runner {
	return &Runner{db: db, progress: map[string][]unit{}}
}

// Upgrade runs the upgrades of all registered migrations that have a revision
// for the database's dialect, in the order of their registration, and ends the
// test if one fails.
func (r *Runner) Upgrade(t testing.TB) {
	t.Helper()
	if err := r.Try(sdk.Upgrade); err != nil {
		t.Fatal(err)
	}
}

// Downgrade runs the downgrades, last one first, and ends the test if one fails.
func (r *Runner) Downgrade(t testing.TB) {
	t.Helper()
	if err := r.Try(sdk.Downgrade); err != nil {
		t.Fatal(err)
	}
}

// Try is Upgrade or Downgrade, and returns the error of the first migration that
// fails. Running it again resumes that migration.
func (r *Runner) Try(dir sdk.Direction) error {
	if _, err := sdk.Manifest(); err != nil {
		return err
	}
	migrations := sdk.Registered()
	if dir == sdk.Downgrade {
		slices.Reverse(migrations)
	}
	ran := false
	for _, m := range migrations {
		if m.Revision(r.db.Dialect()).ID == "" {
			continue
		}
		ran = true
		if err := r.Run(m, dir); err != nil {
			return err
		}
	}
	if !ran {
		return fmt.Errorf("no migration is registered for %s", r.db.Dialect())
	}
	return nil
}

// Log returns what the migrations have logged, and their progress, one line
// each, such as "info: gave 3 deployments a slug" and "progress: 3 of 3".
func (r *Runner) Log() []string { return slices.Clone(r.lines) }

// Run runs one migration, registered or not, and returns its error. Running it
// again resumes it.
func (r *Runner) Run(m sdk.Migration, dir sdk.Direction) error {
	id := m.Revision(r.db.Dialect()).ID
	if err := r.run(m, dir, id); err != nil {
		return fmt.Errorf("%s of %s (%s): %w", dir, m.Slug, id, err)
	}
	return nil
}

func (r *Runner) run(m sdk.Migration, dir sdk.Direction, id string) error {
	key := id + " " + dir.String()
	s := &session{
		runner: r,
		db:     r.db,
		record: newRecord(r.progress[key]),
		context: abi.Context{
			ABI:       abi.Version,
			Dialect:   string(r.db.Dialect()),
			Line:      abi.DefaultLine,
			Revision:  id,
			Direction: dir.String(),
			Started:   started,
			Server:    "test",
		},
	}
	if manifest, err := sdk.Manifest(); err == nil {
		s.context.Line = manifest.Line
	}
	s.random = seeded(id)
	err := s.begin()
	if err == nil {
		err = s.end(sdk.Run(s, m, dir))
	}
	if err != nil {
		s.rollback()
		r.progress[key] = s.record.safe()
		return err
	}
	delete(r.progress, key)
	return nil
}

// started is the time at which every run starts: 2026-01-01 00:00:00 UTC.
const started = 1767225600000000
