package author_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/author"
)

var (
	noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	seed = "\x00\x01\x02\x03\x04\x05\xaa\xbb\xcc\xdd\xee\xff"
)

func project() author.Project {
	return author.Project{Now: noon, Random: strings.NewReader(seed)}
}

func TestInitWritesAProject(t *testing.T) {
	root := t.TempDir()
	got, err := author.Init(root, project())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"sandpiper.toml",
		"migrations/versions/postgresql/2026_08_01_120000_000102030405_create_note.sql",
		"migrations/versions/sqlite/2026_08_01_120000_aabbccddeeff_create_note.sql",
		"migrations/MIGRATION-NOTES.md",
		"migrations/templates/autogenerate.sql.tmpl",
		"migrations/templates/autogenerate.yaml.tmpl",
		"migrations/templates/revision.go.tmpl",
		"migrations/templates/revision.sql.tmpl",
		"migrations/templates/revision.yaml.tmpl",
	}
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	for name, text := range map[string]string{
		want[0]: `dir = "migrations"`,
		want[1]: "-- Revision ID: 000102030405\n-- Revises:\n",
		want[2]: "-- Revision ID: aabbccddeeff\n-- Revises:\n",
		want[3]: "SQLite: `aabbccddeeff`\nPostgreSQL: `000102030405`",
	} {
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(text)) {
			t.Errorf("%s lacks %q:\n%s", name, text, b)
		}
	}
}

func TestInitWritesNothingOverAProject(t *testing.T) {
	for _, there := range []string{"sandpiper.toml", "migrations/versions/sqlite/x.sql", "migrations/MIGRATION-NOTES.md"} {
		t.Run(there, func(t *testing.T) {
			root := t.TempDir()
			name := filepath.Join(root, filepath.FromSlash(there))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := author.Init(root, project())
			var exists *author.ExistsError
			if !errors.As(err, &exists) {
				t.Fatalf("error %v, want an ExistsError", err)
			}
			if b, _ := os.ReadFile(name); string(b) != "mine" {
				t.Errorf("%s was written over: %s", there, b)
			}
			files := 0
			filepath.WalkDir(root, func(_ string, d os.DirEntry, _ error) error {
				if !d.IsDir() {
					files++
				}
				return nil
			})
			if files != 1 {
				t.Errorf("%d files, want the 1 that was there", files)
			}
		})
	}
}

func TestInitStaysInsideTheProject(t *testing.T) {
	for _, dir := range []string{"..", "../x", "/tmp/x", "a/../../x"} {
		p := project()
		p.Dir = dir
		if _, err := author.Init(t.TempDir(), p); err == nil {
			t.Errorf("Dir %q was accepted", dir)
		}
	}
}

func TestRandomIDsDiffer(t *testing.T) {
	a, err := author.Init(t.TempDir(), author.Project{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	b, err := author.Init(t.TempDir(), author.Project{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if a[1] == b[1] || a[2] == b[2] {
		t.Errorf("two projects share ids: %q and %q", a, b)
	}
}
