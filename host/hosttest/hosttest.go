package hosttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Harness is what the suite needs to know of a dialect. Statements are single
// statements of the dialect's SQL, without a semicolon.
type Harness struct {
	// Open returns a fresh, empty database that lives until the test ends.
	Open func(t *testing.T) host.Database

	// Confine, if set, puts a connection behind the walls of a plugin that may
	// own whatever the cases make: schema operations are done on that, and the
	// rest as before. Denied says which refusals are as they should be; their
	// cases are skipped.
	Confine func(t *testing.T, conn host.Conn) host.Conn
	Denied  func(*policy.Refusal) bool

	// Dialect is what the databases call themselves.
	Dialect chain.Dialect

	// Confined says that statements have the rights of a plugin, which do not
	// reach the ledger.
	Confined bool

	// Password is part of the URL that Open used, or "" where there is none.
	Password string

	// Param returns the n-th placeholder, from 1: "$1" or "?1".
	Param func(n int) string

	// Slow is a query that would take hours.
	Slow string

	// Values are parameters and literals, and what a query returns for them.
	Values []Value

	// Errors are statements that the database refuses. Each is sent in a
	// transaction that has run "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT
	// NOT NULL)" and has inserted (1, 'one').
	Errors []Refusal

	// NotInTransaction is a statement that the database refuses inside a
	// transaction. The table t (a INTEGER) exists.
	NotInTransaction string

	// RunsOutside are statements that are known not to run in a transaction,
	// RunsInside statements that do.
	RunsOutside, RunsInside []string

	// Outside is a statement for Conn.Outside, one that can fail half-way.
	Outside Outside

	// Objects are statements that make one of everything the dialect knows,
	// for Reset to drop; CountObjects is a query that counts them all.
	Objects      []string
	CountObjects string

	// Snapshot describes the schema, one thing a line and the lines sorted:
	// all that a user may notice of it, and nothing of how it was written. The
	// ledger is left out.
	Snapshot func(t *testing.T, conn host.Conn) string

	// Enforce, if set, makes the open transaction of the newest connection enforce
	// foreign keys as a program's would, where the runner leaves that to its commit.
	Enforce func(t *testing.T)
}

// A Value is a query of one row and one column, and what it must return.
type Value struct {
	Name   string
	SQL    string
	Params []abi.Value
	Want   abi.Value
}

// A Refusal is a statement that fails, and how.
type Refusal struct {
	Name     string
	SQL      string
	Params   []abi.Value
	Code     string // as host.SQLError has it
	Message  string // part of the message
	Position int    // as host.SQLError has it
}

// Outside is a statement for Conn.Outside. The table t (a INTEGER) exists and
// holds the values 1 and 2.
type Outside struct {
	SQL   string
	Check string // a query that returns 1 once the statement is done, and 0 before

	// Break makes the statement fail, in whatever state of progress; Mend
	// undoes Break and nothing else.
	Break, Mend func(t *testing.T, conn host.Conn)
}

// TestDatabase checks all that package host says of a Database.
func TestDatabase(t *testing.T, h Harness) {
	t.Run("Names", func(t *testing.T) { testNames(t, h) })
	t.Run("Ledger", func(t *testing.T) { testLedger(t, h) })
	t.Run("Transactions", func(t *testing.T) { testTransactions(t, h) })
	t.Run("Statements", func(t *testing.T) { testStatements(t, h) })
	t.Run("Sections", func(t *testing.T) { testSections(t, h) })
	t.Run("Keys", func(t *testing.T) { testKeys(t, h) })
	t.Run("Operations", func(t *testing.T) { TestOperations(t, h) })
}

func testNames(t *testing.T, h Harness) {
	db := h.Open(t)
	if db.Dialect() != h.Dialect {
		t.Errorf("Dialect is %q, want %q", db.Dialect(), h.Dialect)
	}
	if h.Password != "" && strings.Contains(db.String(), h.Password) {
		t.Errorf("String() shows the password: %s", db)
	}
	if h.Password != "" && strings.Contains(fmt.Sprintf("%v %+v", db, db), h.Password) {
		t.Error("a formatted database shows the password")
	}
	if v := connect(t, db).Server(); v == "" || v[0] < '0' || v[0] > '9' {
		t.Errorf("Server() is %q, want a version", v)
	}
}

// connect opens a connection that is closed at the end of the test.
func connect(t *testing.T, db host.Database) host.Conn {
	t.Helper()
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatalf("Connect: %v", err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return conn
}

// ready opens a connection to a fresh database that has a ledger.
func ready(t *testing.T, h Harness) (host.Database, host.Conn) {
	t.Helper()
	db := h.Open(t)
	conn := connect(t, db)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatalf("CreateLedger: %v", err)
	}
	return db, conn
}

// fence returns a fence on the default line.
func fence(heads ...string) host.Fence {
	return host.Fence{Line: chain.DefaultLine, Heads: heads}
}

// statement returns a Statement.
func statement(sql string, params ...abi.Value) host.Statement {
	return host.Statement{SQL: sql, Params: params, Ordinal: 1}
}

