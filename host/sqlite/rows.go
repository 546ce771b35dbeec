package sqlite

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/spool"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// rows implements host.EncodedRows. They are read from the database a portion at a time,
// until they are read ahead; after that, from what was kept of them.
type rows struct {
	t       *tx
	ctx     context.Context
	stmt    host.Statement
	p       *prepared // nil once everything is read from the database
	columns []abi.Column
	types   []abi.Type

	portion []byte      // the rows that were read last and not returned yet, as abi.AppendRow writes them
	buffer  []byte      // what it is a part of
	values  []abi.Value // the row that Next returned last
	want    int         // how many rows the next portion has

	ahead spool.Spool // portions that were read ahead
	held  int64       // bytes that are counted as read ahead
	err   error       // what comes after all these: io.EOF, or why reading failed
}

// A portion has up to maxPortion rows, so that the wall is raised once for all of
// them, and ends with the row that brings it to portionBytes. The first one is a
// single row, and one that takes slowPortion is not followed by a larger one.
const (
	maxPortion   = 64
	portionBytes = 64 << 10
	slowPortion  = 5 * time.Millisecond
)

// newRows runs a statement as far as its first row. Its columns are known only
// then: SQLite compiles a statement anew when it begins to run and the schema
// has changed (https://sqlite.org/c3ref/column_count.html).
func newRows(ctx context.Context, t *tx, p *prepared, stmt host.Statement) (*rows, error) {
	r := &rows{t: t, ctx: ctx, stmt: stmt, p: p, want: 1}
	if err := bind(p.Stmt, &stmt); err != nil {
		t.c.release(p)
		return nil, err
	}
	defer t.c.asGuest(ctx, p.reading)()
	more := p.Step()
	n := p.ColumnCount()
	r.columns, r.types = make([]abi.Column, n), make([]abi.Type, n)
	for i := range n {
		r.columns[i] = abi.Column{Name: p.ColumnName(i), Type: abi.TypeAny}
		r.types[i] = abi.TypeAny
	}
	t.open[r] = struct{}{}
	r.take(more)
	if len(r.portion) == 0 && !errors.Is(r.err, io.EOF) {
		return nil, r.err
	}
	return r, nil
}

// Columns implements host.Rows.
func (r *rows) Columns() []abi.Column { return r.columns }

// Next implements host.Rows.
func (r *rows) Next() ([]abi.Value, error) {
	row, _, err := r.NextEncoded()
	if err == nil {
		r.values, _, err = abi.DecodeRow(r.types, row, r.values)
	}
	if err != nil {
		return nil, err
	}
	return r.values, nil
}

// NextEncoded implements host.EncodedRows.
func (r *rows) NextEncoded() (row []byte, ok bool, err error) {
	if len(r.portion) == 0 {
		if err := r.more(); err != nil {
			return nil, true, err
		}
	}
	row, r.portion, err = abi.CutRow(r.portion)
	return row, true, err
}

// more gets the next portion.
func (r *rows) more() (err error) {
	switch {
	case r.ahead.Rows() > 0:
		var kept [1][]byte
		err := r.ahead.Next(kept[:])
		r.portion = kept[0]
		return err
	case r.p == nil:
		return r.err
	}
	defer r.t.c.guard(&err)
	if err := r.t.usable(); err != nil {
		return err
	}
	if r.read(); len(r.portion) == 0 {
		return r.err
	}
	return nil
}

// read reads a portion from the database.
func (r *rows) read() {
	began := time.Now()
	defer r.t.c.asGuest(r.ctx, r.p.reading)()
	r.take(r.p.Step())
	if r.want < maxPortion && time.Since(began) < slowPortion {
		r.want *= 2
	}
}

// take takes rows from the statement, which has been stepped once. At its end it
// sets err and lets go of the statement.
func (r *rows) take(more bool) {
	if cap(r.buffer) > spool.Memory {
		r.buffer = nil // of a row that was larger than most
	}
	b := r.buffer[:0]
	for have := 1; more; more = r.p.Step() {
		b = appendRow(b, r.p.Stmt, len(r.columns))
		if have++; have > r.want || len(b) >= portionBytes {
			r.buffer, r.portion = b, b
			return
		}
	}
	r.buffer, r.portion = b, b
	r.err = io.EOF
	if err := r.p.Err(); err != nil {
		r.err = r.t.check(&r.stmt, r.t.c.guestError(r.ctx, r.stmt, err))
	}
	r.done()
}

// readAhead reads all that is left. What was read before an error comes first.
func (r *rows) readAhead() {
	if r.p == nil {
		return // what is left of the portion stays as it is
	}
	for {
		if err := r.keep(); err != nil {
			r.err = err
			r.done()
			return
		}
		if r.p == nil {
			return
		}
		r.read()
	}
}

// keep keeps the portion for later.
func (r *rows) keep() error {
	portion := r.portion
	if r.portion = nil; len(portion) == 0 {
		return nil
	}
	if err := r.hold(int64(len(portion))); err != nil {
		return err
	}
	if err := r.ahead.Put([][]byte{portion}); err != nil {
		full := refuse(r.stmt, sqlite3.FULL, -1, err.Error())
		full.Err = err
		return full
	}
	return nil
}

// hold counts what is read ahead, where there is a limit to it.
func (r *rows) hold(bytes int64) error {
	if r.t.c.wall == nil {
		return nil
	}
	r.held += bytes
	return r.t.c.wall.hold(bytes)
}

// done lets go of the statement.
func (r *rows) done() {
	if r.p != nil {
		r.t.c.release(r.p)
		r.p = nil
		delete(r.t.open, r)
	}
}

// Close implements host.Rows.
func (r *rows) Close() (err error) {
	r.portion, r.err = nil, errors.New("the rows are closed")
	r.ahead.Close()
	if r.held > 0 && r.t.c.wall != nil {
		r.t.c.wall.ahead -= r.held
		r.held = 0
	}
	if r.p == nil || r.t.c.closed || r.t.c.broken != nil {
		return nil
	}
	defer r.t.c.guard(&err)
	r.done()
	return nil
}
