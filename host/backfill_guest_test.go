package host_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// checksums is the module of plugins/checksums, built once.
var checksums = builtOnce("../plugins/checksums")

// A backfill of a Go guest that is cut short goes on behind its last chunk.
func TestBackfillOfAGoGuest(t *testing.T) {
	module, err := checksums()
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, f *fixture) {
		f.files["versions/checksums.wasm"] = &fstest.MapFile{Data: module}
		f.write(map[chain.Dialect]string{chain.PostgreSQL: "dec05616cda7", chain.SQLite: "393bbccb72d5"}[f.dialect],
			"CREATE TABLE block_schema (id INTEGER PRIMARY KEY, fields "+map[chain.Dialect]string{chain.PostgreSQL: "JSON", chain.SQLite: "TEXT"}[f.dialect]+" NOT NULL);\n"+
				"INSERT INTO block_schema SELECT i, '{\"a\": 1}' FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n) AS s;\n")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var rows int64
		note := host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk {
				rows += e.Rows
				cancel()
			}
		}}
		if _, err := f.runner(note).Upgrade(ctx, "heads"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		f.wantCount(rows, "SELECT count(*) FROM block_schema WHERE fields_checksum IS NOT NULL")
		if _, err := f.runner(note).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if rows != 3000 {
			t.Errorf("%d rows visited, want each of 3000 once", rows)
		}
		f.wantCount(3000, "SELECT count(*) FROM block_schema WHERE fields_checksum IS NOT NULL")
	})
}
