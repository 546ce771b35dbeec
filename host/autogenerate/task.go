package autogenerate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Task is one database and the schema that is wanted for it.
type Task struct {
	Database host.Database // whose schema is to become the wanted one; it must be at head
	Wanted   Wanted
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
}

// A Bench is where schemas are tried out: what an adapter can do, and a sandbox.
type Bench struct {
	// Scratch makes an empty database of the task's dialect, and what drops it.
	Scratch func(context.Context) (db host.Database, drop func(context.Context) error, err error)

	// SQL opens a handle of a database: the task's, a wanted or a scratch one.
	SQL func(host.Database) (*sql.DB, error)

	// Sandbox runs what was written. Compare needs none.
	Sandbox host.Sandbox
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

// Compare says what differs. It changes nothing.
func Compare(ctx context.Context, t Task) (c *Comparison, err error) {
	w := &workshop{Task: t}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	current, wanted, err := w.sides(ctx)
	if err != nil {
		return nil, err
	}
	c, _, err = w.forward(ctx, current, wanted)
	return c, err
}

// forward compares in the direction of the upgrade. Renames are those that the
// task gives and that are of something that is there.
func (w *workshop) forward(ctx context.Context, current, wanted diff.Side) (*Comparison, *diff.Result, error) {
	renames, unused, err := fitting(ctx, current, wanted, w.Renames)
	if err != nil {
		return nil, nil, err
	}
	w.Renames = renames
	found, err := w.compare(ctx, current, wanted, renames, w.Ask)
	if err != nil {
		return nil, nil, err
	}
	return &Comparison{
		Dialect: w.Database.Dialect(), Changes: found.Changes, Hidden: found.Hidden, Unwritten: found.Unwritten, unused: unused,
	}, found, nil
}

// A workshop is a task under way, with what has to be closed after it.
type workshop struct {
	Task
	closers []func(context.Context) error
}

// closeWithin is how long closing may take. It goes on after the context of the
// task has ended: a scratch database must not be left behind.
const closeWithin = 15 * time.Second

func (w *workshop) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	for i := len(w.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, w.closers[i](ctx))
	}
	return err
}

// scratch makes an empty database that is dropped with the workshop.
func (w *workshop) scratch(ctx context.Context) (host.Database, error) {
	db, drop, err := w.Bench.Scratch(ctx)
	if err != nil {
		return nil, fmt.Errorf("make a scratch database: %w", err)
	}
	w.closers = append(w.closers, drop)
	return db, nil
}

// open opens a handle of a database that is closed with the workshop.
func (w *workshop) open(db host.Database) (*sql.DB, error) {
	handle, err := w.Bench.SQL(db)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func(context.Context) error { return handle.Close() })
	return handle, nil
}

// sides returns the database's schema and the wanted one.
func (w *workshop) sides(ctx context.Context) (current, wanted diff.Side, err error) {
	db := w.Database
	if present(ctx, db) != nil { // looking would make it
		if db, err = w.scratch(ctx); err != nil {
			return current, wanted, err
		}
	}
	if current, err = w.side(ctx, db); err != nil {
		return current, wanted, err
	}
	if db, err = w.build(ctx); err != nil {
		return current, wanted, err
	}
	wanted, err = w.side(ctx, db)
	return current, wanted, err
}

// side reads the schema of a database.
func (w *workshop) side(ctx context.Context, db host.Database) (side diff.Side, err error) {
	if side.DB, err = w.open(db); err == nil {
		side.Objects, err = objects(ctx, db)
	}
	return side, err
}

func objects(ctx context.Context, db host.Database) (all []host.Object, err error) {
	conn, err := db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Objects(ctx)
}

func (w *workshop) compare(ctx context.Context, from, to diff.Side, renames []diff.Rename, ask func(diff.Rename) (bool, error)) (*diff.Result, error) {
	return diff.Compare(ctx, from, to, diff.Options{
		Dialect: w.Database.Dialect(), Renames: renames, Ask: ask, Filters: w.Filters,
	})
}
