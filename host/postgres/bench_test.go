package postgres_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// statements are what a one-statement migration may consist of.
var statements = map[string]func(i int) string{
	"insert": func(i int) string { return fmt.Sprintf("INSERT INTO t VALUES (%d)", i) },
	"create": func(i int) string { return fmt.Sprintf("CREATE TABLE t_%d (a int PRIMARY KEY, b text)", i) },
}

// BenchmarkMigration is one migration of one statement, with its lock, its
// fence and its line in the ledger. "loop" is what a runner does that waits for
// each of BEGIN, the statement, one INSERT into its table, and COMMIT.
func BenchmarkMigration(b *testing.B) {
	for _, name := range []string{"insert", "create"} {
		sql := statements[name]
		b.Run(name+"/runner=sandpiper", func(b *testing.B) { benchmarkConn(b, sql) })
		b.Run(name+"/runner=unprepared", func(b *testing.B) { benchmarkConn(b, sql, postgres.Unprepared()) })
		b.Run(name+"/runner=loop", func(b *testing.B) { benchmarkLoop(b, sql) })
	}
}

func benchmarkConn(b *testing.B, sql func(int) string, opts ...postgres.Option) {
	ctx := context.Background()
	conn, err := open(b, postgrestest.URL(b), opts...).Connect(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if err := conn.CreateLedger(ctx); err != nil {
		b.Fatal(err)
	}
	var heads []string
	i := 0
	run := func(sql string) {
		i++
		id := fmt.Sprintf("%012x", i)
		tx, err := conn.Begin(ctx, host.Fence{Line: chain.DefaultLine, Heads: heads, Revision: id})
		if err == nil {
			err = tx.Defer(ctx, host.Statement{SQL: sql, Ordinal: 1})
		}
		if err == nil {
			err = tx.Record(ctx, host.Entry{Key: chain.Key{Line: chain.DefaultLine, ID: id}, Action: host.ActionUpgrade, Started: time.Now()}, []string{id})
		}
		if err == nil {
			err = tx.Commit(ctx)
		}
		if err != nil {
			b.Fatal(err)
		}
		heads = []string{id}
	}
	run("CREATE TABLE t (a int)")
	for b.Loop() {
		run(sql(i))
	}
}

func benchmarkLoop(b *testing.B, sql func(int) string) {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, postgrestest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	run := func(sql string) {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied bool NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); CREATE TABLE t (a int)")
	if _, err := conn.Prepare(ctx, "version", "INSERT INTO version (version_id, is_applied) VALUES ($1, $2)", nil); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		run("BEGIN")
		run(sql(i))
		if r := conn.ExecPrepared(ctx, "version", [][]byte{fmt.Append(nil, i), []byte("t")}, nil, nil).Read(); r.Err != nil {
			b.Fatal(r.Err)
		}
		run("COMMIT")
	}
}

// BenchmarkRows reads 10,000 rows of five columns.
func BenchmarkRows(b *testing.B) {
	ctx := context.Background()
	conn := connect(b, postgrestest.URL(b))
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	const n = 10_000
	sql := fmt.Sprintf("SELECT i::bigint, 'row ' || i, i::float8, now(), i %% 2 = 0 FROM generate_series(1, %d) i", n)
	for b.Loop() {
		rows, err := tx.Query(ctx, host.Statement{SQL: sql, Ordinal: 1})
		if err != nil {
			b.Fatal(err)
		}
		read := 0
		for {
			if _, err := rows.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			read++
		}
		if read != n {
			b.Fatalf("%d rows", read)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}

// BenchmarkBatch inserts 10,000 rows of two columns.
func BenchmarkBatch(b *testing.B) {
	ctx := context.Background()
	conn := connect(b, postgrestest.URL(b))
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	if err := exec("CREATE TABLE t (a int, b text)")(tx); err != nil {
		b.Fatal(err)
	}
	const n = 10_000
	types := []abi.Type{abi.TypeInt64, abi.TypeText}
	rowset, err := abi.AppendRowsetHeader(nil, types)
	for i := range n {
		if err == nil {
			rowset, err = abi.AppendRow(rowset, types, []abi.Value{abi.Int64(int64(i)), abi.Text(fmt.Sprint("row ", i))})
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		rows, err := abi.NewRowReader(rowset)
		if err != nil {
			b.Fatal(err)
		}
		if affected, err := tx.ExecBatch(ctx, host.Statement{SQL: "INSERT INTO t VALUES ($1, $2)", Ordinal: 1}, rows); err != nil || affected != n {
			b.Fatal(affected, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