// entry returns a line of history for an upgrade of the default line.
func entry(id string) host.Entry {
	return host.Entry{
		Key:     chain.Key{Line: chain.DefaultLine, ID: id},
		Action:  host.ActionUpgrade,
		Slug:    "slug_" + id,
		Started: time.Date(2026, 8, 9, 10, 11, 12, 123456000, time.UTC),
		Runner:  host.Version,
	}
}

// in runs do in a transaction and commits it. While another runner holds the
// lock it tries again, as the engine does. An error of do rolls back.
func in(ctx context.Context, conn host.Conn, f host.Fence, do func(host.Tx) error) error {
	for {
		err := once(ctx, conn, f, do)
		if !errors.Is(err, host.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func once(ctx context.Context, conn host.Conn, f host.Fence, do func(host.Tx) error) error {
	tx, err := conn.Begin(ctx, f)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err = do(tx); err == nil {
		if err = tx.Commit(ctx); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	if rollbackErr := tx.Rollback(); rollbackErr != nil {
		return fmt.Errorf("roll back: %w, after: %w", rollbackErr, err)
	}
	return err
}

// run runs statements in one transaction under the lock and commits them.
func run(t *testing.T, conn host.Conn, sqls ...string) {
	t.Helper()
	err := in(t.Context(), conn, host.Fence{}, func(tx host.Tx) error { return execAll(t.Context(), tx, sqls...) })
	if err != nil {
		t.Fatal(err)
	}
}

func execAll(ctx context.Context, tx host.Tx, sqls ...string) error {
	for i, sql := range sqls {
		if _, err := tx.Exec(ctx, host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// apply runs statements as a migration: with a line in the ledger.
func apply(ctx context.Context, conn host.Conn, f host.Fence, e host.Entry, heads []string, sqls ...string) error {
	return in(ctx, conn, f, func(tx host.Tx) error {
		if err := execAll(ctx, tx, sqls...); err != nil {
			return err
		}
		return tx.Record(ctx, e, heads)
	})
}

// mustApply is apply for migrations that work.
func mustApply(t *testing.T, conn host.Conn, f host.Fence, e host.Entry, heads []string, sqls ...string) {
	t.Helper()
	if err := apply(t.Context(), conn, f, e, heads, sqls...); err != nil {
		t.Fatal(err)
	}
}

// rollback runs do in a transaction that is rolled back.
func rollback(t *testing.T, conn host.Conn, do func(host.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback: %v", err)
		}
	}()
	do(tx)
}

// query returns all rows of a query, read in a transaction of its own.
func query(t *testing.T, conn host.Conn, stmt host.Statement) (rows [][]abi.Value) {
	t.Helper()
	rollback(t, conn, func(tx host.Tx) { rows = queryTx(t, tx, stmt) })
	return rows
}

// queryTx returns all rows of a query.
func queryTx(t *testing.T, tx host.Tx, stmt host.Statement) [][]abi.Value {
	t.Helper()
	rows, err := tx.Query(t.Context(), stmt)
	if err != nil {
		t.Fatalf("%s: %v", stmt.SQL, err)
	}
	all := drain(t, rows)
	if err := rows.Close(); err != nil {
		t.Fatalf("%s: Close: %v", stmt.SQL, err)
	}
	return all
}

// drain reads rows to their end.
func drain(t *testing.T, rows host.Rows) (all [][]abi.Value) {
	t.Helper()
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		all = append(all, clone(row))
	}
}

func clone(row []abi.Value) []abi.Value {
	out := make([]abi.Value, len(row))
	for i, v := range row {
		out[i] = v.Clone()
	}
	return out
}

// Count returns the only value of a query, which must be an integer. It reads in
// a transaction of its own, which it rolls back.
func Count(t *testing.T, conn host.Conn, sql string) int64 {
	t.Helper()
	return integer(t, query(t, conn, statement(sql)))
}

// Texts returns the texts of a query of one column, for the functions of a
// Harness.
func Texts(t *testing.T, conn host.Conn, sql string) []string {
	t.Helper()
	var texts []string
	for _, row := range query(t, conn, statement(sql)) {
		if len(row) != 1 || row[0].Type != abi.TypeText {
			t.Fatalf("%s: got %v, want one text a row", sql, row)
		}
		texts = append(texts, string(row[0].Bytes))
	}
	return texts
}

func countTx(t *testing.T, tx host.Tx, sql string) int64 {
	t.Helper()
	return integer(t, queryTx(t, tx, statement(sql)))
}

func integer(t *testing.T, rows [][]abi.Value) int64 {
	t.Helper()
	if len(rows) != 1 || len(rows[0]) != 1 || rows[0][0].Type != abi.TypeInt64 {
		t.Fatalf("got %v, want one integer", rows)
	}
	return rows[0][0].Int
}

// Run runs statements in one transaction under the lock and commits them, for
// the functions of a Harness.
func Run(t *testing.T, conn host.Conn, sqls ...string) {
	t.Helper()
	run(t, conn, sqls...)
}

// refusal returns err as a *host.SQLError.
func refusal(t *testing.T, err error) *host.SQLError {
	t.Helper()
	var refused *host.SQLError
	if !errors.As(err, &refused) {
		t.Fatalf("got error %v (%T), want a *host.SQLError", err, err)
	}
	return refused
}
