package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// How many rows of each kind of change `plan --effects` shows.
const (
	defaultSamples = 3
	maxSamples     = 1000
)

// An effectsJSON is what one step does to one table, in a document.
type effectsJSON struct {
	Step     int          `json:"step"` // index into steps
	Table    string       `json:"table"`
	Inserted int64        `json:"inserted"`
	Updated  int64        `json:"updated"`
	Deleted  int64        `json:"deleted"`
	Unseen   string       `json:"unseen,omitempty"` // why some rows have no samples
	Samples  []sampleJSON `json:"samples"`
}

// A sampleJSON is a row before and after; null where it was not there.
type sampleJSON struct {
	Before []fieldJSON `json:"before"`
	After  []fieldJSON `json:"after"`
}

type fieldJSON struct {
	Column string  `json:"column"`
	Value  *string `json:"value"` // null for NULL
}

func fieldDocuments(fields []host.Field) []fieldJSON {
	var out []fieldJSON
	for _, f := range fields {
		document := fieldJSON{Column: f.Column}
		if !f.Null {
			document.Value = &f.Value
		}
		out = append(out, document)
	}
	return out
}

// effects prints what a plan does to rows.
func (a *app) effects(r host.Rehearsal) {
	data := planDocument(r.Plan)
	documents := []effectsJSON{}
	for _, step := range r.Effects {
		for _, t := range step.Tables {
			document := effectsJSON{step.Step, t.Table, t.Inserted, t.Updated, t.Deleted, t.Unseen, []sampleJSON{}}
			for _, s := range t.Samples {
				document.Samples = append(document.Samples, sampleJSON{fieldDocuments(s.Before), fieldDocuments(s.After)})
			}
			documents = append(documents, document)
		}
	}
	data.Effects = &documents
	a.result(data, func(w io.Writer) { printEffects(w, r) })
}

func printEffects(w io.Writer, r host.Rehearsal) {
	if len(r.Plan.Steps) == 0 {
		fmt.Fprintln(w, "nothing to do")
		return
	}
	tables := map[int][]host.TableEffects{}
	for _, step := range r.Effects {
		tables[step.Step] = step.Tables
	}
	notRun := map[int]int{}
	for _, s := range r.Statements {
		if s.NotRun != "" {
			notRun[s.Step]++
		}
	}
	for i, step := range r.Plan.Steps {
		fmt.Fprintf(w, "%s %s\n", step.Direction, title(step.Revision.Key.String(), step.Revision.Slug))
		if n := notRun[i]; n > 0 {
			fmt.Fprintf(w, "  %s not run, so what it would do is not known: see `sandpiper plan --sql`\n", count(n, "statement"))
		} else if len(tables[i]) == 0 {
			fmt.Fprintln(w, "  no row of a table changes")
		}
		for _, t := range tables[i] {
			fmt.Fprintf(w, "  %s: %s\n", plain(t.Table), cmp.Or(changes(t), "rows are not counted"))
			for _, s := range t.Samples {
				fmt.Fprintf(w, "    %s\n", sampleLine(s))
			}
			if t.Unseen != "" {
				fmt.Fprintf(w, "    not all rows are shown: %s\n", plain(t.Unseen))
			}
		}
	}
	rest := ""
	if r.Plan.Dialect == chain.PostgreSQL {
		rest = "; what was taken from sequences stays taken"
	}
	fmt.Fprintf(w, "ran in a transaction that was rolled back: no table has changed%s\n", rest)
}

// changes counts what was done to a table.
func changes(t host.TableEffects) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		verb string
	}{{t.Inserted, "inserted"}, {t.Updated, "updated"}, {t.Deleted, "deleted"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", count(int(c.n), "row"), c.verb))
		}
	}
	return strings.Join(parts, ", ")
}

// sampleLine writes a row: of one that is updated the first column, which mostly
// tells which it is, and what changes.
func sampleLine(s host.RowSample) string {
	switch {
	case s.Before == nil:
		return "+ " + fieldList(s.After)
	case s.After == nil:
		return "- " + fieldList(s.Before)
	}
	var parts []string
	for i, was := range s.Before {
		switch {
		case i >= len(s.After):
		case was != s.After[i]:
			parts = append(parts, fmt.Sprintf("%s: %s → %s", plain(was.Column), fieldText(was), fieldText(s.After[i])))
		case i == 0:
			parts = append(parts, fmt.Sprintf("%s: %s", plain(was.Column), fieldText(was)))
		}
	}
	if !strings.Contains(strings.Join(parts, ""), "→") {
		parts = append(parts, "written as it was")
	}
	return "~ " + strings.Join(parts, ", ")
}

func fieldList(fields []host.Field) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, fmt.Sprintf("%s: %s", plain(f.Column), fieldText(f)))
	}
	return strings.Join(parts, ", ")
}

func fieldText(f host.Field) string {
	if f.Null {
		return "NULL"
	}
	return fmt.Sprintf("%q", f.Value)
}
