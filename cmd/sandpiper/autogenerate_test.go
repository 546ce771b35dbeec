package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A migration that was generated for chains which somebody has added to since is
// not written: the schema that it begins from is not theirs.
func TestGeneratedForOlderChains(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "versions", "sqlite"), 0o777); err != nil {
		t.Fatal(err)
	}
	a := &app{stdout: io.Discard, stderr: io.Discard, flags: flags{dir: dir}}
	seen, err := a.wholeChains()
	if err != nil {
		t.Fatal(err)
	}
	ours := author.Draft{Message: "ours", Format: author.YAML, Bodies: map[chain.Dialect]chain.Body{
		chain.SQLite: {Upgrade: "\n  - execute: {sql: SELECT 1, no_reverse: true}", Downgrade: " []"},
	}}
	if _, _, err := a.write(t.Context(), author.Draft{Message: "theirs"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.write(t.Context(), ours, nil, seen); err == nil || !strings.Contains(err.Error(), "somebody else has added a migration in the meantime") {
		t.Errorf("error %v", err)
	}
	if seen, err = a.wholeChains(); err != nil {
		t.Fatal(err)
	}
	if written, _, err := a.write(t.Context(), ours, nil, seen); err != nil || len(written.Revisions) != 1 {
		t.Errorf("wrote %+v, %v", written, err)
	}
}

// Many tables in one transaction need many locks, and no rule that ignores them.
func TestTooManyLocks(t *testing.T) {
	refused := &host.SQLError{Code: "53200", Message: "out of shared memory", Hint: "You might need to increase max_locks_per_transaction."}
	for _, err := range []error{
		&autogenerate.TrialError{Dialect: chain.PostgreSQL, Format: author.YAML, Err: refused},
		&autogenerate.FileError{File: "schema.sql", Line: 1, Column: 1, Err: refused},
	} {
		if got := explain(uncompared(err)); got.Kind != kindSchema || !strings.Contains(got.Next, "raise max_locks_per_transaction of the server") {
			t.Errorf("%v: kind %s, next %s", err, got.Kind, got.Next)
		}
	}
}
