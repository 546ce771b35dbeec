package sqlite_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// holdDatabase names, for a child process, the database to hold.
const holdDatabase = "SANDPIPER_TEST_HOLD"

// TestMain makes a child process of the tests hold a database: it writes more
// than a cache in a transaction, says so, and waits for its end.
func TestMain(m *testing.M) {
	url := os.Getenv(holdDatabase)
	if url == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	db, err := sqlite.Open(url)
	if err != nil {
		panic(err)
	}
	conn, err := db.Connect(ctx)
	if err != nil {
		panic(err)
	}
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		panic(err)
	}
	for _, sql := range []string{
		"UPDATE t SET a = randomblob(1000)",
		"INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT randomblob(1000) FROM n",
	} {
		if _, err := tx.Exec(ctx, host.Statement{SQL: sql}); err != nil {
			panic(err)
		}
	}
	os.Stdout.WriteString("holding\n")
	os.Stdin.Read(make([]byte, 1))
}

// TestKilled: the lock of a runner that is killed in the middle of a
// transaction dies with it, and what it wrote is rolled back by the next one.
func TestKilled(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		t.Run(mode, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, "PRAGMA journal_mode = "+mode)
			mustRun(t, conn, "CREATE TABLE t (a)", "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n")

			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), holdDatabase+"=sqlite:"+path)
			child.Stderr = os.Stderr
			if _, err := child.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "holding\n" {
				t.Fatalf("the child said %q, %v", line, err)
			}
			waiting := make(chan error)
			go func() { waiting <- run(t.Context(), conn, "INSERT INTO t VALUES (1001)") }()
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			child.Wait() // its error says that it was killed
			if err := <-waiting; err != nil {
				t.Fatal(err)
			}
			if got := value(t, conn, "SELECT count(*) || ' ' || sum(a) FROM t"); got != "1001 501501" {
				t.Errorf("the table holds %s, want 1001 rows whose sum is 501501", got)
			}
			if got := rawText(t, path, "PRAGMA integrity_check"); got != "ok" {
				t.Errorf("integrity_check: %s", got)
			}
		})
	}
}
