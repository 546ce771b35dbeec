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
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func TestURL(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("sub", 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ url, path, err string }{
		{url: "sqlite:x.db", path: "x.db"},
		{url: "sqlite:./sub/../x.db", path: "x.db"},
		{url: "sqlite://sub/x.db", path: "sub/x.db"},
		{url: "sqlite:" + dir + "/abs.db", path: "abs.db"},
		{url: "sqlite://" + dir + "/abs.db", path: "abs.db"},
		{url: "sqlite:a b#c%20ü.db", path: "a b#c%20ü.db"},
		{url: "sqlite:x.db?", path: "x.db"},
		{url: "sqlite:x.db?mode=ro", err: `unknown parameters "mode=ro"`},
		{url: "sqlite:", err: "names no file"},
		{url: "sqlite://", err: "names no file"},
		{url: "sqlite:file:x.db", err: "URI file names"},
		{url: "sqlite::memory", err: "want sqlite:PATH or sqlite::memory:"},
		{url: "sqlite:x\x00.db", err: "NUL"},
		{url: "x.db", err: "want sqlite:PATH"},
		{url: "postgres://localhost/x", err: "want sqlite:PATH"},
		{url: "", err: "want sqlite:PATH"},
	} {
		t.Run(c.url, func(t *testing.T) {
			db, err := sqlite.Open(c.url)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got error %v, want %q in it", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if db.String() != c.url {
				t.Errorf("String() is %q, want %q", db, c.url)
			}
			path := filepath.Join(dir, filepath.FromSlash(c.path))
			defer os.Remove(path)
			mustRun(t, connect(t, db), "CREATE TABLE t (a)")
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRelativePathIsOfWhenItWasOpened(t *testing.T) {
	there, later := t.TempDir(), t.TempDir()
	t.Chdir(there)
	db := open(t, "sqlite:x.db")
	t.Chdir(later)
	mustRun(t, connect(t, db), "CREATE TABLE t (a)")
	if _, err := os.Stat(filepath.Join(there, "x.db")); err != nil {
		t.Error(err)
	}
}

func TestMemory(t *testing.T) {
	one, other := open(t, sqlite.Memory), open(t, sqlite.Memory)
	first, err := one.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, first, "CREATE TABLE t (a)", "INSERT INTO t VALUES (7)")
	first.Close() // the last connection, and not the end of the database
	if got := value(t, connect(t, one), "SELECT a FROM t"); got != "7" {
		t.Errorf("a second connection finds %q, want 7", got)
	}
	if got := value(t, connect(t, other), "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("another database in memory holds %s tables, want none", got)
	}
}

func TestMissingFileIsNotCreatedByReading(t *testing.T) {
	path, conn := file(t)
	ledger, err := conn.Ledger(t.Context())
	if err != nil || ledger.Exists {
		t.Fatalf("got %+v, %v, want no ledger", ledger, err)
	}
	if _, err := conn.History(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := conn.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := conn.Server(); !strings.HasPrefix(v, "3.") {
		t.Errorf("Server() is %q", v)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 0 {
		t.Fatalf("the folder holds %v, %v, want nothing", entries, err)
	}
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestFileThatAppearsLater(t *testing.T) {
	path, conn := file(t)
	if err := connect(t, open(t, "sqlite:"+path)).CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ledger, err := conn.Ledger(t.Context()); err != nil || !ledger.Exists {
		t.Errorf("got %+v, %v, want the ledger another runner created", ledger, err)
	}
}

func TestBadFiles(t *testing.T) {
	garbage := func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database, an invoice\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, path string
		prepare    func(t *testing.T, path string)
		want       string
	}{
		{"missing folder", "no/such/x.db", nil, "its folder is missing"},
		{"a folder", "x.db", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}, "it is a folder"},
		{"not a database", "x.db", garbage, "not a SQLite database, or it is encrypted"},
		{"cut short", "x.db", func(t *testing.T, path string) {
			raw(t, path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(100000))")
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		}, "the database is damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), filepath.FromSlash(c.path))
			if c.prepare != nil {
				c.prepare(t, path)
			}
			db := open(t, "sqlite:"+path)
			for name, use := range map[string]func(host.Conn) error{
				"Ledger":       func(c host.Conn) error { _, err := c.Ledger(t.Context()); return err },
				"CreateLedger": func(c host.Conn) error { return c.CreateLedger(t.Context()) },
				"Begin":        func(c host.Conn) error { return run(t.Context(), c, "CREATE TABLE u (a)", "SELECT count(*) FROM t") },
			} {
				conn, err := db.Connect(t.Context())
				if err == nil {
					err = use(conn)
					conn.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), db.String()) {
					t.Errorf("%s: got error %v, want %q and the URL in it", name, err, c.want)
				}
			}
		})
	}
}

func TestDamagedLedgerIsNotTakenForAnEmptyOne(t *testing.T) {
	path, conn := file(t)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw(t, path, "DROP TABLE sandpiper_history")
	const want = "sandpiper_history is missing"
	if _, err := conn.Ledger(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Ledger: got %v, want %q in it", err, want)
	}
	if err := conn.CreateLedger(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("CreateLedger: got %v, want %q in it", err, want)
	}
}

// TestOtherTablesAreLeftAlone has tables whose names begin like the ledger's.
func TestOtherTablesAreLeftAlone(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE sandpiper_notes (a)", "CREATE TABLE sandpiperxheads (a)")
	if ledger, err := conn.Ledger(t.Context()); err != nil || ledger.Exists {
		t.Errorf("got %+v, %v, want no ledger", ledger, err)
	}
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLockedByAnotherProgram(t *testing.T) {
	path, conn := file(t)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := rawConn(t, path)
	if err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(context.Context, host.Conn) error{
		"Ledger":       func(ctx context.Context, c host.Conn) error { _, err := c.Ledger(ctx); return err },
		"CreateLedger": func(ctx context.Context, c host.Conn) error { return c.CreateLedger(ctx) },
		"Begin":        func(ctx context.Context, c host.Conn) error { _, err := c.Begin(ctx, host.Fence{}); return err },
		"Reset":        func(ctx context.Context, c host.Conn) error { return c.Reset(ctx) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := use(ctx, conn)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "locked by another process") {
			t.Errorf("%s: got %v, want context.DeadlineExceeded and that it is locked by another process", name, err)
		}
	}
	done := make(chan error)
	go func() { done <- run(t.Context(), conn, "CREATE TABLE t (a)") }()
	if err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("once it is unlocked: %v", err)
	}
}

// TestReaderHoldsUpTheCommit has a program that reads while a migration wants to
// commit: in rollback journal mode the commit waits.
func TestReaderHoldsUpTheCommit(t *testing.T) {
	path, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)")
	other := rawConn(t, path)
	reading, _, err := other.Prepare("SELECT a FROM t")
	if err != nil || !reading.Step() {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), host.Statement{SQL: "INSERT INTO t VALUES (3)"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tx.Commit(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want context.DeadlineExceeded", err)
	}
	done := make(chan error)
	go func() { done <- tx.Commit(t.Context()) }() // a commit that waited in vain may be tried again
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("once the reader is gone: %v", err)
	}
	if got := value(t, conn, "SELECT count(*) FROM t"); got != "3" {
		t.Errorf("%s rows, want 3", got)
	}
}

