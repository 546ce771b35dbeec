package author_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// A folder that cannot be written is told by what was to be written into it.
func TestReadOnlyFolder(t *testing.T) {
	// t.TempDir lies in a folder that is not for nobody.
	dir, err := os.MkdirTemp("", "sandpiper")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "chain.svg")
	hosttest.AsNobody(t, func() {
		err := author.WriteFile(name, []byte("<svg/>"), false)
		if err == nil || !strings.HasPrefix(err.Error(), name+" cannot be written: ") || strings.Contains(err.Error(), ".sandpiper-") {
			t.Errorf("writing a file: %v, want that %s cannot be written", err, name)
		}
		kept := author.Kept{Name: filepath.Join(dir, "schema.sql")}
		if err := kept.Check(); err == nil || err.Error() != kept.Name+" cannot be written: permission denied" {
			t.Errorf("checking a file: %v", err)
		}
		key := filepath.Join(dir, "acme.key")
		for what, err := range map[string]error{
			"asking before": author.MayWrite(key, true),
			"writing keys":  author.WriteKeys(key, nil, filepath.Join(dir, "acme.pub"), nil, true),
		} {
			if err == nil || err.Error() != key+" cannot be written: permission denied" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := author.Hold(t.Context(), dir); err == nil || err.Error() != dir+" cannot be written: permission denied" {
			t.Errorf("holding the folder: %v, want that %s cannot be written", err, dir)
		}
	})
}
