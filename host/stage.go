package host

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A stage is a connection whose transactions are all savepoints of one
// transaction that is never committed.
type stage struct {
	Conn
	tx     Tx
	out    Rehearsal
	step   int
	held   bool    // something was shown and not run
	plugin *Plugin // whose walls are around it, nil if there are none

	confined Confined // those walls

	samples  *int       // to take of each effect; nil: nobody asks for effects
	observed ObservedTx // tx, if it is observed

	chunks int // of the open backfill, so far

	newest RehearsedStatement
	at     int // its place among those that are shown, -1 if it is not: it will be if it fails
	shown  int // bytes
	beyond int // statements that are not shown for that
}

// maxShown bounds what is shown of the statements of a plugin, which sends as many as it
// likes, and of those that are not run, where effects are asked for and no statements.
const maxShown = 16 << 20

const stageSavepoint = "rehearsal"

// open takes the lock for a transaction on the stage. Its error is contested where
// another runner stands in the way: one that holds the lock, or has moved the database
// on from where the plan begins.
func (s *stage) open(ctx context.Context, planned *Ledger) (err error) {
	fence := Fence{}
	if planned.Exists {
		first := s.out.Plan.Steps[0]
		fence = fenceOf(first, planned.pending(first))
	}
	if s.tx, err = s.Conn.Begin(ctx, fence); err != nil {
		s.tx = nil
		return err
	}
	if err := s.holds(ctx, planned); err != nil {
		return err
	}
	if err := s.tx.Savepoint(ctx, SavepointSet, stageSavepoint); err != nil || s.samples == nil {
		return err
	}
	observed, err := s.Conn.Observe(ctx, s.tx, *s.samples)
	if err != nil {
		return err
	}
	s.tx, s.observed = observed, observed
	return nil
}

// holds makes sure of the lock, which a dialect may ask for only when an answer is
// needed, and that the ledger is what was planned with. To read it would be the end of a
// plugin's part of the transaction; but a plan of a plugin is one of a single line, which
// the fence watches.
func (s *stage) holds(ctx context.Context, planned *Ledger) error {
	if s.plugin != nil {
		rows, err := s.tx.Query(ctx, Statement{SQL: "SELECT 1"})
		if err == nil {
			err = rows.Close()
		}
		return err
	}
	ledger, err := s.Conn.Ledger(ctx)
	if err == nil && !reflect.DeepEqual(ledger, planned) {
		err = ErrMoved
	}
	return err
}

// effects notes what the step that has run did to rows, and looks whether it could be
// committed, unless part of it was not run.
func (s *stage) effects(ctx context.Context) error {
	if s.observed == nil {
		return nil
	}
	tables, err := s.observed.Effects(ctx)
	s.out.Effects = append(s.out.Effects, StepEffects{Step: s.step, Tables: tables})
	if err != nil || s.held {
		return err
	}
	return s.observed.Check(ctx)
}

// clear rolls back and takes the walls away: the connection is as it was.
func (s *stage) clear() (err error) {
	if s.tx != nil {
		err = s.tx.Rollback()
	}
	if s.confined != nil {
		err = errors.Join(err, s.confined.Close())
	}
	s.tx, s.confined = nil, nil
	return err
}

func (s *stage) note(stmt Statement, rows int, autocommit bool, notRun string) {
	s.at, s.newest = -1, RehearsedStatement{
		Step: s.step, SQL: stmt.Locking(), Params: stmt.Params, Rows: rows, Autocommit: autocommit, NotRun: notRun, Own: stmt.Own,
	}
	if s.chunks == 0 && (s.samples == nil || notRun != "") {
		s.show()
	}
}

// show shows the newest statement, as long as there is room.
func (s *stage) show() {
	if s.at >= 0 {
		s.out.Statements[s.at] = s.newest
		return
	}
	if s.plugin != nil || s.samples != nil {
		s.shown += int(unsafe.Sizeof(s.newest)) + len(s.newest.SQL) + len(s.newest.NotRun)
		for _, p := range s.newest.Params {
			s.shown += int(unsafe.Sizeof(p)) + len(p.Bytes)
		}
		if s.shown > maxShown {
			s.beyond++
			return
		}
	}
	s.at = len(s.out.Statements)
	s.out.Statements = append(s.out.Statements, s.newest)
}

// tellBeyond says how many statements of the step are not shown.
func (s *stage) tellBeyond() {
	if s.beyond > 0 {
		what := Comment(fmt.Sprintf("%d more statements: a plan shows %d MiB of them", s.beyond, maxShown>>20))
		s.out.Statements = append(s.out.Statements, RehearsedStatement{Step: s.step, SQL: what, NotRun: "there is no room for them"})
		s.beyond = 0
	}
}

// chunk is told of each chunk of a backfill. The statements of the first one are
// shown, and those of the others are the same.
func (s *stage) chunk() { s.chunks++ }

// backfill is told of the end of a backfill.
func (s *stage) backfill(name string) {
	more := s.chunks - 1
	if s.chunks = 0; more > 0 {
		s.note(Statement{SQL: Comment(fmt.Sprintf("backfill %q: %d more chunks of the same statements", name, more))}, 0, true, "")
	}
}

// noteRefused says of the newest statement that the walls of a plugin refused it.
func (s *stage) noteRefused(err error) error {
	if denied := asRefused(err, Statement{}); denied != nil {
		s.newest.NotRun, s.newest.Refused = denied.Error(), true
		s.show()
	} else if err != nil && s.chunks > 0 {
		s.show()
	}
	return err
}

