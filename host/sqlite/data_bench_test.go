package sqlite_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The benchmarks below compare what the adapter does with the same in go-sqlite3,
// without a guest: 1,000,000 rows of five columns are read, updated and loaded.
//
//	go test ./host/sqlite -run '^$' -bench 'Million' -benchtime 3x
const million = 1_000_000

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

func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

func BenchmarkMillionRead(b *testing.B) {
	const sql = "SELECT id, name, score, made, flag FROM big"
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable, bigRows)
		b.ReportAllocs()
		for b.Loop() {
			rows, err := tx.Query(b.Context(), host.Statement{SQL: sql})
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for {
				if _, err := rows.Next(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != million {
				b.Fatal(n)
			}
			rows.Close()
		}
		perRow(b, million)
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
			if err := s.Close(); err != nil || n != million || sum == 0 {
				b.Fatal(n, err)
			}
		}
		perRow(b, million)
	})
}

// batchOf is how many rows a batch and a load of the benchmarks have.
const batchOf = 1000

func BenchmarkMillionUpdate(b *testing.B) {
	const sql = "UPDATE big SET score = ?2 WHERE id = ?1"
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable, bigRows)
		b.ReportAllocs()
		types := []abi.Type{abi.TypeInt64, abi.TypeFloat64}
		for b.Loop() {
			var rows []byte
			for first := 1; first <= million; first += batchOf {
				rows, _ = abi.AppendRowsetHeader(rows[:0], types)
				for i := range batchOf {
					rows, _ = abi.AppendRow(rows, types, []abi.Value{abi.Int64(int64(first + i)), abi.Float64(float64(i) / 2)})
				}
				reader, err := abi.NewRowReader(rows)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := tx.ExecBatch(b.Context(), host.Statement{SQL: sql}, reader); err != nil || n != batchOf {
					b.Fatal(n, err)
				}
			}
		}
		perRow(b, million)
	})
	b.Run("by=go-sqlite3", func(b *testing.B) {
		_, c := big(b, false, bigTable, bigRows)
		b.ReportAllocs()
		for b.Loop() {
			s, _, err := c.Prepare(sql)
			if err != nil {
				b.Fatal(err)
			}
			for i := 1; i <= million; i++ {
				s.BindInt(1, i)
				s.BindFloat(2, float64(i%batchOf)/2)
				if err := s.Exec(); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
		}
		perRow(b, million)
	})
}

func BenchmarkMillionLoad(b *testing.B) {
	b.Run("by=sandpiper", func(b *testing.B) {
		tx, _ := big(b, true, bigTable)
		b.ReportAllocs()
		types := []abi.Type{abi.TypeInt64, abi.TypeText, abi.TypeFloat64, abi.TypeText, abi.TypeInt64}
		target := to("big", "id", "name", "score", "made", "flag")
		row := make([]abi.Value, 5)
		for b.Loop() {
			var rows, name []byte
			for first := 0; first < million; first += batchOf {
				rows, _ = abi.AppendRowsetHeader(rows[:0], types)
				for i := range batchOf {
					name = fmt.Appendf(name[:0], "row %d", first+i)
					row[0], row[1], row[2] = abi.Int64(int64(first+i)), abi.Value{Type: abi.TypeText, Bytes: name}, abi.Float64(float64(i))
					row[3], row[4] = abi.Text("2026-11-26 10:11:12.000000"), abi.Int64(int64(i%2))
					rows, _ = abi.AppendRow(rows, types, row)
				}
				reader, err := abi.NewRowReader(rows)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := tx.Load(b.Context(), host.Statement{}, target, reader); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			if _, err := tx.Exec(b.Context(), host.Statement{SQL: "DELETE FROM big"}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		perRow(b, million)
	})
	b.Run("by=go-sqlite3", func(b *testing.B) {
		_, c := big(b, false, bigTable)
		b.ReportAllocs()
		for b.Loop() {
			s, _, err := c.Prepare("INSERT INTO big VALUES (?, ?, ?, ?, ?)")
			if err != nil {
				b.Fatal(err)
			}
			for i := range million {
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
		perRow(b, million)
	})
}
