package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// pluginProject writes a project with one migration and a plugin of revisions that
// make two tables each, in one transaction.
func pluginProject(t *testing.T, program string, dialect chain.Dialect, revisions int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	versions := filepath.Join("versions", string(dialect))
	write(filepath.Join(versions, "2026_01_01_000000_000000000001_m.sql"), "-- Revision ID: 000000000001\n-- Revises:\n\nCREATE TABLE flow (n integer);\n")
	write("sandpiper.toml", "")
	write("vendor/sandpiper.toml", "[capabilities]\nowns = [\"acme_*\"]\n")
	parent := ""
	for i := range revisions {
		id := fmt.Sprintf("%012x", 0xa0+i)
		text := fmt.Sprintf("revision: %s\nrevises: %s\nupgrade:\n", id, parent)
		for _, half := range []string{"a", "b"} {
			text += fmt.Sprintf("  - create_table: {name: acme_%d%s, columns: [{name: n, type: bigint}]}\n", i, half)
		}
		write(filepath.Join("vendor", versions, fmt.Sprintf("2026_01_01_%06d_%s_m.yaml", i, id)), text)
		parent = id
	}
	for _, args := range [][]string{
		{"build", "vendor", "-o", "acme.wasm", "--line", "acme"},
		{"plugin", "add", "acme.wasm", "--yes"},
	} {
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// pluginUpgrade is the upgrade of such a project.
func pluginUpgrade(program, dir, target string) *exec.Cmd {
	cmd := exec.Command(program, "upgrade", "--quiet", "--database", target)
	cmd.Dir = dir
	return cmd
}

// madeByPlugin counts the plugin's tables and its lines in the history.
func madeByPlugin(t *testing.T, target string) (tables, revisions int) {
	t.Helper()
	count := func(sql string) int {
		n, err := strconv.Atoi(one(t, target, sql))
		if err != nil {
			return 0 // there is no ledger, or no database yet
		}
		return n
	}
	catalog := "pg_class WHERE relkind = 'r' AND relname"
	if strings.HasPrefix(target, "sqlite") {
		catalog = "sqlite_schema WHERE type = 'table' AND name"
	}
	return count("SELECT count(*) FROM " + catalog + ` LIKE 'acme\_%' ESCAPE '\'`),
		count("SELECT count(DISTINCT revision) FROM sandpiper_history WHERE line = 'acme' HAVING count(*) = count(DISTINCT revision)")
}

// TestRaceOfPlugins starts five processes at once on an empty database, each with
// a worker for an untrusted plugin. All of them succeed, and each revision is
// applied once.
func TestRaceOfPlugins(t *testing.T) {
	program := buildPlain(t)
	const processes, revisions = 5, 4
	for dialect, rounds := range map[chain.Dialect]int{chain.SQLite: 5, chain.PostgreSQL: 2} {
		t.Run(string(dialect), func(t *testing.T) {
			dir := pluginProject(t, program, dialect, revisions)
			for round := range rounds {
				target := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
				if dialect == chain.PostgreSQL {
					target = postgresDatabase(t)
				}
				var group sync.WaitGroup
				for i := range processes {
					group.Go(func() {
						if out, err := pluginUpgrade(program, dir, target).CombinedOutput(); err != nil {
							t.Errorf("round %d, process %d: %v\n%s", round, i, err, out)
						}
					})
				}
				group.Wait()
				if tables, done := madeByPlugin(t, target); tables != 2*revisions || done != revisions {
					t.Errorf("round %d: %d tables and %d revisions, want %d and %d", round, tables, done, 2*revisions, revisions)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// TestKillOfPlugins kills the worker of a plugin, or the runner, at every statement.
// Each time the database is as before or after the plugin's migration, and the next
// upgrade finishes without a repair. On PostgreSQL a worker starts for more than a
// second, so there it is every fourth statement, beginning with any.
func TestKillOfPlugins(t *testing.T) {
	program := buildPlain(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := pluginProject(t, program, chain.SQLite, 1)
		killPluginAtEach(t, program, dir, 1, 1, func(n int, victim string) (string, bool) {
			target := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
			cmd := pluginUpgrade(program, dir, target)
			cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%s %d", killVariable, victim, n))
			return target, lostItsPlugin(t, victim, cmd)
		})
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		dir := pluginProject(t, program, chain.PostgreSQL, 1)
		killPluginAtEach(t, program, dir, 1+rand.IntN(4), 4, func(n int, victim string) (string, bool) {
			target := postgresDatabase(t)
			runner := make(chan *os.Process, 1)
			proxy := newKillProxy(t, target, func() bool {
				p := <-runner
				runner <- p
				worker := childOf(p.Pid)
				if worker == nil {
					return false
				}
				if n--; n == 0 && victim == killWorker {
					worker.Kill()
				} else if n == 0 {
					p.Kill()
				}
				return n == 0 && victim == killCaller
			})
			defer proxy.cut()
			return target, lostItsPlugin(t, victim, pluginUpgrade(program, dir, proxy.url), runner)
		})
	})
}

// killPluginAtEach is killAtEach for a plugin of one migration, from a first
// statement in steps, with two victims in turn.
func killPluginAtEach(t *testing.T, program, dir string, first, step int, upgrade func(n int, victim string) (target string, killed bool)) {
	victim, other := killWorker, killCaller
	for n := first; ; n += step {
		target, killed := upgrade(n, victim)
		if tables, done := madeByPlugin(t, target); tables != 2*done {
			t.Fatalf("%s killed at statement %d: %d tables of %d revisions", victim, n, tables, done)
		}
		if killed {
			if out, err := pluginUpgrade(program, dir, target).CombinedOutput(); err != nil {
				t.Fatalf("%s killed at statement %d: the next upgrade: %v\n%s", victim, n, err, out)
			}
		}
		if tables, done := madeByPlugin(t, target); tables != 2 || done != 1 {
			t.Fatalf("%s killed at statement %d and upgraded again: %d tables of %d revisions", victim, n, tables, done)
		}
		if !killed {
			if n < 20 {
				t.Errorf("the upgrade ended after %d statements: this test has lost its hooks", n)
			}
			t.Logf("statements 1 to %d", n-1)
			return
		}
		victim, other = other, victim
	}
}

// lostItsPlugin runs an upgrade and reports whether its victim was killed: the
// runner, or its worker, of which the runner tells.
func lostItsPlugin(t *testing.T, victim string, cmd *exec.Cmd, started ...chan<- *os.Process) bool {
	t.Helper()
	if victim == killCaller {
		return wasKilled(t, cmd, started...)
	}
	out, err := runTelling(cmd, started...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(out, "lost its process: its process was killed")) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return err != nil
}
