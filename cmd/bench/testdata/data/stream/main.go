// Command stream is the guest of the figure about memory: it reads as many rows as
// the table rows asks for, and keeps none of them.
package main

import (
	"errors"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Register(sdk.Migration{
		Slug:       "stream",
		Created:    "2026-11-26T00:00:00Z",
		PostgreSQL: sdk.Revision{ID: "da7a00000003"},
		SQLite:     sdk.Revision{ID: "da7a00000003"},
		Upgrade:    stream,
	})
}

// queries give rows of five columns as the server makes them, so that the memory
// that is measured is all that keeps any.
var queries = map[sdk.Dialect]string{
	sdk.PostgreSQL: "SELECT i, 'item number ' || i, i * 7919 % 100000, (i % 1000) / 8.0::float8, 'COMPLETED' FROM (SELECT generate_series(1, n) AS i FROM wanted) AS s",
	sdk.SQLite: "WITH RECURSIVE s(i) AS (SELECT 1 FROM wanted WHERE n > 0 UNION ALL SELECT i + 1 FROM s, wanted WHERE i < n) " +
		"SELECT i, 'item number ' || i, i * 7919 % 100000, (i % 1000) / 8.0, 'COMPLETED' FROM s",
}

func stream(tx *sdk.Tx) error {
	var wanted, n, sum int64
	rows := tx.Query("SELECT n FROM wanted")
	for row := range rows.All() {
		wanted = row.Int64(0)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows = tx.Query(queries[tx.Dialect()])
	for row := range rows.All() {
		n++
		sum += row.Int64(0) + int64(len(row.Text(1))) + row.Int64(2) + int64(row.Float64(3)) + int64(len(row.Text(4)))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != wanted {
		return errors.New("not as many rows came as are wanted")
	}
	tx.Log("the sum of ", n, " rows is ", sum)
	return nil
}
