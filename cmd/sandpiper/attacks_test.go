package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An attack is a line of testdata/attacks: what the second migration of a plugin
// does, and whether it must work. The plugin owns acme_*, and its first migration
// has made the table acme_t.
type attack struct {
	dialect chain.Dialect
	name    string
	script  string
	allow   bool
}

// TestAttacks runs every attack as a plugin, by the command line. What is denied
// fails and changes nothing of anybody else's, and the runner goes on working;
// what is allowed works.
//
// The file statements.tsv in the folder that SANDPIPER_ATTACKS names may hold more
// of them, for a plugin that is granted its own tables and nothing else.
func TestAttacks(t *testing.T) {
	pluginsHere = true
	t.Cleanup(func() { pluginsHere = false })
	grants := abi.Capabilities{
		Owns: []string{"acme_*"},
		Uses: []abi.Use{
			{Table: "flow_run", Verbs: []string{"select"}, Columns: []string{"id", "name"}},
			{Table: "app_state", Verbs: []string{"select", "insert", "update"}, Columns: []string{"k", "v"}},
			{Table: "app_log", Verbs: []string{"insert"}},
		},
		Rows:    5000,
		Seconds: int64(attackedFor.Seconds()),
	}
	shared := grants
	shared.Shared = true
	own := append(readAttacks(t, "testdata/attacks/postgresql.tsv"), readAttacks(t, "testdata/attacks/sqlite.tsv")...)
	t.Run("sqlite", func(t *testing.T) { runAttacks(t, newSQLiteVictim(t), shared, own, callHere) })
	t.Run("postgresql", func(t *testing.T) { runAttacks(t, newPostgresVictim(t, "public"), shared, own, callHere) })
	t.Run("postgresql schema", func(t *testing.T) { runAttacks(t, newPostgresVictim(t, "acme"), grants, own, callHere) })

	t.Run("process sqlite", func(t *testing.T) { runAttacks(t, newSQLiteVictim(t), shared, byProcess(own), callProcess) })
	t.Run("process postgresql", func(t *testing.T) {
		runAttacks(t, newPostgresVictim(t, "public"), shared, byProcess(own), callProcess)
	})

	folder := os.Getenv("SANDPIPER_ATTACKS")
	if folder == "" {
		t.Log("SANDPIPER_ATTACKS is not set: the attacks that are not part of the project are left out")
		return
	}
	more := readAttacks(t, filepath.Join(folder, "statements.tsv"))
	shared.Uses = nil
	t.Run("more sqlite", func(t *testing.T) { runAttacks(t, newSQLiteVictim(t), shared, more, callHere) })
	t.Run("more postgresql", func(t *testing.T) { runAttacks(t, newPostgresVictim(t, "public"), shared, more, callHere) })
}

// byProcess are the attacks that processes of the command line run too, and their
// workers. On PostgreSQL each takes seconds, in which the worker starts its parser.
func byProcess(attacks []attack) (some []attack) {
	names := map[chain.Dialect][]string{
		chain.PostgreSQL: {"two_migrations", "try_many", "cross_join_bomb"},
		chain.SQLite: {"two_migrations", "downgrade_own", "section_own", "try_and_go_on", "query_foreign", "try_many",
			"section_foreign", "down_foreign", "next_foreign", "text_long", "recursive_cross", "op_view"},
	}
	for _, a := range attacks {
		if slices.Contains(names[a.dialect], a.name) {
			some = append(some, a)
		}
	}
	return some
}

func readAttacks(t *testing.T, name string) (attacks []attack) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dialects := map[string]chain.Dialect{"pg": chain.PostgreSQL, "sqlite": chain.SQLite}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if i == 0 {
			continue // what the columns are
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 || dialects[f[0]] == "" || f[3] != "allow" && f[3] != "deny" {
			t.Fatalf("%s:%d: not an attack: %q", name, i+1, line)
		}
		attacks = append(attacks, attack{dialects[f[0]], f[1], f[2], f[3] == "allow"})
	}
	return attacks
}

// A victim is a database that is attacked.
type victim interface {
	dialect() chain.Dialect
	url() string

	// host is the SQL that makes what is the host's: before the plugin comes, and
	// after its first migration.
	host() (before, after string)

	// keep remembers the database as it is, and restore brings it back.
	keep(t *testing.T)
	restore(t *testing.T)

	// look says all that there is.
	look(t *testing.T) []fact
}

// A fact is something that is so in a database.
type fact struct {
	whose owner
	text  string
}

type owner byte

const (
	hosts   owner = iota // nothing that a plugin does may change it
	granted              // a plugin may write to it by its grants, or the runner for it
	plugins
)

// runAttacks runs the attacks on one database. It is made anew where one of them
// has changed it, which most don't.
func runAttacks(t *testing.T, v victim, grants abi.Capabilities, attacks []attack, call func(args ...string) (int, string)) {
	t.Parallel()
	p := newAttackedProject(t, v, grants, call)
	base := v.look(t)
	before := base
	for _, a := range attacks {
		if a.dialect != v.dialect() {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			script, err := parseScript(a.script)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			failed, output := p.run(t, script)
			if took := time.Since(began); took > attackedFor+time.Minute {
				t.Errorf("it took %v\n%s", took, output)
			}
			if failed == a.allow {
				t.Errorf("failed: %v, want %v\n%s", failed, !a.allow, output)
			}
			if strings.Contains(output, "goroutine ") {
				t.Errorf("a person is shown a stack:\n%s", output)
			}
			after := v.look(t)
			all := changed(before, after)
			for _, f := range all {
				switch {
				case f.whose == hosts || f.whose == granted && !a.allow:
					t.Errorf("it has changed what is not its own: %s\n%s", f.text, output)
				case !a.allow && script.whole():
					t.Errorf("it failed and has left: %s", f.text)
				case strings.Contains(f.text, "hush") || strings.Contains(f.text, "quiet"):
					t.Errorf("it has found a secret: %s", f.text)
				}
			}
			p.goesOn(t, len(all) > 0)
			switch {
			case len(all) > 0:
				v.restore(t)
				before = base
			case p.went == 0: // the good migration is in the history
				before = v.look(t)
			}
		})
	}
}

