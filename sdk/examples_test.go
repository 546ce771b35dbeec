package sdk_test

import (
	"os"
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
	reference := fstest.MapFS{}
	root := filepath.Join("..", "migrations")
	for _, dialect := range []string{abi.PostgreSQL, abi.SQLite} {
		files, err := filepath.Glob(filepath.Join(root, "versions", dialect, "*.sql"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no reference chain for %s: %v", dialect, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			reference["versions/"+dialect+"/"+filepath.Base(file)] = &fstest.MapFile{Data: b}
		}
	}
	for name, test := range map[string]struct {
		files fstest.MapFS
		path  string // of the plugin's module
		dir   string
		count int // revisions
	}{
		"slugs":    {reference, "versions/slugs.wasm", ".", 5},
		"sections": {fstest.MapFS{}, "sections.wasm", "sections.wasm", 1},
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
						if len(ledger.Applied) != test.count {
							t.Errorf("%d revisions are applied, want %d", len(ledger.Applied), test.count)
						}
						if _, err := runner.Downgrade(t.Context(), "base"); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		})
	}
}
