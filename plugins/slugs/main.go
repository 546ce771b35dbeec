// Command slugs is a migration that needs more than SQL: it adds a column to the
// deployments, gives each of them a slug made from its name, in the same way on
// PostgreSQL and on SQLite, and then says that every deployment has one and no
// two have the same.
//
// Build it with
//
//	sandpiper build ./plugins/slugs -o slugs.wasm
package main

import (
	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func main() {}

func init() {
	sdk.Module("slugs", "1.0.0", "main")
	sdk.Register(sdk.Migration{
		Slug:       "give_deployments_slugs",
		Created:    "2026-05-04T09:30:00Z",
		PostgreSQL: sdk.Revision{ID: "ccc2ba1e7ae5", Revises: []string{"da20b8d37263"}},
		SQLite:     sdk.Revision{ID: "d013a16e8a9a", Revises: []string{"0f575b93d034"}},
		Upgrade:    give,
		Downgrade:  take,
	})
}

const table = "deployment"

// slugIsUnique has no name: it gets the one of the naming convention.
var slugIsUnique = schema.Constraint{Unique: []string{"slug"}}

// give adds the column empty, fills it, and then asks the database to hold what
// is true by then. The last two are one rebuild of the table on SQLite.
func give(tx *sdk.Tx) error {
	err := tx.Apply(&schema.AddColumn{Table: table, Column: schema.Column{Name: "slug", Type: schema.TypeOf(schema.BaseText)}})
	if err != nil {
		return err
	}
	if err := fill(tx); err != nil {
		return err
	}
	return tx.Apply(
		&schema.AlterColumn{Table: table, Name: "slug", NotNull: new(true)},
		&schema.AddConstraint{Table: table, Constraint: slugIsUnique},
	)
}

func take(tx *sdk.Tx) error {
	return tx.Apply(
		&schema.DropConstraint{Table: table, Was: &slugIsUnique},
		&schema.DropColumn{Table: table, Name: "slug"},
	)
}
