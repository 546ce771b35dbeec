package source_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

const head = "revision: aaaaaaaaaaaa\nrevises:\n"

func parse(t *testing.T, d chain.Dialect, text string) *chain.File {
	t.Helper()
	file, err := source.Parse("x.yaml", d, []byte(text), schema.Naming{})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// say writes what items do, one a line.
func say(items []chain.Item) string {
	var b strings.Builder
	for _, item := range items {
		switch item.Kind {
		case chain.ItemAutocommitBegin:
			b.WriteString("begin\n")
		case chain.ItemAutocommitEnd:
			b.WriteString("end\n")
		default:
			b.WriteString(item.Document + "\n")
		}
	}
	return b.String()
}

func TestHeader(t *testing.T) {
	const text = `# a comment
revision: 5e1f0c0de0a2
revises: [5e1f0c0de0a1, 5e1f0c0de0a0]
depends_on: tools@0123456789ab
labels: [reports]
created: 2026-10-02 09:30:00
upgrade: []
`
	r, ok, err := source.Header("versions/2026_01_01_000000_x_add_labels.yaml", chain.SQLite, []byte(text))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := chain.Revision{
		Key: chain.Key{Line: "main", ID: "5e1f0c0de0a2"}, Revises: []string{"5e1f0c0de0a1", "5e1f0c0de0a0"},
		DependsOn: []chain.Key{{Line: "tools", ID: "0123456789ab"}}, Labels: []string{"reports"},
		Created: time.Date(2026, 10, 2, 9, 30, 0, 0, time.UTC),
	}
	if r.Key != want.Key || strings.Join(r.Revises, " ") != strings.Join(want.Revises, " ") || r.DependsOn[0] != want.DependsOn[0] ||
		r.Labels[0] != "reports" || !r.Created.Equal(want.Created) || r.Digest == "" {
		t.Errorf("got %+v", r)
	}
	whole := parse(t, chain.SQLite, text)
	if whole.Digest != r.Digest || whole.ID != r.ID {
		t.Errorf("whole it is %+v", whole.Revision)
	}
	windows, _, err := source.Header("x.yaml", chain.SQLite, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil || windows.Digest != r.Digest {
		t.Errorf("with other line endings the digest is %s, %v", windows.Digest, err)
	}
}

// The body of a file that is not going to run is not looked at.
func TestHeaderDoesNotReadTheBody(t *testing.T) {
	if _, ok, err := source.Header("x.yaml", chain.SQLite, []byte(head+"upgrade:\n  - {not: [closed\n")); err != nil || !ok {
		t.Error(ok, err)
	}
}

// One file beside the dialects' folders is a revision of each that it names.
func TestOneFileForBothDialects(t *testing.T) {
	const text = `
revision: {postgresql: aaaaaaaaaaaa, sqlite: bbbbbbbbbbbb}
revises: {sqlite: cccccccccccc}
upgrade:
  - drop_table: {name: a, was: {columns: [{name: x, type: text}]}}
`
	pg, lite := parse(t, chain.PostgreSQL, text), parse(t, chain.SQLite, text)
	if pg.ID != "aaaaaaaaaaaa" || len(pg.Revises) != 0 || lite.ID != "bbbbbbbbbbbb" || lite.Revises[0] != "cccccccccccc" {
		t.Errorf("got %+v and %+v", pg.Revision, lite.Revision)
	}
	one := strings.Replace(text, "postgresql: aaaaaaaaaaaa, ", "", 1)
	if _, ok, err := source.Header("x.yaml", chain.PostgreSQL, []byte(one)); ok || err != nil {
		t.Errorf("a file for SQLite alone is a revision of PostgreSQL: %v, %v", ok, err)
	}
}

func TestOperations(t *testing.T) {
	file := parse(t, chain.PostgreSQL, head+`
upgrade:
  - create_table:
      name: label
      columns:
        - {name: id, type: uuid, primary_key: true, default: {function: uuid}}
        - {name: price, type: "numeric(10,2)", default: 1.50}
        - {name: since, type: date, default: 2026-01-02}
        - {name: mask, type: bigint, default: 0x10}
        - {name: note, type: text, default: "1.50"}
  - create_index: {table: label, columns: [note, {expr: lower(note), order: desc}]}
    lock_timeout: 500
  - autocommit:
      - execute: {sql: VACUUM, no_reverse: true}
      - create_index: {table: label, columns: [price], concurrently: true}
  - create_index: {table: label, columns: [mask]}
    dialect: sqlite
`)
	want := `{"create_table":{"name":"label","columns":[{"name":"id","type":"uuid","default":{"function":"uuid"},"primary_key":true},` +
		`{"name":"price","type":"numeric(10,2)","default":1.50},{"name":"since","type":"date","default":"2026-01-02"},` +
		`{"name":"mask","type":"bigint","default":16},{"name":"note","type":"text","default":"1.50"}]}}
{"create_index":{"name":"ix_label__note_expr","table":"label","columns":["note",{"expr":"lower(note)","order":"desc"}]},"lock_timeout":500}
begin
{"execute":{"sql":"VACUUM","no_reverse":true}}
{"create_index":{"name":"ix_label__price","table":"label","columns":["price"],"concurrently":true}}
end
{"create_index":{"name":"ix_label__mask","table":"label","columns":["mask"]},"dialect":"sqlite"}
`
	if got := say(file.Upgrade); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if lines := source.Lines(file.Upgrade); len(lines) != 5 || lines[0] != 5 || lines[2] != 16 {
		t.Errorf("they begin in the lines %v", lines)
	}
	if file.Irreversible {
		t.Error("it is irreversible")
	}
	var order []string
	for _, line := range strings.Split(strings.TrimSpace(say(file.Downgrade)), "\n") {
		kind, _, _ := strings.Cut(strings.TrimLeft(line, `{"`), `"`)
		order = append(order, kind)
	}
	if got := strings.Join(order, " "); got != "drop_index begin drop_index end drop_index drop_table" {
		t.Errorf("the derived downgrade is %s", got)
	}
}

func TestDowngrades(t *testing.T) {
	if f := parse(t, chain.SQLite, head+"upgrade:\n  - drop_table: {name: a}\ndowngrade: irreversible\n"); !f.Irreversible || f.Downgrade != nil {
		t.Errorf("got %+v", f)
	}
	if f := parse(t, chain.SQLite, head+"upgrade:\n  - drop_table: {name: a}\ndowngrade:\n  - execute: {sql: SELECT 1}\n"); len(f.Downgrade) != 1 {
		t.Errorf("got %+v", f)
	}
	if f := parse(t, chain.SQLite, head+"upgrade:\n  - drop_table: {name: a}\ndowngrade: []\n"); f.Irreversible || len(f.Downgrade) != 0 {
		t.Errorf("got %+v", f)
	}
}

// What is wrong is told with its line, before anything runs.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"not YAML", "revision: [a\n", 1, "not YAML"},
		{"two documents", head + "upgrade: []\n---\ngarbage: 1\n", 4, "a second document"},
		{"garbage behind", head + "upgrade: []\n---\ngarbage: [\n", 5, "not YAML"},
		{"a check that reaches beyond", head + "upgrade:\n  - add_constraint: {table: a, constraint: {check: \"true), CHECK (true\"}}\n", 4, "is closed that was not opened"},
		{"no trigger", head + "upgrade:\n  - create_trigger: {name: x, table: t, sql: drop table t}\n", 4, "is no CREATE TRIGGER statement"},
		{"another trigger", head + "upgrade:\n  - create_trigger: {name: x, table: t, sql: create trigger y after insert on t begin select 1; end}\n", 4, `makes a trigger called "y"`},
		{"not a mapping", "- a\n", 0, "a migration in YAML is a mapping"},
		{"empty", "", 0, "a migration in YAML is a mapping"},
		{"no revision", "revises:\nupgrade: []\n", 0, "the key revision is missing"},
		{"no parent", "revision: aaaaaaaaaaaa\nupgrade: []\n", 0, "the key revises is missing"},
		{"bad id", "revision: xyz\nrevises:\nupgrade: []\n", 1, "is not a revision id"},
		{"unknown key", head + "upgrades: []\n", 3, `unknown key "upgrades"`},
		{"key twice", head + "upgrade: []\nupgrade: []\n", 4, `a second "upgrade"`},
		{"no upgrade", head, 1, "the key upgrade is missing"},
		{"header below", head + "upgrade: []\nlabels: a\n", 4, "labels stands above upgrade"},
		{"no list", head + "upgrade: {}\n", 3, "a list of operations is expected"},
		{"no operation", head + "upgrade:\n  - drop_table\n", 4, "an operation is a mapping"},
		{"unknown operation", head + "upgrade:\n  - dropp_table: {name: a}\n", 4, `unknown operation "dropp_table"`},
		{"unknown field", head + "upgrade:\n  - drop_table:\n      name: a\n      nme: b\n", 6, `unknown field "nme"`},
		{"wrong type", head + "upgrade:\n  - drop_table:\n      name: [a]\n", 5, "a string is expected"},
		{"missing field", head + "upgrade:\n  - drop_table: {if_exists: true}\n", 4, `the field "name" is missing`},
		{"anchor", head + "upgrade:\n  - drop_table: &a {name: a}\n", 4, "anchors and aliases are not read"},
		{"alias", head + "upgrade:\n  - drop_table: *a\n", 0, "unknown anchor"},
		{"infinity", head + "upgrade:\n  - insert: {table: a, columns: [x], rows: [[.inf]]}\n", 4, "write it in quotes"},
		{"nested section", head + "upgrade:\n  - autocommit:\n      - autocommit: []\n", 5, "not inside autocommit"},
		{"for the other dialect", head + "upgrade:\n  - create_extension: {name: pg_trgm}\ndowngrade: []\n", 4, "dialect: postgresql"},
		{"no way back", head + "upgrade:\n  - rename_table: {name: a, to: b}\n  - drop_table: {name: a}\n", 5, "no downgrade can be derived"},
		{"too large", head + "upgrade: []\n#" + strings.Repeat(" ", 16<<20), 0, "at most 16 MiB"},
		{"too nested", head + "upgrade:\n  - drop_table: {name: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}\n", 4, "nested more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := source.Parse("x.yaml", chain.SQLite, []byte(c.text), schema.Naming{})
			var parseErr *chain.ParseError
			if !errors.As(err, &parseErr) {
				t.Fatalf("got %v", err)
			}
			if parseErr.Path != "x.yaml" || parseErr.Line != c.line || !strings.Contains(parseErr.Msg, c.want) {
				t.Errorf("got %v, want line %d and %q", err, c.line, c.want)
			}
		})
	}
}

