package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A session is one migration under way: what the guest's calls act upon. It
// decides which transaction a call runs in, and it keeps the record that lets
// a later run go on where this one was cut short (ABI.md, section 8).
//
// A migration is a sequence of parts. Calls outside sections make up gaps;
// a gap is one transaction that section_begin or the end of the migration
// commits. A transaction section is one transaction. In an autocommit section
// every call is its own.
type session struct {
	conn     Conn
	step     Step
	fence    Fence
	begin    Unit                // the first record of a migration that commits more than once
	event    func(Event)         // progress, log, section
	span     func(string) func() // starts the span of a section, returns its end
	started  time.Time           // of this run, for Elapsed
	worked   time.Duration       // by the runs before
	naming   schema.Naming       // of what a guest does not name
	observer *observer           // sees every statement; may be nil
	judge    *policy.Judge       // of a plugin's operations; nil: not a plugin
	filling

	tx         Tx // the open transaction, if any
	savepoints []string
	doomed     error // what spoilt the transaction
	hopeless   bool  // no savepoint can mend it
	queried    bool  // the gap has read something
	open       map[*sessionRows]struct{}

	recorded []Unit // what earlier runs have committed, without the begin unit
	pos      int    // units passed so far, recorded or new
	unsaved  []Unit // done in the open gap, not recorded yet; none where nothing ever is
	gap      int    // how many are

	operations []Operation // on one table, that wait for flush

	until  abi.Phase // the last phase that is run
	phases abi.Phase // those below have begun

	section *openSection
	ordinal int   // calls that carry SQL so far
	known   int   // of them, those that were answered from the record
	fatal   error // ends the run: every later call is answered with CANCELLED

	refused refused // the calls of a plugin that its walls refused
}

// An openSection is a section, or a backfill, in which a chunk is what a
// transaction section is.
type openSection struct {
	kind SectionKind
	unit Unit
	end  func()
	fill *fill // nil: it is a section
	told int   // when it began
}

// String names it, for messages.
func (o *openSection) String() string {
	if o.fill != nil {
		return fmt.Sprintf("backfill %q", o.unit.Name)
	}
	return fmt.Sprintf("section %q", o.unit.Name)
}

// A callError is a call that the host refuses, with the errno for the guest.
type callError struct {
	errno   abi.Errno
	text    string
	ordinal int  // of the call, where it is known
	rows    bool // it is rows that have to be mended, and not the migration
}

func (e *callError) Error() string    { return e.text }
func (e *callError) Errno() abi.Errno { return e.errno }

func refuse(errno abi.Errno, format string, args ...any) *callError {
	return &callError{errno: errno, text: fmt.Sprintf(format, args...)}
}

// placed says of the error of a call which call it is of.
func (s *session) placed(err error) error {
	var failed *SQLError
	if refused, ok := err.(*callError); ok {
		refused.ordinal = s.ordinal
	} else if errors.As(err, &failed) && failed.Ordinal == 0 {
		failed.Ordinal = s.ordinal
	}
	return err
}

// newSession prepares the session of one step. pending is what an earlier run
// has committed of it.
func newSession(conn Conn, step Step, begin Unit, pending []Unit) *session {
	s := &session{
		conn:    conn,
		step:    step,
		begin:   begin,
		fence:   fenceOf(step, pending),
		until:   abi.PhaseContract,
		event:   func(Event) {},
		span:    func(string) func() { return func() {} },
		open:    map[*sessionRows]struct{}{},
		filling: newFilling(),
	}
	for _, u := range pending {
		if u.Kind != UnitBegin {
			s.recorded = append(s.recorded, u)
		}
	}
	return s
}

// die ends the run with err, whatever the guest makes of it.
func (s *session) die(err error) error {
	if s.fatal == nil {
		s.fatal = err
	}
	return err
}

// transaction returns the open transaction, beginning one if there is none.
func (s *session) transaction(ctx context.Context) (Tx, error) {
	if s.tx != nil {
		return s.tx, nil
	}
	if s.section != nil && s.section.fill != nil {
		return nil, refuse(abi.ErrnoState, "%s has no chunk yet: backfill_next comes before anything else", s.section)
	}
	tx, err := s.conn.Begin(ctx, s.fence)
	if err != nil {
		return nil, s.die(err)
	}
	s.tx = tx
	return tx, nil
}

