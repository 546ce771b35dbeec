package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// backupBeside is the value of --backup without a path, as the help shows it.
const backupBeside = "DATABASE.TIME.bak"

// backup returns what makes a copy of the database before the first migration.
func (a *app) backup(ctx context.Context, s *session, path string, now time.Time) (func(host.Plan) error, error) {
	if s.db.Dialect() != chain.SQLite {
		return nil, usage("pg_dump -Fc -f before.dump, and pg_restore to go back", "--backup copies SQLite databases only: back PostgreSQL up with pg_dump")
	}
	file := s.sqliteFile()
	if file == ":memory:" {
		return nil, usage("", "--backup: a database in memory has nothing to go back to")
	}
	if path == backupBeside {
		path = file + "." + now.UTC().Format("20060102T150405Z") + ".bak"
	}
	return func(host.Plan) error {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			a.say("no backup: %s is not there yet", file)
			return nil
		}
		switch err := sqlite.Backup(ctx, s.set.database, path); {
		case errors.Is(err, fs.ErrExist):
			return usage("name another file", "the backup %s is there already; nothing was changed", path)
		case err != nil:
			return fmt.Errorf("the backup failed, and nothing was changed: %w", err)
		}
		a.say("backup in %s; to go back, stop what uses the database and run:\n  %s", path, restoreCommand(path, file))
		return nil
	}, nil
}

// sqliteFile is the name of the database's file, as the URL gives it.
func (s *session) sqliteFile() string {
	return strings.TrimPrefix(strings.TrimPrefix(s.set.database, "sqlite:"), "//")
}

// restoreCommand is how to go back to a backup. The write-ahead log belongs to
// the newer database and goes with it (https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use).
func restoreCommand(backup, file string) string {
	q := func(s string) string {
		if strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:", r))
		}) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		return s
	}
	file = filepath.ToSlash(file)
	return fmt.Sprintf("rm -f %s %s && cp %s %s", q(file+"-wal"), q(file+"-shm"), q(filepath.ToSlash(backup)), q(file))
}
