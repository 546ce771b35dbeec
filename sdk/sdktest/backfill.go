package sdktest

import (
	"errors"
	"fmt"
	"io"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// ErrCut is the error of a run that was cut short on purpose ([Runner.CutAfter]).
var ErrCut = errors.New("the run was cut short, as the test asked")

// A place is where a backfill stands: what the host keeps as its checkpoint.
type place struct {
	last     []sdk.Value // the key of the last row that was visited; nil before the first
	end      []sdk.Value // the largest key that there was at the beginning; nil if there was none
	chunks   int         // that are committed
	rows     int         // that were visited
	affected int64       // by the statement
	done     bool
}

// A backfill is one under way.
type backfill struct {
	*abi.Backfill
	source  source
	unit    int   // its place among the units of the record
	now     place // as it is when the chunk is committed
	chunk   *chunk
	outside stream // what random bytes come from when it is over
}

// BackfillBegin commits what ran before, and begins a backfill.
func (s *session) BackfillBegin(document []byte) (done bool, err error) {
	b, err := s.beginBackfill(document, false)
	return b == nil, err
}

// beginBackfill returns nil for one that an earlier run has completed.
func (s *session) beginBackfill(document []byte, statement bool) (*backfill, error) {
	d, err := abi.DecodeBackfill(document)
	switch {
	case err != nil:
		return nil, refuse(sdk.ErrArgument, "%v", err)
	case statement != (d.Statement != ""):
		return nil, refuse(sdk.ErrArgument, "backfill %q: a statement is for backfill_run, and for it alone", d.Name)
	}
	if err := s.boundary("a backfill"); err != nil {
		return nil, err
	}
	u := unit{kind: "backfill", text: string(document)}
	recorded, ok, err := s.record.next(u)
	if err != nil {
		return nil, err
	}
	b := &backfill{Backfill: d, now: recorded.place, outside: s.random}
	if b.source, err = s.source(d); err != nil {
		return nil, err
	}
	if !ok {
		if b.now.end, err = b.source.begin(); err != nil {
			return nil, s.spoilt(err)
		}
		u.place = b.now
		s.record.add(u, false)
	}
	b.unit = len(s.record.units) - 1
	if b.now.done {
		s.affected = b.now.affected
		return nil, nil
	}
	if err := s.commit(); err != nil {
		return nil, err
	}
	s.backfill = b
	return b, nil
}

// BackfillNext commits the chunk and opens the rows of the next one.
func (s *session) BackfillNext() (sdk.Cursor, error) {
	b := s.backfill
	if b == nil {
		return nil, refuse(sdk.ErrState, "no backfill is under way")
	}
	if c := b.chunk; c != nil {
		if c.at < len(c.rows) {
			return nil, refuse(sdk.ErrState, "the rows of the chunk are not read to their end: "+
				"what was not read would count as visited")
		}
		if err := s.commitChunk(); err != nil {
			return nil, err
		}
	}
	if err := s.nextChunk(); err != nil {
		return nil, err
	}
	s.random = seeded(s.context.Revision, b.Name, b.now.chunks)
	c := &cursor{session: s, Rows: b.chunk}
	s.cursors = append(s.cursors, c)
	return c, nil
}

// nextChunk begins the transaction of the next chunk. It returns io.EOF if there
// is none: the backfill is recorded as done, and the transaction is that of what
// follows it.
func (s *session) nextChunk() error {
	b := s.backfill
	if err := s.begin(); err != nil {
		return err
	}
	c, err := b.source.next(&b.now, s.runner.rowsOfChunk())
	if err != nil {
		return s.spoilt(err)
	}
	b.chunk = c
	if len(c.rows) > 0 {
		return nil
	}
	b.now.done = true
	if err := s.checkpoint(); err != nil {
		return err
	}
	s.affected, s.random, s.backfill = b.now.affected, b.outside, nil
	if err := s.begin(); err != nil {
		return err
	}
	return io.EOF
}

// checkpoint commits the transaction and the place that the backfill has got to.
func (s *session) checkpoint() error {
	at := &s.record.units[s.backfill.unit].place
	was := *at
	*at = s.backfill.now
	err := s.commit()
	if err != nil {
		*at = was
	}
	return err
}

// commitChunk commits the chunk with the place that it has got to.
func (s *session) commitChunk() error {
	b := s.backfill
	if s.doomed {
		return refuse(sdk.ErrDoomed, "an earlier error spoilt the transaction")
	}
	if len(s.savepoints) > 0 {
		return refuse(sdk.ErrState, "a chunk ends inside the savepoint %q", s.savepoints[0].name)
	}
	if s.runner.cuts(beforeCommit) {
		return s.cut()
	}
	b.now.chunks++
	b.now.rows += len(b.chunk.rows)
	b.now.last = b.chunk.rows[len(b.chunk.rows)-1][:b.chunk.key]
	if err := s.checkpoint(); err != nil {
		return err
	}
	if s.runner.cuts(afterCommit) {
		return s.cut()
	}
	return nil
}

// cut ends the run.
func (s *session) cut() error {
	s.record.ended = ErrCut
	return refuse(sdk.ErrCancelled, "the run is ending: %v", ErrCut)
}

// BackfillRun does a backfill of one statement.
func (s *session) BackfillRun(document []byte) (int64, error) {
	b, err := s.beginBackfill(document, true)
	if b == nil {
		return s.affected, err
	}
	for {
		if err := s.nextChunk(); err == io.EOF {
			return s.affected, nil
		} else if err != nil {
			return 0, err
		}
		sql, params := b.source.statement(b.Statement, b.chunk)
		n, err := s.db.Exec(sql, params)
		if err != nil {
			return 0, s.spoilt(err)
		}
		b.now.affected += n
		if err := s.commitChunk(); err != nil {
			return 0, err
		}
	}
}

// spoilt dooms the transaction, and returns the error that did so.
func (s *session) spoilt(err error) error {
	s.doomed = true
	return err
}

// A chunk is the rows of one, which are its cursor as well. They are read before
// the handler writes: on SQLite it would change what is still to be read.
type chunk struct {
	columns []abi.Column
	key     int // how many of them are the key
	after   []sdk.Value
	rows    [][]sdk.Value
	at      int
}

func (c *chunk) Columns() ([]abi.Column, error) { return c.columns, nil }

func (c *chunk) Next() ([]abi.Value, error) {
	if c.at == len(c.rows) {
		return nil, io.EOF
	}
	c.at++
	return c.rows[c.at-1], nil
}

func (c *chunk) Close() error { return nil }

// Load puts rows into a table, or answers from the record.
func (s *session) Load(document, rowset []byte) (int64, error) {
	to, err := abi.DecodeLoad(document)
	if err != nil {
		return 0, refuse(sdk.ErrArgument, "%v", err)
	}
	rows, err := decode("", rowset)
	if err != nil {
		return 0, err
	}
	sql := "INSERT INTO " + quoted(to.Table) + " (" + list("", to.Columns) + ") VALUES ("
	for i := range to.Columns {
		if i > 0 {
			sql += ", "
		}
		sql += s.db.Dialect().Param(i + 1)
	}
	for _, row := range rows {
		if len(row) != len(to.Columns) {
			return 0, refuse(sdk.ErrArgument, "rows of %d columns for %d columns of %q", len(row), len(to.Columns), to.Table)
		}
	}
	return s.call(unit{kind: "load", text: string(document), params: rows}, func() (affected int64, err error) {
		return s.each(sql+")", rows)
	})
}

// Phase commits what ran before, and begins a phase.
func (s *session) Phase(p sdk.Phase) error {
	switch {
	case p < sdk.PhaseExpand || p > sdk.PhaseContract:
		return refuse(sdk.ErrArgument, "phase %d: it is 0, 1 or 2", p)
	case s.context.Direction == abi.Downgrade:
		return refuse(sdk.ErrState, "a downgrade has no phases")
	case s.phased && p <= s.phase:
		return refuse(sdk.ErrState, "the phase %s comes after %s: the order is expand, backfill, contract", p, s.phase)
	}
	if err := s.boundary("a phase"); err != nil {
		return err
	}
	u := unit{kind: "phase", text: p.String()}
	_, ok, err := s.record.next(u)
	if err != nil {
		return err
	}
	if !ok {
		if err := s.commit(); err != nil {
			return err
		}
		if until := s.runner.until; until != nil && p > *until {
			s.record.ended = errPaused
			return refuse(sdk.ErrCancelled, "the run is ending: %v", errPaused)
		}
		s.record.add(u, true)
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.phase, s.phased = p, true
	return nil
}

// errPaused ends a run before a phase.
var errPaused = fmt.Errorf("a later phase begins, and the test asked to stop before it")
