package author_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
)

func TestWriteKeys(t *testing.T) {
	dir := t.TempDir()
	secret, public := filepath.Join(dir, "acme.key"), filepath.Join(dir, "acme.pub")
	write := func(force bool, text string) error {
		return author.WriteKeys(secret, []byte(text), public, []byte("public "+text), force)
	}
	holds := func(want string) {
		t.Helper()
		key, err := os.ReadFile(secret)
		if err != nil || string(key) != want {
			t.Errorf("the key is %q, error %v, want %q", key, err, want)
		}
		if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the permissions are %v, error %v", info.Mode(), err)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 2 {
			t.Errorf("the folder holds %v, error %v", files, err)
		}
	}
	if err := author.MayWrite(secret, false); err != nil {
		t.Error(err)
	}
	if err := write(false, "one"); err != nil {
		t.Fatal(err)
	}
	holds("one")
	var exists *author.ExistsError
	if err := author.MayWrite(secret, false); !errors.As(err, &exists) || exists.Path != secret {
		t.Errorf("MayWrite: got %v, want an ExistsError", err)
	}
	if err := write(false, "two"); !errors.As(err, &exists) || exists.Path != secret {
		t.Errorf("got %v, want an ExistsError", err)
	}
	// One of the two is enough.
	if err := os.Rename(secret, public); err != nil {
		t.Fatal(err)
	}
	if err := write(false, "two"); !errors.As(err, &exists) || exists.Path != public {
		t.Errorf("got %v, want an ExistsError", err)
	}
	if _, err := os.Stat(secret); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a pair was written: %v", err)
	}
	// What others could read becomes a secret.
	if err := os.WriteFile(secret, []byte("zero"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(author.MayWrite(secret, true), write(true, "two")); err != nil {
		t.Fatal(err)
	}
	holds("two")
	if err := errors.Join(os.Remove(secret), os.Symlink(public, secret)); err != nil {
		t.Fatal(err)
	}
	if err := write(true, "three"); !errors.As(err, &exists) || exists.What != "a symbolic link" {
		t.Errorf("a link: got %v, want an ExistsError", err)
	}
	if err := author.MayWrite(filepath.Join(dir, "nowhere", "key"), true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
}
