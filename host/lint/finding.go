package lint

import (
	"cmp"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Finding is a place in a migration that would hurt.
type Finding struct {
	Rule     *Rule
	Severity Severity
	Dialect  chain.Dialect
	Revision chain.Key
	File     string
	Line     int // 1-based, 0 if it is about the whole file
	Column   int // 1-based character, 0 if it is not known
	Message  string

	table string   // whose rows count
	owed  []string // columns that an index would begin with
}

// A Report is what Lint has found.
type Report struct {
	Revisions int // that were looked at
	Findings  []Finding
	Modules   []string // files whose revisions have no text to look at
	Notes     []string // what else was not looked at
	Sizes     []string // which tables were left out because of their size, and which could not be
}

// Add adds what was found in another chain.
func (r *Report) Add(o Report) {
	r.Revisions += o.Revisions
	r.Findings = append(r.Findings, o.Findings...)
	r.Notes = append(r.Notes, o.Notes...)
	r.Sizes = append(r.Sizes, o.Sizes...)
	for _, m := range o.Modules {
		if !slices.Contains(r.Modules, m) {
			r.Modules = append(r.Modules, m)
		}
	}
	r.sort()
}

// sort orders the findings by where they are.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Count returns how many findings have a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}
