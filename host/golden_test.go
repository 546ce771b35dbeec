package host_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var slugs = sync.OnceValues(func() ([]byte, error) {
	b, err := box()
	if err != nil {
		return nil, err
	}
	m, err := build.Build(context.Background(), "../plugins/slugs", b, build.Options{})
	if err != nil {
		return nil, err
	}
	return m.Bytes, nil
})

// TestGoldenSQL compares what each migration of migrations/ sends with
// migrations/golden/DIALECT/REVISION_SLUG.sql: reviewers read SQL, not wasm.
// A golden file without a migration is an error.
func TestGoldenSQL(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		sent := map[string]string{}
		for _, dir := range []chain.Direction{chain.Upgrade, chain.Downgrade} {
			target := "head"
			if dir == chain.Downgrade {
				f.upgrade()
				target = "base"
			}
			rehearsal, err := f.runner(host.Config{}).Rehearse(t.Context(), dir, target)
			if err != nil {
				t.Fatal(err)
			}
			for i, step := range rehearsal.Plan.Steps {
				name := step.Revision.ID + "_" + step.Revision.Slug + ".sql"
				sent[name] += "-- " + dir.String() + "\n" + transcript(rehearsal, i)
			}
		}
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

// readReference gives the fixture the chain of migrations/, with its plugin.
func (f *fixture) readReference() {
	f.t.Helper()
	module, err := slugs()
	if err != nil {
		f.t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join("..", "migrations", "versions", string(f.dialect), "*.sql"))
	if err != nil || len(names) == 0 {
		f.t.Fatalf("no migrations: %v", err)
	}
	f.files = fstest.MapFS{"versions/slugs.wasm": {Data: module}}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			f.t.Fatal(err)
		}
		f.files["versions/"+string(f.dialect)+"/"+filepath.Base(name)] = &fstest.MapFile{Data: source}
	}
}

func transcript(r host.Rehearsal, step int) string {
	var b strings.Builder
	for _, s := range r.Statements {
		if s.Step != step {
			continue
		}
		fmt.Fprintf(&b, "%s;", s.SQL)
		if s.Rows > 0 {
			fmt.Fprintf(&b, " -- %d rows", s.Rows)
		}
		if s.NotRun != "" {
			b.WriteString(" -- outside a transaction")
		}
		b.WriteString("\n")
	}
	return b.String()
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
