package sqlite_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// Syntax tells what the parser cannot read, and where, and nothing of names.
func TestSyntax(t *testing.T) {
	for _, c := range []struct {
		sql, message string
		at           int
	}{
		{"CREATE TABEL x (a)", `near "TABEL": syntax error`, 7},
		{"ALTER TABLE t ALTER COLUMN b SET DEFAULT 5", `near "DEFAULT": syntax error`, 33},
		{"SELECT 'ä', FROM t", `near "FROM": syntax error`, 13},
		{"SELECT (1", "incomplete input", -1},
		{"SELECT 1 FROM not_there WHERE f(x)", "", -1},
		{"ALTER TABLE not_there ADD COLUMN c", "", -1},
		{"DROP TABLE x", "", -1},
		{"PRAGMA writable_schema = on", "", -1},
		{"", "", -1},
	} {
		if message, at := sqlite.Syntax(c.sql); message != c.message || at != c.at {
			t.Errorf("%s: %q at %d, want %q at %d", c.sql, message, at, c.message, c.at)
		}
	}
}
