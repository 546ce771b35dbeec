package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

const schema = `
	CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, body TEXT, slug TEXT);
	INSERT INTO article (id, title) VALUES
		(-5, 'Below zero'), (1, 'Hello, World!'), (2, 'hello world'), (3, 'Hello World 2'), (4, 'HELLO - WORLD'),
		(7, 'Größe & Maß'), (8, '漢字'), (9, NULL), (10, '');
`

func TestSlugsOnSQLite(t *testing.T) {
	db := sqlitetest.Open(t, schema)
	runner := sdktest.New(db)
	runner.Upgrade(t)
	want := strings.Join([]string{
		"-5|below-zero", "1|hello-world", "2|hello-world-2", "3|hello-world-2-2", "4|hello-world-3",
		"7|groesse-mass", "8|article", "9|article-2", "10|article-3",
	}, "\n")
	if got := db.Text("SELECT id, slug FROM article ORDER BY id"); got != want {
		t.Errorf("slugs:\n%s\nwant:\n%s", got, want)
	}
	if got, want := runner.Log(), []string{"progress: 9 of 9", "info: gave 9 articles a slug"}; !slices.Equal(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
	runner.Downgrade(t)
	if got := db.Text("SELECT count(*) FROM article WHERE slug IS NOT NULL"); got != "0" {
		t.Errorf("%s slugs are left after the downgrade", got)
	}
}

func TestEveryChunkIsRead(t *testing.T) {
	db := sqlitetest.Open(t, `
		CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, slug TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `+strconv.Itoa(2*chunk+1)+`)
		INSERT INTO article (id, title) SELECT i * 3, 'Title ' || i FROM n`)
	sdktest.New(db).Upgrade(t)
	if got := db.Text("SELECT count(*), count(DISTINCT slug) FROM article WHERE slug = 'title-' || (id / 3)"); got != "2001|2001" {
		t.Errorf("articles with their slug: %s, want all 2001", got)
	}
}

// On PostgreSQL the statements differ in their placeholders alone; what they do
// there is tested with the reference chain.
func TestStatementsOnPostgreSQL(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Rows("SELECT count(*)", "count", []any{1})
	fake.Rows("SELECT id, title FROM article ORDER", "id, title", []any{7, "A title"})
	runner := sdktest.New(fake)
	runner.Upgrade(t)
	runner.Downgrade(t)
	want := []string{
		"BEGIN",
		"SELECT count(*) FROM article",
		"SELECT id, title FROM article ORDER BY id LIMIT $1 [1000]",
		"UPDATE article SET slug = $1 WHERE id = $2 ['a-title' 7]",
		"SELECT id, title FROM article WHERE id > $2 ORDER BY id LIMIT $1 [1000 7]",
		"COMMIT",
		"BEGIN",
		"UPDATE article SET slug = NULL",
		"COMMIT",
	}
	if got := fake.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	db := sqlitetest.Open(t, schema+`
		CREATE TRIGGER no BEFORE UPDATE ON article WHEN NEW.id = 8 BEGIN SELECT RAISE(ABORT, 'not this one'); END;`)
	err := sdktest.New(db).Try(sdk.Upgrade)
	if err == nil || !strings.Contains(err.Error(), "not this one (SQLITE_CONSTRAINT_TRIGGER)") {
		t.Errorf("error %v, want the trigger's", err)
	}
	if got := db.Text("SELECT count(*) FROM article WHERE slug IS NOT NULL"); got != "0" {
		t.Errorf("%s slugs are left after the failure", got)
	}
}
