package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/spool"
)

// A wall stands between a plugin and the connection. It is up while a statement
// of the plugin's is compiled or runs, and away for those of the runner.
type wall struct {
	c       *conn
	judge   *policy.Judge
	author  author
	modules map[string]bool // virtual tables that need no CREATE, by folded name
	patch   patcher
	scratch *sqlite3.Conn // nil until it is needed
	past    host.Written  // by the migration, in the transactions before
	grown   int64         // pages that the file has grown by in these

	// Of the transaction that is open.
	there    map[string]object // what the schema holds, by folded name
	foreign  map[string]bool   // folded names that were there and are not the plugin's
	recorded map[host.Owned]bool
	owned    map[string]bool // what Judge.Owns said
	broken   broken          // before the plugin changed the schema, nil if it did not
	begun    time.Time
	written  int64 // rows
	ahead    int64 // bytes of open rows that were read ahead
	pages    int64 // max_page_count as it was, 0 if it is as it was
	began    int64 // pages that the file had
	ended    int64 // and has when the plugin has done its part

	// Of the statement at work.
	reading *reading
	refusal *policy.Refusal
	before  [len(limits)]int
}

// An author is who wrote a statement.
type author uint8

const (
	guest    author = iota // the plugin
	renderer               // Sandpiper, with expressions of the plugin's in it
	runner                 // Sandpiper alone
)

// writtenBy has statements taken for an author's until the returned function is
// called.
func (c *conn) writtenBy(a author) func() {
	if c.wall == nil {
		return func() {}
	}
	w, before := c.wall, c.wall.author
	w.author = a
	return func() { w.author = before }
}

// The limits of a plugin's statement (https://sqlite.org/limits.html).
const (
	// maxValue is how long a value may be that a statement makes, reads or is
	// given, and a row. It decides how late a deadline can be noticed: SQLite
	// looks at the clock every 1,000 instructions, each of which may be a call
	// of a function that reads all of such a value.
	maxValue = 256 << 10

	// maxStatement is how long a statement may be. Rows are sent as parameters.
	maxStatement = 256 << 10

	// maxHeap is the memory of the connection. go-sqlite3 panics at the limit.
	maxHeap = 128 << 20
)

var limits = [...]struct {
	category sqlite3.LimitCategory
	value    int
}{
	{sqlite3.LIMIT_LENGTH, maxValue},
	{sqlite3.LIMIT_SQL_LENGTH, maxStatement + 1<<17}, // ALTER TABLE has room behind it, renderings are longer
	{sqlite3.LIMIT_COLUMN, 1000},
	{sqlite3.LIMIT_EXPR_DEPTH, 200},
	{sqlite3.LIMIT_COMPOUND_SELECT, 100},
	{sqlite3.LIMIT_VDBE_OP, 500_000},
	{sqlite3.LIMIT_FUNCTION_ARG, 100},
	{sqlite3.LIMIT_ATTACHED, 0},
	{sqlite3.LIMIT_LIKE_PATTERN_LENGTH, 64},
	{sqlite3.LIMIT_VARIABLE_NUMBER, 10_000},
	{sqlite3.LIMIT_TRIGGER_DEPTH, 8},
	{sqlite3.LIMIT_WORKER_THREADS, 0},
}

// setUp makes what lasts as long as the connection: the runner's statements need
// none of it, and a change of a setting has SQLite compile every statement anew.
func (w *wall) setUp(sq *sqlite3.Conn) error {
	for setting, on := range map[sqlite3.DBConfig]bool{sqlite3.DBCONFIG_DEFENSIVE: true, sqlite3.DBCONFIG_TRUSTED_SCHEMA: false} {
		if _, err := sq.Config(setting, on); err != nil {
			return err
		}
	}
	sq.HardHeapLimit(maxHeap)
	return standIns(sq, &w.patch)
}

// read reads a statement, or refuses it.
func (w *wall) read(ctx context.Context, stmt host.Statement) (*reading, error) {
	if w.author == runner {
		return nil, nil
	}
	if n := len(stmt.SQL); w.author == guest && n > maxStatement {
		return nil, w.deny(policy.Denial{Reason: fmt.Sprintf("send a longer statement: %d of %d bytes; send rows as parameters", n, maxStatement)})
	}
	r, denied := read(stmt.SQL)
	if denied != nil {
		return nil, w.deny(*denied)
	}
	r.author = w.author
	if refusal := w.joined(r); refusal != nil {
		return nil, refusal
	}
	if r.adds != "" {
		return r, w.rehearse(ctx, stmt, r.adds)
	}
	return r, nil
}

