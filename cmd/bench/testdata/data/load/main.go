// Command load is the guest of the figure about bulk loads: it makes as many rows as
// the table wanted asks for, and loads them.
package main

import (
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Register(sdk.Migration{
		Slug:       "load",
		Created:    "2026-11-26T00:00:00Z",
		PostgreSQL: sdk.Revision{ID: "da7a00000002"},
		SQLite:     sdk.Revision{ID: "da7a00000002"},
		Upgrade:    load,
	})
}

func load(tx *sdk.Tx) error {
	var wanted int64
	rows := tx.Query("SELECT n FROM wanted")
	for row := range rows.All() {
		wanted = row.Int64(0)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	names := make([]string, 1000)
	for i := range names {
		names[i] = "item number " + strconv.Itoa(i)
	}
	items := tx.Load("item", "id", "name", "amount", "rate", "state")
	for i := int64(1); i <= wanted; i++ {
		err := items.Add(i, names[i%1000], i*7919%100000, float64(i%1000)/8, "COMPLETED")
		if err != nil {
			return err
		}
	}
	_, err := items.Flush()
	return err
}
