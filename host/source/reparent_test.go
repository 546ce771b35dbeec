package source_test

import (
	"errors"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
)

func TestReparentYAML(t *testing.T) {
	const parent = "0000000000ff"
	const rest = "\nupgrade: []\n"
	for _, c := range []struct{ before, after string }{
		{"revision: 0123456789ab\nrevises: 000000000001 # why", "revision: 0123456789ab\nrevises: 0000000000ff # why"},
		{"revises: \"000000000001\"\nrevision: 0123456789ab", "revises: \"0000000000ff\"\nrevision: 0123456789ab"},
		{"revises: '000000000001'\r\nrevision: 0123456789ab", "revises: '0000000000ff'\r\nrevision: 0123456789ab"},
		{"# äöü\nrevises:\nrevision: 0123456789ab", "# äöü\nrevises: 0000000000ff\nrevision: 0123456789ab"},
		{"revises: ~\nrevision: 0123456789ab", "revises: 0000000000ff\nrevision: 0123456789ab"},
		{"revises: [000000000001]\nrevision: 0123456789ab", "revises: [0000000000ff]\nrevision: 0123456789ab"},
		{"revises:\n  - 000000000001\nrevision: 0123456789ab", "revises:\n  - 0000000000ff\nrevision: 0123456789ab"},
		{"revises: {postgresql: 000000000001, sqlite: 000000000002}\nrevision: {postgresql: 0123456789ab, sqlite: 0123456789ac}",
			"revises: {postgresql: 000000000001, sqlite: 0000000000ff}\nrevision: {postgresql: 0123456789ab, sqlite: 0123456789ac}"},
		{"revises:\n  postgresql: 000000000001\n  sqlite:\nrevision: 0123456789ab",
			"revises:\n  postgresql: 000000000001\n  sqlite: 0000000000ff\nrevision: 0123456789ab"},
	} {
		got, err := source.Reparent("f.yaml", chain.SQLite, []byte(c.before+rest), parent)
		if err != nil || string(got) != c.after+rest {
			t.Errorf("%q became %q: %v", c.before, got, err)
		}
	}
	var parse *chain.ParseError
	for _, bad := range []string{
		"revises: [000000000001, 000000000002]\nrevision: 0123456789ab",    // more than a word
		"revises: {postgresql: 000000000001}\nrevision: 0123456789ab",      // nothing to change for this dialect
		"revises: &a 000000000001\nrevision: 0123456789ab",                 // the word is not where it is said to be
		"revises: \"00000000\\x300001\"\nrevision: 0123456789ab",           // an escape
		"revises: 000000000001\nrevision: {postgresql: 0123456789ab}",      // another dialect's
		"revises: &x 000000000001\nrevision: 0123456789ab\ndepends_on: *x", // said twice
	} {
		if got, err := source.Reparent("f.yaml", chain.SQLite, []byte(bad+rest), parent); !errors.As(err, &parse) {
			t.Errorf("%q became %q: %v", bad, got, err)
		}
	}
}
