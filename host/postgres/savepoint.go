package postgres

import (
	"context"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Savepoint sets, releases or rolls back to a savepoint.
func (t *tx) Savepoint(ctx context.Context, op host.SavepointOp, name string) error {
	depth := len(t.savepoints)
	if op != host.SavepointSet {
		for depth--; depth >= 0 && t.savepoints[depth] != name; depth-- {
		}
		if depth < 0 {
			return &refusal{abi.ErrnoState, fmt.Sprintf("no savepoint %q is set in this transaction", name)}
		}
	}
	it := item{role: roleSavepoint}
	switch op {
	case host.SavepointSet:
		it.sql = "SAVEPOINT " + quoteIdent(name)
	case host.SavepointRelease:
		it.sql = "RELEASE SAVEPOINT " + quoteIdent(name)
	case host.SavepointRollback:
		it.sql = "ROLLBACK TO SAVEPOINT " + quoteIdent(name)
		if err := t.rollbackTo(ctx, it); err != nil {
			return err
		}
		t.savepoints = t.savepoints[:depth+1]
		return nil
	default:
		return &refusal{abi.ErrnoArgument, fmt.Sprintf("no operation %d on savepoints", op)}
	}
	if err := t.usable(); err != nil {
		return err
	}
	t.put(it)
	t.savepoints = t.savepoints[:depth]
	if op == host.SavepointSet {
		t.savepoints = append(t.savepoints, name)
	}
	return nil
}

// rollbackTo rolls back to a savepoint, which mends a spoilt transaction. What
// is still queued is sent before: it may have set the savepoint.
func (t *tx) rollbackTo(ctx context.Context, it item) error {
	if t.err == nil {
		if err := t.flush(ctx); err != nil && codeOf(err) == "" {
			return err
		}
	}
	spoilt := t.err
	t.err = nil
	t.put(it)
	err := t.flush(ctx)
	if err != nil && spoilt != nil {
		t.err = spoilt
	}
	return err
}
