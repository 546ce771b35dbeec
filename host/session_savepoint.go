package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Savepoint implements Calls.
func (s *session) Savepoint(ctx context.Context, op SavepointOp, name string) error {
	if s.fatal != nil {
		return s.usable()
	}
	if s.autocommitting() {
		return refuse(abi.ErrnoState, "a savepoint inside an autocommit section")
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	if op != SavepointRollback || s.hopeless {
		if err := s.usable(); err != nil {
			return err
		}
	}
	depth := len(s.savepoints)
	if op != SavepointSet {
		if depth = s.findSavepoint(name); depth < 0 {
			return refuse(abi.ErrnoState, "no savepoint %q is set in this transaction", name)
		}
	}
	_, err := s.do(ctx, call{
		unit: Unit{Kind: UnitSave, Digest: digestSavepoint(op, name)},
		run: func(ctx context.Context, tx Tx, _ Statement) (int64, error) {
			return 0, tx.Savepoint(ctx, op, name)
		},
	})
	if err != nil {
		return err
	}
	switch op {
	case SavepointSet:
		s.savepoints = append(s.savepoints, name)
	case SavepointRelease:
		s.savepoints = s.savepoints[:depth]
	case SavepointRollback:
		s.savepoints = s.savepoints[:depth+1]
		s.doomed = nil
	}
	return nil
}

func (s *session) findSavepoint(name string) int {
	for i := len(s.savepoints) - 1; i >= 0; i-- {
		if s.savepoints[i] == name {
			return i
		}
	}
	return -1
}
