package sqlite

import (
	"context"
	"errors"
	"io"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/spool"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// rows implements host.Rows. They read from the database until they are read
// ahead; after that, from what was kept of them.
type rows struct {
	t       *tx
	ctx     context.Context
	stmt    host.Statement
	p       *prepared // nil once everything is read from the database
	columns []abi.Column
	types   []abi.Type
	values  []abi.Value
	text    []byte      // what values point into
	ready   bool        // values hold a row that Next has not returned
	ahead   spool.Spool // rows that were read ahead, each as abi.AppendRow writes it
	kept    [1][]byte   // one of them
	held    int64       // bytes that are counted as read ahead
	err     error       // what comes after ahead: io.EOF, or why reading failed
}

// newRows runs a statement as far as its first row. Its columns are known only
// then: SQLite compiles a statement anew when it begins to run and the schema
// has changed (https://sqlite.org/c3ref/column_count.html).
func newRows(ctx context.Context, t *tx, p *prepared, stmt host.Statement) (*rows, error) {
	r := &rows{t: t, ctx: ctx, stmt: stmt, p: p}
	if err := bind(p.Stmt, stmt); err != nil {
		t.c.release(p)
		return nil, err
	}
	defer t.c.asGuest(ctx, p.reading)()
	more := p.Step()
	n := p.ColumnCount()
	r.columns, r.types, r.values = make([]abi.Column, n), make([]abi.Type, n), make([]abi.Value, n)
	for i := range n {
		r.columns[i] = abi.Column{Name: p.ColumnName(i), Type: abi.TypeAny}
		r.types[i] = abi.TypeAny
	}
	t.open[r] = struct{}{}
	r.ready = r.read(more)
	if !r.ready && !errors.Is(r.err, io.EOF) {
		return nil, r.err
	}
	return r, nil
}

// Columns implements host.Rows.
func (r *rows) Columns() []abi.Column { return r.columns }

// Next implements host.Rows.
func (r *rows) Next() (_ []abi.Value, err error) {
	switch {
	case r.ready:
		r.ready = false
		return r.values, nil
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
	if r.step() {
		return r.values, nil
	}
	return nil, r.err
}

// step reads the next row from the database into values.
func (r *rows) step() bool {
	defer r.t.c.asGuest(r.ctx, r.p.reading)()
	return r.read(r.p.Step())
}

// read reads the row that the statement is at, if there is one. If not it sets
// err and lets go of the statement.
func (r *rows) read(more bool) bool {
	if more {
		if cap(r.text) > spool.Memory {
			r.text = nil // of a row that was larger than most
		}
		r.text = r.text[:0]
		for i := range r.values {
			r.values[i], r.text = readValue(r.p.Stmt, i, r.text)
		}
		return true
	}
	r.err = io.EOF
	if err := r.p.Err(); err != nil {
		r.err = r.t.check(r.stmt, r.t.c.guestError(r.ctx, r.stmt, err))
	}
	r.done()
	return false
}

// readAhead reads all that is left. What was read before an error comes first.
func (r *rows) readAhead() {
	for r.p != nil && (r.ready || r.step()) {
		r.ready = false
		if err := r.keep(); err != nil {
			r.err = err
			r.done()
		}
	}
}

// keep keeps the row in values for later.
func (r *rows) keep() (err error) {
	if r.kept[0], err = abi.AppendRow(r.kept[0][:0], r.types, r.values); err != nil {
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
	r.ready, r.err = false, errors.New("the rows are closed")
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