// failed sorts the error of a call on the transaction: the guest is told of
// the database's refusals, and everything else ends the run.
func (s *session) failed(err error) error {
	var refused *SQLError
	if !errors.As(err, &refused) || errors.Is(err, ErrLockTimeout) {
		if s.section != nil && s.section.fill != nil {
			err = s.section.fill.rolledBack(err)
		}
		return s.die(err)
	}
	if s.doomed == nil {
		s.doomed = err
		// The error of an earlier, deferred call: it was sent before any
		// savepoint that is open now, so none of them can undo it.
		s.hopeless = len(s.savepoints) == 0 || refused.Ordinal != s.ordinal
	}
	return err
}

// usable refuses calls on a migration that is over or a spoilt transaction.
func (s *session) usable() error {
	if s.fatal != nil {
		return refuse(abi.ErrnoCancelled, "the run is ending: %v", s.fatal)
	}
	if s.doomed != nil {
		return refuse(abi.ErrnoDoomed, "an earlier error spoilt the transaction: %v", s.doomed)
	}
	return nil
}

// inGap reports whether calls are part of a gap: they are recorded one by one
// when it commits.
func (s *session) inGap() bool { return s.section == nil }

// A call is something that can be recorded as a unit and run.
type call struct {
	unit   Unit
	digest func() string // of unit, where it has none yet: calls that are not recorded by themselves need none
	stmt   Statement
	what   string // that it is, for whoever looks on, where it has no SQL
	run    func(context.Context, Tx, Statement) (int64, error)
}

// seen is the statement for whoever looks on.
func (c call) seen() Statement {
	stmt := c.stmt
	if c.what != "" {
		stmt.SQL = c.what
	}
	return stmt
}

// do runs a call where it belongs: in the open transaction, or by itself in an
// autocommit section, or not at all where an earlier run has committed it.
func (s *session) do(ctx context.Context, c call) (int64, error) {
	if s.section != nil && s.section.kind == SectionTransaction {
		return s.send(ctx, c)
	}
	if c.digest != nil {
		c.unit.Digest = c.digest()
	}
	if err := s.full(); err != nil {
		return 0, err
	}
	c.unit.Position = s.begin.Position + s.pos + 1
	if known, ok, err := s.replay(c.unit, c.seen()); err != nil || (ok && !known.Begun) {
		s.known++
		return s.answer(known, err)
	} else if s.section != nil {
		return s.autocommit(ctx, c, ok)
	} else if ok {
		return 0, s.changed(known, c.seen()) // begun in an autocommit section that is gone
	}
	affected, err := s.send(ctx, c)
	if s.fatal != nil || (err != nil && s.hopeless) {
		return affected, err
	}
	c.unit.record(affected, err)
	s.keep(c.unit)
	return affected, err
}

