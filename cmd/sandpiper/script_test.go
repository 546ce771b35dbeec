package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// TestScripts runs every script of testdata/script on each dialect, with a
// fresh database at $DB. A folder versions/both in a script stands for the same
// files in versions/sqlite and versions/postgresql. A script that is about one
// dialect says so with [sqlite] or [postgresql].
//
// Verbs of our own:
//
//	exits CODE COMMAND…   runs a command, which must end with the exit code
//	sql STATEMENT         runs SQL and prints its rows, columns divided by |
//	ledger                prints what was done, oldest first
//	readonly              makes the database refuse writes
//	wasm KIND FILE        writes a module (see modules_test.go)
//	start COMMAND…        runs a command beside the script (see beside_test.go)
//	until REGEXP          waits until its output matches
//	signal                interrupts it as Ctrl-C does
//	killed [worker]       kills it, or the worker that it has started
//	ended CODE            waits for its end, which has code -1 if it was killed
//	locked                waits until a runner holds the database's lock
func TestScripts(t *testing.T) {
	for _, dialect := range []chain.Dialect{chain.SQLite, chain.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/script",
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				Setup:               func(env *testscript.Env) error { return setup(env, dialect) },
				Condition: func(cond string) (bool, error) {
					switch cond {
					case string(chain.SQLite), string(chain.PostgreSQL):
						return cond == string(dialect), nil
					}
					return false, fmt.Errorf("unknown condition %q", cond)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits":    exits,
					"sql":      runSQL,
					"ledger":   printLedgerRows,
					"readonly": makeReadOnly,
					"wasm":     writeModule,
					"start":    startBeside,
					"until":    untilOutput,
					"signal":   signalBeside,
					"killed":   killBeside,
					"ended":    endedBeside,
					"locked":   untilLocked,
				},
			})
		})
	}
}

// setup gives a script its database, and its files to both dialects.
func setup(env *testscript.Env, dialect chain.Dialect) error {
	url := "sqlite:" + filepath.ToSlash(filepath.Join(env.WorkDir, "test.db"))
	if dialect == chain.PostgreSQL {
		var err error
		if url, err = freshDatabase(env); err != nil {
			return err
		}
	}
	env.Setenv("DB", url)
	env.Setenv("DIALECT", string(dialect))
	repository, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	env.Setenv("REPOSITORY", repository)
	if err := nameRepository(env.WorkDir, repository); err != nil {
		return err
	}
	bin, err := exec.LookPath("sandpiper")
	if err != nil {
		return err
	}
	env.Setenv("BIN", filepath.Dir(bin))
	// A binary with the race detector otherwise sleeps a second at its end.
	env.Setenv("GORACE", os.Getenv("GORACE"))
	// What is compiled is the same in every script.
	env.Setenv("XDG_CACHE_HOME", cacheDir)
	// Plugins are built from this checkout alone, without the network.
	for name, value := range goEnv() {
		env.Setenv(name, value)
	}
	return shareBoth(env.WorkDir)
}

// nameRepository writes where this project is into the go.mod of plugins.
func nameRepository(root, repository string) error {
	name := filepath.Join(root, "plugin", "go.mod")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(strings.ReplaceAll(string(text), "REPOSITORY", repository)), 0o666)
}

// shareBoth moves the files of every versions/both to both dialects.
func shareBoth(root string) error {
	var shared []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "both" {
			shared = append(shared, path)
		}
		return err
	})
	for _, dir := range shared {
		for _, dialect := range []chain.Dialect{chain.SQLite, chain.PostgreSQL} {
			if err == nil {
				err = os.CopyFS(filepath.Join(filepath.Dir(dir), string(dialect)), os.DirFS(dir))
			}
		}
		if err == nil {
			err = os.RemoveAll(dir)
		}
	}
	return err
}

// cacheDir is shared by all scripts, and removed at the end.
var cacheDir string

// goEnv lets scripts use Go's caches, although they have another HOME, and
// neither the network nor the flags of whoever runs the tests.
var goEnv = sync.OnceValue(func() map[string]string {
	env := map[string]string{"GOPROXY": "off", "GOFLAGS": "", "GOWORK": "off"}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		if out, err := exec.Command("go", "env", name).Output(); err == nil {
			env[name] = strings.TrimSpace(string(out))
		}
	}
	return env
})

