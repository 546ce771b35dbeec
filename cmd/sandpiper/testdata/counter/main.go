// Command counter counts, in each row of a table, how often a backfill has visited
// it: the guest of a test that kills its runner.
package main

import "github.com/sandpiper-db/sandpiper/sdk"

func main() {}

func init() {
	sdk.Register(sdk.Migration{
		Slug:       "count_visits",
		Created:    "2026-11-26T02:30:00Z",
		PostgreSQL: sdk.Revision{ID: "000000000002", Revises: []string{"000000000001"}},
		SQLite:     sdk.Revision{ID: "000000000002", Revises: []string{"000000000001"}},
		Upgrade:    count,
	})
}

func count(tx *sdk.Tx) error {
	update := tx.Batch("UPDATE item SET visits = visits + 1 WHERE id = " + tx.Dialect().Param(1))
	return tx.Backfill(sdk.Backfill{
		Name: "visits", Table: "item", Batch: 40, MaxBatch: 40,
		Row: func(row *sdk.Row) error { return update.Add(row.Int64(0)) },
	})
}
