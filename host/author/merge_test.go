package author_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A folder of migrations, on disk.
type folder struct {
	t   *testing.T
	dir string
}

// newFolder writes files "DIALECT/NAME" with their texts.
func newFolder(t *testing.T, files map[string]string) folder {
	f := folder{t, t.TempDir()}
	for name, text := range files {
		at := filepath.Join(f.dir, "versions", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// graphs reads the chains, PostgreSQL's first.
func (f folder) graphs() []*chain.Graph {
	f.t.Helper()
	fsys := os.DirFS(f.dir)
	var graphs []*chain.Graph
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		var revs []chain.Revision
		for _, dir := range []string{"versions", path.Join("versions", string(d))} {
			names, _ := fs.Glob(fsys, path.Join(dir, "*.*"))
			for _, name := range names {
				text, err := fs.ReadFile(fsys, name)
				if err != nil {
					f.t.Fatal(err)
				}
				if rev, ok, err := source.Header(name, d, text); err != nil {
					f.t.Fatal(err)
				} else if ok {
					revs = append(revs, rev)
				}
			}
		}
		g, err := chain.NewGraph(d, revs)
		if err != nil {
			f.t.Fatal(err)
		}
		graphs = append(graphs, g)
	}
	return graphs
}

// open reads the folder.
func (f folder) open() *author.Folder { return &author.Folder{Dir: f.dir, Graphs: f.graphs()} }

// texts returns what all files hold.
func (f folder) texts() map[string]string {
	f.t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(f.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(name)
			rel, _ := filepath.Rel(f.dir, name)
			texts[filepath.ToSlash(rel)] = string(b)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return texts
}

// unchanged fails where the files are not what they were.
func (f folder) unchanged(before map[string]string) {
	f.t.Helper()
	after := f.texts()
	for name, text := range after {
		if before[name] != text {
			f.t.Errorf("%s holds %q, and held %q", name, text, before[name])
		}
	}
	if len(after) != len(before) {
		f.t.Errorf("%d files, and there were %d", len(after), len(before))
	}
}

func revisionFile(id, revises string) string {
	return "-- Revision ID: " + id + "\n-- Revises: " + revises + "\n-- +upgrade\n-- +downgrade\n"
}

// twoHeads is a chain for each dialect with different ids, and two heads.
func twoHeads(t *testing.T) folder {
	return newFolder(t, map[string]string{
		"postgresql/2026_01_01_000000_00000000000a_a.sql": revisionFile("00000000000a", ""),
		"postgresql/2026_01_02_000000_00000000000b_b.sql": revisionFile("00000000000b", "00000000000a"),
		"postgresql/2026_01_03_000000_00000000000c_c.sql": revisionFile("00000000000c", "00000000000a"),
		"sqlite/2026_01_01_000000_0000000000aa_a.sql":     revisionFile("0000000000aa", ""),
		"sqlite/2026_01_02_000000_0000000000bb_b.sql":     revisionFile("0000000000bb", "0000000000aa"),
		"sqlite/2026_01_03_000000_0000000000cc_c.sql":     revisionFile("0000000000cc", "0000000000aa"),
	})
}

func (f folder) merge() author.Merge {
	return author.Merge{Now: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), Random: bytes.NewReader([]byte("abcdefghijkl"))}
}

func TestMergeJoinsThePairsOfTheHeads(t *testing.T) {
	for _, form := range []author.Format{author.SQL, author.YAML} {
		f := twoHeads(t)
		m := f.merge()
		m.Format, m.Message, m.Heads = form, "Join b and c", []string{"00000000000b", "0000000000cc"}
		written, err := f.open().Merge(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(written.Revisions) != 2 || strings.Join(written.Revisions[1].Revises, " ") != "0000000000bb 0000000000cc" {
			t.Errorf("wrote %+v", written)
		}
		name := "versions/postgresql/2026_02_01_120000_616263646566_join_b_and_c." + string(form)
		if _, ok := f.texts()[name]; !ok {
			t.Errorf("%s is not among %v", name, f.texts())
		}
		for _, g := range f.graphs() {
			heads := g.Heads(chain.DefaultLine)
			if len(heads) != 1 {
				t.Errorf("%s has the heads %v", g.Dialect(), heads)
				continue
			}
			rev, _ := g.Revision(chain.Key{Line: chain.DefaultLine, ID: heads[0]})
			file, err := source.Parse(rev.Source, rev.Dialect, []byte(f.texts()[rev.Source]), schema.Naming{})
			if err != nil || len(file.Upgrade)+len(file.Downgrade) != 0 || file.Irreversible {
				t.Errorf("%s is not an empty revision that goes both ways: %+v, %v", rev.Source, file, err)
			}
		}
	}
}

func TestMergeIsRefused(t *testing.T) {
	f := twoHeads(t)
	before := f.texts()
	for name, change := range map[string]func(*author.Merge){
		"one head":          func(m *author.Merge) { m.Heads = []string{"00000000000b"} },
		"not a head":        func(m *author.Merge) { m.Heads = []string{"00000000000a", "00000000000b"} },
		"unknown":           func(m *author.Merge) { m.Heads = []string{"00000000000b", "nowhere"} },
		"a line that isn't": func(m *author.Merge) { m.Line = "tools" },
		"no slug":           func(m *author.Merge) { m.Message = "…" },
		"two lines of text": func(m *author.Merge) { m.Message = "a\n-- +upgrade" },
		"not UTF-8":         func(m *author.Merge) { m.Message = "a\xff" },
	} {
		m := f.merge()
		change(&m)
		written, err := f.open().Merge(m)
		var refused *author.DraftError
		var target *chain.TargetError
		if !errors.As(err, &refused) && !errors.As(err, &target) {
			t.Errorf("%s: wrote %v, %v", name, written, err)
		}
		f.unchanged(before)
	}
}

func TestMergeWritesAllOrNothing(t *testing.T) {
	f := twoHeads(t)
	// The second file is there already.
	taken := filepath.Join(f.dir, "versions/sqlite/2026_02_01_120000_6768696a6b6c_merge.sql")
	if err := os.WriteFile(taken, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := f.texts()
	graphs := twoHeads(t).graphs()
	_, err := (&author.Folder{Dir: f.dir, Graphs: graphs}).Merge(f.merge())
	var exists *author.ExistsError
	if !errors.As(err, &exists) || exists.Path != taken {
		t.Errorf("%v", err)
	}
	f.unchanged(before)

	// Where the second one's folder should be is a file.
	os.Remove(taken)
	if err := os.RemoveAll(filepath.Join(f.dir, "versions/sqlite")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "versions/sqlite"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	before = f.texts()
	if _, err := (&author.Folder{Dir: f.dir, Graphs: graphs}).Merge(f.merge()); err == nil {
		t.Error("a file served as a folder")
	}
	f.unchanged(before)
}

func TestWriteFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "chain.svg")
	if err := author.WriteFile(name, []byte("one"), false); err != nil {
		t.Fatal(err)
	}
	var exists *author.ExistsError
	if err := author.WriteFile(name, []byte("two"), false); !errors.As(err, &exists) {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "one" {
		t.Errorf("the file holds %q", b)
	}
	if err := author.WriteFile(name, []byte("two"), true); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(name); string(b) != "two" {
		t.Errorf("the file holds %q", b)
	}
}

// The lock file and the notes go with it, where they are there.
func TestMergeKeepsLockAndNotes(t *testing.T) {
	f := twoHeads(t)
	folder := f.open()
	if err := folder.WriteLock(folder.Relock(func(chain.Dialect, chain.Key) bool { return true })); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.SyncNotes(); err != nil {
		t.Fatal(err)
	}
	written, err := folder.Merge(f.merge())
	if err != nil {
		t.Fatal(err)
	}
	if len(written.Files) != 4 {
		t.Errorf("wrote %v", written.Files)
	}
	after := f.open()
	if err := errors.Join(after.ReadLock(), after.ReadNotes()); err != nil {
		t.Fatal(err)
	}
	if problems := after.Check(); len(problems) != 0 {
		t.Errorf("afterwards: %v", problems)
	}
}
