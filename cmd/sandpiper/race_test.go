package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// TestRace starts five processes at once on an empty database, as replicas of
// a program do. All of them succeed, and each revision is applied once.
func TestRace(t *testing.T) {
	const processes, rounds, revisions = 5, 20, 12
	for _, dialect := range []chain.Dialect{chain.SQLite, chain.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			dir := raceChain(t, dialect, revisions)
			for round := range rounds {
				target := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
				if dialect == chain.PostgreSQL {
					target = postgresDatabase(t)
				}
				var group sync.WaitGroup
				for i := range processes {
					cmd := upgradeCommand("sandpiper", dir, target)
					group.Go(func() {
						if out, err := cmd.CombinedOutput(); err != nil {
							t.Errorf("round %d, process %d: %v\n%s", round, i, err, out)
						}
					})
				}
				group.Wait()
				for query, want := range map[string]string{
					"SELECT count(*) FROM sandpiper_history":                 fmt.Sprint(revisions),
					"SELECT count(DISTINCT revision) FROM sandpiper_history": fmt.Sprint(revisions),
					"SELECT count(*) FROM log":                               fmt.Sprint(revisions),
				} {
					if got := one(t, target, query); got != want {
						t.Errorf("round %d: %s: got %s, want %s", round, query, got, want)
					}
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

func raceChain(t *testing.T, dialect chain.Dialect, revisions int) string {
	t.Helper()
	dir := t.TempDir()
	versions := filepath.Join(dir, "versions", string(dialect))
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	parent := ""
	for i := 1; i <= revisions; i++ {
		id := fmt.Sprintf("%012x", i)
		sql := fmt.Sprintf("-- Revision ID: %s\n-- Revises: %s\n\n", id, parent)
		if i == 1 {
			sql += "CREATE TABLE log (n integer);\n"
		}
		sql += fmt.Sprintf("INSERT INTO log VALUES (%d);\n", i)
		if i%5 == 0 {
			create := "CREATE INDEX"
			if dialect == chain.PostgreSQL {
				create += " CONCURRENTLY"
			}
			sql += fmt.Sprintf("-- +autocommit begin\n%s log_%d ON log (n);\n-- +autocommit end\n", create, i)
		}
		name := filepath.Join(versions, fmt.Sprintf("2026_01_01_%06d_%s_m.sql", i, id))
		if err := os.WriteFile(name, []byte(sql), 0o644); err != nil {
			t.Fatal(err)
		}
		parent = id
	}
	return dir
}

// postgresDatabase makes a fresh database for a part of a test. It is dropped
// with the server, or when the test ends on somebody else's.
func postgresDatabase(t *testing.T) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("no PostgreSQL server for the tests: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name, target, err := s.CreateDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.DropDatabase(ctx, name); err != nil {
			t.Log(err)
		}
	})
	return target
}
