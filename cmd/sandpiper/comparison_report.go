package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A comparisonJSON is in what the schema of one dialect is not as wanted.
type comparisonJSON struct {
	Dialect   string             `json:"dialect"`
	Database  string             `json:"database,omitempty"` // "" where replayed
	Replayed  bool               `json:"replayed,omitempty"` // it is what the chain makes
	Schema    string             `json:"schema"`             // what is wanted
	Changes   []schemaChangeJSON `json:"changes"`            // what a migration does, or would do
	Unwritten []schemaChangeJSON `json:"unwritten,omitempty"`
	Hidden    []schemaChangeJSON `json:"hidden,omitempty"`

	// Of a migration that was written.
	NoWayBack []schemaChangeJSON `json:"no_way_back,omitempty"` // not undone by the downgrade
	Left      []schemaChangeJSON `json:"left,omitempty"`        // after the upgrade of a copy
	LeftBack  []schemaChangeJSON `json:"left_back,omitempty"`   // after its downgrade

	hidden int // worth telling
}

type schemaChangeJSON struct {
	Action   string `json:"action"`
	Kind     string `json:"kind"`
	Table    string `json:"table,omitempty"`
	Name     string `json:"name"`
	Text     string `json:"text"`
	Destroys bool   `json:"destroys,omitempty"` // rows or values are lost
	Reason   string `json:"reason,omitempty"`   // of unwritten
	Filter   string `json:"filter,omitempty"`   // of hidden
}

func schemaChangeDocument(c diff.Change) schemaChangeJSON {
	return schemaChangeJSON{
		Action: string(c.Action), Kind: string(c.Kind), Table: c.Table, Name: c.Name, Text: c.Text, Destroys: c.Destroys,
	}
}

func schemaChangeDocuments(changes []diff.Change) []schemaChangeJSON {
	documents := []schemaChangeJSON{}
	for _, c := range changes {
		documents = append(documents, schemaChangeDocument(c))
	}
	return documents
}

func unwrittenDocuments(all []diff.Unwritten) (documents []schemaChangeJSON) {
	for _, u := range all {
		d := schemaChangeDocument(u.Change)
		d.Reason = u.Reason
		documents = append(documents, d)
	}
	return documents
}

// of takes over what a comparison has found.
func (c *comparisonJSON) of(found *autogenerate.Comparison) {
	c.Changes, c.Unwritten, c.hidden = schemaChangeDocuments(found.Changes), unwrittenDocuments(found.Unwritten), found.Told()
	for _, h := range found.Hidden {
		d := schemaChangeDocument(h.Change)
		d.Filter = h.Filter
		c.Hidden = append(c.Hidden, d)
	}
}

// ofProposal takes over what a migration that was written does not do.
func (c *comparisonJSON) ofProposal(p *autogenerate.Proposal) {
	c.NoWayBack = unwrittenDocuments(p.NoWayBack)
	c.Left, c.LeftBack = schemaChangeDocuments(p.Left), schemaChangeDocuments(p.LeftBack)
}

// printComparison prints what differs for one dialect.
func (a *app) printComparison(w io.Writer, c comparisonJSON) {
	what := c.Dialect
	if c.Replayed {
		what += ", the chain replayed"
	}
	if n := len(c.Changes) + len(c.Unwritten); n == 0 {
		fmt.Fprintf(w, "%s: as %s wants it\n", what, c.Schema)
	} else {
		fmt.Fprintf(w, "%s: %s from %s\n", what, count(n, "difference"), c.Schema)
	}
	for _, d := range c.Changes {
		note := ""
		if d.Destroys {
			note = "  (destroys data)"
		}
		fmt.Fprintf(w, "  %-6s %s%s\n", d.Action, printable(d.Text), note)
	}
	for _, d := range c.Unwritten {
		fmt.Fprintf(w, "  %-6s %s  (not written: %s)\n", d.Action, printable(d.Text), printable(d.Reason))
	}
	switch {
	case a.flags.verbose:
		for _, d := range c.Hidden {
			fmt.Fprintf(w, "  hidden by %s: %s %s\n", d.Filter, d.Action, printable(d.Text))
		}
	case c.hidden > 0 && !a.flags.quiet:
		fmt.Fprintf(w, "  %s hidden by filters; -v lists them\n", count(c.hidden, "more difference"))
	}
}

// warnLeft tells what a migration does not do, which a person has to.
func (a *app) warnLeft(c comparisonJSON) {
	for _, warning := range []struct {
		what string
		list []schemaChangeJSON
	}{
		{"is not in the migration", c.Unwritten},
		{"is still different after the upgrade", c.Left},
		{"is not undone by the downgrade", c.NoWayBack},
		{"is not as before after the downgrade", c.LeftBack},
	} {
		for _, d := range warning.list {
			fmt.Fprintf(a.stderr, "warning: %s: %s: %s\n", c.Dialect, warning.what, d.Action+" "+printable(d.Text))
		}
	}
	if slices.ContainsFunc(c.Changes, func(d schemaChangeJSON) bool { return d.Destroys }) {
		fmt.Fprintf(a.stderr, "warning: %s: the upgrade destroys data\n", c.Dialect)
	}
}
