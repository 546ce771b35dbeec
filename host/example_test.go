package host_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// migrations is what a program would embed: //go:embed versions
var migrations = fstest.MapFS{
	"versions/sqlite/2026_11_01_120000_a00000000001_users.sql": {Data: []byte(`-- Revision ID: a00000000001
-- Revises:
-- +upgrade
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
-- +downgrade
DROP TABLE users;
`)},
	"versions/sqlite/2026_11_02_120000_a00000000002_email.sql": {Data: []byte(`-- Revision ID: a00000000002
-- Revises: a00000000001
-- +upgrade
ALTER TABLE users ADD COLUMN email TEXT;
-- +downgrade
ALTER TABLE users DROP COLUMN email;
`)},
}

// A program that upgrades its own database when it starts.
func ExampleRunner_Upgrade() {
	db, err := sqlite.Open("sqlite::memory:")
	if err != nil {
		log.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	runner, err := host.NewRunner(migrations, db, box, host.Config{})
	if err != nil {
		log.Fatal(err)
	}

	result, err := runner.Upgrade(context.Background(), "heads")
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range result.Applied {
		fmt.Println(entry.Action, entry.Key, entry.Slug)
	}
	result, err = runner.Downgrade(context.Background(), "-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("now at", result.Heads[chain.DefaultLine])
	// Output:
	// upgrade a00000000001 users
	// upgrade a00000000002 email
	// now at [a00000000001]
}

// A program that must not block watches the run from elsewhere.
func ExampleRunner_Start() {
	db, err := sqlite.Open("sqlite::memory:")
	if err != nil {
		log.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	runner, err := host.NewRunner(migrations, db, box, host.Config{})
	if err != nil {
		log.Fatal(err)
	}

	run := runner.Start(context.Background(), chain.Upgrade, "heads")
	for event := range run.Events() {
		if event.Kind == host.EventPlanned {
			continue
		}
		fmt.Printf("%d of %d %s %s\n", event.Step, event.Steps, event.Kind, event.Slug)
	}
	if _, err := run.Wait(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 of 2 started users
	// 1 of 2 applied users
	// 2 of 2 started email
	// 2 of 2 applied email
}

// What would run, and the SQL it would send.
func ExampleRunner_Rehearse() {
	db, err := sqlite.Open("sqlite::memory:")
	if err != nil {
		log.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	runner, err := host.NewRunner(migrations, db, box, host.Config{})
	if err != nil {
		log.Fatal(err)
	}

	rehearsal, err := runner.Rehearse(context.Background(), chain.Upgrade, "+1")
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range rehearsal.Statements {
		fmt.Println(rehearsal.Plan.Steps[s.Step].Revision.Slug+":", s.SQL)
	}
	// Output:
	// users: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)
}
