package host_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenSQL compares what each migration of migrations/ sends with
// migrations/golden/DIALECT/REVISION_SLUG.sql: reviewers read SQL, not wasm or
// schema operations. A golden file without a migration is an error.
func TestGoldenSQL(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		sent := transcripts{}
		end := f.revision(irreversible)
		for r := range f.runner(host.Config{}).Graph().All() {
			sent.run(f, chain.Upgrade, "+1")
			f.exec(referenceRows[r.Slug]...)
		}
		sent.run(f, chain.Downgrade, end.ID)
		fresh(t, f) // what comes before the irreversible one goes down from there
		f.readReference()
		f.move(f.runner(host.Config{}), chain.Upgrade, end.Revises[0])
		sent.run(f, chain.Downgrade, "base")

		folder := filepath.Join("..", "migrations", "golden", string(f.dialect))
		if *update {
			rewriteGolden(t, folder, sent)
			return
		}
		left, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if _, ok := sent[e.Name()]; !ok {
				t.Errorf("%s is left over: no migration sends it", e.Name())
			}
		}
		for name, got := range sent {
			want, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Errorf("%v: write it with go test ./host -run Golden -update", err)
			} else if got != string(want) {
				t.Errorf("%s: sent\n%s\nwant\n%s", name, got, want)
			}
		}
	})
}

// transcripts are what migrations send, by the name of their golden file.
type transcripts map[string]string

// run runs migrations, and takes down what they send. What commits before the
// end of a migration is marked.
func (sent transcripts) run(f *fixture, dir chain.Direction, target string) {
	f.t.Helper()
	cfg := host.Config{Statements: true, OnEvent: func(e host.Event) {
		name := e.Revision + "_" + e.Slug + ".sql"
		switch e.Kind {
		case host.EventStarted:
			sent[name] += "-- " + dir.String() + "\n"
		case host.EventStatement:
			sent[name] += e.Text + ";\n"
		case host.EventSection:
			sent[name] += strings.TrimSpace("-- committed "+e.Section) + "\n"
		}
	}}
	run := f.runner(cfg).Upgrade
	if dir == chain.Downgrade {
		run = f.runner(cfg).Downgrade
	}
	if _, err := run(f.t.Context(), target); err != nil {
		f.t.Fatal(err)
	}
}

func rewriteGolden(t *testing.T, folder string, sent map[string]string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range sent {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
