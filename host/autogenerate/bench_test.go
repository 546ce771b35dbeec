package autogenerate_test

import (
	"context"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// bench is where schemas of SQLite are tried out.
func bench(t *testing.T) autogenerate.Bench {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return autogenerate.Bench{
		Scratch: func(context.Context) (host.Database, func(context.Context) error, error) {
			db, err := sqlite.Open(sqlite.Memory)
			return db, func(context.Context) error { return nil }, err
		},
		SQL:     sqlite.SQL,
		Sandbox: box,
	}
}

// database returns a database in memory that the statements have made.
func database(t *testing.T, statements ...string) host.Database {
	t.Helper()
	db, err := sqlite.Open(sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if _, err := tx.Exec(t.Context(), host.Statement{SQL: sql}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// wanted is a schema file.
func wanted(sql string) autogenerate.Wanted {
	return autogenerate.Wanted{File: "schema.sql", Text: []byte(sql)}
}
