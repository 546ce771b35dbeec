package imports_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// folder makes a file system of names and texts.
func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func read(t *testing.T, tool string, d chain.Dialect, files map[string]string) *imports.Import {
	t.Helper()
	i, err := imports.Read(folder(files), imports.Options{Tool: tool, Dialect: d})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// written writes an import and reads what is there, by path.
func written(t *testing.T, i *imports.Import) map[string]string {
	t.Helper()
	dir := t.TempDir()
	files, err := i.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := texts(t, dir)
	if got, want := slices.Sorted(maps.Keys(all)), slices.Sorted(slices.Values(files)); !slices.Equal(got, want) {
		t.Fatalf("there is %q, and it says it wrote %q", got, want)
	}
	return all
}

// bodies are the texts of the revisions below their headers, in their order.
func bodies(t *testing.T, i *imports.Import) (all []string) {
	t.Helper()
	texts := written(t, i)
	for _, r := range i.Revisions {
		text := texts[r.Path]
		want := fmt.Sprintf("-- Imported from: %s %s (%s)\n\n", i.Tool, r.Version, r.From)
		_, body, ok := strings.Cut(text, want)
		if !ok && !r.Plugin {
			t.Errorf("%s lacks %q:\n%s", r.Path, want, text)
		}
		if marked := strings.Contains(text, "\n-- Irreversible: imported without a downgrade\n"); !r.Plugin && marked == strings.Contains(body, "-- +downgrade\n") {
			t.Errorf("it has a downgrade, or else says why not:\n%s", text)
		}
		all = append(all, body)
	}
	return all
}

func versions(i *imports.Import) (all []string) {
	for _, r := range i.Revisions {
		all = append(all, r.Version)
	}
	return all
}

// notes are the notes as people get them.
func notes(i *imports.Import) (all []string) {
	for _, n := range i.Notes {
		all = append(all, n.String())
	}
	return all
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		name, tool string
		dialect    chain.Dialect
		files      map[string]string
		versions   []string
		bodies     []string
		notes      []string
	}{
		{
			"goose", "goose", chain.PostgreSQL,
			map[string]string{
				"00010_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (n);\n-- +goose Down\nDROP INDEX CONCURRENTLY i;\n",
				"00002_body.sql": "-- the first\n-- +goose up\r\n-- +goose StatementBegin\r\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$\n" +
					"-- +goose StatementEnd\nSELECT 1;\n-- +goose down\n",
				"fix_test.go": "package x",
			},
			[]string{"2", "10"},
			[]string{
				"-- +upgrade\n-- the first\n\n\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$\n;\nSELECT 1;\n\n-- +downgrade\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE INDEX CONCURRENTLY i ON a (n);\n-- +autocommit end\n" +
					"\n-- +downgrade\n-- +autocommit begin\nDROP INDEX CONCURRENTLY i;\n-- +autocommit end\n",
			},
			nil,
		},
		{
			"golang-migrate", "golang-migrate", chain.PostgreSQL,
			map[string]string{
				"2_b.up.sql":   "CREATE INDEX CONCURRENTLY i ON a (n)",
				"2_b.down.sql": "DROP INDEX i",
				"1_a.up.sql":   "BEGIN;\n-- a\nCREATE TABLE a (n int);\nCOMMIT;\n",
				"3_c.up.sql":   "BEGIN;\nALTER TYPE e ADD VALUE 'x';\nCOMMIT;\nBEGIN;\nINSERT INTO t VALUES ('x');\nCOMMIT;\nVACUUM t;\n",
				"README.md":    "not ours",
			},
			[]string{"1", "2", "3"},
			[]string{
				"-- +upgrade\n-- a\nCREATE TABLE a (n int);\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE INDEX CONCURRENTLY i ON a (n);\n-- +autocommit end\n\n-- +downgrade\nDROP INDEX i;\n",
				"-- +upgrade\nALTER TYPE e ADD VALUE 'x';\n\n\n-- +autocommit begin\n-- +autocommit end\nINSERT INTO t VALUES ('x');\n\n" +
					"-- +autocommit begin\nVACUUM t;\n-- +autocommit end\n",
			},
			[]string{
				"1_a.up.sql:1: BEGIN and COMMIT are left out: the runner owns the transaction",
				"3_c.up.sql:1: BEGIN and COMMIT are left out: the runner owns the transaction",
			},
		},
		{
			"sqlx", "sqlx", chain.SQLite,
			map[string]string{
				"20200102000000_b.up.sql":   "CREATE TABLE b (n);",
				"20200102000000_b.down.sql": "DROP TABLE b;",
				"20200101000000_a.sql":      "-- no-transaction\nCREATE TABLE a (n);",
			},
			[]string{"20200101000000", "20200102000000"},
			[]string{
				"-- +upgrade\n-- no-transaction\n-- +autocommit begin\nCREATE TABLE a (n);\n-- +autocommit end\n",
				"-- +upgrade\nCREATE TABLE b (n);\n\n-- +downgrade\nDROP TABLE b;\n",
			},
			nil,
		},
		{
			"dbmate", "dbmate", chain.SQLite,
			map[string]string{
				"20200101000000_a.sql": "-- migrate:up\nCREATE TABLE a (n);\n\n-- migrate:down\nDROP TABLE a;\n",
				"20200102000000_b.sql": "-- migrate:up transaction:false\nCREATE TABLE b (n)\n\n-- migrate:down\nDROP TABLE b",
			},
			[]string{"20200101000000", "20200102000000"},
			[]string{
				"-- +upgrade\nCREATE TABLE a (n);\n\n-- +downgrade\nDROP TABLE a;\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE TABLE b (n);\n-- +autocommit end\n\n-- +downgrade\nDROP TABLE b;\n",
			},
			nil,
		},
		{
			"flyway", "flyway", chain.PostgreSQL,
			map[string]string{
				"V1.3__index.sql":      "CREATE INDEX CONCURRENTLY i ON a (n);\n",
				"U1.3__index.sql":      "DROP INDEX CONCURRENTLY i;\n",
				"V1_10__later.sql":     "-- flyway:executeInTransaction=false\nVACUUM;\n",
				"V1.2__a b.sql":        "CREATE TABLE a (n int);\n",
				"U1_2__a b.sql":        "DROP TABLE a;\n",
				"sub/V2__c.sql":        "VACUUM;\n",
				"sub/V2__c.sql.conf":   "executeInTransaction=false\n",
				"R__views.sql":         "CREATE OR REPLACE VIEW v AS SELECT 1;\n",
				"beforeMigrate.sql":    "SELECT 1;\n",
				"V3__plain.sql":        "SELECT '${x}';\n",
				"V3__plain.sql.conf":   "placeholderReplacement=false\n",
				"application.notflyws": "",
			},
			[]string{"1.2", "1.3", "1.10", "2", "3", "R__views"},
			[]string{
				"-- +upgrade\nCREATE TABLE a (n int);\n\n-- +downgrade\nDROP TABLE a;\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE INDEX CONCURRENTLY i ON a (n);\n-- +autocommit end\n" +
					"\n-- +downgrade\n-- +autocommit begin\nDROP INDEX CONCURRENTLY i;\n-- +autocommit end\n",
				"-- +upgrade\n-- flyway:executeInTransaction=false\n-- +autocommit begin\nVACUUM;\n-- +autocommit end\n",
				"-- +upgrade\n-- +autocommit begin\nVACUUM;\n-- +autocommit end\n",
				"-- +upgrade\nSELECT '${x}';\n",
				"-- +upgrade\nCREATE OR REPLACE VIEW v AS SELECT 1;\n",
			},
			[]string{
				"R__views.sql: a repeatable migration: it runs once, after all others; when it changes, write a new revision",
				"beforeMigrate.sql: it is no versioned, undo or repeatable migration (a baseline, or a callback), and is left out",
			},
		},
		{
			"tern", "tern", chain.PostgreSQL,
			map[string]string{
				"001_a.sql": "create table a (n int)\n---- create above / drop below ----\ndrop table a\n",
				"002_b.sql": "---- tern: disable-tx ----\ncreate index concurrently i on a (n);\n\n---- create above / drop below ----\n\n",
			},
			[]string{"1", "2"},
			[]string{
				"-- +upgrade\ncreate table a (n int);\n\n-- +downgrade\ndrop table a;\n",
				"-- +upgrade\n-- +autocommit begin\ncreate index concurrently i on a (n);\n-- +autocommit end\n",
			},
			nil,
		},
		{
			"diesel", "diesel", chain.SQLite,
			map[string]string{
				"2020-01-01-000000_a/up.sql":        "CREATE TABLE a (n);",
				"2020-01-01-000000_a/down.sql":      "DROP TABLE a;",
				"2020-01-02-000000_b/up.sql":        "VACUUM;",
				"2020-01-02-000000_b/metadata.toml": "run_in_transaction = false\n",
				"empty/.keep":                       "",
			},
			[]string{"20200101000000", "20200102000000"},
			[]string{
				"-- +upgrade\nCREATE TABLE a (n);\n\n-- +downgrade\nDROP TABLE a;\n",
				"-- +upgrade\n-- +autocommit begin\nVACUUM;\n-- +autocommit end\n",
			},
			[]string{"empty: it has no up.sql and is left out"},
		},
		{
			"atlas", "atlas", chain.PostgreSQL,
			map[string]string{
				"20200101000000_a.sql": "-- atlas:delimiter -- end\n\nCREATE TABLE a (n int);\n-- end\nSELECT 1\n-- end\n",
				"20200102000000.sql":   "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON a (n);\n",
				"20200103000000_c.sql": "-- atlas:txtar\n-- atlas:delimiter ;;\n\n-- checks.sql --\nSELECT true;\n-- migration.sql --\nDROP INDEX i;;\n-- down.sql --\n-- atlas:nolint\nCREATE INDEX i ON a (n);\n",
				"20200104000000_d.sql": "-- atlas:checkpoint\n\nCREATE TABLE a (n int);\n",
				"atlas.sum":            "h1:x=\n20200101000000_a.sql h1:y=\n",
			},
			[]string{"20200101000000", "20200102000000", "20200103000000"},
			[]string{
				"-- +upgrade\n-- atlas:delimiter -- end\n\nCREATE TABLE a (n int);\n\nSELECT 1;\n",
				"-- +upgrade\n-- atlas:txmode none\n\n-- +autocommit begin\nCREATE INDEX CONCURRENTLY i ON a (n);\n-- +autocommit end\n",
				"-- +upgrade\nDROP INDEX i;\n\n-- +downgrade\n-- atlas:nolint\nCREATE INDEX i ON a (n);\n",
			},
			[]string{
				"20200103000000_c.sql:4: checks.sql is left out: there are no checks before a migration",
				"20200104000000_d.sql: a checkpoint, which repeats what the files before it did, and is left out",
			},
		},
		{
			"alembic", "alembic", chain.PostgreSQL,
			map[string]string{
				"up.sql": "BEGIN;\n\nCREATE SCHEMA s;\n\nCREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL\n);\n\n" +
					"-- Running upgrade  -> 1975ea83b712\n\nCREATE TABLE a (n int);\n\nINSERT INTO alembic_version (version_num) VALUES ('1975ea83b712') RETURNING alembic_version.version_num;\n\n" +
					"-- Running upgrade 1975ea83b712 -> second\n\nCOMMIT;\n\nCREATE INDEX CONCURRENTLY i ON a (n);\n\nBEGIN;\n\nCREATE TABLE b (n int);\n\n" +
					"UPDATE alembic_version SET version_num='second' WHERE alembic_version.version_num = '1975ea83b712';\n\nCOMMIT;\n\n",
				"down.sql": "-- Running downgrade second -> 1975ea83b712\n\nDROP TABLE b;\n\nUPDATE alembic_version SET version_num='1975ea83b712';\n\n",
			},
			[]string{"1975ea83b712", "second"},
			[]string{
				"-- +upgrade\nCREATE TABLE a (n int);\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE INDEX CONCURRENTLY i ON a (n);\n\n\n\n-- +autocommit end\nCREATE TABLE b (n int);\n\n-- +downgrade\nDROP TABLE b;\n",
			},
			[]string{"up.sql:1: what stands before the first revision, other than the version table, is left out"},
		},
		{
			"numbered", "numbered", chain.SQLite,
			map[string]string{
				"V0002.Two.up.sql":                     "CREATE TABLE two (n);",
				"V0001.One.up.sql":                     "CREATE TABLE one (n);",
				"V0001.One.down.sql":                   "DROP TABLE one;",
				"v3_users.up.sql":                      "CREATE TABLE wrong (n);",
				"v3_users.sqlite3.up.sql":              "CREATE TABLE three (n);",
				"v4_pg.postgres.autocommit.up.sql":     "CREATE INDEX CONCURRENTLY i ON a (n);",
				"sql_migrations_5_x.autocommit.up.sql": "CREATE TABLE five (n);",
			},
			[]string{"1", "2", "3", "5"},
			[]string{
				"-- +upgrade\nCREATE TABLE one (n);\n\n-- +downgrade\nDROP TABLE one;\n",
				"-- +upgrade\nCREATE TABLE two (n);\n",
				"-- +upgrade\nCREATE TABLE three (n);\n",
				"-- +upgrade\n-- +autocommit begin\nCREATE TABLE five (n);\n-- +autocommit end\n",
			},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := read(t, c.tool, c.dialect, c.files)
			equal(t, "versions", versions(i), c.versions)
			equal(t, "bodies", bodies(t, i), c.bodies)
			equal(t, "notes", notes(i), c.notes)
			for n, r := range i.Revisions {
				if n > 0 && !slices.Equal(r.Revises, []string{i.Revisions[n-1].ID}) {
					t.Errorf("%s revises %q", r.Version, r.Revises)
				}
				if !chain.ValidID(r.ID) || n > 0 && r.Path <= i.Revisions[n-1].Path {
					t.Errorf("%s is %s in %s", r.Version, r.ID, r.Path)
				}
			}
		})
	}
}

