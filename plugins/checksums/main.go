// Command checksums is a data migration that can be cut short and goes on: it
// gives each schema of a block a checksum of its fields, which no SQL can compute,
// in three phases. Programs that know nothing of the column run until the last.
//
// Build it with
//
//	sandpiper build ./plugins/checksums -o checksums.wasm
package main

import (
	"errors"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func main() {}

func init() {
	sdk.Module("checksums", "1.0.0", "main")
	sdk.Register(sdk.Migration{
		Slug:       "checksum_the_fields_of_blocks",
		Created:    "2026-11-26T02:00:00Z",
		PostgreSQL: sdk.Revision{ID: "c4ec5a11e7a1", Revises: []string{"dec05616cda7"}},
		SQLite:     sdk.Revision{ID: "c4ec5a11e7b1", Revises: []string{"393bbccb72d5"}},
		Upgrade:    upgrade,
		Downgrade:  downgrade,
	})
}

const table, column = "block_schema", "fields_checksum"

func upgrade(tx *sdk.Tx) error {
	for _, phase := range []func(*sdk.Tx) error{expand, fill, contract} {
		if err := phase(tx); err != nil {
			return err
		}
	}
	return nil
}

// expand adds the column empty, which no program minds.
func expand(tx *sdk.Tx) error {
	if err := tx.Phase(sdk.PhaseExpand); err != nil {
		return err
	}
	return tx.Apply(&schema.AddColumn{Table: table, Column: schema.Column{Name: column, Type: schema.StringOf(80)}})
}

// fill computes the checksums. Chunks commit one by one, so it holds no row for long.
func fill(tx *sdk.Tx) error {
	if err := tx.Phase(sdk.PhaseBackfill); err != nil {
		return err
	}
	param := tx.Dialect().Param
	update := tx.Batch("UPDATE block_schema SET fields_checksum = " + param(1) + " WHERE id = " + param(2))
	return tx.Backfill(sdk.Backfill{
		Name:    "checksums",
		Table:   table,
		Columns: []string{"fields"},
		Row: func(row *sdk.Row) error {
			sum, err := checksum(row.Bytes(1))
			if err != nil {
				return errors.New("the fields of the schema " + sdk.Show(row.Value(0)) + ": " + err.Error())
			}
			return update.Add(sum, row.Value(0))
		},
	})
}

// contract asks the database to hold what is true by then.
func contract(tx *sdk.Tx) error {
	if err := tx.Phase(sdk.PhaseContract); err != nil {
		return err
	}
	return tx.Apply(&schema.AlterColumn{Table: table, Name: column, NotNull: new(true)})
}

func downgrade(tx *sdk.Tx) error {
	return tx.Apply(&schema.DropColumn{Table: table, Name: column})
}
