package imports_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// TestReadLargeFile is a data file of megabytes: what reading it allocates
// grows with the file and not with its square, which once took minutes.
func TestReadLargeFile(t *testing.T) {
	for _, c := range []struct{ tool, name, head string }{
		{"alembic", "up.sql", "-- Running upgrade  -> 0123456789ab\n"},
		{"atlas", "1_rows.sql", "-- atlas:txtar\n\n-- migration.sql --\n"},
		{"dbmate", "1_rows.sql", "-- migrate:up\n"},
		{"goose", "1_rows.sql", "-- +goose Up\n"},
	} {
		allocated := func(rows int) uint64 {
			text := c.head + strings.Repeat("INSERT INTO t VALUES (1, 'some text that is in a row');\n", rows)
			files := fstest.MapFS{c.name: {Data: []byte(text)}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			imported, err := imports.Read(files, imports.Options{Tool: c.tool, Dialect: chain.SQLite})
			runtime.ReadMemStats(&after)
			if err != nil || len(imported.Revisions) != 1 {
				t.Fatalf("%s: %+v, %v", c.tool, imported, err)
			}
			return after.TotalAlloc - before.TotalAlloc
		}
		small, large := allocated(2_500), allocated(20_000)
		if large > 3*8*small { // eight times the file; its square is 64 times
			t.Errorf("%s: eight times the rows allocate %d bytes instead of %d", c.tool, large, small)
		}
	}
}
