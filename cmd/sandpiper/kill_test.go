package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// killVariable makes a child process kill when SQLite begins or ends its n-th
// statement: "RUNNER 12".
const killVariable = "SANDPIPER_TEST_KILL_AT"

// The victims of killVariable.
const (
	killRunner = "RUNNER" // itself, unless it is a worker
	killWorker = "WORKER" // itself, if it is a worker
	killCaller = "CALLER" // who has started it, if it is a worker
)

// mainThatDies is main in a child process of a test.
func mainThatDies() {
	var victim string
	var n int
	if _, err := fmt.Sscan(os.Getenv(killVariable), &victim, &n); err == nil {
		workerEnv = append(workerEnv, killVariable)
		pid := os.Getpid()
		if victim == killCaller {
			pid = os.Getppid()
		}
		if isWorker := os.Args[1] == workerCommand; isWorker == (victim != killRunner) {
			sqliteOptions = append(sqliteOptions, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
				return c.Trace(sqlite3.TRACE_STMT|sqlite3.TRACE_PROFILE, func(sqlite3.TraceEvent, any, any) error {
					if n--; n == 0 {
						killNow(pid)
					}
					return nil
				})
			}))
		}
	}
	main()
}

// killNow kills this process, or the one that it dies with.
func killNow(pid int) {
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// buildPlain builds this program, with the hook, and without the race detector
// that the tests themselves may have: it costs time that some tests measure out.
func buildPlain(t *testing.T) string {
	t.Helper()
	program, err := plainProgram()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var plainProgram = sync.OnceValues(func() (string, error) {
	program := filepath.Join(cacheDir, "plain", "sandpiper")
	if err := os.Mkdir(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "test", "-c", "-o", program, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

// TestKill kills the command line at every statement of a chain in turn. Each
// time the database is as before or after a part of a migration, and the next
// upgrade finishes without a repair.
func TestKill(t *testing.T) {
	program := buildPlain(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := killChain(t, chain.SQLite)
		file := filepath.Join(t.TempDir(), "x.db")
		killAtEach(t, program, dir, func(n int) (target string, killed bool) {
			removeDatabase(t, file)
			target = "sqlite:" + file
			cmd := upgradeCommand(program, dir, target)
			cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%s %d", killVariable, killRunner, n))
			return target, wasKilled(t, cmd)
		})
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		dir := killChain(t, chain.PostgreSQL)
		target := postgresDatabase(t)
		killAtEach(t, program, dir, func(n int) (string, bool) {
			if _, err := query(target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
				t.Fatal(err)
			}
			victim := make(chan *os.Process, 1)
			proxy := newKillProxy(t, target, func() bool {
				if n--; n == 0 {
					(<-victim).Kill()
				}
				return n == 0
			})
			defer proxy.cut()
			return target, wasKilled(t, upgradeCommand(program, dir, proxy.url), victim)
		})
	})
}

// removeDatabase removes a SQLite database, and what a process that was killed has
// left beside it.
func removeDatabase(t *testing.T, file string) {
	t.Helper()
	for _, name := range []string{file, file + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// killAtEach runs an upgrade that is killed at its n-th statement, for every n,
// looks at what it left, and upgrades again.
func killAtEach(t *testing.T, program, dir string, upgrade func(n int) (target string, killed bool)) {
	for n := 1; ; n++ {
		target, killed := upgrade(n)
		if !killed {
			if n < 100 {
				t.Errorf("the upgrade ended after %d statements: this test has lost its hooks", n)
			}
			checkComplete(t, n, target)
			t.Logf("killed at %d statements", n-1)
			return
		}
		// Each part of a migration writes two rows, or an autocommit statement
		// one: nothing is half done.
		if torn := one(t, target, "SELECT count(*) FROM (SELECT part FROM log GROUP BY part HAVING count(*) <> max(size)) AS torn"); torn != "0" && torn != "" {
			t.Errorf("killed at statement %d: %s parts are half done", n, torn)
		}
		if out, err := upgradeCommand(program, dir, target).CombinedOutput(); err != nil {
			t.Fatalf("killed at statement %d: the next upgrade: %v\n%s", n, err, out)
		}
		checkComplete(t, n, target)
		if t.Failed() {
			return
		}
	}
}

// killedRevisions is how long the chain is; every fourth has an autocommit section, and
// the second one has phases.
const killedRevisions = 20

// killChain writes the chain.
func killChain(t *testing.T, dialect chain.Dialect) string {
	t.Helper()
	dir := t.TempDir()
	versions := filepath.Join(dir, "versions", string(dialect))
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	parent := ""
	for i := 1; i <= killedRevisions; i++ {
		id := fmt.Sprintf("%012x", i)
		var sql strings.Builder
		fmt.Fprintf(&sql, "-- Revision ID: %s\n-- Revises: %s\n\n", id, parent)
		if i == 1 {
			sql.WriteString("CREATE TABLE log (part text, size integer);\n")
		}
		pair := func(part string) {
			for range 2 {
				fmt.Fprintf(&sql, "INSERT INTO log VALUES ('%d%s', 2);\n", i, part)
			}
		}
		pair("a")
		if i == 2 {
			sql.WriteString("-- +phase backfill\n")
			pair("p")
			sql.WriteString("-- +phase contract\n")
			pair("q")
		}
		if i%4 == 0 {
			sql.WriteString("-- +autocommit begin\n")
			fmt.Fprintf(&sql, "INSERT INTO log VALUES ('%db', 1);\n", i)
			if dialect == chain.PostgreSQL {
				fmt.Fprintf(&sql, "CREATE INDEX CONCURRENTLY log_%d ON log (part);\n", i)
			} else {
				fmt.Fprintf(&sql, "CREATE INDEX log_%d ON log (part);\nVACUUM;\n", i)
			}
			fmt.Fprintf(&sql, "INSERT INTO log VALUES ('%dc', 1);\n-- +autocommit end\n", i)
			pair("d")
		}
		name := filepath.Join(versions, fmt.Sprintf("2026_01_01_%06d_%s_m.sql", i, id))
		if err := os.WriteFile(name, []byte(sql.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		parent = id
	}
	return dir
}

// checkComplete checks that all has run, and nothing twice.
func checkComplete(t *testing.T, n int, target string) {
	t.Helper()
	const sections = killedRevisions / 4
	checks := []struct {
		sql  string
		want int
	}{
		{"SELECT count(*) FROM log", 2*killedRevisions + 4*sections + 4},
		{"SELECT count(DISTINCT part) FROM log", killedRevisions + 3*sections + 2},
		{"SELECT count(*) FROM sandpiper_history", killedRevisions},
		{"SELECT count(DISTINCT revision) FROM sandpiper_history", killedRevisions},
		{"SELECT count(*) FROM sandpiper_progress", 0},
		{"SELECT count(*) FROM sandpiper_heads WHERE revision = '000000000014'", 1},
	}
	if strings.HasPrefix(target, "postgres") {
		checks = append(checks, struct {
			sql  string
			want int
		}{"SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid::regclass::text LIKE 'log_%'", sections})
	}
	var all []string
	for _, c := range checks {
		all = append(all, "("+c.sql+")")
	}
	rows, err := query(target, "SELECT "+strings.Join(all, ", "))
	if err != nil {
		t.Fatalf("killed at statement %d and upgraded again: %v", n, err)
	}
	for i, c := range checks {
		if got := rows[0][i]; got != strconv.Itoa(c.want) {
			t.Errorf("killed at statement %d and upgraded again: %s: got %s, want %d", n, c.sql, got, c.want)
		}
	}
}

// one runs a query that returns one value; "" where its tables are not there yet.
func one(t *testing.T, target, sql string) string {
	t.Helper()
	if path, ok := strings.CutPrefix(target, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return ""
		}
	}
	rows, err := query(target, sql)
	if err != nil {
		if strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "does not exist") {
			return ""
		}
		t.Fatalf("%s: %v", sql, err)
	}
	return rows[0][0]
}

func upgradeCommand(program, dir, target string) *exec.Cmd {
	return exec.Command(program, "upgrade", "--quiet", "--dir", dir, "--database", target)
}

// wasKilled runs a process and reports whether a signal ended it. Ending in
// any other way than well is an error.
func wasKilled(t *testing.T, cmd *exec.Cmd, started ...chan<- *os.Process) bool {
	t.Helper()
	out, err := runTelling(cmd, started...)
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return true
}

// runTelling runs a process to its end, tells who is waiting for it that it has
// started, and returns what it has said.
func runTelling(cmd *exec.Cmd, started ...chan<- *os.Process) (string, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Start()
	if err == nil {
		for _, c := range started {
			c <- cmd.Process
		}
		err = cmd.Wait()
	}
	return out.String(), err
}

// A killProxy stands between a process and PostgreSQL. It passes a statement on to
// the server, asks strike, which may kill the process, and cuts its connections if
// that says so: the server has got the statement, and nobody hears the answer.
type killProxy struct {
	url      string
	server   string
	listener net.Listener
	strike   func() (cut bool) // called by one goroutine at a time

	mu    sync.Mutex
	conns []net.Conn
}

func newKillProxy(t *testing.T, target string, strike func() bool) *killProxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &killProxy{server: u.Host, listener: listener, strike: strike}
	u.Host = listener.Addr().String()
	p.url = u.String()
	go p.accept()
	return p
}

func (p *killProxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		go func() {
			io.Copy(client, server)
			client.Close()
		}()
		go func() {
			p.forward(client, server)
			server.Close()
		}()
	}
}

// forward passes the client's messages on one by one.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
func (p *killProxy) forward(client io.Reader, server io.Writer) {
	for startup := true; ; startup = false {
		header := make([]byte, 5)
		if startup {
			header = header[:4] // has no type
		}
		if _, err := io.ReadFull(client, header); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(header[len(header)-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if _, err := server.Write(append(header, body...)); err != nil {
			return
		}
		if !startup && (header[0] == 'E' || header[0] == 'Q') && p.strikes() {
			p.cut()
			return
		}
	}
}

func (p *killProxy) strikes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strike()
}

func (p *killProxy) cut() {
	p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
}