func TestJournalModeIsLeftAlone(t *testing.T) {
	for _, mode := range []string{"delete", "wal", "persist"} {
		t.Run(mode, func(t *testing.T) {
			path, conn := file(t)
			if mode == "wal" { // the only one that the file remembers
				raw(t, path, "PRAGMA journal_mode = wal")
			}
			mustRun(t, conn, "CREATE TABLE t (a)")
			want := mode
			if mode == "persist" {
				want = "delete"
			}
			if got := rawText(t, path, "PRAGMA journal_mode"); got != want {
				t.Errorf("the journal mode is %s, want %s", got, want)
			}
		})
	}
}

func TestFunctions(t *testing.T) {
	twice := sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("twice", 1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			ctx.ResultInt64(2 * arg[0].Int64())
		})
	})
	path, conn := file(t, twice)
	mustRun(t, conn, "CREATE TABLE t (a)", "CREATE INDEX t_a ON t (twice(a))", "INSERT INTO t VALUES (twice(21))")
	if got := value(t, conn, "SELECT a FROM t"); got != "42" {
		t.Errorf("got %s, want 42", got)
	}
	if err := run(t.Context(), connect(t, open(t, "sqlite:"+path)), "INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a connection without the function wrote an index over it")
	}

	broken := errors.New("no such library")
	db := open(t, sqlite.Memory, sqlite.WithFunctions(func(*sqlite3.Conn) error { return broken }))
	if _, err := db.Connect(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the option", err)
	}

	panics := open(t, sqlite.Memory, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("boom", 0, 0, func(sqlite3.Context, ...sqlite3.Value) { panic("boom") })
	}))
	lost := connect(t, panics)
	if err := run(t.Context(), lost, "CREATE TABLE t (a)", "INSERT INTO t VALUES (boom())"); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v, want an error that says boom", err)
	}
	if _, err := lost.Ledger(t.Context()); err == nil {
		t.Error("a connection that panicked is used again")
	}
	if err := lost.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := value(t, connect(t, panics), "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s tables are left, want none: the transaction was not rolled back", got)
	}
}

// TestOutOfMemory: go-sqlite3 panics where its memory runs out.
func TestOutOfMemory(t *testing.T) {
	path, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)")
	err := run(t.Context(), conn, "INSERT INTO t VALUES (1)",
		"INSERT INTO t SELECT group_concat(hex(zeroblob(50000000)), '') FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)")
	if err == nil {
		t.Fatal("a value of 400 MB was made in 256 MB")
	}
	conn.Close()
	runtime.GC()
	if got := rawText(t, path, "SELECT count(*) FROM t"); got != "0" {
		t.Errorf("%s rows are left, want none", got)
	}
	mustRun(t, connect(t, open(t, "sqlite:"+path)), "INSERT INTO t VALUES (1)")
}

func TestManyConnections(t *testing.T) {
	path, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)")
	for range 50 {
		c, err := open(t, "sqlite:"+path).Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := hosttest.Count(t, c, "SELECT count(*) FROM t"); n != 0 {
			t.Fatal(n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the database alone", entries, err)
	}
}

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
