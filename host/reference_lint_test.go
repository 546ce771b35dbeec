package host_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// The reference chain is clean: what of it may hurt says so beside, with the
// reason.
func TestReferenceIsLinted(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		all := func(chain.Revision) bool { return true }
		report, err := lint.Lint(f.runner(host.Config{}), all, lint.Config{SQLite: sqlite.Syntax})
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range report.Findings {
			t.Errorf("%s:%d:%d: %s: %s", found.File, found.Line, found.Column, found.Rule.Name, found.Message)
		}
		if report.Revisions == 0 || len(report.Modules) != 1 || len(report.Notes) > 0 {
			t.Errorf("%d revisions, modules %v, notes %v", report.Revisions, report.Modules, report.Notes)
		}
	})
}
