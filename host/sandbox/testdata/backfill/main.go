// Command backfill is a guest with the SDK whose backfill runs in one tier after the
// other.
package main

import (
	"time"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("backfill", "0.1.0", "backfill")
	sdk.Register(sdk.Migration{
		Slug:    "create",
		Created: "2026-11-26T00:00:00Z",
		SQLite:  sdk.Revision{ID: "000000000001"},
		Upgrade: func(tx *sdk.Tx) error {
			if _, err := tx.Exec("CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, visits INTEGER, made BLOB)"); err != nil {
				return err
			}
			_, err := tx.Exec("WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 5000) INSERT INTO item SELECT i, i * 7 % 1000, 0, NULL FROM k")
			return err
		},
	})
	sdk.Register(sdk.Migration{
		Slug:    "fill",
		Created: "2026-11-26T00:00:01Z",
		SQLite:  sdk.Revision{ID: "000000000002", Revises: []string{"000000000001"}},
		Upgrade: fill,
	})
	sdk.Register(sdk.Migration{
		Slug:    "stamp",
		Created: "2026-11-26T00:00:02Z",
		SQLite:  sdk.Revision{ID: "000000000003", Revises: []string{"000000000001"}},
		Upgrade: stamp,
	})
	sdk.Register(sdk.Migration{
		Slug:    "compute",
		Created: "2026-11-26T00:00:02Z",
		SQLite:  sdk.Revision{ID: "000000000004", Revises: []string{"000000000001"}},
		Upgrade: compute,
	})
}

// stamp does the same before, in and after a section and a backfill, with what the clock
// and the random source say.
func stamp(tx *sdk.Tx) error {
	note := func() error {
		id, err := tx.NewUUID()
		if err == nil {
			_, err = tx.Exec("INSERT INTO stamp VALUES (?1, ?2)", time.Now().UnixNano(), id)
		}
		return err
	}
	notes := func(*sdk.Row) error { return note() }
	for _, do := range []func() error{
		func() error {
			_, err := tx.Exec("CREATE TABLE stamp (at INTEGER, id BLOB)")
			return err
		},
		note,
		func() error { return tx.Section("first", note) },
		note,
		func() error {
			return tx.Backfill(sdk.Backfill{Name: "stamps", Table: "item", Where: "id <= 9", Batch: 4, MaxBatch: 4, Row: notes})
		},
		note,
		func() error { return tx.Section("last", note) },
		note,
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// compute visits ten items and computes for long with each, all in one chunk.
func compute(tx *sdk.Tx) error {
	visit := tx.Batch("UPDATE item SET visits = visits + ?1 WHERE id = ?2")
	return tx.Backfill(sdk.Backfill{
		Name:  "compute",
		Table: "item",
		Where: "id <= 10",
		Row: func(row *sdk.Row) error {
			x := uint64(row.Int64(0))
			for range 30_000_000 {
				x = x*6364136223846793005 + 1442695040888963407
			}
			return visit.Add(10|int64(x&0), row.Int64(0))
		},
	})
}

// fill visits each item, and notes a random number, which is the chunk's.
func fill(tx *sdk.Tx) error {
	tx.Log("it begins")
	visits := tx.Batch("UPDATE item SET visits = visits + 1, n = n + ?1, made = ?2 WHERE id = ?3")
	return tx.Backfill(sdk.Backfill{
		Name:     "fill",
		Table:    "item",
		Columns:  []string{"n"},
		Batch:    50,
		MaxBatch: 50,
		Row: func(row *sdk.Row) error {
			id, err := tx.NewUUID()
			if err != nil {
				return err
			}
			return visits.Add(row.Int64(1)*2, id, row.Int64(0))
		},
	})
}
