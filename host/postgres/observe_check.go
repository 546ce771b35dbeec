package postgres

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
)

// Check implements host.ObservedTx. What it does to constraints and, by their triggers,
// to rows is taken back: to the next migration they are deferred again
// (https://www.postgresql.org/docs/current/sql-set-constraints.html).
func (o *observedTx) Check(ctx context.Context) (err error) {
	if err := o.Tx.Savepoint(ctx, host.SavepointSet, observedSavepoint); err != nil {
		return err
	}
	o.t.put(item{sql: "SET CONSTRAINTS ALL IMMEDIATE"})
	if err := o.t.flush(ctx); err != nil {
		return err
	}
	if err := o.undo(ctx); err != nil {
		return err
	}
	o.last, err = o.counted(ctx)
	return err
}