// changed lists the facts that are not in both lists, with a sign before each.
func changed(before, after []fact) (changes []fact) {
	number := map[fact]int{}
	for _, f := range before {
		number[f]--
	}
	for _, f := range after {
		number[f]++
	}
	for f, n := range number {
		switch {
		case n < 0:
			changes = append(changes, fact{f.whose, "- " + f.text})
		case n > 0:
			changes = append(changes, fact{f.whose, "+ " + f.text})
		}
	}
	slices.SortFunc(changes, func(a, b fact) int { return strings.Compare(a.text, b.text) })
	return changes
}

// attackedFor is how long a migration may take that attacks.
const attackedFor = 2 * time.Second

// An attackedProject is a project with a plugin, and its database.
type attackedProject struct {
	dir    string
	victim victim
	grants abi.Capabilities
	call   func(args ...string) (code int, output string) // of the command line

	went         int    // attacks since the last good migration
	config, lock string // sandpiper.toml and sandpiper.lock as they were before an attack
}

func newAttackedProject(t *testing.T, v victim, grants abi.Capabilities, call func(...string) (int, string)) *attackedProject {
	t.Helper()
	p := &attackedProject{dir: t.TempDir(), victim: v, grants: grants, call: call}
	versions := filepath.Join(p.dir, "migrations", "versions", string(v.dialect()))
	if err := os.MkdirAll(versions, 0o777); err != nil {
		t.Fatal(err)
	}
	before, after := v.host()
	if _, err := query(v.url(), before); err != nil {
		t.Fatal(err)
	}
	p.write(t, "sandpiper.toml", "")
	p.write(t, "acme.wasm", string(attackModule(t, v.dialect(), "acme", grants)))
	p.write(t, "tools.wasm", string(attackModule(t, v.dialect(), "tools", abi.Capabilities{Owns: []string{"acme_tools_*"}})))
	p.mustDo(t, "plugin", "add", filepath.Join(p.dir, "acme.wasm"), "--yes")
	p.mustDo(t, "plugin", "add", filepath.Join(p.dir, "tools.wasm"), "--yes")
	p.mustDo(t, "upgrade")
	if _, err := query(v.url(), after); err != nil {
		t.Fatal(err)
	}
	v.keep(t)
	p.config, p.lock = p.read(t, "sandpiper.toml"), p.read(t, "migrations/sandpiper.lock")
	return p
}

// run lets the plugin do what a script says, and reports whether it failed.
func (p *attackedProject) run(t *testing.T, script attackScript) (failed bool, output string) {
	t.Helper()
	p.write(t, "sandpiper.toml", p.config)
	p.write(t, "migrations/sandpiper.lock", p.lock)
	p.write(t, "acme.wasm", string(attackModule(t, p.victim.dialect(), "acme", p.grants, script.migrations...)))
	code, output := p.do("plugin", "update", "acme", "--yes")
	if code == exitOK {
		code, output = p.do("upgrade")
	}
	if code == exitOK && script.back {
		code, output = p.do("downgrade", "acme@-1", "--yes")
	}
	return code != exitOK, output
}

// goesOn checks that the runner still runs a good migration. Where an attack has
// changed nothing it is one in ten that are followed by one: all are followed by
// the next attack, which the same runner runs on the same database.
func (p *attackedProject) goesOn(t *testing.T, always bool) {
	t.Helper()
	if p.went++; !always && p.went < 10 {
		return
	}
	p.went = 0
	const file = "20261125_120000_0c0ffee00001_good.sql"
	name := "migrations/versions/" + string(p.victim.dialect()) + "/" + file
	p.write(t, name, "-- Revision ID: 0c0ffee00001\n-- Revises:\n-- +upgrade\nCREATE TABLE good (id integer);\n-- +downgrade\nDROP TABLE good;\n")
	p.mustDo(t, "upgrade", "main@head")
	p.mustDo(t, "downgrade", "main@base", "--yes")
	if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
		t.Fatal(err)
	}
}

func (p *attackedProject) mustDo(t *testing.T, args ...string) {
	t.Helper()
	if code, output := p.do(args...); code != exitOK {
		t.Fatalf("sandpiper %s: exit code %d\n%s", strings.Join(args, " "), code, output)
	}
}

func (p *attackedProject) do(args ...string) (code int, output string) {
	args = append(args, "--config", filepath.Join(p.dir, "sandpiper.toml"), "--quiet")
	if args[0] != "plugin" {
		args = append(args, "--database", p.victim.url())
	}
	return p.call(args...)
}

// callHere is a call of the command line in this process: starting some for each
// attack would take longer than all of them.
func callHere(args ...string) (code int, output string) {
	var out strings.Builder
	code = run(args, strings.NewReader(""), &out, &out)
	return code, out.String()
}

func callProcess(args ...string) (code int, output string) {
	cmd := exec.Command("sandpiper", args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cacheDir)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		return -1, err.Error()
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func (p *attackedProject) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (p *attackedProject) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
