package author_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestRebaseChangesBothChains(t *testing.T) {
	for _, c := range []struct{ rev, onto string }{
		{"00000000000c", ""},
		{"00000000000c", "00000000000b"},
		{"0000000000cc", "00000000000b"}, // each names it in a chain of its own
	} {
		f := twoHeads(t)
		moves, err := f.open().PlanRebase("", c.rev, c.onto)
		if err != nil || len(moves) != 2 {
			t.Fatalf("%+v: %v, %v", c, moves, err)
		}
		before := f.texts()
		if _, err := f.open().Rebase(f.dir, moves); err != nil {
			t.Fatal(err)
		}
		after := f.texts()
		for _, w := range []struct{ name, was, is string }{
			{"versions/postgresql/2026_01_03_000000_00000000000c_c.sql", "Revises: 00000000000a", "Revises: 00000000000b"},
			{"versions/sqlite/2026_01_03_000000_0000000000cc_c.sql", "Revises: 0000000000aa", "Revises: 0000000000bb"},
		} {
			if after[w.name] != strings.Replace(before[w.name], w.was, w.is, 1) {
				t.Errorf("%s holds %q", w.name, after[w.name])
			}
			if info, err := os.Stat(filepath.Join(f.dir, w.name)); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("%s: %v, %v", w.name, info.Mode(), err)
			}
			before[w.name] = after[w.name]
		}
		f.unchanged(before)
		if moves, err := f.open().PlanRebase("", c.rev, "00000000000b"); err != nil || len(moves) != 0 {
			t.Errorf("a second time: %v, %v", moves, err)
		}
	}
}

