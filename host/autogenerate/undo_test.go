package autogenerate_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// What filters hide is left as it is, up and down; the downgrade undoes what the
// upgrade does, whatever they say.
func TestFiltersLeaveTheWayBack(t *testing.T) {
	was := []string{
		"CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, owner INTEGER REFERENCES note)", "CREATE INDEX ix ON note (body)",
		"CREATE TABLE legacy (a TEXT)",
	}
	here := database(t, was...)
	objects := func(t *testing.T, db host.Database) []host.Object {
		t.Helper()
		conn, err := db.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		found, err := conn.Objects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, c := range []struct {
		name, wanted string
		rule         autogenerate.Rule
		down         []string
	}{
		{"a new table", "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, owner INTEGER REFERENCES note); CREATE TABLE memo (id INTEGER PRIMARY KEY);",
			autogenerate.Rule{Action: diff.Drop}, []string{"drop_table: {name: memo}"}},
		{"a new column and its index", "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, owner INTEGER REFERENCES note, isbn TEXT); CREATE INDEX iy ON note (isbn) WHERE isbn > '';",
			autogenerate.Rule{Action: diff.Drop}, []string{"drop_index: ", "drop_column: "}},
		{"what is elsewhere, and a check", "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, owner INTEGER REFERENCES note, CONSTRAINT ck CHECK (body <> '')); CREATE TABLE legacy (a TEXT); CREATE INDEX iy ON legacy (a);",
			autogenerate.Rule{Name: "nothing"}, []string{"drop_index: ", "drop_constraint: "}},
		{"a table made anew", "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, owner INTEGER); CREATE INDEX ix ON note (body); CREATE INDEX iy ON note (owner); CREATE TABLE legacy (a TEXT);",
			autogenerate.Rule{Name: "nothing"}, []string{"REFERENCES note"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := task(t, here, c.wanted)
			filters, err := autogenerate.Filters([]autogenerate.Rule{c.rule}, nil)
			if err != nil {
				t.Fatal(err)
			}
			task.Filters, task.Elsewhere = filters, []string{"ix", "iy"}
			var copies []host.Database
			scratch := task.Bench.Scratch
			task.Bench.Scratch = func(ctx context.Context) (host.Database, func(context.Context) error, error) {
				db, drop, err := scratch(ctx)
				copies = append(copies, db)
				return db, drop, err
			}
			p, err := autogenerate.Propose(t.Context(), task, author.YAML)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.NoWayBack)+len(p.Left)+len(p.LeftBack) > 0 {
				t.Errorf("not undone %+v, left %+v, back %+v", p.NoWayBack, p.Left, p.LeftBack)
			}
			for _, part := range c.down {
				if !strings.Contains(p.Body.Downgrade, part) {
					t.Errorf("no %s in the downgrade:%s", part, p.Body.Downgrade)
				}
			}
			if strings.Contains(p.Body.Upgrade+p.Body.Downgrade, "name: legacy}") {
				t.Errorf("what a rule keeps is touched: %s\n%s", p.Body.Upgrade, p.Body.Downgrade)
			}
			// The copy of the last trial has been up and down.
			if d := host.CompareObjects(objects(t, copies[len(copies)-1]), objects(t, here)); len(d) > 0 {
				t.Errorf("after the downgrade: %+v", d)
			}
		})
	}
}

// What a downgrade leaves of its upgrade is told, even where a filter would hide
// it. Here the index comes back after the downgrade.
func TestLeftBack(t *testing.T) {
	task := task(t, database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"),
		"CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX ix ON note (body);")
	task.Elsewhere = []string{"ix"}
	open, seen := task.Bench.SQL, map[host.Database]bool{}
	task.Bench.SQL = func(db host.Database) (*sql.DB, error) {
		handle, err := open(db)
		if err == nil && seen[db] { // after the upgrade it was the first time
			_, err = handle.Exec("CREATE INDEX ix ON note (body)")
		}
		seen[db] = true
		return handle, err
	}
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Left) > 0 || len(p.LeftBack) != 1 || p.LeftBack[0].Name != "ix" || p.LeftBack[0].Action != diff.Drop {
		t.Errorf("left %+v, back %+v, want the index alone", p.Left, p.LeftBack)
	}
}

// The downgrade of an upgrade that does not run is without what a filter keeps,
// too. Here the copy has a table in its way.
func TestUntriedWayBack(t *testing.T) {
	task := task(t, database(t, "CREATE TABLE legacy (a TEXT)"), "CREATE TABLE memo (id INTEGER PRIMARY KEY);")
	filters, err := autogenerate.Filters([]autogenerate.Rule{{Action: diff.Drop}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	task.Filters, task.Untried = filters, true
	task.Bench.Scratch = func(context.Context) (host.Database, func(context.Context) error, error) {
		return database(t, "CREATE TABLE memo (n INTEGER)"), func(context.Context) error { return nil }, nil
	}
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if p.Failed == nil || p.Body.Downgrade != "\n  - drop_table: {name: memo}" {
		t.Errorf("failed %v, downgrade:%s", p.Failed, p.Body.Downgrade)
	}
}
