package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// rebuildRows is how many rows the table has that is rebuilt.
const rebuildRows = 5_000_000

// The table that is rebuilt, and what is asked of it: another type, which
// SQLite's ALTER TABLE cannot give a column.
const (
	rebuildTable = "CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at DATETIME NOT NULL, size INTEGER, note TEXT)"

	rebuildMigration = `revision: 000000000001
revises:
upgrade:
  - alter_column: {table: event, name: note, type: string(200), was: {type: text}}
`

	// What the sqlite3 shell does is the copy alone: no checks, no comparison,
	// no old table to drop.
	rebuildCopy = `PRAGMA foreign_keys=OFF;
BEGIN IMMEDIATE;
CREATE TABLE copy (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at DATETIME NOT NULL, size INTEGER, note VARCHAR(200));
INSERT INTO copy SELECT id, kind, at, size, note FROM event;
COMMIT;
`
)

// rebuild compares the rebuild of a large SQLite table with the bare
// INSERT … SELECT in the sqlite3 shell, and says what memory it takes beside a
// tenth of the rows.
func (b *bench) rebuild() error {
	const figure = "rebuild 5,000,000 rows sqlite"
	if !strings.Contains(figure, b.only) {
		return nil
	}
	project := filepath.Join(b.folder, "rebuild")
	versions := filepath.Join(project, "versions", string(chain.SQLite))
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(versions, "a.yaml"), []byte(rebuildMigration), 0o644); err != nil {
		return err
	}
	script := filepath.Join(b.folder, "copy.sql")
	if err := os.WriteFile(script, []byte(rebuildCopy), 0o644); err != nil {
		return err
	}
	full, err := b.events("full.db", rebuildRows)
	if err != nil {
		return err
	}
	tenth, err := b.events("tenth.db", rebuildRows/10)
	if err != nil {
		return err
	}
	defer os.Remove(full)
	from := func(template string) func(string) error {
		return func(target string) error { return copyFile(template, target) }
	}
	err = b.compare(figure, string(chain.SQLite),
		contender{name: "sandpiper", before: from(full), run: b.upgrade(chain.SQLite, project)},
		contender{name: "sqlite3", before: from(full), limit: 1.3, run: func(target string) error {
			return command(nil, "sqlite3", "-bail", target, ".read "+script)
		}})
	if err != nil {
		return err
	}
	for _, template := range []string{full, tenth} {
		target, drop, err := b.database(string(chain.SQLite))
		if err != nil {
			return err
		}
		var peak int64
		if err = copyFile(template, target); err == nil {
			peak, err = peakMemory(nil, b.sandpiper, "upgrade", "--quiet", "--dir", project, "--database", url(string(chain.SQLite), target))
		}
		if err := errors.Join(err, drop()); err != nil {
			return err
		}
		fmt.Printf("%-34s %-12s %8.1f MiB\n", "  peak memory, "+filepath.Base(template), "sandpiper", float64(peak)/(1<<20))
	}
	return nil
}

// events makes a database with so many rows to rebuild.
func (b *bench) events(name string, rows int) (string, error) {
	path := filepath.Join(b.folder, name)
	sql := fmt.Sprintf(`PRAGMA synchronous=OFF;
%s;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
INSERT INTO event SELECT i, 'kind-' || (i %% 17), datetime(1700000000 + i, 'unixepoch'), i * 7919 %% 100000, 'note number ' || i FROM n;`, rebuildTable, rows)
	return path, command(nil, "sqlite3", "-bail", path, sql)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync() // not while the contender is timed
	}
	return errors.Join(err, out.Close())
}

// peakMemory runs a command and returns the most memory it had, in bytes.
func peakMemory(env []string, name string, args ...string) (int64, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	return maxRSS(cmd.ProcessState), nil
}