// A comment that is a marker here alone does not move SQL to the other direction.
func TestCommentsDoNotBecomeMarkers(t *testing.T) {
	i := read(t, "goose", chain.SQLite, map[string]string{
		"1_a.sql": "-- +goose Up\nCREATE TABLE a (id INT);\n-- +downgrade\nCREATE TABLE b (id INT\n-- + Autocommit begin\n);\n" +
			"INSERT INTO a VALUES ('\n-- +upgrade\n');\n-- +goose Down\nDROP TABLE a;\n--+upgrade sqlite",
	})
	equal(t, "bodies", bodies(t, i), []string{
		"-- +upgrade\nCREATE TABLE a (id INT);\n-- imported: +downgrade\nCREATE TABLE b (id INT\n-- imported: + Autocommit begin\n);\n" +
			"INSERT INTO a VALUES ('\n-- +upgrade\n');\n\n-- +downgrade\nDROP TABLE a;\n-- imported: +upgrade sqlite\n",
	})
	equal(t, "notes", notes(i), []string{
		`1_a.sql:3: the comment "-- +downgrade" would be a marker here: "imported:" is put before it`,
		`1_a.sql:5: the comment "-- + Autocommit begin" would be a marker here: "imported:" is put before it`,
		`1_a.sql:12: the comment "--+upgrade sqlite" would be a marker here: "imported:" is put before it`,
	})
}

