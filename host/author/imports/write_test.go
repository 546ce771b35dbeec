package imports_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// texts reads every file of a folder, by path.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	fsys := os.DirFS(dir)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var two = map[string]string{
	"1_a.sql": "-- +goose Up\nCREATE TABLE a (n int);\n",
	"2_b.go":  "package x",
}

func TestWriteWritesOverNothing(t *testing.T) {
	for name, place := range map[string]string{
		"a migration": "versions/sqlite/x.sql",
		"a plugin":    "plugins/sqlite/" + imports.ID("goose", "2") + "_b/go.mod",
		"a file":      "versions",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			there := filepath.Join(dir, filepath.FromSlash(place))
			if err := os.MkdirAll(filepath.Dir(there), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(there, []byte("there"), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := read(t, "goose", chain.SQLite, two).Write(dir)
			if err == nil {
				t.Error("no error")
			}
			var exists *author.ExistsError
			if place != "versions" && (!errors.As(err, &exists) || exists.Path != there) {
				t.Errorf("got %v", err)
			}
			if all := texts(t, dir); len(all) != 1 || all[place] != "there" {
				t.Errorf("afterwards there is %q", all)
			}
		})
	}
}

// What was moved to its place goes again when something cannot be.
func TestWriteLeavesNothingHalfDone(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "MIGRATION-NOTES.md", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, "goose", chain.SQLite, two).Write(dir); err == nil {
		t.Fatal("notes that are a folder are no error")
	}
	if all := texts(t, dir); len(all) != 0 {
		t.Errorf("afterwards there is %q", all)
	}
	missing := filepath.Join(dir, "a", "file")
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, "goose", chain.SQLite, two).Write(missing); err == nil {
		t.Error("a folder below a file is no error")
	}
}

func TestNotesPairTheDialects(t *testing.T) {
	dir := t.TempDir()
	own := "# Migration notes\n\nOurs.\n\n# old\n\nSQLite: `000000000001`\n"
	if err := os.WriteFile(filepath.Join(dir, "MIGRATION-NOTES.md"), []byte(own), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		files := maps.Clone(two)
		if d == chain.SQLite {
			files["3_c.sql"] = "-- +goose Up\n"
		}
		if _, err := read(t, "goose", d, files).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	want := "# Migration notes\n\nOurs.\n\n" +
		"# c\n\nImported from goose 3 (3_c.sql).\n\nSQLite: `" + imports.ID("goose", "3") + "`\n\n" +
		"# b\n\nImported from goose 2 (2_b.go).\nA step written in Go: plugins/postgresql/" + imports.ID("goose", "2") + "_b/main.go holds its place and is yours to write.\n\n" +
		"SQLite: `" + imports.ID("goose", "2") + "`\nPostgreSQL: `" + imports.ID("goose", "2") + "`\n\n" +
		"# a\n\nImported from goose 1 (1_a.sql).\n\n" +
		"SQLite: `" + imports.ID("goose", "1") + "`\nPostgreSQL: `" + imports.ID("goose", "1") + "`\n\n" +
		"# old\n\nSQLite: `000000000001`\n"
	if got := texts(t, dir)["MIGRATION-NOTES.md"]; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if strings.Count(want, "Ours.") != 1 {
		t.Error("the text that was there is gone")
	}
}

// Notes that are a table stay one, and one that cannot be read is not written to.
func TestNotesThatAreATable(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "MIGRATION-NOTES.md")
	head := "| what | PostgreSQL | SQLite | why |\r\n|---|---|---|---|\r\n"
	old := "| old \\| older | `000000000002` | `000000000001` | ours |\r\n"
	if err := os.WriteFile(name, []byte(head+old+"\r\nThe end.\r\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	one := map[string]string{"1_a.sql": two["1_a.sql"]}
	for _, d := range []chain.Dialect{chain.SQLite, chain.PostgreSQL} {
		if _, err := read(t, "goose", d, one).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	id := "`" + imports.ID("goose", "1") + "`"
	want := head + "| a | " + id + " | " + id + " | Imported from goose 1 (1_a.sql). |\r\n" + old + "\r\nThe end.\r\n"
	if got := texts(t, dir)["MIGRATION-NOTES.md"]; got != want {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}

	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "MIGRATION-NOTES.md"), []byte("# x\n\nSQLite: `soon`\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var parse *chain.ParseError
	if _, err := read(t, "goose", chain.SQLite, one).Write(other); !errors.As(err, &parse) {
		t.Errorf("notes that are nonsense: %v, want a ParseError", err)
	}
	if all := texts(t, other); len(all) != 1 {
		t.Errorf("afterwards there is %q", all)
	}
}