// excuse sorts the error of a step: where something before it was not run,
// what is left of a file is shown and not run either; what a module would have
// sent nobody knows.
func (s *stage) excuse(b *body, dir chain.Direction, replayed int, err error) error {
	var refused *SQLError
	if !errors.As(err, &refused) || !s.held && refused.Code != unsafeNewEnumValue {
		return err
	}
	reason := fmt.Sprintf("needs what was not run or not committed before it: %v", refused)
	if b.module != nil {
		reason += "; what the module sends after it is not known"
	}
	if s.newest.SQL != "" && s.newest.Step == s.step {
		s.newest.NotRun = reason
		s.show()
	}
	s.held = true
	if b.module != nil {
		return nil
	}
	skip, autocommit := refused.Ordinal, false
	for _, item := range source.Items(b.parsed, dir) {
		switch item.Kind {
		case chain.ItemAutocommitBegin, chain.ItemAutocommitEnd:
			autocommit = item.Kind == chain.ItemAutocommitBegin
		case chain.ItemOperation:
			if skip--; skip < 0 {
				s.note(Statement{SQL: Comment(item.Document)}, 0, autocommit, "follows a statement that was not run")
			}
		case chain.ItemPhase:
		case chain.ItemBackfill:
			if skip--; skip < 0 {
				s.note(Statement{SQL: source.Whole(b.parsed.Dialect, item)}, 0, true, "follows a statement that was not run; a run does it chunk by chunk")
			}
		default:
			if skip--; skip < 0 {
				s.note(Statement{SQL: item.SQL}, 0, autocommit, "follows a statement that was not run")
			}
		}
	}
	return nil
}

// unsafeNewEnumValue is PostgreSQL's SQLSTATE for the use of an enum value in
// the transaction that added it, which a real run does in two.
const unsafeNewEnumValue = "55P04"

// Confine implements Conn: what is confined would not act on the stage.
func (s *stage) Confine(context.Context, Confinement) (Confined, error) {
	return nil, errors.New("a rehearsal cannot be confined once it has begun")
}

// Begin implements Conn.
func (s *stage) Begin(ctx context.Context, _ Fence) (Tx, error) {
	if err := s.tx.Savepoint(ctx, SavepointSet, stageSavepoint); err != nil {
		return nil, err
	}
	return &stageTx{Tx: s.tx, stage: s}, nil
}

// Outside implements Conn: the statement is shown and not run, and of a plugin it is
// refused as in a real run.
func (s *stage) Outside(ctx context.Context, fence Fence, stmt Statement, unit Unit, begun bool) (int64, error) {
	if s.plugin != nil {
		return s.Conn.Outside(ctx, fence, stmt, unit, begun)
	}
	s.held = true
	s.note(stmt, 0, true, "cannot run inside a transaction, so it could not be rolled back")
	return 0, nil
}

// A stageTx is what a session takes for a transaction.
type stageTx struct {
	Tx
	stage *stage
	over  bool
}

func (t *stageTx) Exec(ctx context.Context, stmt Statement) (int64, error) {
	t.stage.note(stmt, 0, false, "")
	affected, err := t.Tx.Exec(ctx, stmt)
	return affected, t.stage.noteRefused(err)
}

func (t *stageTx) Defer(ctx context.Context, stmt Statement) error {
	_, err := t.Exec(ctx, stmt)
	return err
}

func (t *stageTx) ExecBatch(ctx context.Context, stmt Statement, rows *abi.RowReader) (int64, error) {
	t.stage.note(stmt, countRows(rows), false, "")
	affected, err := t.Tx.ExecBatch(ctx, stmt, rows)
	return affected, t.stage.noteRefused(err)
}

// Load is told of in a comment: its rows are not for a terminal.
func (t *stageTx) Load(ctx context.Context, stmt Statement, to *abi.Load, rows *abi.RowReader) (int64, error) {
	n := countRows(rows)
	t.stage.note(Statement{SQL: Comment(fmt.Sprintf("load of %d rows into %s", n, loadTarget(to)))}, 0, false, "")
	affected, err := t.Tx.Load(ctx, stmt, to, rows)
	return affected, t.stage.noteRefused(err)
}

// countRows counts what is in a rowset, without taking it from its reader. A
// malformed row ends the count: the database call will tell of it.
func countRows(rows *abi.RowReader) int {
	n := 0
	if r, err := abi.NewRowReader(rows.Bytes()); err == nil {
		for ; err == nil; n++ {
			_, err = r.Next()
		}
		n--
	}
	return n
}

func (t *stageTx) Query(ctx context.Context, stmt Statement) (Rows, error) {
	t.stage.note(stmt, 0, false, "")
	result, err := t.Tx.Query(ctx, stmt)
	return result, t.stage.noteRefused(err)
}

func (t *stageTx) Progress(context.Context, chain.Key, chain.Direction, []Unit) error { return nil }

func (t *stageTx) Record(context.Context, Entry, []string) error { return nil }

func (t *stageTx) Commit(ctx context.Context) error {
	t.over = true
	return t.Tx.Savepoint(ctx, SavepointRelease, stageSavepoint)
}

func (t *stageTx) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	return t.Tx.Savepoint(context.Background(), SavepointRollback, stageSavepoint)
}
