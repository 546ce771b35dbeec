package sqlite_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func TestBackup(t *testing.T) {
	path, conn := file(t)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRun(t, conn, "CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(20000000)), (7)")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	dest := filepath.Join(dir, "copy of x.db")
	url := "sqlite:" + path
	only := func(t *testing.T, names ...string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if strings.Join(got, ",") != strings.Join(names, ",") {
			t.Errorf("the folder holds %q, want %q", got, names)
		}
	}

	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := sqlite.Backup(ctx, url, dest); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		only(t)
	})
	t.Run("of no database", func(t *testing.T) {
		if err := sqlite.Backup(t.Context(), url+"x", dest); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want fs.ErrNotExist", err)
		}
		only(t)
	})
	t.Run("of what is no database", func(t *testing.T) {
		bad := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(bad, []byte(strings.Repeat("x", 5000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Backup(t.Context(), "sqlite:"+bad, dest); err == nil || !strings.Contains(err.Error(), "not a SQLite database") {
			t.Errorf("got %v, want that it is not a SQLite database", err)
		}
		only(t)
	})
	t.Run("of memory", func(t *testing.T) {
		if err := sqlite.Backup(t.Context(), sqlite.Memory, dest); err == nil {
			t.Error("no error")
		}
	})
	t.Run("while a migration runs", func(t *testing.T) {
		tx, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.Exec(t.Context(), host.Statement{SQL: "INSERT INTO t VALUES (8)"}); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Backup(t.Context(), url, dest); err != nil {
			t.Fatal(err)
		}
		only(t, "copy of x.db")
		if got := rawText(t, dest, "SELECT group_concat(a) FROM t WHERE typeof(a) = 'integer'"); got != "7" {
			t.Errorf("the copy holds %s, want 7: what was committed", got)
		}
		info, err := os.Stat(dest)
		if err != nil || info.Mode().Perm() != 0o640 && runtime.GOOS != "windows" {
			t.Errorf("the copy has %v, %v, want the permissions of the database", info.Mode(), err)
		}
		if got := rawText(t, dest, "PRAGMA integrity_check"); got != "ok" {
			t.Errorf("integrity_check: %s", got)
		}
	})
	t.Run("onto a file", func(t *testing.T) {
		if err := sqlite.Backup(t.Context(), url, dest); !errors.Is(err, fs.ErrExist) {
			t.Errorf("got %v, want fs.ErrExist", err)
		}
		mustRun(t, conn, "INSERT INTO t VALUES (9)")
		if err := sqlite.Backup(t.Context(), url, dest, sqlite.Overwrite()); err != nil {
			t.Fatal(err)
		}
		if got := rawText(t, dest, "SELECT max(a) FROM t WHERE typeof(a) = 'integer'"); got != "9" {
			t.Errorf("the copy holds %s, want 9", got)
		}
		only(t, "copy of x.db")
	})
	t.Run("onto itself", func(t *testing.T) {
		if err := sqlite.Backup(t.Context(), url, path, sqlite.Overwrite()); err == nil || !strings.Contains(err.Error(), "the database itself") {
			t.Errorf("got %v, want that it is the database itself", err)
		}
	})
	t.Run("into a missing folder", func(t *testing.T) {
		if err := sqlite.Backup(t.Context(), url, filepath.Join(dir, "no", "x.db")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want fs.ErrNotExist", err)
		}
	})
	t.Run("of a database in WAL mode", func(t *testing.T) {
		raw(t, path, "PRAGMA journal_mode = wal")
		mustRun(t, conn, "INSERT INTO t VALUES (10)")
		if err := sqlite.Backup(t.Context(), url, dest, sqlite.Overwrite()); err != nil {
			t.Fatal(err)
		}
		only(t, "copy of x.db")
		if got := rawText(t, dest, "SELECT max(a) FROM t WHERE typeof(a) = 'integer'"); got != "10" {
			t.Errorf("the copy holds %s, want 10", got)
		}
	})
}
