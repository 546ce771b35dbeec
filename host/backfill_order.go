package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An Order is how the rows of a table come by columns of it.
type Order struct {
	// Columns tell of each of them its type and its collation, as the database calls
	// them. A checkpoint is of use as long as they stay.
	Columns []string

	// Hidden says why rows of the table may not be seen by the connection, and what to
	// do about it; "" if all are.
	Hidden string
}

// inOrder sees to it, in the transaction of each chunk, that all rows are seen, and in
// the order of those before: another type or collation of a column of the key moves
// rows to the other side of the checkpoint. The order of a query is unknown, and a
// checkpoint without a recorded order is accepted as it is.
func (f *fill) inOrder(ctx context.Context) error {
	if f.table == "" {
		return f.allSeen(ctx)
	}
	order, err := f.s.tx.Order(ctx, f.table, f.at.Key)
	if err != nil {
		return f.own(err)
	}
	if order.Hidden != "" {
		return refuse(abi.ErrnoState, "backfill %q may not see all rows of table %s, and would leave some out: %s", f.unit.Name, quoteName(f.table), order.Hidden)
	}
	for i, was := range f.at.Order {
		if is := order.Columns[i]; is != was {
			return f.s.die(&CheckpointError{
				Revision: f.s.step.Revision, Backfill: f.unit.Name, Was: f.at.Version, Is: f.s.version, Done: f.unit.Affected,
				Elsewhere: true, Column: f.at.Key[i], Before: was, Now: is,
			})
		}
	}
	f.at.Order = order.Columns
	return nil
}

// allSeen sees to it, in the transaction of each chunk, that a query is shown all rows of
// the tables that it reads.
func (f *fill) allSeen(ctx context.Context) error {
	stmt := f.sql.nothing()
	stmt.Ordinal, stmt.Own = f.ordinal, true
	why, err := f.s.tx.Hidden(ctx, stmt)
	if err == nil && why != "" {
		err = refuse(abi.ErrnoState, "backfill %q may not see all rows of the tables that its query reads, and would leave some out: %s", f.unit.Name, why)
	}
	return f.own(err)
}