// A branch that was merged keeps its form.
func TestAlembicKeepsTheGraph(t *testing.T) {
	i := read(t, "alembic", chain.SQLite, map[string]string{"x.sql": `
-- Running upgrade  -> 00000000000a
CREATE TABLE a (n);
-- Running upgrade 00000000000a -> 00000000000b
CREATE TABLE b (n);
-- Running upgrade 00000000000a -> 00000000000c
CREATE TABLE c (n);
-- Running upgrade 00000000000b, 00000000000c -> 00000000000d
`})
	var got []string
	for _, r := range i.Revisions {
		got = append(got, strings.Join(r.Revises, "+")+">"+r.ID)
	}
	equal(t, "revisions", got, []string{
		">00000000000a", "00000000000a>00000000000b", "00000000000a>00000000000c", "00000000000b+00000000000c>00000000000d",
	})
	equal(t, "notes", notes(i), []string{"x.sql:9: 00000000000d has no SQL in it: what its upgrade() does to rows, if anything, is not carried over"})
}

// The ids are in people's databases: they must never change.
func TestIDsDoNotChange(t *testing.T) {
	for _, c := range [][3]string{
		{"goose", "1", "75f28a72714d"},
		{"alembic", "1975ea83b712", "1975ea83b712"},
		{"alembic", "second", "74c2a7cd7b67"},
		{"dbmate", "20200101000000", "5b1c599c6d99"},
	} {
		if got := imports.ID(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// What is no plain SQL holds its place with a plugin that is not written yet.
func TestSkeletons(t *testing.T) {
	for _, c := range []struct {
		tool string
		d    chain.Dialect
		file string
		text string
		note string
	}{
		{"goose", chain.SQLite, "2_data.go", "package migrations", "2_data.go: a step written in Go"},
		{"goose", chain.SQLite, "2_data.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '${X}';\n", "2_data.sql: its SQL takes values from the environment"},
		{"flyway", chain.PostgreSQL, "V2__data.java", "class V2", "V2__data.java: a step that is a program"},
		{"flyway", chain.PostgreSQL, "V2__data.sql", "\nSELECT ${x};\n", "V2__data.sql:2: a placeholder: ${x}"},
		{"flyway", chain.PostgreSQL, "V2__data.sql", "SELECT ${x};\nSELECT ${y}, ${x};\n", "V2__data.sql:1: a placeholder: ${x} (2 times)"},
		{"flyway", chain.PostgreSQL, "V2__data.sql", "SELECT ${x};\nSELECT ${y}, ${x};\n", "V2__data.sql:2: a placeholder: ${y}"},
		{"flyway", chain.PostgreSQL, "V2__data.sql", "SELECT ${x};\n", "V2__data.sql: its SQL has placeholders: plugins/postgresql/" + imports.ID("flyway", "2") +
			"_data/main.go holds its place and is yours to write; or write their values into V2__data.sql "},
		{"tern", chain.PostgreSQL, "2_data.sql", "select {{.n}};\n", "2_data.sql: its SQL is a template: plugins/postgresql/" + imports.ID("tern", "2") +
			"_data/main.go holds its place and is yours to write; or write into 2_data.sql what tern makes of it, and import again into another folder"},
		{"tern", chain.PostgreSQL, "2_data.sql", "select 1;\n{{ template \"x.sql\" . }}\n", `2_data.sql:2: a template: {{ template "x.sql" . }}`},
		{"numbered", chain.SQLite, "2_data.up.fizz", "create_table(\"x\")", "2_data.up.fizz: a step written in fizz"},
	} {
		t.Run(c.tool+" "+c.file, func(t *testing.T) {
			first := map[string][2]string{
				"goose": {"1_a.sql", "-- +goose Up\nSELECT 1;\n"}, "flyway": {"V1__a.sql", "SELECT 1;"},
				"tern": {"1_a.sql", "select 1;"}, "numbered": {"1_a.up.sql", "SELECT 1;"},
			}[c.tool]
			i := read(t, c.tool, c.d, map[string]string{first[0]: first[1], c.file: c.text})
			if !slices.ContainsFunc(notes(i), func(n string) bool { return strings.HasPrefix(n, c.note) }) {
				t.Errorf("notes: %q", notes(i))
			}
			r := i.Revisions[1]
			text := written(t, i)[r.Path]
			for _, want := range []string{
				fmt.Sprintf("ID:      %q", r.ID), fmt.Sprintf("Revises: []string{%q}", i.Revisions[0].ID),
				"sdk.Register(", c.file, "return errors.New(",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("%s lacks %s:\n%s", r.Path, want, text)
				}
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, tool string
		files      map[string]string
		want       string
	}{
		{"unknown tool", "liquibase", nil, `no tool is called "liquibase": there are alembic, atlas`},
		{"empty folder", "goose", nil, "no migration of goose is in the folder"},
		{"Python", "alembic", map[string]string{"x.py": ""}, "Python is not read: give the output of `alembic upgrade base:head --sql`"},
		{"same version", "goose", map[string]string{"1_a.sql": "-- +goose Up\n", "001_b.sql": "-- +goose Up\n"}, "001_b.sql and 1_a.sql have the same version, 1"},
		{"same version in two names", "golang-migrate", map[string]string{"1_a.up.sql": "", "01_b.up.sql": ""}, "01_b.up.sql and 1_a.up.sql have the same version"},
		{"unterminated", "dbmate", map[string]string{"1_a.sql": "-- migrate:up\nSELECT 1;\nSELECT 'a;\n"}, "1_a.sql:3: the string that opens here is never closed"},
		{"unterminated down", "goose", map[string]string{"1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n\nSELECT 'a;\n"}, "1_a.sql:5: the string that opens here is never closed"},
		{"savepoint", "sqlx", map[string]string{"1_a.sql": "SELECT 1;\nSAVEPOINT a;\n"}, "1_a.sql:2: SAVEPOINT cannot be carried over"},
		{"psql", "golang-migrate", map[string]string{"1_a.up.sql": "\\connect x\n"}, `1_a.up.sql:1: \connect x is a command of psql`},
		{"a path in a name", "goose", map[string]string{`1_..\x.sql`: "-- +goose Up\n"}, "a path is in the name of the file"},
		{"a path in a revision", "alembic", map[string]string{"x.sql": "-- Running upgrade  -> ../../etc\n"}, `x.sql:1: "../../etc" is not a revision of Alembic`},
		{"a newline in a name", "goose", map[string]string{"1_\n.sql": "-- +goose Up\n"}, "the name of the file is not plain text"},
		{"NUL", "goose", map[string]string{"1_a.sql": "-- +goose Up\n\x00"}, "1_a.sql: not UTF-8 text"},
		{"down alone", "golang-migrate", map[string]string{"1_a.down.sql": ""}, "1_a.down.sql undoes version 1, and no file does it"},
		{"undo alone", "flyway", map[string]string{"V1__a.sql": "", "U2__b.sql": ""}, "U2__b.sql undoes version 2, and no file does it"},
		{"no marker", "dbmate", map[string]string{"1_a.sql": "SELECT 1;"}, `1_a.sql:1: this stands before "-- migrate:up"`},
		{"no annotation", "goose", map[string]string{"1_a.sql": "-- nothing\n"}, `1_a.sql: it has no "-- +goose Up"`},
		{"open block", "goose", map[string]string{"1_a.sql": "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n"}, "1_a.sql:2: \"-- +goose StatementBegin\" has no StatementEnd"},
		{"another tool's marker", "sqlx", map[string]string{"1_a.sql": "-- +migrate Up\nSELECT 1;\n"}, "1_a.sql: it does not come through"},
		{"an indented annotation", "goose", map[string]string{"1_a.sql": "-- +goose Up\nSELECT 1;\n -- +goose Down\nSELECT 2;\n"}, "1_a.sql: it does not come through"},
		{"lost file", "atlas", map[string]string{"1.sql": "SELECT 1;", "atlas.sum": "h1:x\n1.sql h1:x\n2.sql h1:x\n"}, "atlas.sum lists 2.sql, which is not there"},
		{"lost parent", "alembic", map[string]string{"x.sql": "-- Running upgrade 00000000000a -> 00000000000b\n"}, "00000000000a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := imports.Read(folder(c.files), imports.Options{Tool: c.tool, Dialect: chain.PostgreSQL})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	_, err := imports.Read(folder(map[string]string{"1_a.sql": ""}), imports.Options{Tool: "tern", Dialect: chain.SQLite})
	if err == nil || !strings.Contains(err.Error(), "tern knows postgresql alone") {
		t.Errorf("tern on SQLite: %v", err)
	}
	var unknown *imports.UnknownToolError
	if _, err = imports.Read(folder(nil), imports.Options{Tool: "x"}); !errors.As(err, &unknown) {
		t.Errorf("an unknown tool: %v", err)
	}
}
