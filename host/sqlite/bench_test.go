package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// BenchmarkMigration is what a one-statement migration costs, beside the same
// transactions in a bare loop. In memory there is no fsync to hide behind.
func BenchmarkMigration(b *testing.B) {
	for _, where := range []string{"file", "memory"} {
		b.Run("bare/"+where, func(b *testing.B) {
			path := ":memory:"
			if where == "file" {
				path = filepath.Join(b.TempDir(), "x.db")
			}
			c, err := sqlite3.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			for i := range b.N {
				for _, sql := range []string{"BEGIN IMMEDIATE", table(i), fmt.Sprintf("INSERT INTO t%d VALUES (1)", i), "COMMIT"} {
					if err := c.Exec(sql); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run("sandpiper/"+where, func(b *testing.B) {
			url := sqlite.Memory
			if where == "file" {
				url = "sqlite:" + filepath.Join(b.TempDir(), "x.db")
			}
			conn := benchConn(b, url)
			head := []string(nil)
			for i := range b.N {
				id := fmt.Sprintf("%012x", i)
				tx, err := conn.Begin(b.Context(), host.Fence{Line: "main", Heads: head})
				if err != nil {
					b.Fatal(err)
				}
				head = []string{id}
				if _, err := tx.Exec(b.Context(), host.Statement{SQL: table(i)}); err != nil {
					b.Fatal(err)
				}
				if err := tx.Record(b.Context(), benchEntry(id), head); err != nil {
					b.Fatal(err)
				}
				if err := tx.Commit(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func table(i int) string { return fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY)", i) }

func benchConn(b *testing.B, url string) host.Conn {
	b.Helper()
	db, err := sqlite.Open(url)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := db.Connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	if err := conn.CreateLedger(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	return conn
}

func benchEntry(id string) host.Entry {
	return host.Entry{
		Key: chain.Key{Line: "main", ID: id}, Action: host.ActionUpgrade, Slug: "slug",
		Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Module: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Seed:   "0123456789abcdef", Started: time.Unix(1_786_270_272, 0), Runner: host.Version,
	}
}

// BenchmarkLedger reads a ledger of 1,000 migrations.
func BenchmarkLedger(b *testing.B) {
	conn := benchConn(b, sqlite.Memory)
	tx, err := conn.Begin(b.Context(), host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		id := fmt.Sprintf("%012x", i)
		if err := tx.Record(b.Context(), benchEntry(id), []string{id}); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := conn.Ledger(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRows reads 10,000 rows of three columns.
func BenchmarkRows(b *testing.B) {
	conn := benchConn(b, sqlite.Memory)
	tx, err := conn.Begin(b.Context(), host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	const query = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT i, i * 0.5, 'some text ' || i FROM n"
	for b.Loop() {
		rows, err := tx.Query(b.Context(), host.Statement{SQL: query})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = rows.Next()
		}
		rows.Close()
	}
}

// BenchmarkConnect opens a connection and reads an empty ledger.
func BenchmarkConnect(b *testing.B) {
	db, err := sqlite.Open("sqlite:" + filepath.Join(b.TempDir(), "x.db"))
	if err != nil {
		b.Fatal(err)
	}
	first, err := db.Connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if err := first.CreateLedger(b.Context()); err != nil {
		b.Fatal(err)
	}
	first.Close()
	for b.Loop() {
		conn, err := db.Connect(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Ledger(b.Context()); err != nil {
			b.Fatal(err)
		}
		conn.Close()
	}
}
