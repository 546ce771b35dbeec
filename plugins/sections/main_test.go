package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

const state = "SELECT count(*), count(DISTINCT name), count(kind), count(*) FILTER (WHERE kind = 'first') FROM demo_item"

func TestSectionsOnSQLite(t *testing.T) {
	db := sqlitetest.Open(t, "")
	runner := sdktest.New(db)
	runner.Upgrade(t)
	if got, want := db.Text(state), "200|200|181|1"; got != want {
		t.Errorf("the table holds %s, want %s", got, want)
	}
	if got := db.Text("SELECT name FROM sqlite_schema WHERE name = 'demo_item_kind'"); got != "demo_item_kind" {
		t.Error("the index is missing")
	}
	want := []string{
		"progress: 50 of 200", "progress: 100 of 200", "progress: 150 of 200", "progress: 200 of 200",
		"info: a name that is taken was refused: UNIQUE constraint failed: demo_item.name (SQLITE_CONSTRAINT_UNIQUE)",
	}
	if got := runner.Log(); !slices.Equal(got, want) {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	runner.Downgrade(t)
	if got := db.Text("SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s objects are left after the downgrade", got)
	}
}

// fails at, leaves behind, and what the next run must not send again.
func TestResumesAfterEveryFailure(t *testing.T) {
	for _, test := range []struct {
		at    string
		again []string // what the next run sends
	}{
		{"CREATE TABLE", []string{"CREATE TABLE", "INSERT", "CREATE INDEX", "UPDATE"}},
		{"INSERT INTO demo_item", []string{"INSERT", "CREATE INDEX", "UPDATE"}},
		{"SELECT count(*)", []string{"INSERT", "CREATE INDEX", "UPDATE"}},
		{"CREATE INDEX", []string{"CREATE INDEX", "UPDATE"}},
		{"UPDATE", []string{"UPDATE"}},
	} {
		t.Run(test.at, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			runner := sdktest.New(fake)
			// The duplicate is the only one of its number that must fail.
			prepare := func() {
				fake.Rows("SELECT count(*)", "count, kinds", []any{items, items - items/10})
				fake.FailOn("INSERT INTO demo_item", []any{items + 1, name(1), nil}, "23505", "duplicate key")
			}
			prepare()
			fake.Fail(test.at, "57014", "cancelled")
			err := runner.Try(sdk.Upgrade)
			if err == nil || !strings.Contains(err.Error(), "cancelled (57014)") {
				t.Fatalf("error %v, want the database's", err)
			}
			before := len(fake.Calls())
			prepare()
			runner.Upgrade(t)
			var sent []string
			for _, call := range fake.Calls()[before:] {
				for _, verb := range []string{"CREATE TABLE", "INSERT", "CREATE INDEX", "UPDATE"} {
					if strings.HasPrefix(call, verb) && !slices.Contains(sent, verb) {
						sent = append(sent, verb)
					}
				}
			}
			if !slices.Equal(sent, test.again) {
				t.Errorf("the next run sent %q, want %q", sent, test.again)
			}
		})
	}
}

func TestIndexIsBuiltOutsideTransactions(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Rows("SELECT count(*)", "count, kinds", []any{items, items - items/10})
	fake.FailOn("INSERT INTO demo_item", []any{items + 1, name(1), nil}, "23505", "duplicate key")
	sdktest.New(fake).Upgrade(t)
	calls := fake.Calls()
	at := slices.Index(calls, "CREATE INDEX CONCURRENTLY demo_item_kind ON demo_item (kind)")
	if at < 1 || calls[at-1] != "COMMIT" || calls[at+1] != "BEGIN" {
		t.Errorf("the calls around the index: %q", calls[max(at-1, 0):min(at+2, len(calls))])
	}
	if !slices.Contains(calls, "ROLLBACK TO SAVEPOINT duplicate") {
		t.Error("the savepoint was not rolled back to")
	}
}
