package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/spool"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A confinedTx is a transaction of a plugin: the runner's, in which the plugin's
// role is entered before anything of the plugin's runs, and left before the
// ledger is written.
type confinedTx struct {
	w        *confined
	t        *tx
	deadline time.Time
	limited  time.Time // when the server was last told what is left
	began    string    // when the transaction began, as the server says it
	before   int64     // rows that the server had counted by then
	wrote    int64     // rows, as the server has counted when the role was left
	left     bool      // the role is left: what follows is the runner's

	// foreign are the names in the plugin's schema that are not its own, as they
	// were when the transaction first asked. They stay so: what the plugin makes
	// is its own, and what is not it can neither drop nor rename.
	foreign map[string]bool
}

// Begin implements host.Conn. The role is entered behind the lock and the fence,
// and before any savepoint: to roll back to one restores the role of then.
func (w *confined) Begin(ctx context.Context, fence host.Fence) (host.Tx, error) {
	inner, err := w.c.Begin(ctx, fence)
	if err != nil {
		return nil, err
	}
	w.written.Begin(fence)
	t := &confinedTx{w: w, t: inner.(*tx)}
	t.deadline = time.Now().Add(w.quarters.grants.Time())
	t.t.warden = &warden{
		rows: w.tooManyRows, keeps: w.tooMuchKept,
		judge: func(sql string) (string, error) {
			c, err := w.check(host.Statement{SQL: sql})
			return c.sql, err
		},
		path: w.path, home: quoteIdent(w.quarters.home) + ", pg_temp",
	}
	t.bound(w.quarters.grants.Memory() << 20)
	t.t.put(w.enterItem(w.quarters.grants.Time(), &t.began, &t.before))
	t.limited = time.Now()
	w.tx = t
	return t, nil
}

// maxMessage is how large the server's messages may be otherwise, which is about as
// large as it makes them.
const maxMessage = 1 << 30

// bound has the connection take no row that is larger than what the plugin's module
// could hold.
func (t *confinedTx) bound(bytes int64) { t.t.c.main.pg.Frontend().SetMaxBodyLen(int(bytes)) }

// tooManyRows refuses to go on where the open transaction has written so many that
// the migration has written more than it may.
func (w *confined) tooManyRows(written int64) error {
	written = w.written.With(written)
	if allowed := w.quarters.grants.Rows(); written > allowed {
		return &policy.Refusal{
			Line:   w.quarters.line(),
			Reason: fmt.Sprintf("write more than %d rows in one migration: it has written %d", allowed, written),
			Needs:  fmt.Sprintf("rows = %d", written), More: true,
		}
	}
	return nil
}

func (w *confined) tooMuchKept(bytes int64) error {
	if bytes > spool.PluginLimit {
		return &policy.Refusal{
			Line: w.quarters.line(),
			Reason: fmt.Sprintf("leave rows open while it sends something else: %d bytes of them would be kept, and %d may be; read them first, or fewer at a time",
				bytes, spool.PluginLimit),
		}
	}
	return nil
}

// foreign reports whether a name in the plugin's schema is somebody else's.
func (w *confined) foreign(name string) bool { return w.tx != nil && w.tx.foreign[name] }

// ready says whether the plugin can send something, and reads what the verdict
// on it needs.
func (t *confinedTx) ready(ctx context.Context) error {
	if err := t.t.usable(); err != nil {
		return err
	}
	if t.left {
		return &refusal{abi.ErrnoState, "the ledger is written already: nothing of the plugin's runs in this transaction any more"}
	}
	if err := t.late(); err != nil {
		return err
	}
	if t.foreign != nil {
		return nil
	}
	standing, err := t.readStanding(ctx)
	if err != nil {
		return t.explain(ctx, err)
	}
	t.foreign = map[string]bool{}
	for _, o := range standing {
		if !o.owned {
			t.foreign[o.name] = true
		}
	}
	return nil
}

// late refuses to go on after the plugin's time.
func (t *confinedTx) late() error {
	if time.Now().Before(t.deadline) {
		return nil
	}
	return t.t.spoil(t.timeUp())
}

func (t *confinedTx) timeUp() error {
	allowed := t.w.quarters.grants.Time()
	used := time.Since(t.deadline) + allowed
	return &policy.Refusal{
		Line:   t.w.quarters.line(),
		Reason: fmt.Sprintf("take longer than %s in one transaction: it has taken %s", allowed, used.Round(time.Millisecond)),
		Needs:  fmt.Sprintf("seconds = %d", int64(2*allowed/time.Second)), More: true,
	}
}

// explain tells the end of the plugin's time from other errors.
func (t *confinedTx) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || time.Now().Before(t.deadline) {
		return withoutCascade(err)
	}
	if codeOf(err) == codeCancelled || errors.Is(err, context.DeadlineExceeded) {
		return t.t.spoil(t.timeUp())
	}
	return err
}

// timed returns a context that ends with the plugin's time. The server is told
// how much is left too, for the case that nobody is there to cancel a statement.
func (t *confinedTx) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	if now := time.Now(); now.Sub(t.limited) > time.Second {
		t.t.put(statementTimeoutItem(t.deadline.Sub(now)))
		t.limited = now
	}
	return context.WithDeadline(ctx, t.deadline)
}

