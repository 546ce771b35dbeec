package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A testData is the data of test.
type testData struct {
	Dialects []testJSON `json:"dialects"`
}

type testJSON struct {
	Dialect      string            `json:"dialect"`
	Applied      int               `json:"applied"` // before FROM
	Tested       int               `json:"tested"`
	Irreversible int               `json:"irreversible"` // only applied
	Untested     int               `json:"untested"`     // not reached
	Seeds        int               `json:"seeds"`
	Findings     []stepFindingJSON `json:"findings"`
	Unseen       []string          `json:"unseen,omitempty"` // other schemas with something in them
}

type stepFindingJSON struct {
	Revision    string           `json:"revision"`
	Line        string           `json:"line"`
	Slug        string           `json:"slug"`
	File        string           `json:"file"`
	Stage       string           `json:"stage"`
	Differences []differenceJSON `json:"differences,omitempty"`
	Losses      []lossJSON       `json:"losses,omitempty"`
	Error       *failure         `json:"error,omitempty"`
}

// A differenceJSON is an object that is not as it must be.
type differenceJSON struct {
	Kind  string   `json:"kind"`
	Name  string   `json:"name"`
	Table string   `json:"table,omitempty"`
	What  string   `json:"what"`            // missing, left behind or different
	Lacks []string `json:"lacks,omitempty"` // facts that should be true
	Has   []string `json:"has,omitempty"`   // facts that should not
}

type lossJSON struct {
	Table   string `json:"table"`
	Had     int64  `json:"had"`
	Has     int64  `json:"has"`
	Changed bool   `json:"changed,omitempty"` // no row fewer, but others
}

func testDocument(d chain.Dialect, r host.StepwiseReport) testJSON {
	out := testJSON{
		Dialect: string(d), Applied: r.Applied, Tested: r.Tested, Irreversible: r.Irreversible, Untested: r.Untested, Seeds: r.Seeded,
		Findings: []stepFindingJSON{}, Unseen: r.Unseen,
	}
	for _, f := range r.Findings {
		finding := stepFindingJSON{
			Revision: f.Revision.ID, Line: lineName(f.Revision.Line), Slug: f.Revision.Slug, File: f.Revision.Source, Stage: string(f.Stage),
		}
		for _, d := range f.Differences {
			finding.Differences = append(finding.Differences, differenceJSON{string(d.Kind), d.Name, d.Table, wrong(d), d.Had, d.Has})
		}
		for _, l := range f.Losses {
			finding.Losses = append(finding.Losses, lossJSON(l))
		}
		if f.Err != nil {
			failed := failureOf(d, f)
			finding.Error = &failed
		}
		out.Findings = append(out.Findings, finding)
	}
	return out
}

// wrong says in one word or two what is wrong with an object.
func wrong(d host.Difference) string {
	switch d.In {
	case host.InFirst:
		return "missing"
	case host.InSecond:
		return "left behind"
	default:
		return "different"
	}
}

// failureOf is how a step failed. What it says of the database is left out, which
// is gone by then.
func failureOf(d chain.Dialect, finding host.Finding) failure {
	f := explain(finding.Err)
	f.head = fmt.Sprintf("%s: %s of %s failed", d, finding.Stage, title(finding.Revision.ID, finding.Revision.Slug))
	f.State, f.Applied = "", nil
	f.Next = "mend the migration, and run `sandpiper test` again"
	if finding.Stage == host.StageRepeated {
		f.Next = "see what it does outside of its database, such as making a role: before the problem above it could be applied"
	}
	return f
}

// printTest prints what the test of a dialect has found.
func (a *app) printTest(w io.Writer, d chain.Dialect, r host.StepwiseReport) {
	for _, f := range r.Findings {
		if f.Err != nil {
			failureOf(d, f).print(w, a.colors(w))
		} else {
			printFinding(w, d, f)
		}
		fmt.Fprintln(w)
	}
	parts := []string{count(r.Tested, "revision") + " up, down and up again"}
	for _, more := range []struct {
		n    int
		what string
	}{{r.Applied, "applied before"}, {r.Irreversible, "irreversible and only applied"}, {r.Untested, "not reached"}} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", more.n, more.what))
		}
	}
	if r.Seeded > 0 {
		parts = append(parts, count(r.Seeded, "seed"))
	}
	problems := "no problems"
	if n := len(r.Findings); n > 0 {
		problems = count(n, "problem")
	}
	fmt.Fprintf(w, "%s: %s: %s\n", d, strings.Join(parts, ", "), problems)
	if names := printable(strings.Join(r.Unseen, ", ")); names != "" {
		fmt.Fprintf(w, "  not compared: what is in other schemas than the connection's: %s\n", names)
	}
}

// stageFailed says of each stage what is wrong with it.
var stageFailed = map[host.Stage]string{
	host.StageUpgrade:      "loses rows",
	host.StageDowngrade:    "does not bring back what was there before the upgrade",
	host.StageAgain:        "does not do what the first one did",
	host.StageDowngradeAll: "does not do what it did with fewer rows",
	host.StageUpgradeAll:   "does not do what it did with fewer rows",
}

func printFinding(w io.Writer, d chain.Dialect, f host.Finding) {
	line := func(format string, args ...any) { fmt.Fprintln(w, printable(fmt.Sprintf(format, args...))) }
	line("%s: %s of %s %s", d, f.Stage, title(f.Revision.ID, f.Revision.Slug), stageFailed[f.Stage])
	line("  file: %s", f.Revision.Source)
	for _, d := range f.Differences {
		on := ""
		if d.Table != "" {
			on = " on " + d.Table
		}
		line("  %s %s%s is %s", d.Kind, d.Name, on, wrong(d))
		for _, fact := range d.Had {
			line("    lacks  %s", indented(fact))
		}
		for _, fact := range d.Has {
			line("    has    %s", indented(fact))
		}
	}
	for _, l := range f.Losses {
		if l.Changed {
			line("  table %s: the content of its rows has changed (%d before, %d after)", l.Table, l.Had, l.Has)
		} else {
			line("  table %s: %d of %s lost", l.Table, l.Had-l.Has, count(int(l.Had), "row"))
		}
	}
	if len(f.Losses) > 0 {
		line("  next: mend the migration; if the loss is meant, say --allow-loss %s", f.Revision.ID)
	}
}

// indented puts the further lines of a fact below its first one.
func indented(fact string) string { return strings.ReplaceAll(fact, "\n", "\n           ") }
