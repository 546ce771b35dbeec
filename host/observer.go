package host

import (
	"context"
	"io"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An observer tells of the statements of a session. Nobody looks on through a nil one.
type observer struct {
	tell    func(Event)
	results bool // tell of the results as well

	late []Statement   // put off by the dialect, and not known to have run
	took time.Duration // what putting them off has taken
}

// askResults reports whether each statement has to be answered by itself, so that
// its result can be told.
func (o *observer) askResults() bool { return o != nil && o.results }

// sending tells of a statement that is about to be sent. What it returns is called
// with its result.
func (o *observer) sending(stmt Statement) (ran func(rows int64, err error)) {
	if o == nil || stmt.SQL == "" {
		return func(int64, error) {}
	}
	o.tell(Event{Kind: EventStatement, Text: stmt.Locking(), Call: stmt.Ordinal})
	if !o.results {
		return func(int64, error) {}
	}
	start := time.Now()
	return func(rows int64, err error) { o.ran(stmt, rows, time.Since(start), err) }
}

// puttingOff is sending for a statement that runs with what is sent next.
func (o *observer) puttingOff(stmt Statement) (put func(error)) {
	o.tell(Event{Kind: EventStatement, Text: stmt.Locking(), Call: stmt.Ordinal})
	start := time.Now()
	return func(err error) {
		if o.results && err == nil {
			o.late, o.took = append(o.late, stmt), o.took+time.Since(start)
		}
	}
}

// ran tells of a result, and of those that came with it.
func (o *observer) ran(stmt Statement, rows int64, took time.Duration, err error) {
	together, took := len(o.late)+1, took+o.took
	o.flushed(took, together)
	o.tell(Event{Kind: EventRan, Text: stmt.Locking(), Call: stmt.Ordinal, Rows: rows, Took: took, Together: together, Err: err})
}

// committed tells of what has run with a commit at the latest.
func (o *observer) committed(took time.Duration) {
	if o != nil && len(o.late) > 0 {
		o.flushed(took+o.took, len(o.late))
	}
}

func (o *observer) flushed(took time.Duration, together int) {
	for _, stmt := range o.late {
		o.tell(Event{Kind: EventRan, Text: stmt.Locking(), Call: stmt.Ordinal, Took: took, Together: together})
	}
	o.late, o.took = nil, 0
}

// watched returns a transaction that shows what is sent to whoever looks on.
func (s *session) watched(tx Tx) Tx {
	if s.observer == nil {
		return tx
	}
	return &watchedTx{tx, s.observer}
}

type watchedTx struct {
	Tx
	observer *observer
}

func (t *watchedTx) Exec(ctx context.Context, stmt Statement) (int64, error) {
	ran := t.observer.sending(stmt)
	affected, err := t.Tx.Exec(ctx, stmt)
	ran(affected, err)
	return affected, err
}

func (t *watchedTx) Defer(ctx context.Context, stmt Statement) error {
	put := t.observer.puttingOff(stmt)
	err := t.Tx.Defer(ctx, stmt)
	put(err)
	return err
}

// watchedRows count what a query returns. Its time is what the database has taken,
// and not what the guest has.
type watchedRows struct {
	Rows
	stmt     Statement
	observer *observer
	rows     int64
	took     time.Duration
	err      error
}

// watchedQuery returns the rows of a query so that its result can be told.
func (o *observer) watchedQuery(stmt Statement, rows Rows, took time.Duration) Rows {
	return &watchedRows{Rows: rows, stmt: stmt, observer: o, took: took}
}

func (r *watchedRows) Next() ([]abi.Value, error) {
	start := time.Now()
	row, err := r.Rows.Next()
	r.count(time.Since(start), err)
	return row, err
}

// NextEncoded implements EncodedRows.
func (r *watchedRows) NextEncoded() (row []byte, ok bool, err error) {
	start := time.Now()
	if row, ok, err = nextEncoded(r.Rows); ok {
		r.count(time.Since(start), err)
	}
	return row, ok, err
}

// count counts a row, or keeps why there is none.
func (r *watchedRows) count(took time.Duration, err error) {
	r.took += took
	switch {
	case err == nil:
		r.rows++
	case err != io.EOF:
		r.err = err
	}
}

func (r *watchedRows) Close() error {
	if r.observer != nil {
		r.observer.ran(r.stmt, r.rows, r.took, r.err)
		r.observer = nil
	}
	return r.Rows.Close()
}
