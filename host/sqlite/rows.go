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

// rows implements host.Rows. They are read from the database a portion at a time,
// until they are read ahead; after that, from what was kept of them.
type rows struct {
	t       *tx
	ctx     context.Context
	stmt    host.Statement
	p       *prepared // nil once everything is read from the database
	columns []abi.Column
	types   []abi.Type

	portion []abi.Value // of the rows that were read last
	text    []byte      // what they point into
	next    int         // of portion, the first row that Next has not returned
	have    int         // rows in portion
	want    int         // how many rows the next portion has

	ahead  spool.Spool // rows that were read ahead, each as abi.AppendRow writes it
	kept   [1][]byte   // one of them
	values []abi.Value // the same
	held   int64       // bytes that are counted as read ahead
	err    error       // what comes after all these: io.EOF, or why reading failed
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
	if err := bind(p.Stmt, stmt); err != nil {
		t.c.release(p)
		return nil, err
	}
	defer t.c.asGuest(ctx, p.reading)()
	more := p.Step()
	n := p.ColumnCount()
	r.columns, r.types, r.portion = make([]abi.Column, n), make([]abi.Type, n), make([]abi.Value, n)
	for i := range n {
		r.columns[i] = abi.Column{Name: p.ColumnName(i), Type: abi.TypeAny}
		r.types[i] = abi.TypeAny
	}
	t.open[r] = struct{}{}
	r.take(more)
	if r.have == 0 && !errors.Is(r.err, io.EOF) {
		return nil, r.err
	}
	return r, nil
}

// Columns implements host.Rows.
func (r *rows) Columns() []abi.Column { return r.columns }

// Next implements host.Rows.
func (r *rows) Next() (_ []abi.Value, err error) {
	switch {
	case r.next < r.have:
		return r.row(), nil
	case r.ahead.Rows() > 0:
		if err := r.ahead.Next(r.kept[:]); err != nil {
			return nil, err
		}
		r.values, _, err = abi.DecodeRow(r.types, r.kept[0], r.values)
		return r.values, err
	case r.p == nil:
		return nil, r.err
	}
	defer r.t.c.guard(&err)
	if err := r.t.usable(); err != nil {
		return nil, err
	}
	r.read()
	if r.next < r.have {
		return r.row(), nil
	}
	return nil, r.err
}

// row takes the next row of the portion.
func (r *rows) row() []abi.Value {
	n := len(r.columns)
	at := r.next * n
	r.next++
	return r.portion[at : at+n : at+n]
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
	if cap(r.text) > spool.Memory {
		r.text = nil // of a row that was larger than most
	}
	r.next, r.have, r.text = 0, 0, r.text[:0]
	n := len(r.columns)
	for ; more; more = r.p.Step() {
		at := r.have * n
		for len(r.portion) < at+n {
			r.portion = append(r.portion, abi.Value{})
		}
		for i := range n {
			r.text = readValue(r.p.Stmt, i, r.text, &r.portion[at+i])
		}
		if r.have++; r.have >= r.want || len(r.text) >= portionBytes {
			return
		}
	}
	r.err = io.EOF
	if err := r.p.Err(); err != nil {
		r.err = r.t.check(r.stmt, r.t.c.guestError(r.ctx, r.stmt, err))
	}
	r.done()
}

// readAhead reads all that is left. What was read before an error comes first.
func (r *rows) readAhead() {
	if r.p == nil {
		return // what is left of the portion stays as it is
	}
	for {
		for r.next < r.have {
			if err := r.keep(r.row()); err != nil {
				r.err = err
				r.done()
				r.next, r.have = 0, 0
				return
			}
		}
		if r.p == nil {
			return
		}
		r.read()
	}
}

// keep keeps a row for later.
func (r *rows) keep(row []abi.Value) (err error) {
	if r.kept[0], err = abi.AppendRow(r.kept[0][:0], r.types, row); err != nil {
		return err
	}
	if err := r.hold(int64(len(r.kept[0]))); err != nil {
		return err
	}
	if err := r.ahead.Put(r.kept[:]); err != nil {
		return refuse(r.stmt, sqlite3.FULL, -1, err.Error())
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
	r.next, r.have, r.err = 0, 0, errors.New("the rows are closed")
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
