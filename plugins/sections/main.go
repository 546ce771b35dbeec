// Command sections is a migration that commits more than once: it fills a table in a
// section of its own and builds an index outside of any transaction. It has its
// own line, as a plugin for databases of others has.
package main

import (
	"errors"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("sections", "1.0.0", "demo")
	sdk.Register(sdk.Migration{
		Slug:       "build_demo_items",
		Created:    "2026-10-05T10:00:00Z",
		PostgreSQL: sdk.Revision{ID: "5ec7100000a1"},
		SQLite:     sdk.Revision{ID: "5ec7100000b1"},
		Upgrade:    build,
		Downgrade:  drop,
	})
}

// items is how many items the table gets.
const items = 200

func build(tx *sdk.Tx) error {
	// This commits when the first section begins.
	if _, err := tx.Exec("CREATE TABLE demo_item (id bigint PRIMARY KEY, name text NOT NULL UNIQUE, kind text)"); err != nil {
		return err
	}
	if err := tx.Section("load", func() error { return load(tx) }); err != nil {
		return err
	}
	err := tx.Autocommit("index", func() error {
		create := "CREATE INDEX demo_item_kind ON demo_item (kind)"
		if tx.Dialect() == sdk.PostgreSQL {
			create = "CREATE INDEX CONCURRENTLY demo_item_kind ON demo_item (kind)"
		}
		_, err := tx.Exec(create)
		return err
	})
	if err != nil {
		return err
	}
	// This commits with the migration itself.
	_, err = tx.Exec("UPDATE demo_item SET kind = 'first' WHERE id = 1")
	return err
}

// load fills the table and reads it again: reading is for sections.
func load(tx *sdk.Tx) error {
	param := tx.Dialect().Param
	insert := "INSERT INTO demo_item (id, name, kind) VALUES (" + param(1) + ", " + param(2) + ", " + param(3) + ")"
	batch := tx.Batch(insert)
	for id := range int64(items) {
		var kind any // every tenth has none
		if id%10 != 0 {
			kind = "plain"
		}
		if err := batch.Add(id+1, name(id+1), kind); err != nil {
			return err
		}
		if (id+1)%50 == 0 {
			tx.Progress(id+1, items)
		}
	}
	if _, err := batch.Flush(); err != nil {
		return err
	}

	// A name that is taken is refused by the database; the savepoint keeps the
	// transaction alive.
	err := tx.Savepoint("duplicate", func() error {
		_, err := tx.Exec(insert, items+1, name(1), nil)
		return err
	})
	if !errors.Is(err, sdk.ErrSQL) {
		return errors.Join(errors.New("the database took a name twice"), err)
	}
	tx.Log("a name that is taken was refused: ", err)

	rows := tx.Query("SELECT count(*), count(kind) FROM demo_item")
	for row := range rows.All() {
		if row.Int64(0) != items || row.Int64(1) != items-items/10 {
			return errors.New("the table does not hold what was written")
		}
	}
	return rows.Err()
}

// name returns the name of an item, such as "item c" for the third.
func name(id int64) string {
	var letters []byte
	for ; id > 0; id = (id - 1) / 26 {
		letters = append(letters, byte('a'+(id-1)%26))
	}
	return "item " + string(letters)
}

func drop(tx *sdk.Tx) error {
	_, err := tx.Exec("DROP TABLE demo_item")
	return err
}
