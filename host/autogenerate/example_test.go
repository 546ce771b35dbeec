package autogenerate_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// A program that checks its own database, and knows better than rules in a file
// what to leave out.
func ExampleCompare() {
	ctx := context.Background()
	db, err := sqlite.Open(sqlite.Memory)
	if err != nil {
		log.Fatal(err)
	}
	bench := autogenerate.Bench{
		Scratch: func(context.Context) (host.Database, func(context.Context) error, error) {
			db, err := sqlite.Open(sqlite.Memory)
			return db, func(context.Context) error { return nil }, err
		},
		SQL: sqlite.SQL,
	}
	schema, err := autogenerate.Build(ctx, autogenerate.Wanted{File: "schema.sql", Text: []byte(`
		CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
		CREATE TABLE cache_users (id INTEGER PRIMARY KEY);
	`)}, bench)
	if err != nil {
		log.Fatal(err)
	}
	defer schema.Close(ctx)

	found, err := autogenerate.Compare(ctx, autogenerate.Task{
		Database: db, Wanted: schema, Bench: bench,
		Filters: append(diff.DefaultFilters(), diff.Filter{
			Name: "caches are made when they are needed",
			Hide: func(c diff.Change) bool { return c.Kind == diff.KindTable && strings.HasPrefix(c.Name, "cache_") },
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range found.Changes {
		fmt.Println(c.Action, c.Text)
	}
	for _, h := range found.Hidden {
		fmt.Printf("hidden (%s): %s %s\n", h.Filter, h.Change.Action, h.Change.Name)
	}
	// Output:
	// add table users (id, name)
	// hidden (caches are made when they are needed): add cache_users
}
