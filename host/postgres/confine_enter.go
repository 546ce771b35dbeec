package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// tempFileLimit bounds the temporary files of a plugin's session, where the
// server lets the runner say so.
const tempFileLimit = 4 << 20 // KiB

// pinned are the settings on which it depends what a text means, so that the
// server reads it as the wall did, and what the plugin's rows look like. The lock
// has set standard_conforming_strings.
//
// https://www.postgresql.org/docs/current/runtime-config-client.html,
// https://www.postgresql.org/docs/current/runtime-config-compatible.html
var pinned = [][2]string{
	{"backslash_quote", "safe_encoding"},
	{"transform_null_equals", "off"},
	{"array_nulls", "on"},
	{"xmloption", "content"},
	{"xmlbinary", "base64"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"bytea_output", "hex"},
	{"extra_float_digits", "1"},
	{"row_security", "on"},
}

// serversOwn is the search_path of what a plugin sends, and of what the runner
// sends after it: every name of a schema of somebody's is qualified, so nothing
// that is called like an operator or a function of the server's is found. pg_temp
// is named, or it would be searched first.
//
// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
const serversOwn = "pg_catalog, pg_temp"

func searchPathItem(path string) item {
	return item{sql: "SELECT pg_catalog.set_config('search_path', $1, true)", values: [][]byte{[]byte(path)}}
}

// enterItem sets what a plugin's transaction runs with, and enters its role. All
// of it ends with the transaction: behind a pooler the session is everybody's.
// began is set to when the transaction began, and before to the rows that the server
// counted until then: those of the session's earlier transactions, as far as it has
// not told the statistics.
//
// https://www.postgresql.org/docs/current/sql-set-role.html
func (w *confined) enterItem(limit time.Duration, began *string, before *int64) item {
	var sql strings.Builder
	sql.WriteString(`SELECT pg_catalog.set_config('search_path', $1, true),
  pg_catalog.set_config('statement_timeout', $2, true), pg_catalog.set_config('idle_in_transaction_session_timeout', $2, true)`)
	for _, setting := range pinned {
		fmt.Fprintf(&sql, ",\n  pg_catalog.set_config('%s', '%s', true)", setting[0], setting[1])
	}
	if w.temp { // before the role, which may not
		fmt.Fprintf(&sql, ",\n  pg_catalog.set_config('temp_file_limit', '%dkB', true)", tempFileLimit)
	}
	values := [][]byte{[]byte(w.path), milliseconds(limit)}
	if role := w.quarters.role; role != "" {
		sql.WriteString(",\n  pg_catalog.set_config('role', $3, true)")
		values = append(values, []byte(role))
	}
	sql.WriteString(",\n  " + transactionStart + ",\n  " + rowsWritten)
	return item{sql: sql.String(), values: values, row: func(v [][]byte) (err error) {
		*began = string(v[len(v)-2])
		*before, err = strconv.ParseInt(string(v[len(v)-1]), 10, 64)
		return err
	}}
}

// transactionStart is when the transaction began: another one, such as COMMIT
// AND CHAIN would begin, has another start, which nobody can set.
const transactionStart = "pg_catalog.date_part('epoch', pg_catalog.transaction_timestamp())"

func statementTimeoutItem(left time.Duration) item {
	return item{sql: "SELECT pg_catalog.set_config('statement_timeout', $1, true)", values: [][]byte{milliseconds(left)}}
}

// milliseconds writes a limit, which is not 0: that is none.
func milliseconds(d time.Duration) []byte {
	return []byte(strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms")
}

// leave ends the plugin's part of the transaction. What it has put off until the
// commit runs now, while its role is what it runs as: deferred constraints, and
// the queries of cursors that would outlive the transaction. Then the server says
// whether this is still the transaction and the role that it was, and only then
// the role is left.
//
// https://www.postgresql.org/docs/current/sql-set-constraints.html
func (t *confinedTx) leave(ctx context.Context) error {
	if t.left {
		return nil
	}
	if err := t.ready(ctx); err != nil {
		return err
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	var who, token, began string
	var wrote int64
	t.t.put(item{sql: "SET CONSTRAINTS ALL IMMEDIATE"})
	t.t.put(item{sql: "CLOSE ALL"})
	t.t.put(item{sql: whoAmI, row: func(v [][]byte) (err error) {
		who, token, began = string(v[0]), string(v[1]), string(v[2])
		wrote, err = strconv.ParseInt(string(v[3]), 10, 64)
		return err
	}})
	if err := t.t.flush(timed); err != nil {
		return t.explain(ctx, err)
	}
	role := t.w.quarters.role
	ended := token != t.t.token || began != t.began
	if ended || role != "" && who != role {
		t.t.c.main.close()
		return t.t.spoil(&strayedError{line: t.w.quarters.line(), ended: ended, role: role, who: who})
	}
	t.wrote = max(t.t.written, wrote-t.before)
	if err := t.w.tooManyRows(t.wrote); err != nil {
		return t.t.spoil(err)
	}
	if role == "" {
		if err := t.recordOwned(timed); err != nil {
			return t.explain(ctx, err)
		}
	}
	t.left = true
	t.t.put(searchPathItem(serversOwn))
	t.t.put(item{sql: "RESET ROLE"})
	return nil
}

// whoAmI proves that the transaction is still the plugin's. The rows are those
// that the server has counted, which sees what a statement's tag does not say: a
// WITH that writes, CREATE TABLE AS, ON DELETE CASCADE.
//
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-FUNCTIONS
const whoAmI = `SELECT current_user, pg_catalog.current_setting('sandpiper.transaction', true), ` + transactionStart + ", " + rowsWritten

const rowsWritten = `(SELECT coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
      + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)), 0)
    FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm'))`

// A strayedError is a plugin that has got out of its transaction or its role.
type strayedError struct {
	line  string
	ended bool   // the transaction is another one
	role  string // that it should act as
	who   string // and acts as
}

func (e *strayedError) Error() string {
	what := fmt.Sprintf("has left its role: it acts as %q and should as %q", e.who, e.role)
	if e.ended {
		what = "has ended the runner's transaction and begun another one"
	}
	return fmt.Sprintf("plugin %s %s; the connection is closed, the server rolls back what is open, and nothing is recorded: "+
		"look at what it has done before anything of it runs again", e.line, what)
}
