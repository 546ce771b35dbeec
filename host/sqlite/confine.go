package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// confined implements host.Confined. It is the connection with a wall on it, in
// four parts:
//
//	confine_text.go       what the text of a statement says: its kind, conflict clauses
//	confine_authorize.go  what SQLite says while it compiles it: tables, columns, functions
//	confine_schema.go     what became of the schema: each name, view, foreign key and expression
//	confine_views.go      whether the plugin's views leave the host its ALTER TABLE
//
// and around them limits, the replaced functions and the deadline
// (https://sqlite.org/security.html).
type confined struct {
	*conn
	w *wall
}

// Confine implements host.Conn. The connection is opened anew, now and when the
// walls are taken away: what stands in for functions of SQLite's cannot be taken
// back.
func (c *conn) Confine(_ context.Context, to host.Confinement) (host.Confined, error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	if c.tx != nil || c.wall != nil {
		return nil, c.db.failed("confine a plugin on", errors.New("the connection is in use"))
	}
	if err := c.shut(); err != nil {
		return nil, err
	}
	w := &wall{c: c, judge: &policy.Judge{Grants: to.Grants, Dialect: chain.SQLite}}
	w.judge.Foreign = func(name string) bool { return w.foreign[tabletext.Fold(name)] }
	c.wall = w
	return &confined{c, w}, nil
}

// Close takes the walls away. The connection stays, even if the plugin has
// broken SQLite on it: nothing of that is left when it is opened anew.
func (c *confined) Close() (err error) {
	if c.wall != c.w || c.closed {
		return nil
	}
	if c.broken == nil {
		defer c.guard(&err)
		if c.tx != nil {
			err = c.tx.end()
		}
		err = errors.Join(err, c.shut())
	} else {
		c.forget()
	}
	c.wall = nil
	return errors.Join(err, c.w.close())
}

// usable refuses what comes after Close.
func (c *confined) usable() error {
	if c.wall != c.w {
		return c.db.failed("use", errClosed)
	}
	return c.conn.usable()
}

// forget makes a connection that is broken, and abandoned, one that is not open.
func (c *conn) forget() {
	if c.tx != nil {
		c.tx.over, c.tx = true, nil
	}
	clear(c.own)
	c.sq, c.broken, c.cache = nil, nil, nil
}

func (w *wall) close() error {
	err := w.patch.close()
	if w.scratch != nil {
		err = errors.Join(err, w.scratch.Close())
		w.scratch = nil
	}
	return err
}

// Confine implements host.Conn.
func (c *confined) Confine(context.Context, host.Confinement) (host.Confined, error) {
	return nil, c.db.failed("confine a plugin on", errors.New("one is confined on the connection"))
}

// Begin implements host.Conn.
func (c *confined) Begin(ctx context.Context, fence host.Fence) (_ host.Tx, err error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	opened, err := c.conn.Begin(ctx, fence)
	if err != nil {
		return nil, err
	}
	t := &confinedTx{opened.(*tx), c.w}
	defer c.guard(&err)
	if err := c.w.begin(ctx, fence); err != nil {
		return nil, errors.Join(c.db.failed("confine a plugin on", cause(ctx, err)), t.Rollback())
	}
	return t, nil
}

// RunsOutside implements host.Conn. What runs outside is not for plugins, and is
// refused inside.
func (c *confined) RunsOutside(string) bool { return false }

// Outside implements host.Conn.
func (c *confined) Outside(_ context.Context, _ host.Fence, stmt host.Statement, _ host.Unit, _ bool) (int64, error) {
	return 0, c.w.deny(policy.Denial{Reason: fmt.Sprintf("send %s outside a transaction: what a plugin does is done in one", verb(stmt.SQL))})
}

// Apply implements host.Conn. The operations are judged as data, what the plugin
// wrote in them when it is compiled, and the schema when they are done.
func (c *confined) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) (err error) {
	defer c.guard(&err)
	if err := c.usable(); err != nil {
		return err
	}
	if c.tx == nil {
		return c.db.failed("apply an operation to", errOver)
	}
	for _, op := range operations {
		if r := c.w.judge.Operation(op.Request); r != nil {
			return r
		}
	}
	return c.w.guarded(ctx, c.tx, func() error { return c.conn.Apply(ctx, tx, operations) })
}

// Reset implements host.Conn.
func (c *confined) Reset(context.Context) error {
	return c.w.deny(policy.Denial{Reason: "reset the database, which is not the plugin's"})
}

// begin prepares the wall for a transaction.
func (w *wall) begin(ctx context.Context, fence host.Fence) error {
	if w.past.Begin(fence) {
		w.grown = 0
	}
	w.begun, w.written, w.ahead, w.pages, w.broken = time.Now(), 0, 0, 0, nil
	if err := w.survey(ctx); err != nil {
		return err
	}
	if w.modules == nil {
		w.modules = map[string]bool{}
		err := w.c.each(ctx, func(s *sqlite3.Stmt) error {
			w.modules[tabletext.Fold(s.ColumnText(0))] = true
			return nil
		}, "SELECT name FROM pragma_module_list")
		if err != nil {
			return err
		}
	}
	return w.limitPages(ctx)
}

// committed counts what a transaction has added.
func (w *wall) committed() {
	w.past.Committed(w.written)
	w.grown += max(0, w.ended-w.began)
}

// bytesPerRow is how much a migration may make the file grow for each row that
// it may write, indexes included, beyond leastGrowth.
const (
	bytesPerRow = 1 << 10
	leastGrowth = 64 << 20
)

// limitPages keeps the file from growing without end
// (https://sqlite.org/pragma.html#pragma_max_page_count).
func (w *wall) limitPages(ctx context.Context) error {
	var size int64
	for query, n := range map[string]*int64{"page_size": &size, "page_count": &w.began, "max_page_count": &w.pages} {
		var err error
		if *n, err = w.c.number(ctx, "PRAGMA main."+query); err != nil {
			return err
		}
	}
	rows := min(w.judge.Grants.Rows(), 1<<40)
	most := w.began + max(0, (leastGrowth+rows*bytesPerRow)/size-w.grown)
	w.ended = w.began
	_, err := w.c.number(ctx, fmt.Sprintf("PRAGMA main.max_page_count = %d", min(most, w.pages)))
	return err
}

// freePages lets the runner write what it has to.
func (w *wall) freePages(ctx context.Context) error {
	if w.pages == 0 {
		return nil
	}
	_, err := w.c.number(ctx, fmt.Sprintf("PRAGMA main.max_page_count = %d", w.pages))
	w.pages = 0
	if err == nil {
		w.ended, err = w.c.number(ctx, "PRAGMA main.page_count")
	}
	return err
}

var _ host.Confined = (*confined)(nil)
