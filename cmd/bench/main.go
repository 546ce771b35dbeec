// Command bench measures the figures of the README, as ratios from one run.
//
// Each figure compares whole processes that do the same work on the same
// machine, taking turns, on a fresh database each time: Sandpiper against psql
// and the sqlite3 shell that replay a chain's SQL in the same transactions,
// against goose, and against the sqlite3 shell that copies a large table. What is
// printed is the ratio of the medians. Guests that compute are compared as they
// are, metered, and watched by wazero; plugins behind their walls with migrations
// that have none; migrations of many rows with native programs and with Alembic.
// PostgreSQL is a private server without fsync; SQLite files are in a temporary
// folder.
//
// SANDPIPER_CHAINS names a folder with prefect/versions/{postgresql,sqlite};
// without it the replay figures are left out, and the output says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// gooseVersion is the goose that is measured against.
const gooseVersion = "v3.29.0"

func main() {
	rounds := flag.Int("rounds", 7, "how often each program runs")
	only := flag.String("only", "", "run the figures whose name contains this")
	rows := flag.Int("rows", 1_000_000, "how many rows the figures about data work on")
	flag.Parse()
	if err := run(&bench{rounds: *rounds, only: *only, rows: *rows}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is what the figures have in common.
type bench struct {
	rounds    int
	only      string
	rows      int
	folder    string
	sandpiper string
	goose     string
	chains    string
	server    *postgrestest.Server
}

func run(b *bench) (err error) {
	b.chains = os.Getenv("SANDPIPER_CHAINS")
	if b.folder, err = os.MkdirTemp("", "sandpiper-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	for _, figure := range []func() error{b.meter, b.crossing, b.tiers} {
		if err := figure(); err != nil {
			return err
		}
	}
	if b.only != "" && strings.Contains("meter C meter Go crossing tiers", b.only) {
		return nil // the others need programs and a server
	}
	if err := b.build(); err != nil {
		return err
	}
	if b.server, err = postgrestest.Start(postgrestest.Options{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.Stop()) }()
	for _, figure := range []func() error{b.replay, b.thousand, b.rebuild, b.walls, b.data} {
		if err := figure(); err != nil {
			return err
		}
	}
	return nil
}

// build makes the programs that are compared.
func (b *bench) build() error {
	b.sandpiper = filepath.Join(b.folder, "sandpiper")
	if err := command(nil, "go", "build", "-trimpath", "-o", b.sandpiper, "./cmd/sandpiper"); err != nil {
		return err
	}
	b.goose = filepath.Join(b.folder, "goose")
	return command([]string{"GOBIN=" + b.folder, "CGO_ENABLED=0"}, "go", "install", "github.com/pressly/goose/v3/cmd/goose@"+gooseVersion)
}

// cacheFolder is where Sandpiper keeps what it has compiled, so that it is known
// what is there; on macOS and Windows it is elsewhere (os.UserCacheDir).
const cacheFolder = "cache"

// cacheEnv makes it Sandpiper's cache.
func (b *bench) cacheEnv() []string {
	return []string{"XDG_CACHE_HOME=" + filepath.Join(b.folder, cacheFolder)}
}

// command runs a program; its output is shown if it fails.
func command(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return nil
}

// database makes a fresh database of a dialect and a function that drops it.
func (b *bench) database(dialect string) (target string, drop func() error, err error) {
	if dialect == "sqlite" {
		dir, err := os.MkdirTemp(b.folder, "db-")
		if err != nil {
			return "", nil, err
		}
		return filepath.Join(dir, "x.db"), func() error { return os.RemoveAll(dir) }, nil
	}
	name, url, err := b.server.CreateDatabase(context.Background())
	return url, func() error { return b.server.DropDatabase(context.Background(), name) }, err
}

// url is the database as Sandpiper names it.
func url(dialect, target string) string {
	if dialect == "sqlite" {
		return "sqlite:" + target
	}
	return target
}
