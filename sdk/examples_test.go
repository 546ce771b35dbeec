package sdk_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The worked examples run as what they are for: slugs as a file among those of
// the reference chain, sections as a module of its own.
func TestWorkedExamples(t *testing.T) {
	for name, test := range map[string]struct {
		files fstest.MapFS
		path  string // of the plugin's module
		dir   string
		down  map[string]string // as far as the example can be undone
	}{
		"slugs": {
			referenceChain(t), "versions/slugs.wasm", ".",
			map[string]string{abi.PostgreSQL: "da20b8d37263", abi.SQLite: "0f575b93d034"},
		},
		"sections": {
			fstest.MapFS{}, "sections.wasm", "sections.wasm",
			map[string]string{abi.PostgreSQL: "base", abi.SQLite: "base"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := box()
			if err != nil {
				t.Fatal(err)
			}
			module, err := build.Build(t.Context(), filepath.Join("..", "plugins", name), b, build.Options{})
			if err != nil {
				t.Fatal(err)
			}
			test.files[test.path] = &fstest.MapFile{Data: module.Bytes}
			for dialect, open := range databases {
				t.Run(dialect, func(t *testing.T) {
					runner, err := host.NewRunner(test.files, open(t), b, host.Config{Path: test.dir})
					if err != nil {
						t.Fatal(err)
					}
					for range 2 { // what a downgrade leaves must not be in the way
						if _, err := runner.Upgrade(t.Context(), "heads"); err != nil {
							t.Fatal(err)
						}
						ledger, err := runner.Ledger(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						if want := runner.Graph().Len(); len(ledger.Applied) != want {
							t.Errorf("%d revisions are applied, want %d", len(ledger.Applied), want)
						}
						if _, err := runner.Downgrade(t.Context(), test.down[dialect]); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// referenceChain returns the files of migrations/versions.
func referenceChain(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	folder := os.DirFS(filepath.Join("..", "migrations"))
	err := fs.WalkDir(folder, "versions", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(name) == ".wasm" {
			return err
		}
		b, err := fs.ReadFile(folder, name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
