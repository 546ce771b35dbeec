package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

// filling is the part of the migration that is about rows.
var filling = sdk.Migration{
	Slug:       "fill",
	PostgreSQL: sdk.Revision{ID: "000000000001"},
	SQLite:     sdk.Revision{ID: "000000000001"},
	Upgrade:    fill,
}

const deployments = `
	CREATE TABLE deployment (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL, slug TEXT);
	INSERT INTO deployment (id, name) VALUES
		('a1', 'Hello, World!'), ('a2', 'hello world'), ('a3', 'Hello World 2'), ('a4', 'HELLO - WORLD'),
		('b1', 'Größe & Maß'), ('b2', '漢字'), ('b3', '-'), ('b4', '');
`

func TestSlugsOnSQLite(t *testing.T) {
	db := sqlitetest.Open(t, deployments)
	runner := sdktest.New(db)
	if err := runner.Run(filling, sdk.Upgrade); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"a1|hello-world", "a2|hello-world-2", "a3|hello-world-2-2", "a4|hello-world-3",
		"b1|groesse-mass", "b2|deployment", "b3|deployment-2", "b4|deployment-3",
	}, "\n")
	if got := db.Text("SELECT id, slug FROM deployment ORDER BY id"); got != want {
		t.Errorf("slugs:\n%s\nwant:\n%s", got, want)
	}
	if got, want := runner.Log(), []string{"progress: 8 of 8", "info: gave 8 deployments a slug"}; !slices.Equal(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestEveryChunkIsRead(t *testing.T) {
	db := sqlitetest.Open(t, `
		CREATE TABLE deployment (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL, slug TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `+strconv.Itoa(2*chunk+1)+`)
		INSERT INTO deployment (id, name) SELECT 'id ' || i, 'Name ' || i FROM n`)
	if err := sdktest.New(db).Run(filling, sdk.Upgrade); err != nil {
		t.Fatal(err)
	}
	if got := db.Text("SELECT count(*), count(DISTINCT slug) FROM deployment WHERE 'id ' || substr(slug, 6) = id"); got != "2001|2001" {
		t.Errorf("deployments with their slug: %s, want all 2001", got)
	}
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	db := sqlitetest.Open(t, deployments+`
		CREATE TRIGGER no BEFORE UPDATE ON deployment WHEN NEW.id = 'b2' BEGIN SELECT RAISE(ABORT, 'not this one'); END;`)
	err := sdktest.New(db).Run(filling, sdk.Upgrade)
	if err == nil || !strings.Contains(err.Error(), "not this one (SQLITE_CONSTRAINT_TRIGGER)") {
		t.Errorf("error %v, want the trigger's", err)
	}
	if got := db.Text("SELECT count(*) FROM deployment WHERE slug IS NOT NULL"); got != "0" {
		t.Errorf("%s slugs are left after the failure", got)
	}
}

// The whole migration on a real database, there and back.
func TestUpgradeAndDowngrade(t *testing.T) {
	db := sqlitetest.Open(t, `
		CREATE TABLE deployment (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL);
		INSERT INTO deployment VALUES ('a1', 'Hello, World!'), ('a2', 'hello world')`)
	const columns = "SELECT name, type, [notnull], pk FROM pragma_table_info('deployment')"
	before := db.Text(columns)
	runner := sdktest.New(db)
	runner.Upgrade(t)
	if got := db.Text("SELECT slug FROM deployment ORDER BY id"); got != "hello-world\nhello-world-2" {
		t.Errorf("the slugs are\n%s", got)
	}
	if _, err := db.Exec("INSERT INTO deployment VALUES ('a3', 'x', NULL)", nil); err == nil {
		t.Error("a deployment without a slug is taken")
	}
	if _, err := db.Exec("INSERT INTO deployment VALUES ('a3', 'x', 'hello-world')", nil); err == nil {
		t.Error("a second deployment with the same slug is taken")
	}
	runner.Downgrade(t)
	if after := db.Text(columns); after != before {
		t.Errorf("the downgrade leaves\n%s\nit was\n%s", after, before)
	}
}

// An operator is a fake database that records schema operations among the
// statements.
type operator struct {
	*sdktest.Fake
	fail string // the kind that fails
}

func (o operator) Apply(request schema.Request) error {
	if request.Operation.Kind() == o.fail {
		return &sdk.Error{Errno: sdk.ErrSQL, Message: o.fail + " failed"}
	}
	_, err := o.Exec(string(schema.Append(nil, request)), nil)
	return err
}

// The whole migration, up and down, in its order.
func TestOrderOfTheMigration(t *testing.T) {
	for dialect, id := range map[sdk.Dialect]any{sdk.PostgreSQL: [16]byte{15: 7}, sdk.SQLite: "7"} {
		fake := operator{Fake: sdktest.NewFake(dialect)}
		fake.Rows("SELECT count(*)", "count", []any{1})
		fake.Rows("SELECT id, name FROM deployment ORDER", "id, name", []any{id, "A name"})
		runner := sdktest.New(fake)
		runner.Upgrade(t)
		runner.Downgrade(t)
		shown := "00000000-0000-0000-0000-000000000007"
		if dialect == sdk.SQLite {
			shown = "'7'"
		}
		one, two := dialect.Param(1), dialect.Param(2)
		want := []string{
			"BEGIN",
			`{"add_column":{"table":"deployment","column":{"name":"slug","type":"text"}}}`,
			"SELECT count(*) FROM deployment",
			"SELECT id, name FROM deployment ORDER BY id LIMIT " + one + " [1000]",
			"UPDATE deployment SET slug = " + one + " WHERE id = " + two + " ['a-name' " + shown + "]",
			"SELECT id, name FROM deployment WHERE id > " + two + " ORDER BY id LIMIT " + one + " [1000 " + shown + "]",
			`{"alter_column":{"table":"deployment","name":"slug","not_null":true}}`,
			`{"add_constraint":{"table":"deployment","constraint":{"unique":["slug"]}}}`,
			"COMMIT",
			"BEGIN",
			`{"drop_constraint":{"table":"deployment","was":{"unique":["slug"]}}}`,
			`{"drop_column":{"table":"deployment","name":"slug"}}`,
			"COMMIT",
		}
		if got := fake.Calls(); !slices.Equal(got, want) {
			t.Errorf("%s: calls:\n%s\nwant:\n%s", dialect, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestFailedOperationCommitsNothing(t *testing.T) {
	fake := operator{sdktest.NewFake(sdk.SQLite), "add_constraint"}
	fake.Rows("SELECT count(*)", "count", []any{0})
	if err := sdktest.New(fake).Try(sdk.Upgrade); !errors.Is(err, sdk.ErrSQL) {
		t.Errorf("error %v, want the operation's", err)
	}
	if calls := fake.Calls(); calls[len(calls)-1] != "ROLLBACK" {
		t.Errorf("the last call is %s, want ROLLBACK", calls[len(calls)-1])
	}
}
