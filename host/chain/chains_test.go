package chain_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// chains returns the folder with real projects' migrations.
func chains(t testing.TB) fs.FS { return os.DirFS(hosttest.Chains(t)) }

// texts reads the .sql files of a folder, sorted by name.
func texts(t testing.TB, fsys fs.FS, dir string) (names []string, contents [][]byte) {
	t.Helper()
	names, err := fs.Glob(fsys, path.Join(dir, "*.sql"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, b)
	}
	return names, contents
}

// The numbers of statements in these tests are those that psql sends and that
// SQLite's sqlite3_complete finds in the same files.

func TestPrefectsChains(t *testing.T) {
	fsys := chains(t)
	for _, c := range []struct {
		dialect                                    chain.Dialect
		revisions, statements, autocommit, unnamed int
		base, head                                 string
	}{
		{chain.PostgreSQL, 116, 517, 22, 2, "25f4b90a7a42", "9e9dadc36797"},
		{chain.SQLite, 112, 953, 0, 1, "9725c1cbee35", "f416ea180ae1"},
	} {
		names, contents := texts(t, fsys, "prefect/versions/"+string(c.dialect))
		var revs []chain.Revision
		statements, autocommit, unnamed := 0, 0, 0
		for i, name := range names {
			f, err := chain.Parse(name, c.dialect, contents[i])
			if err != nil {
				t.Fatal(err)
			}
			if !f.Irreversible || f.Created.IsZero() {
				t.Errorf("%s: irreversible %v, created %v", name, f.Irreversible, f.Created)
			}
			if f.Slug == "" {
				unnamed++
			}
			for _, it := range f.Upgrade {
				switch it.Kind {
				case chain.ItemStatement:
					statements++
				case chain.ItemAutocommitBegin:
					autocommit++
				}
			}
			revs = append(revs, f.Revision)
		}
		if statements != c.statements || autocommit != c.autocommit || unnamed != c.unnamed {
			t.Errorf("%s: %d statements, %d autocommit sections, %d without a slug", c.dialect, statements, autocommit, unnamed)
		}

		g, err := chain.NewGraph(c.dialect, revs)
		if err != nil {
			t.Fatal(err)
		}
		if heads, bases := g.Heads("main"), g.Bases("main"); g.Len() != c.revisions || !slices.Equal(heads, []string{c.head}) || !slices.Equal(bases, []string{c.base}) {
			t.Errorf("%s: %d revisions from %v to %v", c.dialect, g.Len(), bases, heads)
		}
		steps, err := g.Plan(nil, chain.Upgrade, "head")
		if err != nil || len(steps) != c.revisions {
			t.Fatalf("%s: %d steps, %v", c.dialect, len(steps), err)
		}
		for i, s := range steps { // it is one straight line
			if i > 0 && !slices.Equal(s.Revision.Revises, []string{steps[i-1].Revision.ID}) {
				t.Errorf("%s: %s comes after %s", c.dialect, s.Revision.ID, steps[i-1].Revision.ID)
			}
			if !slices.Equal(s.Before, s.Revision.Revises) || !slices.Equal(s.After, []string{s.Revision.ID}) {
				t.Errorf("%s: %s goes from %v to %v", c.dialect, s.Revision.ID, s.Before, s.After)
			}
		}
	}
}

func TestOtherProjectsSQL(t *testing.T) {
	fsys := chains(t)
	for _, c := range []struct {
		dir               string
		dialect           chain.Dialect
		files, statements int
	}{
		{"hydra/postgresql", chain.PostgreSQL, 228, 524},
		{"hydra/sqlite", chain.SQLite, 227, 380},
		{"authelia/postgresql", chain.PostgreSQL, 26, 206},
		{"authelia/sqlite", chain.SQLite, 26, 427},
	} {
		names, contents := texts(t, fsys, c.dir)
		statements := 0
		for i, name := range names {
			stmts, err := chain.Split(c.dialect, string(contents[i]))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			statements += len(stmts)
		}
		if len(names) != c.files || statements != c.statements {
			t.Errorf("%s: %d statements in %d files", c.dir, statements, len(names))
		}
	}
}

// What a run with nothing to do reads: the headers alone.
func BenchmarkHeaders(b *testing.B) {
	names, contents := texts(b, chains(b), "prefect/versions/sqlite")
	for b.Loop() {
		for i, name := range names {
			if _, err := chain.ParseHeader(name, chain.SQLite, contents[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(names)*b.N)/b.Elapsed().Seconds(), "files/s")
}

func BenchmarkParse(b *testing.B) {
	names, contents := texts(b, chains(b), "prefect/versions/sqlite")
	for b.Loop() {
		for i, name := range names {
			if _, err := chain.Parse(name, chain.SQLite, contents[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(names)*b.N)/b.Elapsed().Seconds(), "files/s")
}
