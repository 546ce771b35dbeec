package main

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
)

// An earlyDatabase connects and reads the ledger while the migrations are
// being read from disk: where nothing is to do, both take as long, and there
// is nothing else. The first Connect gets that connection, and the first
// Ledger that ledger: it is read without a lock anyway, and every transaction
// compares it with the database again.
type earlyDatabase struct {
	host.Database
	ready chan struct{}
	conn  *earlyConn
	err   error
	taken bool
}

func connectEarly(ctx context.Context, db host.Database) *earlyDatabase {
	e := &earlyDatabase{Database: db, ready: make(chan struct{})}
	go func() {
		defer close(e.ready)
		conn, err := db.Connect(ctx)
		if err != nil {
			e.err = err
			return
		}
		e.conn = &earlyConn{Conn: conn}
		e.conn.ledger, e.conn.err = conn.Ledger(ctx)
	}()
	return e
}

// Connect implements host.Database.
func (e *earlyDatabase) Connect(ctx context.Context) (host.Conn, error) {
	if e.taken {
		return e.Database.Connect(ctx)
	}
	<-e.ready // which ends with the context that connectEarly was given
	e.taken = true
	if e.err != nil {
		return nil, e.err
	}
	return e.conn, nil
}

// close closes a connection that nobody has taken.
func (e *earlyDatabase) close() error {
	if e.taken {
		return nil
	}
	if <-e.ready; e.conn == nil {
		return nil
	}
	return e.conn.Close()
}

type earlyConn struct {
	host.Conn
	ledger *host.Ledger
	err    error
	told   bool
}

// Ledger implements host.Conn.
func (c *earlyConn) Ledger(ctx context.Context) (*host.Ledger, error) {
	if c.told {
		return c.Conn.Ledger(ctx)
	}
	c.told = true
	return c.ledger, c.err
}
