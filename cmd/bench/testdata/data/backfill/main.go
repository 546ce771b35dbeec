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

const chunk = 10000

func backfill(tx *sdk.Tx) error {
	param := tx.Dialect().Param
	read := "SELECT id, name, amount, rate, state FROM item WHERE id > " + param(1) + " ORDER BY id LIMIT " + param(2)
	if tx.Dialect() == sdk.PostgreSQL {
		read += " FOR NO KEY UPDATE"
	}
	last := int64(0)
	for n := 0; ; n++ {
		done := true
		err := tx.Section("chunk "+sdk.Show(sdk.Numeric(itoa(n))), func() error {
			update := tx.Batch("UPDATE item SET result = " + param(1) + " WHERE id = " + param(2))
			rows := tx.Query(read, last, chunk)
			for row := range rows.All() {
				done = false
				last = row.Int64(0)
				result := int64(float64(row.Int64(2))*row.Float64(3)) + int64(len(row.Text(1))+len(row.Text(4)))
				if err := update.Add(result, last); err != nil {
					return err
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
			_, err := update.Flush()
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