// server is the PostgreSQL server of the scripts.
var server = sync.OnceValues(func() (*postgrestest.Server, error) {
	if url := os.Getenv(postgrestest.Variable); url != "" {
		return postgrestest.Use(url)
	}
	s, err := postgrestest.Start(postgrestest.Options{})
	started = s
	return s, err
})

var started *postgrestest.Server

func stopServer() error {
	if started == nil {
		return nil
	}
	return started.Stop()
}

func freshDatabase(env *testscript.Env) (string, error) {
	s, err := server()
	if err != nil {
		return "", fmt.Errorf("no PostgreSQL server for the tests: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name, url, err := s.CreateDatabase(ctx)
	if err != nil {
		return "", err
	}
	env.Defer(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.DropDatabase(ctx, name); err != nil {
			env.T().Log(err)
		}
	})
	return url, nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	checkExit(ts, ts.Exec(args[1], args[2:]...), want)
}

func checkExit(ts *testscript.TestScript, err error, want int) {
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: sql STATEMENT")
	}
	rows, err := query(ts.Getenv("DB"), args[0])
	if neg {
		if err == nil {
			ts.Fatalf("the statement did not fail: %q", rows)
		}
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	ts.Check(err)
	for _, row := range rows {
		fmt.Fprintln(ts.Stdout(), strings.Join(row, "|"))
	}
}

// query runs SQL without any code of the project.
func query(url, sql string) ([][]string, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return querySQLite(path, sql)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, result := range results {
		for _, values := range result.Rows {
			row := make([]string, len(values))
			for i, v := range values {
				row[i] = string(v)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func querySQLite(path, sql string) (rows [][]string, err error) {
	conn, err := sqlite3.Open(path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.BusyTimeout(patience); err != nil {
		return nil, err
	}
	for sql != "" {
		stmt, tail, err := conn.Prepare(sql)
		if err != nil {
			return nil, err
		}
		sql = tail
		if stmt == nil {
			continue
		}
		for stmt.Step() {
			row := make([]string, stmt.ColumnCount())
			for i := range row {
				row[i] = stmt.ColumnText(i)
			}
			rows = append(rows, row)
		}
		if err := errors.Join(stmt.Err(), stmt.Close()); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func printLedgerRows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: ledger")
	}
	rows, err := query(ts.Getenv("DB"), "SELECT action, revision FROM sandpiper_history ORDER BY id")
	ts.Check(err)
	for _, row := range rows {
		fmt.Fprintln(ts.Stdout(), strings.Join(row, " "))
	}
}

// makeReadOnly makes the database refuse writes, root's too: SQLite by the
// write version in the file's header (https://sqlite.org/fileformat2.html#file_format_version_numbers),
// PostgreSQL by a setting of the database.
func makeReadOnly(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: readonly")
	}
	path, ok := strings.CutPrefix(ts.Getenv("DB"), "sqlite:")
	if !ok {
		name, err := query(ts.Getenv("DB"), "SELECT current_database()")
		ts.Check(err)
		_, err = query(ts.Getenv("DB"), `ALTER DATABASE "`+name[0][0]+`" SET default_transaction_read_only = on`)
		ts.Check(err)
		return
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte{3}, 18)
	ts.Check(err)
	ts.Check(f.Close())
}

// untilLocked waits until a runner holds the lock: SQLite's write lock, an
// advisory lock on PostgreSQL.
func untilLocked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: locked")
	}
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		locked, err := isLocked(ts.Getenv("DB"))
		ts.Check(err)
		if locked {
			return
		}
	}
	ts.Fatalf("nobody has locked the database within %s", patience)
}

func isLocked(url string) (bool, error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		// Of this database: the scripts run beside each other on one server.
		rows, err := query(url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
		return len(rows) > 0, err
	}
	conn, err := sqlite3.Open(path)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	err = conn.BusyTimeout(0)
	if err == nil {
		err = conn.Exec("BEGIN IMMEDIATE; ROLLBACK")
	}
	if errors.Is(err, sqlite3.BUSY) {
		return true, nil
	}
	return false, err
}