// send runs a call in the open transaction.
func (s *session) send(ctx context.Context, c call) (int64, error) {
	tx, err := s.transaction(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.watch(ctx, c.stmt.SQL); err != nil {
		return 0, err
	}
	ran := s.observer.sending(c.seen())
	affected, err := c.run(ctx, tx, c.stmt)
	ran(affected, err)
	if err == nil {
		s.wrote(affected)
		return affected, nil
	}
	if denied := s.asRefused(err, c.stmt); denied != nil {
		return 0, denied
	}
	return 0, s.failed(err)
}

// ready says whether the next call can be made: it refuses as usable does, and
// flushes the operations that wait.
func (s *session) ready(ctx context.Context) error {
	if err := s.usable(); err != nil {
		return err
	}
	return s.flush(ctx)
}

// Exec implements Calls.
func (s *session) Exec(ctx context.Context, sql string, params []abi.Value, deferred bool) (int64, error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	run := func(ctx context.Context, tx Tx, stmt Statement) (int64, error) { return tx.Exec(ctx, stmt) }
	// A statement that a savepoint may have to undo is sent at once: its
	// error must come while the savepoint is open.
	if deferred && len(s.savepoints) == 0 && !s.autocommitting() && !s.observer.askResults() {
		run = func(ctx context.Context, tx Tx, stmt Statement) (int64, error) { return 0, tx.Defer(ctx, stmt) }
	}
	return s.do(ctx, call{
		unit: Unit{Kind: UnitExec}, digest: func() string { return digestCall(sql, params) },
		stmt: Statement{SQL: sql, Params: params, Ordinal: s.ordinal},
		run:  run,
	})
}

// ExecBatch implements Calls.
func (s *session) ExecBatch(ctx context.Context, sql string, rows *abi.RowReader) (int64, error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	return s.do(ctx, call{
		unit: Unit{Kind: UnitBatch}, digest: func() string { return digestBatch(sql, rows) },
		stmt: Statement{SQL: sql, Ordinal: s.ordinal},
		run: func(ctx context.Context, tx Tx, stmt Statement) (int64, error) {
			return tx.ExecBatch(ctx, stmt, rows)
		},
	})
}

// Load implements Calls.
func (s *session) Load(ctx context.Context, to *abi.Load, rows *abi.RowReader) (int64, error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	return s.do(ctx, call{
		unit: Unit{Kind: UnitLoad}, digest: func() string { return digestLoad(to, rows) },
		stmt: Statement{Ordinal: s.ordinal},
		what: "load into " + loadTarget(to),
		run: func(ctx context.Context, tx Tx, stmt Statement) (int64, error) {
			return tx.Load(ctx, stmt, to, rows)
		},
	})
}

// Query implements Calls.
func (s *session) Query(ctx context.Context, sql string, params []abi.Value) (Rows, error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if s.autocommitting() {
		return nil, refuse(abi.ErrnoState, "a query inside an autocommit section: read in a transaction section, since a resumed run could not answer it again")
	}
	if s.inGap() {
		if s.pos < len(s.recorded) {
			return nil, s.changed(s.recorded[s.pos], Statement{SQL: sql, Ordinal: s.ordinal})
		}
		s.queried = true
	}
	rows, err := s.query(ctx, Statement{SQL: sql, Params: params, Ordinal: s.ordinal})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// query opens the rows of a statement in the open transaction.
func (s *session) query(ctx context.Context, stmt Statement) (*sessionRows, error) {
	tx, err := s.transaction(ctx)
	if err != nil {
		return nil, err
	}
	if !stmt.Own { // it opens the rows of a chunk, which are not locked before
		if err := s.watch(ctx, stmt.SQL); err != nil {
			return nil, err
		}
	}
	ran, start := s.observer.sending(stmt), time.Now()
	rows, err := tx.Query(ctx, stmt)
	if err != nil {
		ran(0, err)
	} else if s.observer.askResults() {
		rows = s.observer.watchedQuery(stmt, rows, time.Since(start))
	}
	if denied := s.asRefused(err, stmt); denied != nil {
		return nil, denied
	}
	if err != nil {
		return nil, s.failed(err)
	}
	open := &sessionRows{Rows: rows, s: s}
	s.open[open] = struct{}{}
	return open, nil
}

// Progress implements Calls.
func (s *session) Progress(_ context.Context, done, total int64) {
	s.emit(Event{Kind: EventProgress, Done: done, Total: total})
}

// Log implements Calls.
func (s *session) Log(_ context.Context, level LogLevel, text string) {
	s.emit(Event{Kind: EventLog, Level: level, Text: text})
}

func (s *session) emit(e Event) {
	if !s.again(e) {
		s.tell(e)
	}
}

// tell is emit of what the guest has no part in.
func (s *session) tell(e Event) {
	e.Elapsed = time.Since(s.started)
	s.event(e)
}

// finish writes the ledger and commits, once the guest says it is complete.
func (s *session) finish(ctx context.Context, entry Entry) error {
	switch {
	case s.fatal != nil:
		return s.fatal
	case s.doomed != nil:
		return s.doomed
	case s.section != nil:
		return s.section.open()
	case s.pos < len(s.recorded):
		return s.changed(s.recorded[s.pos], Statement{})
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	s.closeRows()
	tx, err := s.transaction(ctx)
	if err != nil {
		return err
	}
	if err := tx.Record(ctx, entry, s.step.After); err != nil {
		return s.failed(err)
	}
	start := time.Now()
	if err := tx.Commit(ctx); err != nil {
		return s.failed(err)
	}
	s.observer.committed(time.Since(start))
	s.tx = nil
	s.tellRefused(ctx)
	return nil
}

// close rolls back what is open.
func (s *session) close() error {
	s.closeRows()
	if s.section != nil {
		s.section.end()
		s.section = nil
	}
	if s.tx == nil {
		return nil
	}
	tx := s.tx
	s.tx = nil
	return tx.Rollback()
}
