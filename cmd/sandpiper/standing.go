package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/sandpiper-db/sandpiper/host"
)

// printEntries prints what a run did, in its order.
func (a *app) printEntries(w io.Writer, entries []host.Entry) {
	rows := make([]table.Row, 0, len(entries))
	for _, e := range entries {
		rows = append(rows, table.Row{e.Action, e.Key, plain(e.Slug), elapsed(e.Duration)})
	}
	a.printTable(w, table.Row{"action", "revision", "migration", "time"}, rows)
}

// printHeads says where the database is after a run.
func (a *app) printHeads(w io.Writer, r *host.Runner, result host.Result) {
	lines := r.Graph().Lines()
	for line := range result.Heads {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	atHead := true
	var standing []string
	for _, line := range lines {
		at, head := whereabouts(result.Heads[line], r.Graph().Heads(line))
		atHead = atHead && head
		if len(lines) > 1 {
			at = lineName(line) + " " + at
		}
		standing = append(standing, at)
	}
	switch {
	case len(result.Applied) > 0 || result.Paused != nil:
	case atHead:
		fmt.Fprintln(w, "already at head")
	default:
		fmt.Fprintln(w, "nothing to do")
	}
	if len(standing) == 1 {
		fmt.Fprintf(w, "database %s is at %s\n", a.database, standing[0])
		return
	}
	fmt.Fprintf(w, "database %s is at\n", a.database)
	for _, at := range standing {
		fmt.Fprintf(w, "  %s\n", at)
	}
}

// whereabouts says where a line is, and whether that is the chain's head.
func whereabouts(heads, want []string) (text string, head bool) {
	head = slices.Equal(heads, want)
	text = strings.Join(heads, ", ")
	if text == "" {
		text = "base"
	}
	if head && len(heads) > 0 {
		text += " (head)"
	}
	return text, head
}
