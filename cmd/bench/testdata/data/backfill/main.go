// Command backfill is the guest of the figures about data: it reads every row of
// a table and writes a computed column back, chunk by chunk.
package main

import "github.com/sandpiper-db/sandpiper/sdk"

func main() {}

func init() {
	sdk.Register(sdk.Migration{
		Slug:       "backfill",
		Created:    "2026-11-26T00:00:00Z",
		PostgreSQL: sdk.Revision{ID: "da7a00000001"},
		SQLite:     sdk.Revision{ID: "da7a00000001"},
		Upgrade:    backfill,
	})
}

// chunk is how many rows a chunk has: the same in every contender.
const chunk = 10_000

func backfill(tx *sdk.Tx) error {
	param := tx.Dialect().Param
	update := tx.Batch("UPDATE item SET result = " + param(1) + " WHERE id = " + param(2))
	return tx.Backfill(sdk.Backfill{
		Name:      "result",
		Table:     "item",
		Columns:   []string{"name", "amount", "rate", "state"},
		Batch:     chunk,
		MaxBatch:  chunk,
		Uncounted: true,
		Row: func(row *sdk.Row) error {
			result := int64(float64(row.Int64(2))*row.Float64(3)) + int64(len(row.Text(1))+len(row.Text(4)))
			return update.Add(result, row.Int64(0))
		},
	})
}
