package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// tx implements host.Tx.
type tx struct {
	c        *conn
	over     bool               // committed or rolled back
	lost     error              // SQLite rolled it back by itself: why
	complete bool               // the migration is recorded
	open     map[*rows]struct{} // rows that still read from the database
	from     string             // the line's one head, while nothing of the migration is recorded
	first    bool               // nothing of the migration is recorded yet
}

var errOver = errors.New("the transaction is over")

// Begin implements host.Conn.
func (c *conn) Begin(ctx context.Context, fence host.Fence) (_ host.Tx, err error) {
	if _, err := c.open(ctx, create); err != nil {
		return nil, err
	}
	defer c.guard(&err)
	if err := c.renew(ctx); err != nil {
		return nil, err
	}
	if c.tx != nil {
		return nil, c.db.failed("begin a transaction on", errors.New("one is open on the connection"))
	}
	if err := c.foreignKeysOff(); err != nil {
		return nil, c.db.failed("begin a transaction on", err)
	}
	if err := c.lock(ctx, fence); err != nil {
		return nil, err
	}
	// The authorizer is asked of all that runs: what was judged before was judged by
	// what was there.
	c.cache.clear()
	c.touched, c.written = touched{}, nil
	if fence.Done > 0 {
		if c.touched.links, err = c.links(ctx); err != nil {
			return nil, errors.Join(c.db.failed("read the foreign keys of", cause(ctx, err)), c.unlock())
		}
		c.watchChildren(c.touched.links)
	}
	c.tx = &tx{c: c, open: map[*rows]struct{}{}, first: fence.Done == 0}
	if len(fence.Heads) == 1 && fence.Revision != "" && fence.Done == 0 {
		c.tx.from = fence.Heads[0]
	}
	return c.tx, nil
}

// usable refuses what comes after the end of the transaction.
func (t *tx) usable() error {
	if err := t.c.usable(); err != nil {
		return err
	}
	if t.over {
		return t.c.db.failed("use", errOver)
	}
	return t.lost
}

// check notes that SQLite has rolled back by itself: because of a conflict
// clause or RAISE(ROLLBACK), or a full disk, or an interrupt in the middle of
// writing (https://sqlite.org/lang_transaction.html, section 3).
func (t *tx) check(stmt *host.Statement, err error) error {
	if !t.c.sq.GetAutocommit() {
		return err
	}
	const ended = "the statement ended the transaction, all of it is rolled back"
	var refused *host.SQLError
	switch {
	case errors.As(err, &refused):
		refused.Hint = ended
	case err == nil:
		err = refuse(*stmt, sqlite3.ABORT, 0, ended)
	}
	t.lost = err
	return err
}

// Exec implements host.Tx.
func (t *tx) Exec(ctx context.Context, stmt host.Statement) (affected int64, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return 0, err
	}
	p, err := t.prepare(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer t.c.release(p)
	affected, err = t.c.run(ctx, p, stmt)
	return affected, t.check(&stmt, err)
}

// Defer implements host.Tx. There is no round trip to save: it runs at once.
func (t *tx) Defer(ctx context.Context, stmt host.Statement) error {
	_, err := t.Exec(ctx, stmt)
	return err
}

// prepare compiles a statement. If it writes, open rows are read ahead.
func (t *tx) prepare(ctx context.Context, stmt host.Statement) (*prepared, error) {
	p, err := t.c.prepare(ctx, stmt)
	if err != nil {
		return nil, t.check(&stmt, err)
	}
	if !p.ReadOnly() {
		t.readAhead()
	}
	return p, nil
}

// readAhead takes what is left of all open rows into memory, so that they stay
// as of when they were asked for, and do not keep a table from being dropped.
func (t *tx) readAhead() {
	for r := range t.open {
		r.readAhead()
	}
}

// ExecBatch implements host.Tx.
func (t *tx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (sum int64, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return 0, err
	}
	stmt.Params = make([]abi.Value, len(rows.Types()))
	p, err := t.prepare(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer t.c.release(p)
	b := &batch{t: t, p: p, stmt: stmt, rows: rows, of: "batch"}
	err = b.each(ctx, math.MaxInt)
	return b.sum, err
}

// Query implements host.Tx.
func (t *tx) Query(ctx context.Context, stmt host.Statement) (_ host.Rows, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return nil, err
	}
	p, err := t.prepare(ctx, stmt)
	if err != nil {
		return nil, err
	}
	r, err := newRows(ctx, t, p, stmt)
	if err != nil {
		return nil, err
	}
	if !p.ReadOnly() {
		r.readAhead() // what it writes is written now
		if !errors.Is(r.err, io.EOF) {
			return nil, r.err
		}
	}
	return r, nil
}