// What is wrong in both chains is told of the one whose ids were given.
func TestRebaseIsRefusedInItsOwnWords(t *testing.T) {
	for rev, want := range map[string]string{
		"00000000000c": "00000000000c cannot come after itself",
		"0000000000cc": "0000000000cc cannot come after itself",
	} {
		if _, err := twoHeads(t).open().PlanRebase("", rev, rev); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRebaseOfASharedFile(t *testing.T) {
	shared := "revision: {postgresql: 00000000000c, sqlite: 0000000000cc}\nrevises: {postgresql: 00000000000a, sqlite: 0000000000aa}\nupgrade: []\n"
	f := twoHeads(t)
	os.Remove(filepath.Join(f.dir, "versions/postgresql/2026_01_03_000000_00000000000c_c.sql"))
	os.Remove(filepath.Join(f.dir, "versions/sqlite/2026_01_03_000000_0000000000cc_c.sql"))
	name := filepath.Join(f.dir, "versions/2026_01_03_000000_00000000000c_c.yaml")
	if err := os.WriteFile(name, []byte(shared), 0o666); err != nil {
		t.Fatal(err)
	}
	moves, err := f.open().PlanRebase("", "00000000000c", "")
	if err == nil {
		_, err = f.open().Rebase(f.dir, moves)
	}
	if err != nil {
		t.Fatal(err)
	}
	const want = "revision: {postgresql: 00000000000c, sqlite: 0000000000cc}\nrevises: {postgresql: 00000000000b, sqlite: 0000000000bb}\nupgrade: []\n"
	if b, _ := os.ReadFile(name); string(b) != want {
		t.Errorf("the file holds %q", b)
	}
}

// One word for two chains cannot become two words.
func TestRebaseOfOneParentForTwoChains(t *testing.T) {
	f := newFolder(t, map[string]string{
		"2026_01_01_000000_00000000000a_a.yaml":           "revision: 00000000000a\nrevises:\nupgrade: []\n",
		"2026_01_03_000000_00000000000c_c.yaml":           "revision: 00000000000c\nrevises: 00000000000a\nupgrade: []\n",
		"postgresql/2026_01_02_000000_00000000000b_b.sql": revisionFile("00000000000b", "00000000000a"),
		"sqlite/2026_01_02_000000_0000000000bb_b.sql":     revisionFile("0000000000bb", "00000000000a"),
	})
	before := f.texts()
	moves, err := f.open().PlanRebase("", "00000000000c", "")
	if err != nil {
		t.Fatal(err)
	}
	var refused *author.DraftError
	if _, err := f.open().Rebase(f.dir, moves); !errors.As(err, &refused) || !strings.Contains(err.Error(), "one parent for several dialects") {
		t.Errorf("%v", err)
	}
	f.unchanged(before)
}

func TestRebaseIsRefused(t *testing.T) {
	f := newFolder(t, map[string]string{
		"sqlite/2026_01_01_000000_00000000000a_a.sql": revisionFile("00000000000a", ""),
		"sqlite/2026_01_02_000000_00000000000b_b.sql": revisionFile("00000000000b", "00000000000a"),
		"sqlite/2026_01_03_000000_00000000000c_c.sql": revisionFile("00000000000c", "00000000000a"),
		"sqlite/2026_01_04_000000_00000000000d_d.sql": revisionFile("00000000000d", "00000000000b, 00000000000c"),
		"sqlite/2026_01_05_000000_00000000000e_e.sql": revisionFile("00000000000e", "00000000000a"),
		"sqlite/2026_01_06_000000_00000000000f_f.sql": revisionFile("00000000000f", "00000000000a"),
		"sqlite/2026_01_07_000000_0000000000f1_t.sql": "-- Line: tools\n-- Depends on: 00000000000e\n" + revisionFile("0000000000f1", ""),
		"sqlite/2026_01_08_000000_0000000000f2_g.sql": "-- Depends on: tools@0000000000f1\n" + revisionFile("0000000000f2", "00000000000f"),
	})
	for _, c := range []struct{ rev, onto, want string }{
		{"00000000000a", "00000000000d", "circle"},
		{"00000000000b", "00000000000b", "cannot come after itself"},
		{"00000000000d", "00000000000e", "joins 00000000000b, 00000000000c"},
		{"00000000000e", "", "several other heads"},
		{"00000000000e", "0000000000f2", "depends on what comes after"},
		{"00000000000e", "tools@0000000000f1", "of its own line"},
		{"tools@0000000000f1", "", "no other head"},
		{"nowhere", "", "no revision"},
		{"00000000000e", "nowhere", "no revision"},
		{"heads", "", "does not name one revision"},
	} {
		moves, err := f.open().PlanRebase(chain.SQLite, c.rev, c.onto)
		var refused *author.DraftError
		var target *chain.TargetError
		if !errors.As(err, &refused) && !errors.As(err, &target) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s onto %q: %v, %v; want %q", c.rev, c.onto, moves, err, c.want)
		}
	}
}

// A file that is no longer the revision it was is not touched, and neither is
// the other one.
func TestRebaseLeavesAnotherEditAlone(t *testing.T) {
	f := twoHeads(t)
	folder := f.open()
	moves, err := folder.PlanRebase("", "00000000000c", "")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(f.dir, "versions/sqlite/2026_01_03_000000_0000000000cc_c.sql")
	if err := os.WriteFile(name, []byte("-- nothing\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := f.texts()
	var parse *chain.ParseError
	if _, err := folder.Rebase(f.dir, moves); !errors.As(err, &parse) {
		t.Errorf("%v", err)
	}
	f.unchanged(before)
}

// The lock file pins the new text.
func TestRebaseKeepsLock(t *testing.T) {
	f := twoHeads(t)
	folder := f.open()
	if err := folder.WriteLock(folder.Relock(func(chain.Dialect, chain.Key) bool { return true })); err != nil {
		t.Fatal(err)
	}
	moves, err := folder.PlanRebase("", "00000000000b", "")
	if err == nil {
		_, err = folder.Rebase(f.dir, moves)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := f.open()
	if err := errors.Join(after.ReadLock(), after.ReadNotes()); err != nil {
		t.Fatal(err)
	}
	if problems := after.Check(); len(problems) != 0 {
		t.Errorf("afterwards: %v", problems)
	}
}
