package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/report"
)

// A reportData is the data of report.
type reportData struct {
	Outcome    string `json:"outcome"`
	Migrations int    `json:"migrations"`
	File       string `json:"file,omitempty"` // with -o
	Page       string `json:"page,omitempty"` // without
}

func newReport(a *app) *cobra.Command {
	kept := author.Kept{Mark: report.PageMark}
	var record string
	var limit int
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Make a page of a run, or of the ledger",
		Long: `Makes one HTML page that is whole in itself: it has no script and loads nothing,
so it can be mailed, kept and read without a network.

With --record it tells of a run that "sandpiper upgrade --record" has recorded:
a timeline, each statement with its time and its rows, the chunks of backfills,
what was logged, what ended the run, the chain as a picture. No database is
asked. "sandpiper upgrade --report" makes the same page at once.

Without --record it tells what the ledger knows of all runs: what was done when,
by whom, and how long it took. The ledger knows of no statements.`,
		Example: `  sandpiper report -o report.html
  sandpiper upgrade --record run.json; sandpiper report --record run.json -o report.html`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("output") {
				if kept.Name == "" {
					return usage("leave it out to write to standard output", "-o names no file")
				}
				if err := keepable(kept.Check(), "report", ", or say --force"); err != nil {
					return err
				}
			}
			if limit < 0 {
				return usage("", "--limit is %d, and has to be 0 or more", limit)
			}
			var r *report.Record
			var err error
			if cmd.Flags().Changed("record") {
				if r, err = readRecord(record); err == nil {
					a.database = r.Database
				}
			} else {
				r, err = a.ledgerRecord(cmd.Context(), limit)
			}
			if err != nil {
				return err
			}
			return a.report(r, kept)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&kept.Name, "output", "o", "", "write the page to a `file`")
	f.StringVar(&record, "record", "", "tell of the run whose record is in a `file`")
	f.IntVar(&limit, "limit", 0, "only the newest `N` lines of the ledger (0: all)")
	f.BoolVar(&kept.Force, "force", false, "write over the file whatever it is")
	_ = cmd.MarkFlagFilename("output", "html")
	_ = cmd.MarkFlagFilename("record", "json")
	return cmd
}

// readRecord reads the file of a record.
func readRecord(name string) (*report.Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("", "the record cannot be read: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, report.MaxFile+1))
	if err != nil {
		return nil, err
	}
	r, err := report.Read(text)
	if err != nil {
		return nil, usage("", "%s: %w", name, err)
	}
	return r, nil
}

// ledgerRecord makes a record of the ledger.
func (a *app) ledgerRecord(ctx context.Context, limit int) (*report.Record, error) {
	s, runner, err := a.openRunner()
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.tellAbsent()
	var entries []host.Entry
	ledger, err := runner.Ledger(ctx)
	if err == nil && ledger.Exists {
		entries, err = runner.History(ctx, limit)
	}
	if err != nil {
		return nil, err
	}
	r := report.OfLedger(s.db, entries, ledger.Heads)
	drawChain(ctx, runner, r)
	return r, nil
}

// report hands over a page, or writes it to a file.
func (a *app) report(r *report.Record, kept author.Kept) error {
	page, err := r.HTML()
	if err != nil {
		return err
	}
	data := reportData{Outcome: string(r.Outcome), Migrations: len(r.Migrations)}
	if kept.Name == "" {
		data.Page = string(page)
		a.result(data, func(w io.Writer) { _, _ = w.Write(page) }) // nobody is left to tell
		return nil
	}
	if _, err := kept.Write(page); err != nil {
		return err
	}
	data.File = kept.Name
	a.result(data, func(w io.Writer) {
		if !a.flags.quiet {
			fmt.Fprintf(w, "wrote %s: %s\n", printable(kept.Name), count(len(r.Migrations), "migration"))
		}
	})
	return nil
}
