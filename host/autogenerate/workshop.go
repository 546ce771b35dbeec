package autogenerate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A Bench is where schemas are tried out: what an adapter can do, and a sandbox.
type Bench struct {
	// Scratch makes an empty database of the dialect, and what drops it.
	Scratch func(context.Context) (db host.Database, drop func(context.Context) error, err error)

	// SQL opens a handle of a database: the task's, a wanted or a scratch one.
	SQL func(host.Database) (*sql.DB, error)

	// Sandbox runs what was written. Propose alone needs one.
	Sandbox host.Sandbox
}

// A workshop is a bench at work, with what has to be closed after it.
type workshop struct {
	bench   Bench
	closers []func(context.Context) error
}

// closeWithin is how long closing may take. It goes on after the context of the
// task has ended: a scratch database must not be left behind.
const closeWithin = 15 * time.Second

// close closes what is open, the newest first.
func (w *workshop) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	for i := len(w.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, w.closers[i](ctx))
	}
	w.closers = nil
	return err
}

// scratch makes an empty database that is dropped with the workshop.
func (w *workshop) scratch(ctx context.Context) (host.Database, error) {
	db, drop, err := w.bench.Scratch(ctx)
	if err != nil {
		return nil, fmt.Errorf("make a scratch database: %w", err)
	}
	w.closers = append(w.closers, drop)
	return db, nil
}

// open opens a handle of a database that is closed with the workshop.
func (w *workshop) open(db host.Database) (*sql.DB, error) {
	handle, err := w.bench.SQL(db)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func(context.Context) error { return handle.Close() })
	return handle, nil
}

// side reads the schema of a database.
func (w *workshop) side(ctx context.Context, db host.Database) (side diff.Side, err error) {
	if side.DB, err = w.open(db); err != nil {
		return side, err
	}
	conn, err := db.Connect(ctx)
	if err != nil {
		return side, err
	}
	side.Objects, err = conn.Objects(ctx)
	return side, errors.Join(err, conn.Close())
}
