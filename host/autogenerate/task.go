package autogenerate

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Task is one database and the schema that is wanted for it.
type Task struct {
	Database host.Database // whose schema is to become the wanted one; it must be at head
	Wanted   *Schema
	Bench    Bench

	// Naming is how indexes and constraints are called that have no name, when
	// the migration runs. Defaults to schema.DefaultNaming.
	Naming schema.Naming

	// Renames are what was renamed and not dropped and created.
	Renames []diff.Rename

	// Ask, if set, is asked of what could have been renamed. Defaults to taking
	// nothing for renamed that Renames does not name.
	Ask func(diff.Rename) (bool, error)

	// Filters say what to leave out; the first that matches hides a change.
	// Defaults to diff.DefaultFilters.
	Filters []diff.Filter

	// Elsewhere are the names of the indexes that the wanted schemas of other
	// dialects have, for the filter about them.
	Elsewhere []string

	// Untried lets Propose return a migration that does not run on a copy of the
	// schema, for a person to mend. Defaults to an error.
	Untried bool
}

// A Comparison is in what a database's schema is not the wanted one.
type Comparison struct {
	Dialect   chain.Dialect
	Changes   []diff.Change // what the operations of a migration would do
	Hidden    []diff.Hidden
	Unwritten []diff.Unwritten // no operation does it

	unused []*RenameError // renames of the task that are of nothing that is there
}

// Same reports whether there is nothing that no filter hides.
func (c *Comparison) Same() bool { return len(c.Changes)+len(c.Unwritten) == 0 }

// Told are the hidden changes that somebody may want to know of: Sandpiper's own
// tables are in every database.
func (c *Comparison) Told() int {
	n := 0
	for _, h := range c.Hidden {
		if h.Filter != ledgerFilter {
			n++
		}
	}
	return n
}

// Compare says what differs. It changes nothing.
func Compare(ctx context.Context, t Task) (c *Comparison, err error) {
	j := &job{Task: t, workshop: workshop{bench: t.Bench}}
	defer func() { err = errors.Join(err, j.close(ctx)) }()
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	c, _, err = j.forward(ctx)
	return c, err
}

// A job is a task under way.
type job struct {
	Task
	workshop
	current, wanted diff.Side
}

// look reads the two schemas.
func (j *job) look(ctx context.Context) (err error) {
	j.wanted = j.Wanted.side
	db := j.Database
	if present(ctx, db) != nil { // to look into it would make it
		if db, err = j.scratch(ctx); err != nil {
			return err
		}
	}
	j.current, err = j.side(ctx, db)
	return err
}

// forward compares in the direction of the upgrade. From then on Renames are
// those that are of something that is there.
func (j *job) forward(ctx context.Context) (*Comparison, *diff.Result, error) {
	renames, unused, err := j.fitting(ctx)
	if err != nil {
		return nil, nil, err
	}
	j.Renames = renames
	found, err := j.compare(ctx, j.current, j.wanted, j.Filters, renames, j.Ask)
	if err != nil {
		return nil, nil, err
	}
	return &Comparison{
		Dialect: j.Database.Dialect(), Changes: found.Changes, Hidden: found.Hidden, Unwritten: found.Unwritten, unused: unused,
	}, found, nil
}

func (j *job) compare(ctx context.Context, from, to diff.Side, filters []diff.Filter, renames []diff.Rename, ask func(diff.Rename) (bool, error)) (*diff.Result, error) {
	return diff.Compare(ctx, from, to, diff.Options{
		Dialect: j.Database.Dialect(), Renames: renames, Ask: ask, Filters: filters, Elsewhere: j.Elsewhere,
	})
}
