package host

import (
	"context"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A watch tells of the statements of a session. Nobody watches through a nil one.
type watch struct {
	tell    func(Event)
	results bool // tell of the results as well

	late []Statement   // put off by the dialect, and not known to have run
	took time.Duration // what putting them off has taken
}

// askResults reports whether each statement has to be answered by itself, so that
// its result can be told.
func (w *watch) askResults() bool { return w != nil && w.results }

// sending tells of a statement that is about to be sent. What it returns is called
// with its result.
func (w *watch) sending(stmt Statement) (ran func(rows int64, err error)) {
	if w == nil || stmt.SQL == "" {
		return func(int64, error) {}
	}
	w.tell(Event{Kind: EventStatement, Text: stmt.SQL, Call: stmt.Ordinal})
	if !w.results {
		return func(int64, error) {}
	}
	start := time.Now()
	return func(rows int64, err error) { w.ran(stmt, rows, time.Since(start), err) }
}

// puttingOff is sending for a statement that runs with what is sent next.
func (w *watch) puttingOff(stmt Statement) (put func(error)) {
	w.tell(Event{Kind: EventStatement, Text: stmt.SQL, Call: stmt.Ordinal})
	start := time.Now()
	return func(err error) {
		if w.results && err == nil {
			w.late, w.took = append(w.late, stmt), w.took+time.Since(start)
		}
	}
}

// ran tells of a result, and of those that came with it.
func (w *watch) ran(stmt Statement, rows int64, took time.Duration, err error) {
	together, took := len(w.late)+1, took+w.took
	w.flushed(took, together)
	w.tell(Event{Kind: EventRan, Text: stmt.SQL, Call: stmt.Ordinal, Rows: rows, Took: took, Together: together, Err: err})
}

// committed tells of what has run with a commit at the latest.
func (w *watch) committed(took time.Duration) {
	if w != nil && len(w.late) > 0 {
		w.flushed(took+w.took, len(w.late))
	}
}

func (w *watch) flushed(took time.Duration, together int) {
	for _, stmt := range w.late {
		w.tell(Event{Kind: EventRan, Text: stmt.SQL, Call: stmt.Ordinal, Took: took, Together: together})
	}
	w.late, w.took = nil, 0
}

// watched returns a transaction that shows what is sent to whoever watches.
func (s *session) watched(tx Tx) Tx {
	if s.watch == nil {
		return tx
	}
	return &watchedTx{tx, s.watch}
}

type watchedTx struct {
	Tx
	watch *watch
}

func (t *watchedTx) Exec(ctx context.Context, stmt Statement) (int64, error) {
	ran := t.watch.sending(stmt)
	affected, err := t.Tx.Exec(ctx, stmt)
	ran(affected, err)
	return affected, err
}

func (t *watchedTx) Defer(ctx context.Context, stmt Statement) error {
	put := t.watch.puttingOff(stmt)
	err := t.Tx.Defer(ctx, stmt)
	put(err)
	return err
}

// watchedRows count what a query returns. Its time is what the database has taken,
// and not what the guest has.
type watchedRows struct {
	Rows
	stmt  Statement
	watch *watch
	rows  int64
	took  time.Duration
	err   error
}

// watchedQuery returns the rows of a query so that its result can be told.
func (w *watch) watchedQuery(stmt Statement, rows Rows, took time.Duration) Rows {
	return &watchedRows{Rows: rows, stmt: stmt, watch: w, took: took}
}

func (r *watchedRows) Next() ([]abi.Value, error) {
	start := time.Now()
	row, err := r.Rows.Next()
	r.took += time.Since(start)
	switch {
	case err == nil:
		r.rows++
	case err != errEOF:
		r.err = err
	}
	return row, err
}

func (r *watchedRows) Close() error {
	if r.watch != nil {
		r.watch.ran(r.stmt, r.rows, r.took, r.err)
		r.watch = nil
	}
	return r.Rows.Close()
}
