package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The benchmarks below compare what the adapter does with the same in pgx, without a
// guest: 1,000,000 rows of five columns are read, updated and loaded.
//
//	go test ./host/postgres -run '^$' -bench 'Million' -benchtime 3x
const millionRows = `CREATE TABLE big AS SELECT i::bigint AS id, 'row ' || i AS name, i::float8 AS score, now() + i * interval '1 s' AS made, i % 2 = 0 AS flag
FROM generate_series(1, 1000000) i`

// big makes a table of a million rows, and opens a transaction on either side.
func big(b *testing.B, prepare ...string) (host.Tx, pgx.Tx) {
	b.Helper()
	ctx := context.Background()
	url := postgrestest.URL(b)
	do := psql(b, url)
	for _, sql := range prepare {
		do(sql)
	}
	tx, err := connect(b, url).Begin(ctx, host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tx.Rollback() })
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(ctx) })
	native, err := conn.Begin(ctx)
	if err != nil {
		b.Fatal(err)
	}
	return tx, native
}

func BenchmarkMillionRead(b *testing.B) {
	tx, native := big(b, millionRows, "VACUUM ANALYZE big")
	ctx := context.Background()
	const sql = "SELECT id, name, score, made, flag FROM big"
	b.Run("by=sandpiper", func(b *testing.B) { hosttest.ReadMillion(b, tx, sql) })
	b.Run("by=pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rows, err := native.Query(ctx, sql)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			var (
				id    int64
				name  string
				score float64
				made  time.Time
				flag  bool
			)
			for rows.Next() {
				if err := rows.Scan(&id, &name, &score, &made, &flag); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if rows.Err() != nil || n != hosttest.Million {
				b.Fatal(n, rows.Err())
			}
		}
		hosttest.PerRow(b)
	})
}

func BenchmarkMillionUpdate(b *testing.B) {
	tx, native := big(b, millionRows, "ALTER TABLE big ADD PRIMARY KEY (id)", "VACUUM ANALYZE big", "CREATE TABLE large (LIKE big INCLUDING ALL)", "INSERT INTO large TABLE big", "VACUUM ANALYZE large")
	ctx := context.Background()
	b.Run("by=sandpiper", func(b *testing.B) { hosttest.UpdateMillion(b, tx, "UPDATE big SET score = $2 WHERE id = $1") })
	b.Run("by=pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for first := 1; first <= hosttest.Million; first += hosttest.BatchOf {
				batch := &pgx.Batch{}
				for i := range hosttest.BatchOf {
					batch.Queue("UPDATE large SET score = $2 WHERE id = $1", int64(first+i), float64(i)/2)
				}
				if err := native.SendBatch(ctx, batch).Close(); err != nil {
					b.Fatal(err)
				}
			}
		}
		hosttest.PerRow(b)
	})
}

func BenchmarkMillionLoad(b *testing.B) {
	const table = "CREATE TABLE %s (id bigint, name text, score float8, made timestamptz, flag bool)"
	tx, native := big(b, fmt.Sprintf(table, "big"), fmt.Sprintf(table, "large"))
	ctx := context.Background()
	now := time.Now().UTC()
	b.Run("by=sandpiper", func(b *testing.B) {
		b.ReportAllocs()
		types := []abi.Type{abi.TypeInt64, abi.TypeText, abi.TypeFloat64, abi.TypeTimestampTZ, abi.TypeBool}
		var name []byte
		for b.Loop() {
			hosttest.LoadMillion(b, tx, to("big", "id", "name", "score", "made", "flag"), types, func(i int, row []abi.Value) {
				name = fmt.Appendf(name[:0], "row %d", i)
				row[0], row[1], row[2] = abi.Int64(int64(i)), abi.Value{Type: abi.TypeText, Bytes: name}, abi.Float64(float64(i))
				row[3], row[4] = abi.TimestampTZ(now.UnixMicro()), abi.Bool(i%2 == 0)
			})
			if n, err := tx.Exec(ctx, host.Statement{SQL: "DELETE FROM big WHERE id < 0", Ordinal: 1}); err != nil || n != 0 {
				b.Fatal(n, err) // it ends the COPY
			}
		}
		hosttest.PerRow(b)
	})
	b.Run("by=pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			i := 0
			n, err := native.CopyFrom(ctx, pgx.Identifier{"large"}, []string{"id", "name", "score", "made", "flag"}, pgx.CopyFromFunc(func() ([]any, error) {
				if i == hosttest.Million {
					return nil, nil
				}
				i++
				return []any{int64(i), fmt.Sprintf("row %d", i), float64(i), now, i%2 == 0}, nil
			}))
			if err != nil || n != hosttest.Million {
				b.Fatal(n, err)
			}
		}
		hosttest.PerRow(b)
	})
}
