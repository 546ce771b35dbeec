package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// dataRounds is how often the figures about data run at most: a turn takes minutes.
const dataRounds = 3

// data compares migrations that are guests in Go with programs that do the same
// natively, with the same drivers, and with Alembic: a backfill that reads five
// columns of each row and writes one back, and a bulk load. At last it says how
// much memory a guest takes that reads many rows.
func (b *bench) data() error {
	if !b.wants("data") {
		return nil
	}
	rounds := b.rounds
	defer func() { b.rounds = rounds }()
	b.rounds = min(rounds, dataRounds)
	d := &data{bench: b, native: filepath.Join(b.folder, "native")}
	if err := command([]string{"CGO_ENABLED=0"}, "go", "build", "-o", d.native, "./"+filepath.Join(dataSources, "native")); err != nil {
		return err
	}
	for _, figure := range []func(chain.Dialect) error{d.backfill, d.load, d.memory} {
		for _, dialect := range chain.Dialects {
			if err := figure(dialect); err != nil {
				return err
			}
		}
	}
	return nil
}

var dataSources = filepath.Join("cmd", "bench", "testdata", "data")

// data is what the figures about data have in common.
type data struct {
	*bench
	native string // a program, see testdata/data/native
}

// project builds a guest and returns the folder of a project with it alone.
func (d *data) project(guest string) (string, error) {
	dir := filepath.Join(d.folder, "data-"+guest)
	if err := os.MkdirAll(filepath.Join(dir, "versions"), 0o755); err != nil {
		return "", err
	}
	return dir, command(nil, d.sandpiper, "build", filepath.Join(dataSources, guest), "-o", filepath.Join(dir, "versions", guest+".wasm"))
}

// run returns what runs the native program.
func (d *data) run(what string) func(string) error {
	return func(target string) error {
		return command(nil, d.native, what, target, strconv.Itoa(d.rows))
	}
}

// wholeChunks keeps the host from choosing smaller chunks than the others have.
var wholeChunks = []string{"--chunk-time", "1h"}

func (d *data) backfill(dialect chain.Dialect) error {
	figure := "data backfill " + string(dialect)
	if !d.wants(figure) {
		return nil
	}
	project, err := d.project("backfill")
	if err != nil {
		return err
	}
	seed, done := d.run("seed"), d.run("check")
	contenders := []contender{
		{name: "sandpiper", before: seed, run: d.upgrade(dialect, project, wholeChunks...), after: done, warm: true},
		{name: "native", before: seed, run: d.run("backfill"), after: done,
			limit: map[chain.Dialect]float64{chain.PostgreSQL: 1.3, chain.SQLite: 1.5}[dialect]},
	}
	if python := findPython(); python != "" {
		contenders = append(contenders, contender{name: "alembic", before: seed, run: d.alembic(python, dialect), after: done, limit: 0.2})
	} else {
		fmt.Println("data: Alembic is left out: apt-get install python3-alembic python3-psycopg2")
	}
	return d.compare(figure, string(dialect), contenders...)
}

// findPython returns a Python that has what the migration for Alembic imports:
// Debian's before whatever else there is.
func findPython() string {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import alembic, psycopg2, sqlalchemy").Run() == nil {
			return python
		}
	}
	return ""
}

// alembic runs the migration in testdata/data/alembic.
func (d *data) alembic(python string, dialect chain.Dialect) func(string) error {
	return func(target string) error {
		ini := filepath.Join(d.folder, "alembic.ini")
		folder, err := filepath.Abs(filepath.Join(dataSources, "alembic"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(ini, []byte("[alembic]\nscript_location = "+folder+"\n"), 0o644); err != nil {
			return err
		}
		address := "sqlite:///" + target
		if dialect == chain.PostgreSQL {
			address = "postgresql" + target[strings.Index(target, "://"):]
		}
		return command([]string{"PYTHONDONTWRITEBYTECODE=1"}, python, "-m", "alembic", "-c", ini, "-x", "url="+address, "upgrade", "head")
	}
}

func (d *data) load(dialect chain.Dialect) error {
	figure := "data load " + string(dialect)
	if !d.wants(figure) {
		return nil
	}
	project, err := d.project("load")
	if err != nil {
		return err
	}
	empty, done := d.run("want"), d.run("count")
	return d.compare(figure, string(dialect),
		contender{name: "sandpiper", before: empty, run: d.upgrade(dialect, project), after: done, warm: true},
		contender{name: "native", before: empty, run: d.run("load"), after: done,
			limit: map[chain.Dialect]float64{chain.PostgreSQL: 1.2, chain.SQLite: 1.3}[dialect]})
}
