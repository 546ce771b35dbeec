package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
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
		ledger bool
		limit  int
	)
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the chain's revisions, or what was done to the database",
		Long: `Lists the revisions of the chain, newest first, with the time each was applied
to the database.

--ledger lists what was done to the database instead: every upgrade, downgrade,
stamp and rehash, newest first, and how long it took.`,
		Example: `  sandpiper history
  sandpiper history --ledger --limit 20
  sandpiper history --json`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return usage("", "--limit must not be negative")
			}
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			r, err := s.runner(host.Config{})
			if err != nil {
				return err
			}
			data := historyData{Dialect: string(s.db.Dialect())}
			if ledger {
				entries, err := r.History(cmd.Context(), limit)
				if err != nil {
					return err
				}
				data.Entries = entryDocuments(entries)
				a.result(data, func(w io.Writer) { a.printLedger(w, entries) })
				return nil
			}
			applied, err := r.Ledger(cmd.Context())
			if err != nil {
				return err
			}
			a.history(data, r, applied, limit)
			return nil
		},
	}
	cmd.Flags().BoolVar(&ledger, "ledger", false, "list what was done to the database")
	cmd.Flags().IntVarP(&limit, "limit", "n", 0, "list no more than this `many` (0: all)")
	return cmd
}

// history lists the chain, newest first, against what is applied.
func (a *app) history(data historyData, r *host.Runner, ledger *host.Ledger, limit int) {
	revisions := slices.Collect(r.Graph().All())
	var rows []table.Row
	for i := len(revisions) - 1; i >= 0 && (limit == 0 || len(rows) < limit); i-- {
		rev := revisions[i]
		entry := appliedJSON{revisionJSON: revisionDocument(rev)}
		when := "-"
		if at, ok := ledger.Applied[rev.Key]; ok {
			entry.Applied, when = timestamp(at.At), moment(at.At)
		}
		data.Revisions = append(data.Revisions, entry)
		parents := strings.Join(rev.Revises, ", ")
		if parents == "" {
			parents = "<base>"
		}
		rows = append(rows, table.Row{rev.Key, parents, when, rev.Slug})
	}
	a.result(data, func(w io.Writer) {
		if len(rows) == 0 {
			fmt.Fprintln(w, "no revisions")
			return
		}
		a.printTable(w, table.Row{"revision", "revises", "applied", "migration"}, rows)
	})
}

// printLedger prints the ledger's lines, newest first.
func (a *app) printLedger(w io.Writer, entries []host.Entry) {
	if len(entries) == 0 {
		fmt.Fprintln(w, "the ledger is empty")
		return
	}
	header := table.Row{"#", "when", "action", "revision", "migration", "time", "by"}
	reasons := slices.ContainsFunc(entries, func(e host.Entry) bool { return e.Reason != "" })
	if reasons {
		header = append(header, "reason")
	}
	var rows []table.Row
	for _, e := range entries {
		row := table.Row{e.ID, moment(e.Started), e.Action, e.Key, e.Slug, elapsed(e.Duration), e.Runner}
		if reasons {
			row = append(row, printable(e.Reason))
		}
		rows = append(rows, row)
	}
	a.printTable(w, header, rows)
}
