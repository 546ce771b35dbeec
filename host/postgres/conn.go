package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A conn is one runner's connection: a link to the server, and another one
// while something runs outside transactions.
type conn struct {
	db    *database
	main  *link
	guard *link // see outside.go
	tx    *tx   // the open transaction, if any

	version   int    // such as 150018
	database  string // its name
	schema    string // that the ledger is in; "" if search_path names none that exists
	ledger    bool   // the ledger has been seen
	direct    bool   // no pooler stands between the link and the server
	contended bool   // the lock was taken by somebody else when last seen
	watches   bool   // the server can look for dead clients while a statement runs
	own       ownStatements
}

// look finds out what is at the other end.
func (c *conn) look(ctx context.Context) error {
	var row []string
	it := item{
		sql: `SELECT current_setting('server_version_num'), coalesce(current_schema(), ''), pg_backend_pid(), version(), current_database()`,
		row: func(values [][]byte) error { row = texts(values); return nil },
	}
	if err := c.main.do(ctx, it); err != nil {
		return fmt.Errorf("connect to %s: %w", c.db, err)
	}
	if len(row) != 5 {
		return fmt.Errorf("connect to %s: the server does not answer as PostgreSQL does", c.db)
	}
	c.version, _ = strconv.Atoi(row[0])
	c.schema, c.database = row[1], row[4]
	// A pooler makes up a process id of its own, since it can't know yet which
	// server connection it will use. Behind one, the next transaction may run
	// on another server connection, which has not seen our prepared statements.
	c.direct = row[2] == strconv.FormatUint(uint64(c.main.pg.PID()), 10)
	c.main.prepares = c.direct && !c.db.unprepared
	c.watches = c.version >= 140000 && strings.Contains(row[3], "linux")
	c.own = makeOwnStatements(c)
	if err := c.main.do(ctx, c.stay()...); err != nil {
		return fmt.Errorf("connect to %s: %w", c.db, err)
	}
	return nil
}

// stay keeps the server from closing a link that is at nothing for a while, as between
// two chunks of a backfill that is held back. The setting is about the time between
// transactions, so that it cannot be a transaction's, as the others are (see
// makeOwnStatements). Behind a pooler the session is not ours, and neither is its
// idleness.
//
// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT
func (c *conn) stay() []item {
	if !c.direct || c.version < 140000 {
		return nil
	}
	return []item{{sql: `SELECT pg_catalog.set_config('idle_session_timeout', '0', false)`}}
}

// Server returns the server's version, such as "15.18".
func (c *conn) Server() string {
	version, _, _ := strings.Cut(c.main.pg.ParameterStatus("server_version"), " ")
	return version
}

// Close rolls back what is open and closes the connection. It takes no longer
// than a few seconds, even if the server does not answer.
func (c *conn) Close() error {
	var err error
	if c.tx != nil {
		err = c.tx.Rollback()
	}
	for _, l := range []*link{c.guard, c.main} {
		if l != nil {
			l.close()
		}
	}
	return err
}

// table returns the qualified name of one of the ledger's tables. Qualified,
// it does not depend on the search_path that a migration may set.
func (c *conn) table(name string) string { return quoteIdent(c.schema) + "." + name }

func quoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func texts(values [][]byte) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