// FuzzYAML: whatever a file holds, reading it ends, and gives a *ParseError or
// operations that the dialect can do.
func FuzzYAML(f *testing.F) {
	f.Add([]byte(head + "upgrade:\n  - create_table: {name: a, columns: [{name: x, type: text}]}\n"))
	f.Add([]byte(head + "upgrade:\n  - autocommit:\n      - execute: {sql: VACUUM, no_reverse: true}\ndowngrade: irreversible\n"))
	f.Add([]byte("revision: {sqlite: aaaaaaaaaaaa}\nrevises: {sqlite: [bbbbbbbbbbbb]}\nupgrade: []\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			file, err := source.Parse("x.yaml", d, text, schema.Naming{})
			if err != nil {
				var parseErr *chain.ParseError
				if !errors.As(err, &parseErr) {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			for _, item := range append(file.Upgrade, file.Downgrade...) {
				if item.Kind != chain.ItemOperation {
					continue
				}
				if _, err := schema.Decode([]byte(item.Document)); err != nil {
					t.Errorf("%s: %v", item.Document, err)
				}
			}
		}
	})
}

func TestDirectives(t *testing.T) {
	file := parse(t, chain.PostgreSQL, "# sandpiper:a head\r\n"+head+`
upgrade: # sandpiper:b beside
  # sandpiper:c above
  - execute:
      sql: |
        -- no comment of YAML
        # sandpiper:no
        SELECT 1
      no_reverse: true # sandpiper:d behind
  - drop_table: {name: "# sandpiper:no"}
downgrade: irreversible
`)
	want := []chain.Directive{{Text: "sandpiper:a head", Line: 1, Head: true}, {Text: "sandpiper:b beside", Line: 5},
		{Text: "sandpiper:c above", Line: 6}, {Text: "sandpiper:d behind", Line: 12}}
	if !slices.Equal(file.Directives, want) {
		t.Errorf("got %+v", file.Directives)
	}
	if first, second := file.Upgrade[0], file.Upgrade[1]; first.Line != 7 || first.Column != 5 || second.Line != 13 {
		t.Errorf("they begin at %d:%d and %d", first.Line, first.Column, second.Line)
	}
}
