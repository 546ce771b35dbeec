package postgres

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
)

// Check implements host.ObservedTx. What it does to constraints and, by their triggers,
// to rows is taken back: to the next migration they are deferred again
// (https://www.postgresql.org/docs/current/sql-set-constraints.html).
func (o *observedTx) Check(ctx context.Context) (err error) {
	if err := o.immediate(ctx); err != nil {
		return err
	}
	if err := o.undo(ctx); err != nil {
		return err
	}
	o.last, err = o.counted(ctx)
	return err
}

// immediate has constraints, and triggers that are deferred, do now what they do at the
// commit, within a savepoint.
func (o *observedTx) immediate(ctx context.Context) error {
	if err := o.Tx.Savepoint(ctx, host.SavepointSet, observedSavepoint); err != nil {
		return err
	}
	o.t.put(item{sql: "SET CONSTRAINTS ALL IMMEDIATE"})
	return o.t.flush(ctx)
}

// atCommit notes what triggers will write at the commit. If that would be refused,
// Check says so.
func (o *observedTx) atCommit(ctx context.Context) error {
	var now look
	err := o.immediate(ctx)
	if err == nil {
		now, err = o.counted(ctx)
	}
	if err != nil && codeOf(err) == "" {
		return err
	}
	if err == nil {
		for oid, n := range since(o.last.rows, now.rows) {
			o.miss(oid, n, madeAtCommit)
		}
		o.missMoved(now, movedAtCommit)
	}
	if err := o.undo(ctx); err != nil {
		return err
	}
	o.last, err = o.counted(ctx)
	return err
}
