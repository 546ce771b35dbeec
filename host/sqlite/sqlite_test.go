package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// raw runs statements on a file without Sandpiper.
func raw(t *testing.T, path string, sqls ...string) {
	t.Helper()
	c := rawConn(t, path)
	for _, sql := range sqls {
		if err := c.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func rawConn(t testing.TB, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// rawText returns the only value of a query, read without Sandpiper.
func rawText(t *testing.T, path, sql string) string {
	t.Helper()
	c := rawConn(t, path)
	s, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer s.Close()
	if !s.Step() {
		t.Fatalf("%s: no row: %v", sql, s.Err())
	}
	return s.ColumnText(0)
}

// file returns the path of a file that is not there yet, and a connection to it.
func file(t *testing.T, opts ...sqlite.Option) (string, host.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	return path, connect(t, open(t, "sqlite:"+path, opts...))
}

func connect(t *testing.T, db host.Database) host.Conn {
	t.Helper()
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// in runs do in a transaction and commits it.
func in(ctx context.Context, conn host.Conn, do func(host.Tx) error) error {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		tx.Rollback()
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		tx.Rollback()
		return err
	}
	return nil
}

// run runs statements in one transaction.
func run(ctx context.Context, conn host.Conn, sqls ...string) error {
	return in(ctx, conn, func(tx host.Tx) error {
		for i, sql := range sqls {
			if _, err := tx.Exec(ctx, host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
				return err
			}
		}
		return nil
	})
}

func mustRun(t *testing.T, conn host.Conn, sqls ...string) {
	t.Helper()
	if err := run(t.Context(), conn, sqls...); err != nil {
		t.Fatal(err)
	}
}

// value returns the only value of a query, as text.
func value(t *testing.T, conn host.Conn, sql string) (text string) {
	t.Helper()
	err := in(t.Context(), conn, func(tx host.Tx) error {
		text = valueIn(t, tx, sql)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func valueIn(t *testing.T, tx host.Tx, sql string) string {
	t.Helper()
	rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT CAST((" + sql + ") AS TEXT)"})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return string(row[0].Bytes)
}

// noParams returns a batch of one row without parameters.
func noParams(t *testing.T) *abi.RowReader {
	t.Helper()
	b, err := abi.AppendRowsetHeader(nil, nil)
	if err == nil {
		b, err = abi.AppendRow(b, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := abi.NewRowReader(b)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
