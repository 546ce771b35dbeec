package sqlitetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
)

// A DB is a SQLite database in memory.
type DB struct {
	t    testing.TB
	conn *sqlite3.Conn
}

var (
	_ sdktest.Database = (*DB)(nil)
	_ sdktest.Operator = (*DB)(nil)
	_ sdktest.Keyed    = (*DB)(nil)
)

// Open returns a database with the schema and the rows that the script makes.
// It is closed when the test ends.
func Open(t testing.TB, script string) *DB {
	t.Helper()
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := conn.Exec(script); err != nil {
		t.Fatalf("the script: %v", err)
	}
	return &DB{t, conn}
}

// Text returns what a query returns, as lines with a "|" between the columns,
// as the sqlite3 shell shows it. NULL is "NULL", bytes are "2 bytes". It ends
// the test if the query fails.
func (db *DB) Text(query string) string {
	db.t.Helper()
	rows, err := db.Query(query, nil)
	if err != nil {
		db.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var lines []string
	for {
		row, err := rows.Next()
		if err == io.EOF {
			return strings.Join(lines, "\n")
		}
		if err != nil {
			db.t.Fatalf("%s: %v", query, err)
		}
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = sdk.Show(v)
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
}

// Dialect returns sdk.SQLite.
func (db *DB) Dialect() sdk.Dialect { return sdk.SQLite }

// Begin begins a transaction. Foreign keys are switched off before, which
// SQLite allows only outside of one.
// https://sqlite.org/pragma.html#pragma_foreign_keys
func (db *DB) Begin() error {
	return db.run("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
}

// Commit checks the foreign keys and commits.
func (db *DB) Commit() error {
	if found := db.Text("PRAGMA foreign_key_check"); found != "" {
		return &sdk.Error{Errno: sdk.ErrSQL, Code: "SQLITE_CONSTRAINT_FOREIGNKEY",
			Message: "rows whose foreign key has no parent (table, row, parent, key): " + found}
	}
	return db.run("COMMIT")
}

// Rollback rolls back.
func (db *DB) Rollback() error {
	if db.conn.GetAutocommit() {
		return nil
	}
	return db.run("ROLLBACK")
}

func (db *DB) run(script string) error { return sqlError(db.conn.Exec(script)) }

// Exec runs one statement.
func (db *DB) Exec(sql string, params []sdk.Value) (int64, error) {
	stmt, err := db.prepare(sql, params)
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	if err := stmt.Exec(); err != nil {
		return 0, sqlError(err)
	}
	// SQLite keeps the number of the last statement that changed rows.
	// https://sqlite.org/c3ref/changes.html
	switch verb, _, _ := strings.Cut(strings.TrimSpace(sql), " "); strings.ToUpper(verb) {
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH":
		if !stmt.ReadOnly() {
			return db.conn.Changes(), nil
		}
	}
	return 0, nil
}

// Apply does a schema operation, as the host would.
func (db *DB) Apply(request schema.Request) error {
	err := sqlite.Operate(context.Background(), db.conn, request)
	var refused interface{ Errno() abi.Errno }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &sdk.Error{Errno: refused.Errno(), Message: err.Error()}
	}
	return &sdk.Error{Errno: sdk.ErrSQL, Message: err.Error()}
}

// Query runs one statement and opens its rows.
func (db *DB) Query(sql string, params []sdk.Value) (sdktest.Rows, error) {
	stmt, err := db.prepare(sql, params)
	if err != nil {
		return nil, err
	}
	return &rows{stmt: stmt}, nil
}

// prepare compiles the only statement of a text and binds its parameters.
func (db *DB) prepare(sql string, params []sdk.Value) (*sqlite3.Stmt, error) {
	stmt, tail, err := db.conn.Prepare(sql)
	if err != nil {
		return nil, sqlError(err)
	}
	if stmt == nil {
		return nil, refuse("there is no statement in the text")
	}
	switch {
	case strings.Trim(tail, " \t\r\n;") != "":
		err = refuse("there is a second statement in the text: send one at a time")
	case stmt.BindCount() != len(params):
		err = refuse(fmt.Sprintf("the statement has %d parameters, and %d values were given",
			stmt.BindCount(), len(params)))
	}
	for i, v := range params {
		if err == nil {
			err = bind(stmt, i+1, v)
		}
	}
	if err != nil {
		stmt.Close()
		return nil, err
	}
	return stmt, nil
}
