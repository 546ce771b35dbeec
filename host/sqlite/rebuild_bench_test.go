package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// benchColumns are a table of an ordinary kind: a key, two texts, numbers, a
// time and a column that is mostly NULL.
const benchColumns = `(id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, state TEXT, tries INTEGER NOT NULL DEFAULT 0,
	price FLOAT, made DATETIME NOT NULL, note TEXT)`

// BenchmarkRebuild rebuilds a table of SANDPIPER_BENCH_ROWS rows, 100,000 if it
// is not set, where the layout stays ("same") and where a column's NOT NULL or
// type changes. Beside it is what the same INSERT … SELECT takes by itself: in
// this SQLite ("bare"), and in the sqlite3 shell where there is one.
func BenchmarkRebuild(b *testing.B) {
	rows := 100_000
	if s := os.Getenv("SANDPIPER_BENCH_ROWS"); s != "" {
		var err error
		if rows, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "x.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{"CREATE TABLE t " + benchColumns, fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO t SELECT i, 'the name of row ' || i, substr('RUNNINGPENDING', i %% 7, 7), i %% 5, i * 0.25,
		'2026-08-09 10:11:12.' || (100000 + i %% 1000), iif(i %% 10 = 0, 'a note', NULL) FROM n`, rows)} {
		if err := c.Exec(sql); err != nil {
			b.Fatal(err)
		}
	}
	c.Close()
	bare := "BEGIN; CREATE TABLE u " + benchColumns + "; INSERT INTO u SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t; ROLLBACK;"
	rate := func(b *testing.B) { b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s") }

	b.Run("bare", func(b *testing.B) {
		c, err := sqlite3.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			if err := c.Exec(bare); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("shell", func(b *testing.B) {
		shell, err := exec.LookPath("sqlite3")
		if err != nil {
			b.Fatal("there is no sqlite3 shell to compare with: install the package sqlite3, as make bench does")
		}
		for b.Loop() {
			if out, err := exec.Command(shell, path, bare).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		}
		rate(b)
	})
	for name, op := range map[string]schema.Operation{
		"foreign_key": &schema.AddConstraint{Table: "t", Constraint: schema.Constraint{Name: "fk", ForeignKey: []string{"tries"}, References: "t"}},
		"default":     &schema.AlterColumn{Table: "t", Name: "price", Default: schema.DefaultOf(schema.Int(1))},
		"type":        &schema.AlterColumn{Table: "t", Name: "tries", Type: schema.TypeOf(schema.BaseText)},
	} {
		b.Run(name, func(b *testing.B) {
			conn := benchConn(b, "sqlite:"+path)
			for b.Loop() {
				if err := rebuilt(b.Context(), conn, op); err != nil {
					b.Fatal(err)
				}
			}
			rate(b)
		})
	}
}

// rebuilt applies an operation and rolls it back.
func rebuilt(ctx context.Context, conn host.Conn, op schema.Operation) error {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return conn.Apply(ctx, tx, []host.Operation{{Request: schema.Request{Operation: op}, Ordinal: 1}})
}
