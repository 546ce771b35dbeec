// Command crossing is a guest that reads rows of five columns and does nothing else
// with them, for the figures of crossing: what guest.c does, with the SDK.
package main

import (
	"math"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("crossing", "1", "crossing")
	sdk.Register(sdk.Migration{
		Slug:    "read",
		Created: "2026-11-26T00:00:00Z",
		SQLite:  sdk.Revision{ID: "000000000001"},
		Upgrade: read,
	})
}

func read(tx *sdk.Tx) error {
	var count, sum int64 // of what was read, so that nothing of it is left out
	rows := tx.Query("rows")
	for row := range rows.All() {
		count++
		sum += row.Int64(0) + int64(row.Float64(1)) + textSum(row.Text(2)) + row.Timestamp(3)
		if !row.IsNull(4) {
			sum += textSum(row.Text(4))
		}
	}
	tx.Progress(count, sum&math.MaxInt64)
	return rows.Err()
}

func textSum(s string) int64 {
	if s == "" {
		return 0
	}
	return int64(len(s)) + int64(s[len(s)-1])
}
