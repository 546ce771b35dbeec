package autogenerate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// task is a database and what is wanted for it.
func task(t *testing.T, db host.Database, sql string) autogenerate.Task {
	t.Helper()
	bench := bench(t)
	schema, err := autogenerate.Build(t.Context(), wanted(sql), bench)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := schema.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return autogenerate.Task{Database: db, Wanted: schema, Bench: bench}
}

// A question about a rename is answered once, and the downgrade knows the answer.
func TestAnswersHoldBothWays(t *testing.T) {
	task := task(t, database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"), "CREATE TABLE memo (id INTEGER PRIMARY KEY, body TEXT);")
	var asked []diff.Rename
	task.Ask = func(r diff.Rename) (bool, error) {
		asked = append(asked, r)
		return true, nil
	}
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if want := []diff.Rename{{Old: "note", New: "memo"}}; !slices.Equal(asked, want) {
		t.Errorf("asked %+v, want %+v", asked, want)
	}
	if up, down := p.Body.Upgrade, p.Body.Downgrade; up != "\n  - rename_table: {name: note, to: memo}" || down != "\n  - rename_table: {name: memo, to: note}" {
		t.Errorf("upgrade:%s\ndowngrade:%s", up, down)
	}
	if len(p.Left)+len(p.LeftBack)+len(p.NoWayBack) > 0 {
		t.Errorf("left %+v, back %+v, not undone %+v", p.Left, p.LeftBack, p.NoWayBack)
	}
}

// A column of a table that is renamed as well goes by the table's new name.
func TestRenamesOfColumnsInRenamedTables(t *testing.T) {
	task := task(t, database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"), "CREATE TABLE memo (id INTEGER PRIMARY KEY, words TEXT);")
	task.Renames = []diff.Rename{{Table: "memo", Old: "body", New: "words"}, {Old: "note", New: "memo"}}
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.Body.Upgrade+p.Body.Downgrade, "drop") || len(p.Left)+len(p.LeftBack) > 0 {
		t.Errorf("upgrade:%s\ndowngrade:%s\nleft %+v, back %+v", p.Body.Upgrade, p.Body.Downgrade, p.Left, p.LeftBack)
	}
}

// A rename is of use to one dialect or to none.
func TestUnusedRenames(t *testing.T) {
	here := task(t, database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY)"), "CREATE TABLE memo (id INTEGER PRIMARY KEY);")
	done := task(t, database(t, "CREATE TABLE memo (id INTEGER PRIMARY KEY)"), "CREATE TABLE memo (id INTEGER PRIMARY KEY);")
	compare := func(renames ...diff.Rename) error {
		t.Helper()
		var all []*autogenerate.Comparison
		for _, task := range []autogenerate.Task{here, done} {
			task.Renames = renames
			c, err := autogenerate.Compare(t.Context(), task)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		return autogenerate.Unused(all)
	}
	if err := compare(diff.Rename{Old: "note", New: "memo"}); err != nil {
		t.Error(err)
	}
	for _, r := range []diff.Rename{
		{Old: "nothing", New: "memo"}, {Old: "note", New: "nothing"}, {Table: "memo", Old: "nothing", New: "id"},
		{Table: "nothing", Old: "a", New: "b"}, {Table: "memo", Old: "id", New: "nothing"},
	} {
		if err := compare(r); !errors.As(err, new(*autogenerate.RenameError)) {
			t.Errorf("%+v: error %v, want a RenameError", r, err)
		}
	}
}

// What a filter hides is neither written nor told of as left.
func TestHiddenIsNotLeft(t *testing.T) {
	db := database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)", "CREATE INDEX ix ON note (body)")
	task := task(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, more TEXT);")
	filters, err := autogenerate.Filters([]autogenerate.Rule{{Rule: "mine", Kind: "index"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	task.Filters = filters
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Changes) != 1 || p.Told() != 1 || p.Hidden[0].Filter != "mine" || len(p.Left)+len(p.LeftBack) > 0 {
		t.Errorf("changes %+v, hidden %+v, left %+v, back %+v", p.Changes, p.Hidden, p.Left, p.LeftBack)
	}
	// The database itself is as it was.
	task.Filters = nil
	if c, err := autogenerate.Compare(t.Context(), task); err != nil || len(c.Changes) != 2 {
		t.Errorf("after the trial: %+v, %v", c, err)
	}
}

// What is still different after the trial is told. Here a filter changes its mind.
func TestLeft(t *testing.T) {
	db := database(t, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)", "CREATE INDEX ix ON note (body)")
	task := task(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, more TEXT);")
	asked := 0
	task.Filters = append(diff.DefaultFilters(), diff.Filter{Name: "fickle", Hide: func(c diff.Change) bool {
		if c.Kind == diff.KindIndex {
			asked++
		}
		return c.Kind == diff.KindIndex && asked <= 1 // when the upgrade is written
	}})
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Left) != 1 || p.Left[0].Name != "ix" || p.Left[0].Action != diff.Drop {
		t.Errorf("left %+v, want the index", p.Left)
	}
}

func TestAtHead(t *testing.T) {
	at := host.LineStatus{Line: "main", Heads: []string{"000000000001"}, Want: []string{"000000000001"}}
	behind, ahead := at, at
	behind.Behind = 2
	ahead.Unknown = []string{"00000000000f"}
	for _, c := range []struct {
		status host.Status
		want   string
	}{
		{host.Status{Lines: []host.LineStatus{at}}, ""},
		{host.Status{Database: "sqlite:a.db", Lines: []host.LineStatus{at, behind}}, "the database sqlite:a.db is 2 migrations behind the chain"},
		{host.Status{Database: "sqlite:a.db", Lines: []host.LineStatus{ahead, behind}}, "the database sqlite:a.db has 00000000000f, which the chain does not know: it is ahead of these migrations"},
		{host.Status{Lines: []host.LineStatus{at}, Pending: []host.Pending{{}}}, "the upgrade of revision  is half done: 0 parts of it are committed"},
	} {
		got := ""
		if err := autogenerate.AtHead(c.status); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A migration that does not run on the copy is an error, or written and told to
// fail. Here the copy has a table in its way.
func TestUntried(t *testing.T) {
	task := task(t, database(t), "CREATE TABLE memo (id INTEGER PRIMARY KEY);")
	task.Bench.Scratch = func(context.Context) (host.Database, func(context.Context) error, error) {
		return database(t, "CREATE TABLE memo (n INTEGER)"), func(context.Context) error { return nil }, nil
	}
	var failed *autogenerate.TrialError
	if _, err := autogenerate.Propose(t.Context(), task, author.YAML); !errors.As(err, &failed) {
		t.Errorf("error %v, want a TrialError", err)
	}
	task.Untried = true
	p, err := autogenerate.Propose(t.Context(), task, author.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if p.Failed == nil || !strings.Contains(p.Body.Upgrade, "create_table") || !strings.HasPrefix(p.Body.Remarks, "#\n# It does not run on a copy of the schema") {
		t.Errorf("failed %v, remarks %q, upgrade %s", p.Failed, p.Body.Remarks, p.Body.Upgrade)
	}
	// There are no statements to write where the operations do not run.
	if _, err := autogenerate.Propose(t.Context(), task, author.SQL); !errors.As(err, &failed) || failed.Format != author.YAML {
		t.Errorf("as SQL: error %v, want a TrialError of the operations", err)
	}
}
