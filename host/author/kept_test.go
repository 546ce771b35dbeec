package author_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/author"
)

// A kept file is written over as often as it differs; what is something else is
// not, and nothing is left beside it.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	k := author.Kept{Name: filepath.Join(dir, "schema.sql"), Mark: "-- ours"}
	write := func(text string) bool {
		t.Helper()
		changed, err := k.Write([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if !write("-- ours, 1") || !write("-- ours, 2") {
		t.Error("it does not say that it has written")
	}
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(k.Name, long, long); err != nil {
		t.Fatal(err)
	}
	if write("-- ours, 2") {
		t.Error("it says that it has written what was there")
	}
	if info, err := os.Stat(k.Name); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("it has touched a file that was right already: %v, %v", info.ModTime(), err)
	}

	if err := errors.Join(os.WriteFile(k.Name, []byte("mine"), 0o600), os.Chmod(k.Name, 0o600)); err != nil {
		t.Fatal(err)
	}
	var exists *author.ExistsError
	if err := k.Check(); !errors.As(err, &exists) {
		t.Errorf("Check: got %v, want an ExistsError", err)
	}
	if _, err := k.Write([]byte("-- ours")); !errors.As(err, &exists) {
		t.Errorf("Write: got %v, want an ExistsError", err)
	}
	if text, err := os.ReadFile(k.Name); err != nil || string(text) != "mine" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	k.Force = true
	if err := k.Check(); err != nil || !write("-- ours") {
		t.Errorf("with Force: %v", err)
	}
	if info, err := os.Stat(k.Name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the permissions are %v, %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, %v", files, err)
	}

	k.Name = filepath.Join(dir, "nowhere", "schema.sql")
	if err := k.Check(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	k.Name = dir
	if err := k.Check(); !errors.As(err, &exists) {
		t.Errorf("a folder: got %v, want an ExistsError", err)
	}
}
