package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		var err error
		// A busy machine needs longer to find the lock.
		for within := 50 * time.Millisecond; within < 5*time.Minute; within *= 2 {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			err = use(ctx, conn)
			cancel()
			if err == nil || strings.Contains(err.Error(), "locked by another process") {
				break
			}
		}
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
