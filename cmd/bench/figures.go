package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// replay compares an upgrade of Prefect's chains with the database's own shell
// that runs the same SQL in the same transactions.
func (b *bench) replay() error {
	if b.chains == "" {
		fmt.Println("replay: left out, SANDPIPER_CHAINS is not set")
		return nil
	}
	dir := filepath.Join(b.chains, "prefect")
	for _, dialect := range chain.Dialects {
		script, err := b.script(dir, dialect)
		if err != nil {
			return err
		}
		shell := contender{name: "psql", limit: 1.5, run: func(target string) error {
			return command(nil, "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", script, target)
		}}
		if dialect == chain.SQLite {
			shell = contender{name: "sqlite3", limit: 1.5, run: func(target string) error {
				return command(nil, "sqlite3", "-bail", target, ".read "+script)
			}}
		}
		err = b.compare("replay "+string(dialect), string(dialect), contender{name: "sandpiper", run: b.upgrade(dialect, dir)}, shell)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) upgrade(dialect chain.Dialect, dir string, flags ...string) func(string) error {
	return func(target string) error {
		args := append([]string{"upgrade", "--quiet", "--dir", dir, "--database", url(string(dialect), target)}, flags...)
		return command(b.cacheEnv(), b.sandpiper, args...)
	}
}

// script writes a chain as one SQL file, a transaction per revision.
func (b *bench) script(dir string, dialect chain.Dialect) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "versions", string(dialect), "*.sql"))
	if err != nil {
		return "", err
	}
	files := map[chain.Key]chain.File{}
	var revisions []chain.Revision
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		file, err := chain.Parse(name, dialect, source)
		if err != nil {
			return "", err
		}
		files[file.Key] = *file
		revisions = append(revisions, file.Revision)
	}
	graph, err := chain.NewGraph(dialect, revisions)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if dialect == chain.SQLite {
		text.WriteString("PRAGMA foreign_keys=OFF;\n")
	}
	begin := map[chain.Dialect]string{chain.PostgreSQL: "BEGIN;\n", chain.SQLite: "BEGIN IMMEDIATE;\n"}[dialect]
	for rev := range graph.All() {
		text.WriteString(begin)
		for _, item := range files[rev.Key].Upgrade {
			switch item.Kind {
			case chain.ItemAutocommitBegin:
				text.WriteString("COMMIT;\n")
			case chain.ItemAutocommitEnd:
				text.WriteString(begin)
			default:
				text.WriteString(item.SQL + ";\n")
			}
		}
		text.WriteString("COMMIT;\n")
	}
	script := filepath.Join(b.folder, string(dialect)+".sql")
	return script, os.WriteFile(script, []byte(text.String()), 0o644)
}

// thousand compares 1,000 one-statement migrations with goose, from an empty
// database and with nothing left to do.
func (b *bench) thousand() error {
	const n = 1000
	ours, theirs := filepath.Join(b.folder, "thousand"), filepath.Join(b.folder, "thousand-goose")
	if err := writeThousand(ours, theirs, n); err != nil {
		return err
	}
	limits := map[chain.Dialect]float64{chain.PostgreSQL: 0.8, chain.SQLite: 0.7}
	drivers := map[chain.Dialect]string{chain.PostgreSQL: "postgres", chain.SQLite: "sqlite3"}
	for _, dialect := range chain.Dialects {
		upgrade := b.upgrade(dialect, ours)
		goose := func(target string) error {
			return command(nil, b.goose, "-dir", theirs, drivers[dialect], target, "up")
		}
		err := b.compare("1,000 migrations "+string(dialect), string(dialect),
			contender{name: "sandpiper", run: upgrade}, contender{name: "goose", run: goose, limit: limits[dialect]})
		if err != nil {
			return err
		}
		err = b.compare("nothing to do "+string(dialect), string(dialect),
			contender{name: "sandpiper", before: upgrade, run: upgrade},
			contender{name: "goose", before: goose, run: goose, limit: 1.0})
		if err != nil {
			return err
		}
	}
	return nil
}

func writeThousand(ours, theirs string, n int) error {
	for _, dir := range []string{filepath.Join(ours, "versions", "postgresql"), filepath.Join(ours, "versions", "sqlite"), theirs} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	parent := ""
	for i := 1; i <= n; i++ {
		id := fmt.Sprintf("%012x", i)
		sql := fmt.Sprintf("CREATE TABLE t%d (id INTEGER);\n", i)
		own := fmt.Sprintf("-- Revision ID: %s\n-- Revises: %s\n\n%s", id, parent, sql)
		name := fmt.Sprintf("2026_01_01_%06d_%s_t.sql", i, id)
		for _, dialect := range []string{"postgresql", "sqlite"} {
			if err := os.WriteFile(filepath.Join(ours, "versions", dialect, name), []byte(own), 0o644); err != nil {
				return err
			}
		}
		goose := "-- +goose Up\n" + sql
		if err := os.WriteFile(filepath.Join(theirs, fmt.Sprintf("%05d_t.sql", i)), []byte(goose), 0o644); err != nil {
			return err
		}
		parent = id
	}
	return nil
}