func (w *wall) deny(d policy.Denial) *policy.Refusal {
	return w.judge.Check(&policy.Facts{Denied: []policy.Denial{d}})
}

// raise puts the wall up for a statement, until the returned function is called.
func (w *wall) raise(ctx context.Context, r *reading) (lower func()) {
	sq := w.c.sq
	interrupt := sq.SetInterrupt(w.until(ctx))
	if w.author == runner {
		return func() { sq.SetInterrupt(interrupt) }
	}
	for i, l := range limits {
		w.before[i] = sq.Limit(l.category, l.value)
	}
	w.c.guest, w.reading, w.refusal = true, r, nil
	return func() {
		w.c.guest, w.reading = false, nil
		for i, l := range limits {
			sq.Limit(l.category, w.before[i])
		}
		sq.SetInterrupt(interrupt)
	}
}

// verdict returns the wall's part in an error of SQLite's, nil if it has none.
func (w *wall) verdict(ctx context.Context, err error) error {
	switch code := codeOf(err); {
	case w.refusal != nil && code != sqlite3.INTERRUPT:
		return w.refusal
	case code == sqlite3.INTERRUPT && ctx.Err() == nil && w.late():
		return w.overTime()
	}
	return nil
}

// hint says in an error of SQLite's what a limit of the wall is.
func (w *wall) hint(err error) error {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		switch codeOf(err) {
		case sqlite3.TOOBIG:
			refused.Hint = fmt.Sprintf("a value or a row of a plugin's may have %d bytes", maxValue)
		case sqlite3.FULL:
			refused.Hint = "the disk is full, or the plugin has written as much as its grant of rows allows"
		}
	}
	return err
}

// A deadline is a context that ends with the time of a transaction. SQLite asks
// it every 1,000 instructions (https://sqlite.org/c3ref/progress_handler.html),
// so it needs no timer.
type deadline struct {
	context.Context
	w *wall
}

func (d deadline) Err() error {
	if err := d.Context.Err(); err != nil {
		return err
	}
	if d.w.late() {
		return context.DeadlineExceeded
	}
	return nil
}

func (w *wall) until(ctx context.Context) context.Context { return deadline{ctx, w} }

func (w *wall) late() bool {
	return !w.begun.IsZero() && time.Since(w.begun) > w.judge.Grants.Time()
}

func (w *wall) overTime() error {
	allowed := w.judge.Grants.Time()
	return &policy.Refusal{
		Line:   w.judge.Grants.Line,
		Reason: fmt.Sprintf("take longer: it used %v of %v", time.Since(w.begun).Round(time.Millisecond), allowed),
		Needs:  fmt.Sprintf("seconds = %d", 2*int64(allowed/time.Second)), More: true,
	}
}

// count counts rows that were written, and refuses those that are too many.
func (w *wall) count(rows int64) error {
	w.written += rows
	allowed, written := w.judge.Grants.Rows(), w.past.With(w.written)
	if written <= allowed {
		return nil
	}
	return &policy.Refusal{
		Line:   w.judge.Grants.Line,
		Reason: fmt.Sprintf("write more rows: the migration wrote %d of %d", written, allowed),
		Needs:  fmt.Sprintf("rows = %d", 2*written), More: true,
	}
}

// undone takes from the count what will come to it although it is rolled back: SQLite
// counts what a statement has written before it failed
// (https://sqlite.org/c3ref/total_changes.html).
func (w *wall) undone(rows int64) { w.written -= rows }

// hold counts bytes of open rows that are read ahead.
func (w *wall) hold(bytes int64) error {
	if w.ahead += bytes; w.ahead <= spool.PluginLimit {
		return nil
	}
	return &policy.Refusal{
		Line: w.judge.Grants.Line,
		Reason: fmt.Sprintf("leave rows open while it writes: %d bytes of them would be kept, and %d may be; read them first, or fewer at a time",
			w.ahead, spool.PluginLimit),
	}
}
