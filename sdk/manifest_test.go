package sdk

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// register replaces what is registered while a test runs.
func register(t *testing.T, migrations ...Migration) {
	before := registered
	t.Cleanup(func() { registered = before })
	registered.migrations, registered.sources = nil, nil
	for _, m := range migrations {
		Register(m)
	}
}

func nothing(*Tx) error { return nil }

func TestManifest(t *testing.T) {
	first := Migration{Slug: "first", Created: "2026-10-04T09:30:00Z", Upgrade: nothing,
		PostgreSQL: Revision{ID: "aaaaaaaaaaa1"}, SQLite: Revision{ID: "bbbbbbbbbbb1", Labels: []string{"v1"}}}
	second := Migration{Slug: "second", Upgrade: nothing, Downgrade: nothing,
		SQLite: Revision{ID: "bbbbbbbbbbb2", Revises: []string{"bbbbbbbbbbb1"}, DependsOn: []string{"main@cccccccccccc"}}}
	register(t, first, second)
	Module("name", "1.2.3", "vendor")
	m, err := Manifest()
	if err != nil {
		t.Fatal(err)
	}
	got := string(abi.AppendManifest(nil, m))
	source := m.Revisions[0].Source
	if !strings.HasSuffix(source, "manifest_test.go") {
		t.Errorf("the source is %q", source)
	}
	got = strings.ReplaceAll(got, source, "x.go")
	want := `{"manifest":1,"abi":"1.0","name":"name","version":"1.2.3","line":"vendor","revisions":[` +
		`{"step":0,"dialect":"postgresql","id":"aaaaaaaaaaa1","slug":"first","created":"2026-10-04T09:30:00Z","irreversible":true,"source":"x.go"},` +
		`{"step":0,"dialect":"sqlite","id":"bbbbbbbbbbb1","labels":["v1"],"slug":"first","created":"2026-10-04T09:30:00Z","irreversible":true,"source":"x.go"},` +
		`{"step":1,"dialect":"sqlite","id":"bbbbbbbbbbb2","revises":["bbbbbbbbbbb1"],"depends_on":["main@cccccccccccc"],"slug":"second","source":"x.go"}]}`
	if got != want {
		t.Errorf("manifest\n%s\nwant\n%s", got, want)
	}
}

func TestManifestAsks(t *testing.T) {
	register(t, Migration{Slug: "m", Upgrade: nothing, SQLite: Revision{ID: "0123456789ab"}})
	Ask(Capabilities{Owns: []string{"acme_*"}, Uses: []Use{{Table: "t", Verbs: []string{"select"}}}})
	m, err := Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := `"capabilities":{"owns":["acme_*"],"uses":[{"table":"t","verbs":["select"]}]}`
	if got := string(abi.AppendManifest(nil, m)); !strings.Contains(got, want) {
		t.Errorf("manifest %s, want one with %s", got, want)
	}
	Ask(Capabilities{Owns: []string{"*"}})
	if _, err := Manifest(); err == nil || !strings.Contains(err.Error(), "neither a name nor a prefix") {
		t.Errorf("error %v, want that * is no pattern", err)
	}
}

func TestManifestSaysWhatIsWrong(t *testing.T) {
	id := Revision{ID: "0123456789ab"}
	for name, test := range map[string]struct {
		migrations []Migration
		want       string
	}{
		"nothing registered": {nil, "no migration is registered"},
		"no upgrade":         {[]Migration{{Slug: "m", SQLite: id}}, `migration "m": it has no Upgrade`},
		"no revision":        {[]Migration{{Slug: "m", Upgrade: nothing}}, `migration "m": it has a revision for neither dialect`},
		"a parent without an id": {[]Migration{{Slug: "m", Upgrade: nothing, SQLite: id,
			PostgreSQL: Revision{Revises: []string{"0123456789aa"}}}}, `migration "m": its postgresql revision has no ID`},
		"an id that is none": {[]Migration{{Slug: "m", Upgrade: nothing, SQLite: Revision{ID: "x"}}},
			`revision "x" of "sqlite": its id is not 12 lower-case hex digits`},
		"the same id twice": {[]Migration{{Slug: "m", Upgrade: nothing, SQLite: id}, {Slug: "n", Upgrade: nothing, SQLite: id}},
			`revision "0123456789ab" of "sqlite": it is there twice`},
		"a time that is none": {[]Migration{{Slug: "m", Upgrade: nothing, SQLite: id, Created: "today"}},
			`created "today" is not a time`},
	} {
		t.Run(name, func(t *testing.T) {
			register(t, test.migrations...)
			if _, err := Manifest(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}
