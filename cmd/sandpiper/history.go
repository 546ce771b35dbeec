package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A historyData is the data of history: the chain, or with --ledger the ledger.
type historyData struct {
	Dialect   string        `json:"dialect"`
	Revisions []appliedJSON `json:"revisions,omitempty"` // newest first
	Entries   []entryJSON   `json:"entries,omitempty"`   // newest first
}

type appliedJSON struct {
	revisionJSON
	Applied string `json:"applied,omitempty"` // RFC 3339; absent where it is not applied
}

func newHistory(a *app) *cobra.Command {
	var (
		flags                    selectionFlags
		ledger, applied, pending bool
	)
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the chain's revisions, or what was done to the database",
		Long: `Lists the revisions of the chain, newest first, with the time each was applied
to the database. Flags leave only some: those of a line or a labelled branch,
those between two revisions, those of some days (of their creation), those that
are applied or not, the newest few.

--ledger lists what was done to the database instead: every upgrade, downgrade,
stamp, rehash and repair, newest first, and how long it took. --line, --since, --until
and --limit choose from it.`,
		Example: `  sandpiper history
  sandpiper history --pending
  sandpiper history --from 9725c1 --to reports@head
  sandpiper history --since 2026-10-01 --line acme
  sandpiper history --ledger --limit 20
  sandpiper history --json`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			selection, err := flags.selection()
			if err != nil {
				return err
			}
			switch {
			case applied && pending:
				return usage("", "--applied and --pending leave nothing: give one of them")
			case ledger && (applied || pending || flags.label+flags.from+flags.to != ""):
				return usage("", "--ledger takes --line, --since, --until and --limit alone")
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			s.tellAbsent()
			if ledger {
				return a.ledgerHistory(cmd.Context(), r, selection)
			}
			state, err := r.Ledger(cmd.Context())
			if err != nil {
				return err
			}
			if applied || pending {
				selection.Keep = func(rev chain.Revision) bool {
					_, ok := state.Applied[rev.Key]
					return ok == applied
				}
			}
			return a.chainHistory(r, state, selection)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&ledger, "ledger", false, "list what was done to the database")
	f.BoolVar(&applied, "applied", false, "only what the database has")
	f.BoolVar(&pending, "pending", false, "only what the database does not have")
	flags.lineFlags(f)
	flags.dateFlags(f)
	return cmd
}

// chainHistory lists the chain, newest first, against what is applied.
func (a *app) chainHistory(r *host.Runner, ledger *host.Ledger, selection chain.Selection) error {
	revisions, err := r.Graph().Select(selection, ledger.Heads)
	if err != nil {
		return err
	}
	data := historyData{Dialect: string(r.Graph().Dialect())}
	var rows []table.Row
	for _, rev := range slices.Backward(revisions) {
		entry := appliedJSON{revisionJSON: revisionDocument(rev)}
		when := "-"
		if at, ok := ledger.Applied[rev.Key]; ok {
			entry.Applied, when = timestamp(at.At), moment(at.At)
		}
		data.Revisions = append(data.Revisions, entry)
		rows = append(rows, table.Row{rev.Key, parents(rev.Revises), when, plain(rev.Slug)})
	}
	a.result(data, func(w io.Writer) {
		if len(rows) == 0 {
			fmt.Fprintln(w, "no revisions")
			return
		}
		a.printTable(w, table.Row{"revision", "revises", "applied", "migration"}, rows)
	})
	return nil
}

// ledgerHistory lists what was done to the database.
func (a *app) ledgerHistory(ctx context.Context, r *host.Runner, selection chain.Selection) error {
	limit := selection.Limit
	chosen := selection.Line != "" || !selection.Since.IsZero() || !selection.Until.IsZero()
	if chosen {
		limit = 0 // what is left out must not count
	}
	entries, err := r.History(ctx, limit)
	if err != nil {
		return err
	}
	ofLine := func(e host.Entry) bool { return lineName(e.Key.Line) == selection.Line }
	if selection.Line != "" && !slices.ContainsFunc(entries, ofLine) {
		// Nothing was done in it, or it is no line.
		if _, err := r.Graph().Select(chain.Selection{Line: selection.Line}, nil); err != nil {
			return err
		}
	}
	entries = slices.DeleteFunc(entries, func(e host.Entry) bool {
		return selection.Line != "" && !ofLine(e) ||
			e.Started.Before(selection.Since) || !selection.Until.IsZero() && !e.Started.Before(selection.Until)
	})
	if selection.Limit > 0 {
		entries = entries[:min(selection.Limit, len(entries))]
	}
	data := historyData{Dialect: string(r.Graph().Dialect()), Entries: entryDocuments(entries)}
	a.result(data, func(w io.Writer) {
		if len(entries) == 0 && chosen {
			fmt.Fprintln(w, "no entries")
			return
		}
		a.printLedger(w, entries)
	})
	return nil
}

// printLedger prints the ledger's lines, newest first.
func (a *app) printLedger(w io.Writer, entries []host.Entry) {
	if len(entries) == 0 {
		fmt.Fprintln(w, "the ledger is empty")
		return
	}
	columns := []ledgerColumn{
		{"#", func(e host.Entry) any { return e.ID }},
		{"when", func(e host.Entry) any { return moment(e.Started) }},
		{"action", func(e host.Entry) any { return e.Action }},
		{"revision", func(e host.Entry) any { return e.Key }},
		{"migration", func(e host.Entry) any { return plain(e.Slug) }},
		{"time", func(e host.Entry) any { return elapsed(e.Duration) }},
		{"by", func(e host.Entry) any { return plain(e.Runner) }},
	}
	for _, c := range someColumns {
		if slices.ContainsFunc(entries, func(e host.Entry) bool { return c.value(e) != "" }) {
			columns = append(columns, c)
		}
	}
	var header table.Row
	for _, c := range columns {
		header = append(header, c.name)
	}
	var rows []table.Row
	for _, e := range entries {
		var row table.Row
		for _, c := range columns {
			row = append(row, c.value(e))
		}
		rows = append(rows, row)
	}
	a.printTable(w, header, rows)
}

// A ledgerColumn is a column of the table of the ledger's lines.
type ledgerColumn struct {
	name  string
	value func(host.Entry) any
}

// someColumns are shown where a line has something in them.
var someColumns = []ledgerColumn{
	{"signer", func(e host.Entry) any { return plain(e.Signer) }},
	{"fuel", func(e host.Entry) any { return fuel(e.Fuel) }},
	{"reason", func(e host.Entry) any { return plain(e.Reason) }},
}

// fuel is how much fuel a guest used, for people; "" where it was not counted.
func fuel(n int64) string {
	if n <= 0 {
		return ""
	}
	return policy.Thousands(n)
}
