package sdk_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/sha256"
)

// schemas is how many rows the worked example checksums is run on.
const schemas = 3000

// blocks are the revisions that checksums comes after, with the table that it fills.
var blocks = map[string]string{
	abi.PostgreSQL: `-- Revision ID: dec05616cda7
-- Revises:

CREATE TABLE block_schema (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number integer, fields text NOT NULL);
INSERT INTO block_schema (number, fields)
	SELECT i, '{"title": "Größe ' || i || '", "block_schema_references": {}, "n": ' || i || '.0}' FROM generate_series(1, %d) AS i;
`,
	abi.SQLite: `-- Revision ID: 393bbccb72d5
-- Revises:

CREATE TABLE block_schema (id CHAR(36) PRIMARY KEY NOT NULL, number INTEGER, fields TEXT NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
	INSERT INTO block_schema (id, number, fields)
	SELECT hex(randomblob(16)), i, '{"title": "Größe ' || i || '", "block_schema_references": {}, "n": ' || i || '.0}' FROM n;
`,
}

// The worked example gives every row its own checksum, though chunks are larger
// than what is read and sent at a time: rows are read while others are written.
func TestChecksums(t *testing.T) {
	b, err := box()
	if err != nil {
		t.Fatal(err)
	}
	module, err := build.Build(t.Context(), filepath.Join("..", "plugins", "checksums"), b, build.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"versions/checksums.wasm": {Data: module.Bytes}}
	for dialect, sql := range blocks {
		files["versions/"+dialect+"/2026_01_01_000000_blocks.sql"] = &fstest.MapFile{Data: fmt.Appendf(nil, sql, schemas)}
	}
	for dialect, open := range databases {
		t.Run(dialect, func(t *testing.T) {
			db := open(t)
			runner, err := host.NewRunner(files, db, b, host.Config{Path: "."})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := runner.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			sums := 0
			for row := range query(t, db, "SELECT number, fields_checksum FROM block_schema") {
				n := row[0].Int
				text := fmt.Sprintf(`[[{"n": %d.0, "title": "Gr\u00f6\u00dfe %[1]d"}], {}]`, n)
				if want := "sha256:" + sha256.Sum([]byte(text)).String(); string(row[1].Bytes) != want {
					t.Fatalf("the schema %d has the checksum %s, want %s", n, row[1].Bytes, want)
				}
				sums++
			}
			if sums != schemas {
				t.Errorf("%d checksums are there, want %d", sums, schemas)
			}
			if _, err := runner.Downgrade(t.Context(), "-1"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// query runs a query in a transaction of its own.
func query(t *testing.T, db host.Database, sql string) func(func([]abi.Value) bool) {
	return func(yield func([]abi.Value) bool) {
		t.Helper()
		conn, err := db.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tx, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		rows, err := tx.Query(t.Context(), host.Statement{SQL: sql, Ordinal: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for {
			row, err := rows.Next()
			if err == io.EOF || err == nil && !yield(row) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
