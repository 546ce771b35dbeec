package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func TestPermissions(t *testing.T) {
	for _, c := range []struct {
		name         string
		folder, file os.FileMode
		read, write  string // parts of the errors; "" for none
	}{
		{"all", 0o777, 0o666, "", ""},
		{"a file that can only be read", 0o777, 0o444, "", "can't be written"},
		{"a folder that can only be read", 0o555, 0o666, "", "can't be written"},
		{"a file that can't be read", 0o777, 0o000, "permission", "permission"},
		{"a folder that can't be entered", 0o000, 0o666, "permission denied", "permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// t.TempDir lies in a folder that is not for nobody.
			folder, err := os.MkdirTemp("", "sandpiper")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(folder)
			path := filepath.Join(folder, "x.db")
			first := connect(t, open(t, "sqlite:"+path))
			if err := first.CreateLedger(t.Context()); err != nil {
				t.Fatal(err)
			}
			first.Close()
			if err := os.Chmod(path, c.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(folder, c.folder); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(folder, 0o700)
			check := func(what, want string, use func(host.Conn) error) {
				t.Helper()
				conn, err := open(t, "sqlite:"+path).Connect(t.Context())
				if err == nil {
					err = use(conn)
					conn.Close()
				}
				var refused *host.SQLError
				if errors.As(err, &refused) {
					err = fmt.Errorf("%w: %s", err, refused.Hint)
				}
				switch {
				case want == "" && err != nil:
					t.Errorf("%s: %v", what, err)
				case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("%s: got %v, want %q in it", what, err, want)
				}
			}
			hosttest.AsNobody(t, func() {
				check("reading", c.read, func(conn host.Conn) error { _, err := conn.Ledger(t.Context()); return err })
				check("writing", c.write, func(conn host.Conn) error { return run(t.Context(), conn, "CREATE TABLE t (a)") })
			})
		})
	}

	t.Run("a file that can't be created", func(t *testing.T) {
		folder, err := os.MkdirTemp("", "sandpiper")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		hosttest.AsNobody(t, func() {
			url := "sqlite:" + filepath.Join(folder, "x.db")
			conn := connect(t, open(t, url))
			if ledger, err := conn.Ledger(t.Context()); err != nil || ledger.Exists {
				t.Errorf("Ledger: got %+v, %v, want no ledger", ledger, err)
			}
			if err := conn.CreateLedger(t.Context()); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("CreateLedger: got %v, want permission denied", err)
			}
			if err := sqlite.Backup(t.Context(), url, filepath.Join(folder, "copy.db")); err == nil {
				t.Error("Backup: no error")
			}
		})
	})
}
