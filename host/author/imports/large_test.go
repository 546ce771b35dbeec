package imports_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A file of many rows takes memory, and so time, as it is long: files that were
// put together line by line took minutes.
func TestReadLargeFile(t *testing.T) {
	rows := strings.Repeat("INSERT INTO t VALUES (1, 'some text that is in a row');\n", 10_000)
	for _, c := range []struct{ tool, name, head string }{
		{"alembic", "up.sql", "-- Running upgrade  -> 0123456789ab\n"},
		{"atlas", "1_rows.sql", "-- atlas:txtar\n\n-- migration.sql --\n"},
		{"dbmate", "1_rows.sql", "-- migrate:up\n"},
		{"goose", "1_rows.sql", "-- +goose Up\n"},
	} {
		files := fstest.MapFS{c.name: {Data: []byte(c.head + rows)}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		imported, err := imports.Read(files, imports.Options{Tool: c.tool, Dialect: chain.SQLite})
		runtime.ReadMemStats(&after)
		if err != nil || len(imported.Revisions) != 1 {
			t.Fatalf("%s: %+v, %v", c.tool, imported, err)
		}
		if times := (after.TotalAlloc - before.TotalAlloc) / uint64(len(rows)); times > 200 {
			t.Errorf("%s: %d times the file was allocated", c.tool, times)
		}
	}
}
