package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// A Report is what Verify found.
type Report struct {
	Revisions int  // in the chain
	Applied   int  // of them, in the database
	Ledger    bool // the database has one, or a part of one
	Problems  []chain.Problem
}

// Verify reads every migration whole, as VerifyFiles does, and compares the
// ledger with the chain and with its own history. It runs nothing and changes nothing.
func (r *Runner) Verify(ctx context.Context) (Report, error) {
	report := r.VerifyFiles()
	ledger, err := r.ledger(ctx)
	if errors.As(err, new(*LedgerFormError)) {
		report.Ledger = true
		report.add(chain.RuleLedger, "", "", "%v", err)
		return report, nil
	}
	if err != nil {
		return report, err
	}
	report.Ledger = ledger.Exists
	r.verifyLedger(ledger, &report)
	plan, err := r.PlanRepair(ctx, RepairOptions{})
	if err != nil {
		return report, err
	}
	for _, f := range plan.Faults {
		switch f.Rule {
		case chain.RuleLedger, chain.RuleHeads, chain.RuleHistory, chain.RuleIndex:
			if f.Mend != "" {
				f.Message += fmt.Sprintf("; `sandpiper repair` mends it (%s)", f.Mend)
			} else if f.Next != "" {
				f.Message += "; " + f.Next
			}
			report.Problems = append(report.Problems, f.Problem)
		}
	}
	return report, nil
}

// VerifyFiles reads every migration whole: each can be run, has a downgrade or
// says that it has none, and each line has one head. It needs no database.
func (r *Runner) VerifyFiles() Report {
	report := Report{}
	r.verifyBodies(&report)
	report.Problems = append(report.Problems, r.Graph().CheckHeads()...)
	return report
}

// File returns the migration file of a revision, read whole; nil where a module
// holds the revision, which has no text. Errors are of type *chain.ParseError.
func (r *Runner) File(key chain.Key) (*chain.File, error) {
	body := r.catalog.bodies[key]
	if body == nil || body.module != nil {
		return nil, nil
	}
	return body.parse()
}

func (p *Report) add(rule chain.Rule, revision, source, format string, args ...any) {
	p.Problems = append(p.Problems, chain.Problem{Rule: rule, Revision: revision, Source: source, Message: fmt.Sprintf(format, args...)})
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
			if err == nil && m.plugin != nil {
				err = file.CheckCode()
			}
		}
		var parse *chain.ParseError
		switch {
		case errors.As(err, &parse):
			report.Problems = append(report.Problems, chain.Problem{
				Rule: chain.RuleUnreadable, Revision: rev.Key.String(), Source: parse.Path, Line: parse.Line, Message: parse.Msg,
			})
		case err != nil:
			report.add(chain.RuleUnreadable, rev.Key.String(), body.path, "%v", err)
		case body.parsed != nil && body.parsed.Irreversible && !body.parsed.Marked:
			report.add(chain.RuleDowngrade, rev.Key.String(), body.path, "it has no downgrade, and does not say why: write one below \"-- +downgrade\", or \"-- Irreversible: \" and the reason into its header")
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
	for _, line := range lines {
		for _, id := range ledger.Heads[line] {
			key := chain.Key{Line: line, ID: id}
			_, known := r.Graph().Revision(key)
			if _, applied := ledger.Applied[key]; !known && !applied {
				keys = append(keys, key) // a head that the history has nothing of
			}
		}
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	for _, key := range keys {
		rev, ok := r.Graph().Revision(key)
		if !ok && r.lost(key.Line) {
			report.add(chain.RuleUnknown, key.String(), "", "the database has applied it and the project has lost its plugin: %s", nextOfLost(key.Line))
			continue
		}
		if !ok {
			report.add(chain.RuleUnknown, key.String(), "", "the database has applied it and the chain does not have it: these migrations are older than the database, or a file is missing; one that is gone for good leaves the ledger with `sandpiper repair --forget %s --reason …`", key)
			continue
		}
		report.Applied++
		if got := ledger.Applied[key].Digest; rev.Digest != "" && got != "" && rev.Digest != got {
			next := "put it back, and write a new migration for the change"
			if r.catalog.bodies[key].plugin() != nil {
				next = nextOfEditedPlugin
			}
			report.add(chain.RuleChanged, rev.Key.String(), rev.Source, "changed after it was applied (%s then, %s now): %s; if the edit is meant, run `sandpiper rehash %s --reason …`",
				chain.ShortDigest(got), chain.ShortDigest(rev.Digest), next, rev.Key)
		}
	}
	for _, p := range ledger.Progress {
		report.add(chain.RulePending, p.Key.String(), "", "%v: `%s` goes on with it", &PendingError{Pending: p}, p.Command())
	}
	var unknown *chain.UnknownError
	if _, err := r.Graph().Plan(ledger.Heads, chain.Upgrade, "heads"); err != nil && !errors.As(err, &unknown) {
		report.add(chain.RuleHeads, "", "", "%v", err)
	}
}
