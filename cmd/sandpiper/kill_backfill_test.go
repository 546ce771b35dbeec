package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

var (
	kills    = flag.Int("kills", 8, "how often the test of backfills kills them, on each dialect")
	killSeed = flag.Uint64("killseed", 0, "what the moments come from at which backfills are killed; 0: the time")
)

// killedRows is how many rows the table has; a chunk has 40 of them.
const killedRows = 2000

// killedTable makes the table, with the dialect's way to make many rows.
var killedTable = map[chain.Dialect]string{
	chain.PostgreSQL: "INSERT INTO item (id) SELECT i FROM generate_series(1, %d) AS i",
	chain.SQLite:     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO item (id) SELECT i FROM n",
}

// TestKillBackfill kills an upgrade at random moments, again and again until it is
// done: each row is visited once, whether a statement or a guest visits it.
func TestKillBackfill(t *testing.T) {
	program := buildPlain(t)
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-killseed %d", seed)
	module := filepath.Join(t.TempDir(), "counter.wasm")
	if out, err := exec.Command(program, "build", filepath.Join("testdata", "counter"), "-o", module).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	guest, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	statement := []byte("-- Revision ID: 000000000002\n-- Revises: 000000000001\n\n" +
		"-- +backfill table=item batch=40 max_batch=40\n" +
		"UPDATE item SET visits = visits + 1 WHERE ${chunk};\n" +
		"-- +backfill end\n")
	for i, dialect := range chain.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			for j, way := range []struct {
				name, file string
				source     []byte
			}{{"statement", filepath.Join(string(dialect), "b.sql"), statement}, {"guest", "b.wasm", guest}} {
				t.Run(way.name, func(t *testing.T) {
					dir := t.TempDir()
					table := fmt.Sprintf("-- Revision ID: 000000000001\n-- Revises:\n\n"+
						"CREATE TABLE item (id bigint PRIMARY KEY NOT NULL, visits integer NOT NULL DEFAULT 0);\n"+killedTable[dialect]+";\n", killedRows)
					for name, source := range map[string][]byte{filepath.Join(string(dialect), "a.sql"): []byte(table), way.file: way.source} {
						name = filepath.Join(dir, "versions", name)
						if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(name, source, 0o644); err != nil {
							t.Fatal(err)
						}
					}
					v := &killedUpgrade{t, program, dir, dialect, rand.New(rand.NewPCG(seed, uint64(2*i+j)))}
					v.killOften((*kills + 1) / 2)
				})
			}
		})
	}
}

// A killedUpgrade is an upgrade that is killed at random moments.
type killedUpgrade struct {
	t            *testing.T
	program, dir string
	dialect      chain.Dialect
	random       *rand.Rand
}

// killOften kills upgrades until it has done so n times, and the last one is done.
func (v *killedUpgrade) killOften(n int) {
	target, renew := v.database()
	start := time.Now()
	if out, err := upgradeCommand(v.program, v.dir, target).CombinedOutput(); err != nil {
		v.t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(start)
	v.check(target, 0)
	upgrades, killed := 1, 0
	for ; killed < n; upgrades++ {
		renew()
		times, start := 0, time.Now()
		for v.killedWithin(target, whole+whole*time.Duration(times)/8) {
			times++ // and each has a little longer, so that the end is reached on any machine
		}
		if times == 0 { // the first of all has compiled the guest, or the machine was busier
			whole = min(whole, time.Since(start))
		}
		v.check(target, times)
		killed += times
	}
	v.t.Logf("killed %d times in %d upgrades, which take %v if they are not", killed, upgrades, whole.Round(time.Millisecond))
}

// killedWithin begins an upgrade, or goes on with one, kills it at a moment before
// so much time has passed, and reports whether that came before the end.
func (v *killedUpgrade) killedWithin(target string, most time.Duration) bool {
	v.t.Helper()
	started := make(chan *os.Process, 1)
	moment := time.Duration(v.random.Int64N(int64(most)))
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-time.After(moment):
			(<-started).Kill()
		case <-ended:
		}
	}()
	return wasKilled(v.t, upgradeCommand(v.program, v.dir, target), started)
}

// check checks that each row was visited once, and that nothing is left to do.
func (v *killedUpgrade) check(target string, times int) {
	v.t.Helper()
	rows, err := query(target, `SELECT count(*), min(visits), max(visits), (SELECT count(*) FROM sandpiper_progress),
		(SELECT count(*) FROM sandpiper_history) FROM item`)
	if err != nil {
		v.t.Fatal(err)
	}
	if want := []string{fmt.Sprint(killedRows), "1", "1", "0", "2"}; !slices.Equal(rows[0], want) {
		v.t.Fatalf("killed %d times and upgraded: rows, fewest visits, most visits, progress, history: %s, want %s", times, rows[0], want)
	}
}

// database returns a database, and what makes it empty again.
func (v *killedUpgrade) database() (target string, renew func()) {
	if v.dialect == chain.PostgreSQL {
		target = postgresDatabase(v.t)
		return target, func() {
			if _, err := query(target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	file := filepath.Join(v.t.TempDir(), "x.db")
	return "sqlite:" + file, func() { removeDatabase(v.t, file) }
}
