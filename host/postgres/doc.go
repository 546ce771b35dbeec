// Package postgres is PostgreSQL to the engine: a host.Database made from a
// postgres:// or postgresql:// URL. It is the only importer of pgx, of which it
// uses the protocol layer alone (pgconn), but for the handle that SQL returns.
//
// What passes through it:
//
//	host.Tx calls ─ queue of items ─ one pipeline ─ Sync ─ results, in order
//
// Round trips are what a migration costs, so a transaction sends nothing
// before somebody needs an answer: BEGIN, the lock, the fence, the statements
// that are deferred, the ledger and COMMIT of a one-statement migration travel
// together, and an error at any of them makes the server skip the rest. What
// the runner itself sends is prepared once per connection, unless a pooler
// stands in between (connect tells the two apart by the server's process id).
//
// A load is a COPY that stays open while the guest makes more rows, and that
// whatever is sent next ends (see load). Rows that are open then are read ahead, into
// memory and then a file (package spool).
//
// Schema operations become DDL, one statement each but for a few, which is
// deferred like any other. So what they need beyond it travels with it: the
// check that nothing uses a column that is dropped, and a savepoint from which
// the rows in the way are counted if the server refuses (see diagnosis). Only a
// change of a column's type and a value taken out of an enum read first.
//
// What a schema holds is read from the catalogs (Objects): a query for each kind
// writes the SQL and the facts, tables are put together in Go, and pg_depend gives
// the order.
//
// What it promises:
//
//   - The lock is a transaction-level advisory lock, so it works behind
//     PgBouncer and dies with its connection. The fence is a statement after
//     it, so that its snapshot is taken under the lock. A runner that finds the
//     lock taken waits outside any transaction.
//   - What a guest wrote is sent by the extended protocol, which carries one
//     statement at a time, and never begins or ends a transaction. A SET of a
//     migration lasts until its end.
//   - Commit returns nil only if the server has answered COMMIT.
//   - A statement that runs outside any transaction is recorded as begun before
//     and as done after. Meanwhile a second connection holds the lock in a
//     transaction without a snapshot, which CREATE INDEX CONCURRENTLY does not
//     wait for. An INVALID index is dropped and built again, never taken for a
//     finished one.
//   - When the context ends, the server is told to cancel the statement, and
//     the connection is given up if that does not help.
//
// Facts about the protocol and the server are from the PostgreSQL manual,
// https://www.postgresql.org/docs/current/, unless a comment says otherwise.
package postgres
