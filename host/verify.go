package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// A Report is what Verify found.
type Report struct {
	Revisions int // in the chain
	Applied   int // of them, in the database
	Problems  []Problem
}

// A Problem is one thing that Verify found wrong.
type Problem struct {
	Rule     string // changed, unknown, heads, pending, unreadable
	Revision string // "" if it is not about one
	Source   string // file, "" if it is not about one
	Message  string // what is wrong and what to do
}

// Verify reads every migration whole and compares the chain with the ledger.
// It runs nothing and changes nothing.
func (r *Runner) Verify(ctx context.Context) (Report, error) {
	report := Report{}
	r.verifyBodies(&report)
	for _, line := range r.Graph().Lines() {
		if heads := r.Graph().Heads(line); len(heads) > 1 {
			report.add("heads", "", "", "line %s has %d heads: %s; a merge revision joins them", line, len(heads), strings.Join(heads, ", "))
		}
	}
	ledger, err := r.ledger(ctx)
	if err != nil {
		return report, err
	}
	r.verifyLedger(ledger, &report)
	return report, nil
}

func (p *Report) add(rule, revision, source, format string, args ...any) {
	p.Problems = append(p.Problems, Problem{rule, revision, source, fmt.Sprintf(format, args...)})
}

func (r *Runner) verifyBodies(report *Report) {
	checked := map[*module]bool{}
	for rev := range r.Graph().All() {
		report.Revisions++
		body := r.catalog.bodies[rev.Key]
		m, _, err := body.load()
		if err == nil && !checked[m] {
			checked[m] = true
			var file *wasmfile.File
			if file, err = wasmfile.Open(m.bytes); err == nil {
				err = file.Check()
			}
		}
		if err != nil {
			report.add("unreadable", rev.ID, body.path, "%v", err)
		}
	}
}

func (r *Runner) verifyLedger(ledger *Ledger, report *Report) {
	lines := r.lines(ledger)
	var keys []chain.Key
	for key := range ledger.Applied {
		if slices.Contains(lines, key.Line) {
			keys = append(keys, key)
		}
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	for _, key := range keys {
		rev, ok := r.Graph().Revision(key)
		if !ok {
			report.add("unknown", key.String(), "", "the database has applied it and the chain does not have it: these migrations are older than the database, or a file is missing")
			continue
		}
		report.Applied++
		if got := ledger.Applied[key].Digest; rev.Digest != "" && got != "" && rev.Digest != got {
			report.add("changed", rev.ID, rev.Source, "changed after it was applied (%s then, %s now): put it back, and write a new migration for the change", shortDigest(got), shortDigest(rev.Digest))
		}
	}
	for _, p := range ledger.Progress {
		report.add("pending", p.Key.String(), "", "%v: `sandpiper %s` goes on with it", &PendingError{Pending: p}, p.Direction)
	}
	var unknown *chain.UnknownError
	if _, err := r.Graph().Plan(ledger.Heads, chain.Upgrade, "heads"); err != nil && !errors.As(err, &unknown) {
		report.add("heads", "", "", "%v", err)
	}
}

func shortDigest(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(12, len(hex))]
}
