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

// keyed sees to it, in the transaction of a run's first chunk, that the key of a table is
// one still: since the run before, its index may have been dropped, or one of its columns
// may have come to hold NULL.
func (f *fill) keyed(ctx context.Context) error {
	if f.table == "" || f.known {
		return nil
	}
	keys, err := f.s.tx.Keys(ctx, f.table)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Unfit == "" && f.covers(f.at.Key, k.Columns) {
			f.known = true
			f.at.Nullable = f.at.Nullable || k.nullableAmong(f.at.Key)
			f.sql.some = f.at.Nullable
			return nil
		}
	}
	return f.s.die(&CheckpointError{
		Revision: f.s.step.Revision, Backfill: f.unit.Name, Was: f.at.Version, Is: f.s.version, Done: f.unit.Affected,
		Elsewhere: true, Unkeyed: f.at.Key,
	})
}

// nullableAmong reports whether one of some columns may be NULL, among which are those of
// the key: of the others nobody knows.
func (k Key) nullableAmong(columns []string) bool {
	return k.Nullable || len(k.Columns) < len(columns)
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
