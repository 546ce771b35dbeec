package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// conn implements host.Conn.
type conn struct {
	db     *database
	sq     *sqlite3.Conn // nil while there is no file
	tx     *tx           // the open transaction
	closed bool
	broken error // SQLite panicked: nothing of it can be trusted any more

	own   map[string]*sqlite3.Stmt // the statements of the ledger, by their text
	cache cache                    // of guests' statements, of one transaction

	touched touched // what was compiled in this transaction

	wall *wall // between it and a plugin; nil: whoever uses it is trusted

	waiting context.Context // how long the busy handler waits, where that is shorter; nil: while the statement may run
	guest   bool            // a guest's statement is at work: the authorizer looks
	denied  string          // what it refused last
	soiled  bool            // a migration has set something on the connection
	stale   bool            // and has ended

	written  written     // rows of children, in this transaction; nil: nobody takes them down
	deleted  deletions   // where triggers may change keys
	observer *observedTx // hears of changed rows; nil: nobody observes
}

var errClosed = errors.New("the connection is closed")

// usable refuses to go on with a connection that is closed or broken.
func (c *conn) usable() error {
	if c.broken != nil {
		return c.broken
	}
	if c.closed {
		return c.db.failed("use", errClosed)
	}
	return nil
}

// guard turns a panic into an error. go-sqlite3 panics where memory runs out;
// the connection is of no use after that. It must be deferred by itself.
func (c *conn) guard(err *error) {
	if p := recover(); p != nil {
		c.broken = c.db.failed("use", fmt.Errorf("SQLite broke off, the connection is lost and its transaction rolled back: %v", p))
		*err = c.broken
		c.abandon("main")
	}
}

// abandon lets go of a database's file under a SQLite that panicked, and so of
// its locks. To whoever comes next it looks like a process that was killed: the
// journal, if there is one, is rolled back. Asking this SQLite to roll back
// would have it write what nobody can trust.
func (c *conn) abandon(schema string) {
	defer func() { _ = recover() }()
	file, err := c.sq.FileControl(schema, sqlite3.FCNTL_FILE_POINTER)
	if closer, ok := file.(io.Closer); ok && err == nil {
		closer.Close()
	}
}

// open opens the connection if it is not open, and reports whether it is now.
func (c *conn) open(ctx context.Context, mode openMode) (_ bool, err error) {
	defer c.guard(&err)
	if err := c.usable(); err != nil || c.sq != nil {
		return c.sq != nil, err
	}
	if err := ctx.Err(); err != nil {
		return false, c.db.failed("open", err)
	}
	sq, err := c.db.dial(mode)
	if err != nil || sq == nil {
		return false, err
	}
	c.sq = sq
	if err := c.setUp(); err != nil {
		c.sq = nil
		return false, errors.Join(c.db.failed("open", err), sq.Close())
	}
	return true, nil
}

// Absent returns an error if there is no file, which Begin would make.
func (c *conn) Absent() error {
	if c.sq != nil || c.db.path == "" {
		return nil
	}
	if _, err := os.Stat(c.db.path); err != nil {
		return c.db.failed("open", err)
	}
	return nil
}

// setUp makes the connection what package doc says of it.
func (c *conn) setUp() error {
	for _, register := range c.db.register {
		if err := register(c.sq); err != nil {
			return err
		}
	}
	if c.wall != nil {
		if err := c.wall.setUp(c.sq); err != nil {
			return err
		}
	}
	if err := c.sq.BusyHandler(c.pollBusy); err != nil {
		return err
	}
	if err := c.foreignKeysOff(); err != nil {
		return err
	}
	return c.sq.SetAuthorizer(c.authorize)
}

// foreignKeysOff is PRAGMA foreign_keys=OFF. It costs next to nothing where
// they are off already.
func (c *conn) foreignKeysOff() error {
	if on, err := c.sq.Config(sqlite3.DBCONFIG_ENABLE_FKEY); err != nil || !on {
		return err
	}
	_, err := c.sq.Config(sqlite3.DBCONFIG_ENABLE_FKEY, false)
	return err
}

// renew gives the next migration a connection without what the last one left.
func (c *conn) renew(ctx context.Context) error {
	if !c.stale {
		return nil
	}
	if err := c.shut(); err != nil {
		return err
	}
	c.soiled, c.stale, c.deleted, c.observer = false, false, deletions{}, nil
	_, err := c.open(ctx, create)
	return err
}

// Server returns the version of SQLite, which is part of Sandpiper.
func (c *conn) Server() string { return version() }

// Replicas implements host.Conn.
func (c *conn) Replicas(context.Context) ([]host.Replica, error) {
	return nil, errors.New("nothing can follow a SQLite database")
}

var version = sync.OnceValue(func() (version string) {
	c := &conn{db: &database{url: Memory}, own: map[string]*sqlite3.Stmt{}}
	var err error
	defer c.guard(&err)
	if c.sq, err = sqlite3.Open(":memory:"); err != nil {
		return ""
	}
	defer c.Close()
	c.each(context.Background(), func(s *sqlite3.Stmt) error {
		version = s.ColumnText(0)
		return nil
	}, "SELECT sqlite_version()")
	return version
})

// Close rolls back what is open and closes the connection.
func (c *conn) Close() (err error) {
	if c.closed {
		return nil
	}
	c.closed = true
	if c.broken != nil {
		return nil // it is abandoned
	}
	defer c.guard(&err)
	if c.tx != nil {
		err = c.tx.end()
	}
	return errors.Join(err, c.shut())
}

// shut closes SQLite's side of the connection.
func (c *conn) shut() error {
	if c.sq == nil {
		return nil
	}
	c.cache.clear()
	for _, s := range c.own {
		s.Close()
	}
	clear(c.own)
	if err := c.sq.Close(); err != nil {
		return c.db.failed("close", err)
	}
	c.sq = nil
	return nil
}

// The statements below are Sandpiper's own, not a guest's. They are compiled
// once per connection; SQLite compiles them anew when the schema has changed.

// do runs a statement that returns no rows.
func (c *conn) do(ctx context.Context, sql string, args ...any) error {
	return c.each(ctx, func(*sqlite3.Stmt) error { return nil }, sql, args...)
}

// each runs a statement and calls row for each of its rows.
func (c *conn) each(ctx context.Context, row func(*sqlite3.Stmt) error, sql string, args ...any) error {
	defer c.sq.SetInterrupt(c.sq.SetInterrupt(ctx))
	s, err := c.statement(sql)
	if err != nil {
		return err
	}
	for i, arg := range args {
		if err := bindArg(s, i+1, arg); err != nil {
			return err
		}
	}
	defer s.Reset() // what it returns is known: the error of the last Step
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
	}
	return s.Err()
}

// statement returns one of Sandpiper's own statements.
func (c *conn) statement(sql string) (*sqlite3.Stmt, error) {
	if s := c.own[sql]; s != nil {
		return s, nil
	}
	s, _, err := c.sq.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err == nil {
		c.own[sql] = s
	}
	return s, err
}

func bindArg(s *sqlite3.Stmt, i int, arg any) error {
	switch arg := arg.(type) {
	case string:
		return s.BindText(i, arg)
	case int64:
		return s.BindInt64(i, arg)
	case int:
		return s.BindInt(i, arg)
	case bool:
		return s.BindBool(i, arg)
	case []byte:
		return s.BindBlob(i, arg) // a nil slice is NULL
	}
	return fmt.Errorf("no way to bind a %T", arg)
}

var _ host.Conn = (*conn)(nil)
