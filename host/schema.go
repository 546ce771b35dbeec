package host

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Schema implements Calls. An operation that runs in the migration's
// transaction waits until something else is asked for, so that operations on
// one table in a row reach the dialect together; its error comes from that
// later call. One that has to be committed by itself opens the section it needs.
func (s *session) Schema(ctx context.Context, request schema.Request) error {
	s.ordinal++
	if err := s.usable(); err != nil {
		return err
	}
	dialect := string(s.step.Revision.Dialect)
	if err := source.Check(request, s.step.Revision.Dialect); err != nil {
		return err
	}
	if !request.For(dialect) {
		return nil
	}
	unit := Unit{Kind: UnitSchema, Digest: digestText("schema\x00" + string(schema.Append(nil, request)))}
	op := Operation{s.naming.Fill(request), s.ordinal}
	if err := op.Check(dialect); err != nil { // with the names it has now
		return err
	}
	switch mode := op.Mode(dialect); {
	case mode == schema.Inline || mode == schema.Committed && s.section != nil:
		return s.queue(ctx, op, unit)
	case s.section == nil:
		return s.inOwnSection(ctx, op, unit)
	case s.autocommitting():
		return s.alone(ctx, op, unit)
	default:
		return refuse(abi.ErrnoState, "%s runs outside a transaction, and %s is open: end it before", op.Operation.Kind(), s.section)
	}
}

// inOwnSection commits what ran before an operation, and then the operation.
func (s *session) inOwnSection(ctx context.Context, op Operation, unit Unit) error {
	switch {
	case len(s.savepoints) > 0:
		return refuse(abi.ErrnoState, "%s has to commit, and savepoint %q is set", op.Operation.Kind(), s.savepoints[len(s.savepoints)-1])
	case s.queried:
		return refuse(abi.ErrnoState, "a query before %s, which has to commit: read inside a transaction section, since a resumed run could not answer it again", op.Operation.Kind())
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	if s.pos >= len(s.recorded) {
		if err := s.commitGap(ctx); err != nil {
			return err
		}
	}
	s.section = &openSection{kind: SectionAutocommit, end: s.span(op.Operation.Kind())}
	err := s.alone(ctx, op, unit)
	s.section.end()
	s.section = nil
	return err
}

// alone runs an operation of an autocommit section.
func (s *session) alone(ctx context.Context, op Operation, unit Unit) error {
	c := s.operationCall(op, unit)
	if op.Mode(string(s.step.Revision.Dialect)) == schema.Outside {
		stmt, err := s.conn.Render(op)
		if denied := s.asRefused(err, c.stmt); denied != nil {
			return denied
		}
		if err != nil {
			return err
		}
		c.stmt, c.unit.Kind = stmt, UnitExec // which Conn.Outside can take up again
	} else if sql := s.plain(op); sql != "" {
		// VACUUM and its like have to run outside a transaction.
		c.stmt.SQL, c.unit.Kind = sql, UnitExec
		c.run = func(ctx context.Context, tx Tx, stmt Statement) (int64, error) { return tx.Exec(ctx, stmt) }
	}
	_, err := s.do(ctx, c)
	return err
}

// plain returns the SQL of an operation that is one statement and nothing else,
// "" if it is more.
func (s *session) plain(op Operation) string {
	execute, ok := op.Operation.(*schema.Execute)
	if !ok || op.LockTimeout > 0 {
		return ""
	}
	return execute.SQL.For(string(s.step.Revision.Dialect))
}

func (s *session) operationCall(op Operation, unit Unit) call {
	return call{
		unit: unit,
		stmt: Statement{Ordinal: op.Ordinal},
		run: func(ctx context.Context, tx Tx, _ Statement) (int64, error) {
			return 0, s.apply(ctx, tx, op)
		},
	}
}

// apply runs one operation. Of one that the walls of a plugin refuse nothing is
// left, not even where they let a part of what it consists of pass.
func (s *session) apply(ctx context.Context, tx Tx, op Operation) error {
	if s.judge == nil {
		return s.conn.Apply(ctx, s.watched(tx), []Operation{op})
	}
	if refusal := s.judge.Operation(op.Request); refusal != nil {
		return refusal
	}
	if err := tx.Savepoint(ctx, SavepointSet, operationSavepoint); err != nil {
		return err
	}
	err := s.conn.Apply(ctx, s.watched(tx), []Operation{op})
	if denied := asRefused(err, Statement{}); denied != nil {
		if undone := tx.Savepoint(ctx, SavepointRollback, operationSavepoint); undone != nil {
			return undone
		}
	} else if err != nil {
		return err
	}
	return errors.Join(err, tx.Savepoint(ctx, SavepointRelease, operationSavepoint))
}

const operationSavepoint = "operation"

// queue puts off an operation until flush, unless a savepoint may have to undo
// it, or an autocommit section commits it.
func (s *session) queue(ctx context.Context, op Operation, unit Unit) error {
	if s.judge != nil { // at once: a refusal is about this call
		_, err := s.do(ctx, s.operationCall(op, unit))
		return err
	}
	if s.autocommitting() {
		return s.alone(ctx, op, unit)
	}
	if table := op.Operation.On(); len(s.operations) > 0 && (table == "" || s.operations[0].Operation.On() != table) {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	if s.inGap() {
		if err := s.full(); err != nil {
			return err
		}
		unit.Position = s.begin.Position + s.pos + 1
		if known, ok, err := s.replay(unit, Statement{Ordinal: op.Ordinal}); err != nil || ok {
			if _, err := s.answer(known, err); err != nil || !known.Begun {
				return err
			}
			return s.changed(known, Statement{Ordinal: op.Ordinal}) // begun in a section that is gone
		}
	}
	if len(s.savepoints) > 0 {
		return s.applyNow(ctx, op, unit)
	}
	s.operations = append(s.operations, op)
	if s.inGap() {
		s.keep(unit)
	}
	if op.Operation.On() == "" || len(s.operations) == maxQueuedOperations {
		return s.flush(ctx)
	}
	return nil
}

// maxQueuedOperations bounds what waits for the dialect.
const maxQueuedOperations = 1000

// applyNow runs an operation while a savepoint is set.
func (s *session) applyNow(ctx context.Context, op Operation, unit Unit) error {
	_, err := s.send(ctx, s.operationCall(op, unit))
	if s.fatal != nil || err != nil && s.hopeless || !s.inGap() {
		return err
	}
	unit.record(0, err)
	s.keep(unit)
	return err
}

// flush hands the operations that wait to the dialect. No savepoint is set
// while some wait, so nothing can mend what goes wrong.
func (s *session) flush(ctx context.Context) error {
	if len(s.operations) == 0 {
		return nil
	}
	operations := s.operations
	s.operations = nil
	tx, err := s.transaction(ctx)
	if err != nil {
		return err
	}
	if err := s.conn.Apply(ctx, s.watched(tx), operations); err != nil {
		s.hopeless = true
		return s.failed(err)
	}
	return nil
}

// namingFor returns the naming convention of a line: the operator's own for
// the project's migrations, and what its author knew for everybody else's.
func (r *Runner) namingFor(line string) schema.Naming {
	if line == chain.DefaultLine {
		return r.cfg.Naming
	}
	return schema.Naming{}
}
