package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func newUpgrade(a *app) *cobra.Command {
	var (
		backup string
		record recording
		phase  func() (*abi.Phase, error)
		pace   func(*host.Config, chain.Dialect) error
	)
	kept := author.Kept{Mark: host.DumpMark}
	cmd := &cobra.Command{
		Use:   "upgrade [TARGET]",
		Short: "Apply the migrations that are missing",
		Long: `Applies every migration up to TARGET that the database does not have yet, each
in a transaction with its line in the ledger. TARGET is "heads" if left out;
see "sandpiper help targets".

A run that is cut short leaves whole migrations behind: call upgrade again and
it goes on. Any number of runners may start at once; one works, the others wait.

A migration may have phases: what old programs can live with (expand), the data
(backfill), and what only new ones can (contract). With --phase the run ends, with
exit code 0, before the first phase that is later than the one named; a migration
without phases runs whole. A backfill goes on from its last checkpoint, whatever
ended the run before; --chunk-time, --max-rate and --max-lag spare a database that is
in use. See "sandpiper help data".

With --dump the schema is written to a file afterwards, as "sandpiper dump -o"
does it; a file that no dump has written ends the call before anything runs.

With --report a page tells what the run did, whatever became of it: a timeline,
each statement with its time and its rows, the chain as a picture. With --record
the same is kept as JSON, for "sandpiper report --record" or for a program. Then
each statement waits for its answer, for the price of a round trip.`,
		Example: `  sandpiper upgrade
  sandpiper upgrade +1
  sandpiper upgrade --database sqlite:app.db --backup
  sandpiper upgrade --phase expand
  sandpiper upgrade --max-rate 5000 --max-lag 2s
  sandpiper upgrade --dump schema.sql
  sandpiper upgrade --report report.html
  sandpiper upgrade --dir vendor.wasm --database postgres://app@localhost/app`,
		Args:              arguments(0, 1, "one TARGET"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("dump") {
				if kept.Name == "" || kept.Name == "-" {
					return usage("for example: --dump schema.sql; `sandpiper dump` writes to standard output", "--dump names no file")
				}
				if err := keepable(kept.Check(), "dump", ""); err != nil {
					return err
				}
			}
			upTo, err := phase()
			if err != nil {
				return err
			}
			cfg := host.Config{Phase: upTo}
			if err := record.check(cmd.Flags()); err != nil {
				return err
			}
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			if err := pace(&cfg, s.db.Dialect()); err != nil {
				return err
			}
			s.connectEarly(cmd.Context())
			target := argument(args, "heads")
			record.begin(&cfg, s.db, cmd.Name(), target)
			if cmd.Flags().Changed("backup") {
				if cfg.Before, err = a.backup(cmd.Context(), s, backup, time.Now()); err != nil {
					return err
				}
			}
			r, err := s.runner(cfg)
			if err != nil {
				return err
			}
			result, err := r.Upgrade(cmd.Context(), target)
			err = a.ran(r, result, err)
			if err == nil && kept.Name != "" {
				err = a.dumpAfter(cmd.Context(), r, result, kept)
			}
			return record.end(cmd.Context(), a, r, result, err)
		},
	}
	phase = phaseFlag(cmd)
	f := cmd.Flags()
	pace = backfillFlags(f)
	f.StringVar(&backup, "backup", "", "SQLite: copy the database to `PATH` before the first migration\n(without PATH: beside the database, with the time in its name)")
	f.Lookup("backup").NoOptDefVal = backupBeside
	f.StringVar(&kept.Name, "dump", "", "write the schema to a `file` afterwards")
	_ = cmd.MarkFlagFilename("dump", "sql")
	record.flags(f)
	a.runFlags(f)
	return cmd
}

// dumpAfter writes the schema to a file after a run.
func (a *app) dumpAfter(ctx context.Context, r *host.Runner, result host.Result, kept author.Kept) error {
	d, err := r.Dump(ctx)
	changed := false
	if err == nil {
		changed, err = a.keep(kept, d)
	}
	if err != nil {
		done := "the database is as it should be"
		if n := len(result.Applied); n > 0 {
			done = count(n, "migration") + " applied"
		}
		return &statusError{exitFailed, kindOther, fmt.Sprintf("sandpiper dump -o %s", kept.Name), fmt.Errorf("%s, but the schema is not written: %w", done, err)}
	}
	data := runDocument(result)
	data.Dump = &dumpedJSON{kept.Name, changed}
	a.result(data, func(w io.Writer) {
		if changed && !a.flags.quiet {
			fmt.Fprintf(w, "wrote %s\n", kept.Name)
		}
	})
	return nil
}

// A runData is the data of upgrade, downgrade, stamp and reset.
type runData struct {
	Applied []entryJSON         `json:"applied"`
	Heads   map[string][]string `json:"heads"`
	Paused  *pausedJSON         `json:"paused,omitempty"` // with --phase
	Dump    *dumpedJSON         `json:"dump,omitempty"`   // with --dump
	Files   []string            `json:"files,omitempty"`  // with --report or --record
}

type dumpedJSON struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"` // it was written
}

func runDocument(result host.Result) runData {
	data := runData{Applied: entryDocuments(result.Applied), Heads: map[string][]string{}, Paused: pausedDocument(result.Paused)}
	maps.Copy(data.Heads, result.Heads)
	return data
}

// An entryJSON is a line of the ledger in a document.
type entryJSON struct {
	Revision   string `json:"revision"`
	Line       string `json:"line"`
	Action     string `json:"action"`
	Slug       string `json:"slug"`
	Started    string `json:"started"`
	DurationUS int64  `json:"duration_us"`
	Digest     string `json:"digest,omitempty"`
	Module     string `json:"module,omitempty"`
	Seed       string `json:"seed,omitempty"`
	Runner     string `json:"runner,omitempty"`
	Reason     string `json:"reason,omitempty"` // of a rehash

	// Of a plugin's run.
	Signer string          `json:"signer,omitempty"` // the key
	Grants json.RawMessage `json:"grants,omitempty"` // as in a manifest
	Fuel   int64           `json:"fuel,omitempty"`
}

func entryDocument(e host.Entry) entryJSON {
	document := entryJSON{
		Revision:   e.Key.ID,
		Line:       lineName(e.Key.Line),
		Action:     string(e.Action),
		Slug:       e.Slug,
		Started:    timestamp(e.Started),
		DurationUS: e.Duration.Microseconds(),
		Digest:     e.Digest,
		Module:     e.Module,
		Seed:       e.Seed,
		Runner:     e.Runner,
		Reason:     e.Reason,
		Signer:     e.Signer,
		Fuel:       e.Fuel,
	}
	if json.Valid([]byte(e.Grants)) { // the ledger is a table that anybody may have written into
		document.Grants = json.RawMessage(e.Grants)
	}
	return document
}

func entryDocuments(entries []host.Entry) []entryJSON {
	out := make([]entryJSON, 0, len(entries))
	for _, e := range entries {
		out = append(out, entryDocument(e))
	}
	return out
}

// ran reports a run: a table of what was done, and where the database is now.
func (a *app) ran(r *host.Runner, result host.Result, err error) error {
	a.running.Store(false)
	if a.display != nil {
		a.display.close()
	}
	if err != nil {
		return err
	}
	a.result(runDocument(result), func(w io.Writer) {
		if a.flags.quiet {
			return
		}
		if len(result.Applied) > 0 {
			a.printEntries(w, result.Applied)
			fmt.Fprintln(w)
		}
		a.printHeads(w, r, result)
		if result.Paused != nil {
			printPaused(w, result.Paused)
		}
	})
	return nil
}
