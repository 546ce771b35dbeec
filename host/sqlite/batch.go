package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A batch runs a statement for each of many rows.
type batch struct {
	t      *tx
	p      *prepared
	stmt   host.Statement // its parameters are the row at hand
	rows   *abi.RowReader
	of     string                   // what it is, for errors
	misfit func([]abi.Value) string // says why a row's values don't fit, "" if they do; may be nil
	ran    int                      // rows
	sum    int64                    // of the rows affected
}

// each runs the statement for up to so many rows.
func (b *batch) each(ctx context.Context, most int) error {
	// The wall is raised once for all rows.
	defer b.t.c.asGuest(ctx, b.p.reading)()
	for range most {
		var err error
		b.stmt.Params, err = b.rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if b.ran++; err != nil {
			return fmt.Errorf("row %d of the %s: %w", b.ran, b.of, err)
		}
		affected := int64(0)
		if reason := b.misfits(b.stmt.Params); reason != "" {
			err = refuse(b.stmt, sqlite3.MISMATCH, -1, reason)
		} else {
			affected, err = b.t.c.execute(ctx, b.p, &b.stmt)
		}
		if err := b.t.check(&b.stmt, err); err != nil {
			return detailed(err, fmt.Sprintf("in row %d of the %s", b.ran, b.of))
		}
		b.sum += affected
	}
	return nil
}

func (b *batch) misfits(values []abi.Value) string {
	if b.misfit == nil {
		return ""
	}
	return b.misfit(values)
}

// detailed says of an error of SQLite's where it was.
func detailed(err error, detail string) error {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		refused.Detail = detail
	}
	return err
}

// bundleParams is how many parameters an INSERT of several rows has at most. To begin
// and to end a statement takes as long as to insert a row; more would save nothing.
// Rows of more than bundleBytes together are loaded one after the other: SQLite would
// keep all of them, and what it may keep for a plugin is limited (maxHeap).
const (
	bundleParams = 250
	bundleBytes  = 1 << 20
)

// bundles loads rows several at a time, while there are enough of them.
func (b *batch) bundles(ctx context.Context, to *abi.Load) error {
	n := bundleParams / len(to.Columns)
	if n < 2 || !b.rows.Has(n) {
		return nil
	}
	stmt := host.Statement{SQL: insertInto(to, n), Params: make([]abi.Value, n*len(to.Columns)), Ordinal: b.stmt.Ordinal}
	p, err := b.t.prepare(ctx, stmt)
	if err != nil {
		return err
	}
	defer b.t.c.release(p)
	for b.rows.Has(n) {
		loaded, err := b.bundle(ctx, p, n)
		if err == nil && !loaded {
			err = b.each(ctx, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bundle loads the next n rows with one statement, or says that it can't: then the
// rows are as they were before, and have to be loaded one by one for it to be known
// which of them is at fault. A savepoint undoes what is left of the statement where
// conflicts are resolved by FAIL (https://sqlite.org/lang_conflict.html).
func (b *batch) bundle(ctx context.Context, p *prepared, n int) (loaded bool, err error) {
	const savepoint = "sandpiper_load"
	c, before, changes := b.t.c, *b.rows, b.t.c.sq.TotalChanges()
	if err := c.do(ctx, "SAVEPOINT "+savepoint); err != nil {
		return false, c.db.failed("set a savepoint on", cause(ctx, err))
	}
	affected, failed := b.together(ctx, p, n)
	if failed != nil && c.sq.GetAutocommit() {
		return false, detailed(b.t.check(&b.stmt, failed), fmt.Sprintf("in one of the rows %d to %d of the %s", b.ran+1, b.ran+n, b.of))
	}
	if failed != nil {
		*b.rows = before
		err = c.do(ctx, "ROLLBACK TO "+savepoint)
		if c.wall != nil {
			c.wall.undone(c.sq.TotalChanges() - changes)
		}
	}
	if err == nil {
		err = c.do(ctx, "RELEASE "+savepoint)
	}
	if err != nil {
		return false, c.db.failed("end a savepoint on", cause(ctx, err))
	}
	if failed == nil {
		b.ran += n
		b.sum += affected
	}
	return failed == nil, nil
}

// errMisfit is the error of a bundle with a row that does not fit, or with more bytes
// than a bundle may have.
var errMisfit = errors.New("a row does not fit")

// together binds n rows and runs the statement for all of them.
func (b *batch) together(ctx context.Context, p *prepared, n int) (int64, error) {
	defer b.t.c.asGuest(ctx, p.reading)()
	param, bytes := 1, 0
	for range n {
		values, err := b.rows.Next()
		if err != nil {
			return 0, err
		}
		if b.misfits(values) != "" {
			return 0, errMisfit
		}
		for i := range values {
			if err := bindValue(p.Stmt, param, &values[i]); err != nil {
				return 0, err
			}
			param++
			bytes += len(values[i].Bytes)
		}
		if bytes > bundleBytes {
			return 0, errMisfit
		}
	}
	if err := p.Exec(); err != nil {
		return 0, b.t.c.guestError(ctx, b.stmt, err)
	}
	return b.t.c.affected(p), nil
}
