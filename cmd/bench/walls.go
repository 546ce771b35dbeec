package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// wallStatements is how many statements a turn sends.
const wallStatements = 1000

// walls compares what a plugin does behind its walls with the same done by the
// project's own migrations: statement by statement in one connection, and a whole
// run of a migration of 100 statements, whose plugin has a process of its own.
func (b *bench) walls() error {
	for _, dialect := range chain.Dialects {
		if err := b.wallsOfStatements(dialect); err != nil {
			return err
		}
		if err := b.wallsOfMigration(dialect); err != nil {
			return err
		}
	}
	return nil
}

var walled = abi.Capabilities{Shared: true, Owns: []string{"acme_*"}}

// wallsOfStatements prints what a short statement takes that is new, and what one
// takes that was sent before.
func (b *bench) wallsOfStatements(dialect chain.Dialect) (err error) {
	figure := "walls statement " + string(dialect)
	if !strings.Contains(figure, b.only) {
		return nil
	}
	ctx := context.Background()
	target, drop, err := b.database(string(dialect))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	open := func(url string) (host.Database, error) { return sqlite.Open(url) }
	if dialect == chain.PostgreSQL {
		open = func(url string) (host.Database, error) { return postgres.Open(url) }
	}
	db, err := open(url(string(dialect), target))
	if err != nil {
		return err
	}
	plain, err := db.Connect(ctx)
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := plain.CreateLedger(ctx); err != nil {
		return err
	}
	grants, err := policy.New("acme", walled)
	if err != nil {
		return err
	}
	confined, err := plain.Confine(ctx, host.Confinement{Grants: grants})
	if err != nil {
		return err
	}
	if _, err := send(ctx, confined, 1, func(int) string { return "CREATE TABLE acme_t (id INTEGER PRIMARY KEY, n TEXT)" }); err != nil {
		return err
	}
	number := 0
	kinds := []struct {
		name   string
		text   func(int) string
		wanted map[chain.Dialect]string
	}{
		{"new", func(int) string {
			number++
			return fmt.Sprintf("UPDATE acme_t SET n = upper(n) WHERE id = %d AND n LIKE 'a%%'", number)
		}, map[chain.Dialect]string{chain.PostgreSQL: "at most 300 µs more", chain.SQLite: "at most 1.2"}},
		{"known", func(int) string { return "UPDATE acme_t SET n = upper(n) WHERE id = 0 AND n LIKE 'a%'" },
			map[chain.Dialect]string{chain.PostgreSQL: "at most 5 µs more", chain.SQLite: "at most 1.2"}},
	}
	for _, kind := range kinds {
		var times [2][]time.Duration
		for range b.rounds {
			for i, conn := range []host.Conn{plain, confined} {
				took, err := send(ctx, conn, wallStatements, kind.text)
				if err != nil {
					return fmt.Errorf("%s: %w", figure, err)
				}
				times[i] = append(times[i], took/wallStatements)
			}
		}
		without, with := median(times[0]), median(times[1])
		fmt.Printf("%-34s %-12s %8.1f µs   behind walls %.1f µs more, ratio %.2f (%s wanted)\n", figure, kind.name,
			microseconds(without), microseconds(with-without), float64(with)/float64(without), kind.wanted[dialect])
		figure = ""
	}
	return confined.Close()
}

// send runs statements in one transaction, and commits.
func send(ctx context.Context, conn host.Conn, n int, text func(int) string) (took time.Duration, err error) {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(ctx, host.Statement{SQL: "SELECT 1", Ordinal: 1}); err != nil { // what is put off until now
		return 0, err
	}
	start := time.Now()
	for i := range n {
		if _, err := tx.Exec(ctx, host.Statement{SQL: text(i), Ordinal: i + 2}); err != nil {
			return 0, err
		}
	}
	took = time.Since(start)
	return took, tx.Commit(ctx)
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// wallsOfMigration compares whole runs.
func (b *bench) wallsOfMigration(dialect chain.Dialect) error {
	figure := "walls migration " + string(dialect)
	if !strings.Contains(figure, b.only) {
		return nil
	}
	project := filepath.Join(b.folder, "walls-"+string(dialect))
	versions := filepath.Join(project, "source", "versions", string(dialect))
	for _, dir := range []string{versions, filepath.Join(project, "versions", string(dialect))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	var sql strings.Builder
	sql.WriteString("-- Revision ID: 000000000001\n-- Revises:\n\nCREATE TABLE acme_t (id INTEGER PRIMARY KEY, n TEXT);\n")
	for i := range 99 {
		fmt.Fprintf(&sql, "INSERT INTO acme_t (id, n) VALUES (%d, upper('row %d'));\n", i, i)
	}
	source := filepath.Join(project, "source")
	for name, text := range map[string]string{
		filepath.Join(versions, "2026_01_01_000000_000000000001_m.sql"): sql.String(),
		filepath.Join(source, "sandpiper.toml"):                         "[capabilities]\nshared = true\nowns = [\"acme_*\"]\n",
		filepath.Join(project, "sandpiper.toml"):                        "",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	module, config := filepath.Join(project, "acme.wasm"), filepath.Join(project, "sandpiper.toml")
	if err := command(nil, b.sandpiper, "build", source, "-o", module, "--line", "acme", "--version", "1"); err != nil {
		return err
	}
	if err := command(nil, b.sandpiper, "plugin", "add", module, "--yes", "--config", config); err != nil {
		return err
	}
	return b.compare(figure, string(dialect),
		contender{name: "plugin", run: func(target string) error {
			return command(nil, b.sandpiper, "upgrade", "--quiet", "--config", config, "--database", url(string(dialect), target))
		}},
		contender{name: "trusted", run: b.upgrade(dialect, source)})
}
