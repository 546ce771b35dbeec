// Command tiers is a guest for the figures of tiers: a migration that is over at once,
// and one that visits many rows.
package main

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("tiers", "1", "tiers")
	for i, m := range []sdk.Migration{{Slug: "short", Upgrade: short}, {Slug: "long", Upgrade: long}} {
		m.Created = "2026-11-26T00:00:00Z"
		m.SQLite = sdk.Revision{ID: "00000000000" + string(rune('1'+i))}
		sdk.Register(m)
	}
}

func short(tx *sdk.Tx) error {
	_, err := tx.Exec("ALTER TABLE item ADD COLUMN slug TEXT")
	return err
}

func long(tx *sdk.Tx) error {
	slugs := tx.Batch("UPDATE item SET slug = ?1 WHERE id = ?2")
	return tx.Backfill(sdk.Backfill{
		Name: "slugs", Table: "item", Columns: []string{"weight", "name", "created", "note"},
		Row: func(row *sdk.Row) error {
			return slugs.Add(strings.ReplaceAll(strings.ToUpper(row.Text(2)), " ", "-"), row.Int64(0))
		},
	})
}