// judged returns what is sent for a statement of the plugin.
func (t *confinedTx) judged(ctx context.Context, stmt host.Statement) (host.Statement, error) {
	if err := t.ready(ctx); err != nil {
		return stmt, err
	}
	checked, err := t.w.check(stmt)
	if err != nil {
		return stmt, err
	}
	stmt.SQL = checked.sql
	return stmt, nil
}

// Exec implements host.Tx.
func (t *confinedTx) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	stmt, err := t.judged(ctx, stmt)
	if err != nil {
		return 0, err
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	affected, err := t.t.Exec(timed, stmt)
	return affected, t.explain(ctx, err)
}

// Defer implements host.Tx.
func (t *confinedTx) Defer(ctx context.Context, stmt host.Statement) error {
	stmt, err := t.judged(ctx, stmt)
	if err != nil {
		return err
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	return t.explain(ctx, t.t.Defer(timed, stmt))
}

// ExecBatch implements host.Tx.
func (t *confinedTx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (int64, error) {
	stmt, err := t.judged(ctx, stmt)
	if err != nil {
		return 0, err
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	affected, err := t.t.ExecBatch(timed, stmt, rows)
	return affected, t.explain(ctx, err)
}

// Load implements host.Tx. The verdict is that on the INSERT which does the same;
// COPY goes where that would.
func (t *confinedTx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (int64, error) {
	if _, err := t.judged(ctx, host.Statement{SQL: insertFor(to), Ordinal: stmt.Ordinal}); err != nil {
		return 0, err
	}
	schema := t.w.quarters.shared
	if t.w.judge.Owns(to.Table) {
		schema = t.w.quarters.home
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	affected, err := t.t.loadInto(timed, stmt, quoteIdent(schema)+"."+quoteIdent(to.Table), to, rows)
	return affected, t.explain(ctx, err)
}

// insertFor returns the INSERT of one row of NULLs into the columns of a load.
func insertFor(to *abi.Load) string {
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", len(to.Columns)), ", ")
	return "INSERT INTO " + quoteIdent(to.Table) + " (" + idents(to.Columns) + ") VALUES (" + nulls + ")"
}

// Query implements host.Tx.
func (t *confinedTx) Query(ctx context.Context, stmt host.Statement) (host.Rows, error) {
	stmt, err := t.judged(ctx, stmt)
	if err != nil {
		return nil, err
	}
	timed, cancel := t.timed(ctx)
	rows, err := t.t.Query(timed, stmt)
	if err != nil {
		cancel()
		return nil, t.explain(ctx, err)
	}
	return &confinedRows{rows, t, ctx, cancel}, nil
}

// confinedRows are rows that are read within the plugin's time.
type confinedRows struct {
	host.Rows
	t      *confinedTx
	ctx    context.Context // of the call, without the plugin's time
	cancel context.CancelFunc
}

// Next implements host.Rows.
func (r *confinedRows) Next() ([]abi.Value, error) {
	row, err := r.Rows.Next()
	return row, r.t.explain(r.ctx, err)
}

// Close implements host.Rows.
func (r *confinedRows) Close() error {
	defer r.cancel()
	return r.t.explain(r.ctx, r.Rows.Close())
}

// Savepoint implements host.Tx.
func (t *confinedTx) Savepoint(ctx context.Context, op host.SavepointOp, name string) error {
	if t.left {
		return &refusal{abi.ErrnoState, "the ledger is written already: no savepoint can be set or gone back to"}
	}
	timed, cancel := context.WithDeadline(ctx, t.deadline) // the transaction may be spoilt: nothing else goes on its queue
	defer cancel()
	return t.explain(ctx, t.t.Savepoint(timed, op, name))
}

// mark returns what undoes the sending of whatever is sent from here on and then
// refused: it is taken off the queue, or, where some of it is at the server, the
// transaction is spoilt.
func (t *confinedTx) mark() func(error) error {
	sent, n := t.t.sent, len(t.t.queue)
	return func(err error) error {
		switch {
		case !isRefused(err) || t.t.err != nil:
		case t.t.sent == sent:
			t.t.queue = t.t.queue[:n]
		default:
			t.t.spoil(err)
		}
		return err
	}
}

// isRefused reports whether a plugin was refused something.
func isRefused(err error) bool {
	var refused *policy.Refusal
	return errors.As(err, &refused)
}

// Progress implements host.Tx.
func (t *confinedTx) Progress(ctx context.Context, revision chain.Key, dir chain.Direction, units []host.Unit) error {
	if err := t.leave(ctx); err != nil {
		return err
	}
	return t.t.Progress(ctx, revision, dir, units)
}

// Record implements host.Tx.
func (t *confinedTx) Record(ctx context.Context, entry host.Entry, heads []string) error {
	if err := t.leave(ctx); err != nil {
		return err
	}
	return t.t.Record(ctx, entry, heads)
}

// Commit implements host.Tx.
func (t *confinedTx) Commit(ctx context.Context) error {
	if err := t.leave(ctx); err != nil {
		return err
	}
	err := t.t.Commit(ctx)
	if err == nil {
		t.w.written.Committed(t.wrote)
		t.w.tx = nil
		t.bound(maxMessage)
	}
	return err
}

// Rollback implements host.Tx.
func (t *confinedTx) Rollback() error {
	if t.w.tx == t {
		t.w.tx = nil
	}
	defer t.bound(maxMessage)
	return t.t.Rollback()
}
