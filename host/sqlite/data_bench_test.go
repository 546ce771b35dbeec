package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The benchmarks below compare what the adapter does with the same in go-sqlite3,
// without a guest: 1,000,000 rows of five columns are read, updated and loaded.
//
//	go test ./host/sqlite -run '^$' -bench 'Million' -benchtime 3x
const bigTable = "CREATE TABLE big (id INTEGER PRIMARY KEY, name TEXT, score REAL, made TEXT, flag INTEGER)"

const bigRows = `INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
SELECT i, 'row ' || i, i * 0.5, '2026-11-26 10:11:12.000000', i % 2 FROM n`

// big makes a file with a table, and opens a transaction on it, of the adapter's or
// of go-sqlite3's.
func big(b *testing.B, ours bool, sqls ...string) (host.Tx, *sqlite3.Conn) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "x.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range sqls {
		if err := c.Exec(sql); err != nil {
			b.Fatal(err)
		}
	}
	if !ours {
		b.Cleanup(func() { c.Close() })
		if err := c.Exec("BEGIN IMMEDIATE"); err != nil {
			b.Fatal(err)
		}
		return nil, c
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	tx, err := benchConn(b, "sqlite:"+path).Begin(b.Context(), host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tx.Rollback() })
	return tx, nil
}

func BenchmarkMillionRead(b *testing.B) {
	const sql = "SELECT id, name, score, made, flag FROM big"
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable, bigRows)
		hosttest.ReadMillion(b, tx, sql)
	})
	b.Run("by=go-sqlite3", func(b *testing.B) {
		_, c := big(b, false, bigTable, bigRows)
		b.ReportAllocs()
		for b.Loop() {
			s, _, err := c.Prepare(sql)
			if err != nil {
				b.Fatal(err)
			}
			n, sum := 0, 0
			for s.Step() {
				sum += s.ColumnInt(0) + len(s.ColumnText(1)) + int(s.ColumnFloat(2)) + len(s.ColumnText(3)) + s.ColumnInt(4)
				n++
			}
			if err := s.Close(); err != nil || n != hosttest.Million || sum == 0 {
				b.Fatal(n, err)
			}
		}
		hosttest.PerRow(b)
	})
}

func BenchmarkMillionUpdate(b *testing.B) {
	const sql = "UPDATE big SET score = ?2 WHERE id = ?1"
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable, bigRows)
		hosttest.UpdateMillion(b, tx, sql)
	})
	b.Run("by=go-sqlite3", func(b *testing.B) {
		_, c := big(b, false, bigTable, bigRows)
		b.ReportAllocs()
		for b.Loop() {
			s, _, err := c.Prepare(sql)
			if err != nil {
				b.Fatal(err)
			}
			for i := 1; i <= hosttest.Million; i++ {
				s.BindInt(1, i)
				s.BindFloat(2, float64(i%hosttest.BatchOf)/2)
				if err := s.Exec(); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
		}
		hosttest.PerRow(b)
	})
}

func BenchmarkMillionLoad(b *testing.B) {
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable)
		b.ReportAllocs()
		types := []abi.Type{abi.TypeInt64, abi.TypeText, abi.TypeFloat64, abi.TypeText, abi.TypeInt64}
		target := to("big", "id", "name", "score", "made", "flag")
		var name []byte
		for b.Loop() {
			hosttest.LoadMillion(b, tx, target, types, func(i int, row []abi.Value) {
				name = fmt.Appendf(name[:0], "row %d", i)
				row[0], row[1], row[2] = abi.Int64(int64(i)), abi.Value{Type: abi.TypeText, Bytes: name}, abi.Float64(float64(i))
				row[3], row[4] = abi.Text("2026-11-26 10:11:12.000000"), abi.Int64(int64(i%2))
			})
			b.StopTimer()
			if _, err := tx.Exec(b.Context(), host.Statement{SQL: "DELETE FROM big"}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		hosttest.PerRow(b)
	})
	b.Run("by=go-sqlite3", func(b *testing.B) {
		_, c := big(b, false, bigTable)
		b.ReportAllocs()
		for b.Loop() {
			s, _, err := c.Prepare("INSERT INTO big VALUES (?, ?, ?, ?, ?)")
			if err != nil {
				b.Fatal(err)
			}
			for i := range hosttest.Million {
				s.BindInt(1, i)
				s.BindText(2, fmt.Sprintf("row %d", i))
				s.BindFloat(3, float64(i))
				s.BindText(4, "2026-11-26 10:11:12.000000")
				s.BindInt(5, i%2)
				if err := s.Exec(); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
			b.StopTimer()
			if err := c.Exec("DELETE FROM big"); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		hosttest.PerRow(b)
	})
}