// Savepoint implements host.Tx (https://sqlite.org/lang_savepoint.html).
func (t *tx) Savepoint(ctx context.Context, op host.SavepointOp, name string) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	sql := map[host.SavepointOp]string{
		host.SavepointSet: "SAVEPOINT ", host.SavepointRelease: "RELEASE ", host.SavepointRollback: "ROLLBACK TO ",
	}[op]
	if sql == "" || !abi.ValidSavepointName(name) {
		return fmt.Errorf("no savepoint operation %d on %q", op, name)
	}
	t.readAhead()
	defer t.c.sq.SetInterrupt(t.c.sq.SetInterrupt(ctx))
	stmt := host.Statement{SQL: sql + sqlite3.QuoteIdentifier(name)}
	if err := t.c.sq.Exec(stmt.SQL); err != nil {
		return t.check(&stmt, sqlError(ctx, stmt, err))
	}
	return nil
}

// Progress implements host.Tx.
func (t *tx) Progress(ctx context.Context, key chain.Key, dir chain.Direction, units []host.Unit) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	t.readAhead()
	t.from = ""
	for _, unit := range units {
		if err := t.c.recordUnit(ctx, key, dir, unit); err != nil {
			return err
		}
	}
	return nil
}

// Record implements host.Tx.
func (t *tx) Record(ctx context.Context, entry host.Entry, heads []string) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	t.readAhead()
	t.complete = true
	from := t.from
	t.from = ""
	return t.c.record(ctx, entry, from, heads)
}

// Commit implements host.Tx. It refuses to leave rows without their parents.
func (t *tx) Commit(ctx context.Context) (err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return err
	}
	t.closeRows()
	whole, err := t.bereft(ctx)
	if err != nil {
		return t.c.db.failed("check foreign keys of", cause(ctx, err))
	}
	if whole {
		if err := t.refuseOrphans(ctx); err != nil {
			return err
		}
	}
	waiting, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	if err := patiently(waiting, func() error { return t.c.do(waiting, "COMMIT") }); err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			return host.ErrInUse // a reader that does not end: the migration is rolled back and tried again
		}
		return t.c.db.failed("commit to", err)
	}
	t.finished(t.complete)
	return nil
}

// bereft reports whether all tables have to be looked at for rows without parents.
// They are in the first and the last transaction of a migration, so that it neither
// begins nor ends with any, whoever has left them. In those between, such as the
// chunks of a backfill, they are where a table that may have new ones has some.
func (t *tx) bereft(ctx context.Context) (bool, error) {
	if t.first || t.complete {
		return true, nil
	}
	suspects, all, err := t.c.suspects(ctx)
	if all || err != nil {
		return all, err
	}
	for _, s := range suspects {
		if found, known := t.c.orphaned(ctx, s); found {
			return true, nil
		} else if known {
			continue
		}
		found, err := t.c.orphansOf(ctx, s.table)
		if len(found) > 0 || err != nil {
			return true, err
		}
	}
	return false, nil
}

// refuseOrphans rolls back where there are rows without parents.
func (t *tx) refuseOrphans(ctx context.Context) error {
	found, err := t.c.orphans(ctx)
	if err != nil {
		return t.c.db.failed("check foreign keys of", cause(ctx, err))
	}
	if len(found) == 0 {
		return nil
	}
	if err := t.end(); err != nil {
		return err
	}
	before, err := t.c.orphans(ctx)
	if err != nil {
		return t.c.db.failed("check foreign keys of", cause(ctx, err))
	}
	return found.refuse(before)
}

// Rollback implements host.Tx.
func (t *tx) Rollback() (err error) {
	if t.over || t.c.broken != nil || t.c.closed {
		return nil // closing the connection has rolled back
	}
	defer t.c.guard(&err)
	return t.end()
}

// end rolls back.
func (t *tx) end() error {
	t.closeRows()
	if err := t.c.unlock(); err != nil {
		return t.c.db.failed("roll back", err)
	}
	t.finished(true)
	return nil
}

// finished lets go of a transaction that is over, with or without the end of
// its migration.
func (t *tx) finished(migration bool) {
	t.over, t.c.tx = true, nil
	if migration && t.c.soiled {
		t.c.stale = true
	}
}

func (t *tx) closeRows() {
	for r := range t.open {
		r.Close()
	}
}
