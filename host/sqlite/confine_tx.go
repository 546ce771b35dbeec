package sqlite

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// confinedTx implements host.Tx for a plugin.
type confinedTx struct {
	*tx
	w *wall
}

// Exec implements host.Tx.
func (t *confinedTx) Exec(ctx context.Context, stmt host.Statement) (affected int64, err error) {
	err = t.watched(ctx, stmt, func() error {
		affected, err = t.tx.Exec(ctx, stmt)
		return err
	})
	return affected, err
}

// Defer implements host.Tx.
func (t *confinedTx) Defer(ctx context.Context, stmt host.Statement) error {
	_, err := t.Exec(ctx, stmt)
	return err
}

// ExecBatch implements host.Tx.
func (t *confinedTx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (affected int64, err error) {
	err = t.watched(ctx, stmt, func() error {
		affected, err = t.tx.ExecBatch(ctx, stmt, rows)
		return err
	})
	return affected, err
}

// Load implements host.Tx.
func (t *confinedTx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (affected int64, err error) {
	err = t.watched(ctx, stmt, func() error {
		affected, err = t.tx.Load(ctx, stmt, to, rows)
		return err
	})
	return affected, err
}

// Query implements host.Tx.
func (t *confinedTx) Query(ctx context.Context, stmt host.Statement) (rows host.Rows, err error) {
	err = t.watched(ctx, stmt, func() error {
		rows, err = t.tx.Query(ctx, stmt)
		return err
	})
	return rows, err
}

// Progress implements host.Tx.
func (t *confinedTx) Progress(ctx context.Context, key chain.Key, dir chain.Direction, units []host.Unit) error {
	if err := t.settle(ctx); err != nil {
		return err
	}
	return t.tx.Progress(ctx, key, dir, units)
}

// Record implements host.Tx.
func (t *confinedTx) Record(ctx context.Context, entry host.Entry, heads []string) error {
	if err := t.settle(ctx); err != nil {
		return err
	}
	return t.tx.Record(ctx, entry, heads)
}

// Commit implements host.Tx.
func (t *confinedTx) Commit(ctx context.Context) error {
	if err := t.settle(ctx); err != nil {
		return err
	}
	err := t.tx.Commit(ctx)
	if err == nil {
		t.w.committed()
	}
	return err
}

// watched runs a statement, counts the rows that it writes, and looks at what it
// did to the schema. Too many rows are the end of the transaction.
func (t *confinedTx) watched(ctx context.Context, stmt host.Statement, do func() error) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	if t.w.author != guest {
		return do()
	}
	before := t.c.sq.TotalChanges()
	if changesSchema(stmt.SQL) {
		err = t.w.guarded(ctx, t.tx, do)
	} else {
		err = do()
	}
	if t.lost != nil || t.c.broken != nil {
		return err
	}
	if over := t.w.count(t.c.sq.TotalChanges() - before); over != nil {
		t.lost = over
		return over
	}
	return err
}

// changesSchema reports whether a statement may change the schema.
func changesSchema(sql string) bool {
	switch verb(sql) {
	case "CREATE", "ALTER", "DROP":
		return true
	}
	return false
}

// settle looks at the plugin's views and writes down what it owns, before what
// the runner writes.
func (t *confinedTx) settle(ctx context.Context) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	t.readAhead()
	if err := t.w.whole(ctx); err != nil {
		return err
	}
	if err := t.w.freePages(ctx); err != nil {
		return t.c.db.failed("write the ledger of", cause(ctx, err))
	}
	return t.c.ledgerFailed(ctx, "write", t.w.settle(ctx))
}
