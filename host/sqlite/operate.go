package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Operate does schema operations on a connection that is the caller's, in the
// transaction that is open on it, as a migration would. It is for programs that
// have SQLite open already, such as tests of plugins. Foreign keys must be off
// (https://sqlite.org/lang_altertable.html#otheralter), and a transaction open:
// an error leaves part of an operation done, and is to be rolled back.
func Operate(ctx context.Context, db *sqlite3.Conn, requests ...schema.Request) (err error) {
	c := &conn{db: &database{url: Memory}, sq: db, own: map[string]*sqlite3.Stmt{}}
	defer c.guard(&err)
	defer func() {
		c.cache.clear()
		for _, s := range c.own {
			s.Close()
		}
	}()
	c.tx = &tx{c: c, open: map[*rows]struct{}{}}
	operations := make([]host.Operation, len(requests))
	for i, q := range requests {
		q = schema.Naming{}.Fill(q)
		if err := q.Check(schema.SQLite); err != nil {
			return err
		}
		operations[i] = host.Operation{Request: q, Ordinal: i + 1}
	}
	return c.Apply(ctx, c.tx, operations)
}
