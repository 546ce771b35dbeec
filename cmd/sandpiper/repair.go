package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
)

// A repairData is the data of repair.
type repairData struct {
	Faults   []faultJSON `json:"faults"`
	Repaired bool        `json:"repaired"`          // what has a mend is done
	Entries  []entryJSON `json:"entries,omitempty"` // the ledger's new lines
	Files    []string    `json:"files,omitempty"`   // that were written
}

type faultJSON struct {
	problemJSON
	Mend string `json:"mend,omitempty"` // what repair does; absent where it does nothing
	Next string `json:"next,omitempty"` // what a person can do
}

func newRepair(a *app) *cobra.Command {
	var (
		options host.RepairOptions
		dryRun  bool
	)
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Put ledger, sandpiper.lock and notes right where they disagree",
		Long: `Compares the ledger with its history and with the migrations, sandpiper.lock and
MIGRATION-NOTES.md with the files, shows what differs and what it would do about
each, and asks before it does it; --yes answers. No migration is run.

  heads     the heads are not what the history comes to: they are set to that
  history   the heads stand for a revision that the history has nothing of: it is
            recorded as applied
  changed   a file was edited after it was applied: accepted with --reason alone
  unknown   something is applied that the chain does not have: taken out of the
            ledger with --forget alone, and only there
  pending   a migration is half done: "sandpiper upgrade" goes on with it;
            --abandon gives it up, and leaves what it has committed
  index     a concurrent build left an INVALID index on PostgreSQL: dropped
  lock      sandpiper.lock lacks a revision, or pins something else than a file
            that the ledger has as it is: pinned as it is
  notes     an entry is missing or in the wrong place: as "notes sync" does
  ledger    a table or a column of the ledger is missing: told

What is written into the ledger is one transaction under the lock, and each change
has a line in the history that says why. The exit code is 5 while something is
left that a person has to see to, and with --dry-run if there is anything at all.`,
		Example: `  sandpiper repair --dry-run
  sandpiper repair
  sandpiper repair --reason "comments were translated" --yes
  sandpiper repair --forget 9725c1cbee35 --reason "from a branch that was given up"`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dryRun && a.flags.yes {
				return usage("give one of them", "--dry-run changes nothing, and --yes says to do it")
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			return a.repair(cmd.Context(), r, s.set.dir, options, dryRun)
		},
	}
	f := cmd.Flags()
	f.StringVar(&options.Reason, "reason", "", "accept the edits of applied files; why, for the ledger")
	f.StringSliceVar(&options.Forget, "forget", nil, "take `REV`, which the chain does not have, out of the ledger")
	f.StringSliceVar(&options.Abandon, "abandon", nil, "give up the half-done migration `REV`")
	f.BoolVar(&dryRun, "dry-run", false, "show what differs, and change nothing")
	a.yesFlag(f, "do not ask")
	a.waitFlag(f)
	return cmd
}

// A repairPlan is what is wrong with the database and with the files.
type repairPlan struct {
	ledger *host.Repair
	files  *author.Repair
	folder *author.Folder // nil where the migrations are a module
	faults []host.Fault   // of both
}

// planRepair looks at the database and at the files. It changes nothing.
func (a *app) planRepair(ctx context.Context, r *host.Runner, dir string, options host.RepairOptions) (*repairPlan, error) {
	ledger, err := r.PlanRepair(ctx, options)
	var choice *host.ChoiceError
	if errors.As(err, &choice) {
		return nil, usage(choice.Next, "%w", err)
	}
	if err != nil {
		return nil, err
	}
	p := &repairPlan{ledger: ledger, files: &author.Repair{}, faults: ledger.Faults}
	if filepath.Ext(dir) == ".wasm" {
		return p, nil
	}
	c, err := a.wholeChains()
	if err != nil {
		return nil, err
	}
	p.folder = c.folder
	if p.files, err = c.folder.PlanRepair(ledger.Agrees); err != nil {
		return nil, err
	}
	p.faults = append(p.faults, p.files.Faults...)
	return p, nil
}

// left counts what a repair leaves to people.
func (p *repairPlan) left() (left int) {
	for _, f := range p.faults {
		if f.Mend == "" {
			left++
		}
	}
	return left
}

// repair shows what is wrong, asks, and does what can be done.
func (a *app) repair(ctx context.Context, r *host.Runner, dir string, options host.RepairOptions, dryRun bool) error {
	if filepath.Ext(dir) != ".wasm" && !dryRun {
		release, err := a.hold(ctx)
		if err != nil {
			return err
		}
		defer release()
	}
	p, err := a.planRepair(ctx, r, dir, options)
	if err != nil {
		return err
	}
	data := repairData{Faults: faultDocuments(p.faults)}
	a.result(data, func(w io.Writer) { printFaults(w, p.faults) })
	switch {
	case dryRun && len(p.faults) > 0:
		a.say("nothing was changed")
		return problemsFound("repair", len(p.faults))
	case !p.ledger.Mends() && !p.files.Mends():
		return problemsFound("repair", len(p.faults))
	}
	if err := a.askable("repair"); err != nil {
		return err
	}
	if !a.flags.yes {
		if err := a.confirm(ctx, fmt.Sprintf("Repair this (%s)? [y/N]", a.database), "y", "yes"); err != nil {
			return err
		}
	}
	return a.mend(ctx, r, p, data)
}

// mend does what was shown: first in the database, then in the files.
func (a *app) mend(ctx context.Context, r *host.Runner, p *repairPlan, data repairData) error {
	entries, err := r.Repair(ctx, p.ledger)
	data.Entries = entryDocuments(entries)
	if err == nil && p.files.Mends() {
		if data.Files, err = p.folder.Repair(p.files); err != nil {
			err = fmt.Errorf("the database is repaired, and the files could not be written: %w", err)
		}
	}
	if err != nil {
		a.data = data
		return err
	}
	data.Repaired = true
	left := p.left()
	a.result(data, func(w io.Writer) {
		fmt.Fprintf(w, "\nrepaired %s", count(len(p.faults)-left, "fault"))
		if left > 0 {
			fmt.Fprintf(w, ", %d left", left)
		}
		fmt.Fprintln(w)
	})
	return problemsFound("repair", left)
}

func faultDocuments(faults []host.Fault) []faultJSON {
	out := make([]faultJSON, 0, len(faults))
	for _, f := range faults {
		out = append(out, faultJSON{problemDocument(f.Problem), f.Mend, f.Next})
	}
	return out
}

// printFaults prints what is wrong, and below it what is done about it.
func printFaults(w io.Writer, faults []host.Fault) {
	if len(faults) == 0 {
		fmt.Fprintln(w, "nothing to repair")
		return
	}
	for _, f := range faults {
		fmt.Fprint(w, f.Rule)
		for _, about := range []string{f.Revision, whereOf(f.Problem)} {
			if about != "" {
				fmt.Fprintf(w, "  %s", printable(about))
			}
		}
		fmt.Fprintf(w, "\n  found   %s\n", printable(f.Message))
		instead := "next"
		if f.Mend != "" {
			instead = "or"
			fmt.Fprintf(w, "  repair  %s\n", printable(f.Mend))
		}
		if f.Next != "" {
			fmt.Fprintf(w, "  %-6s  %s\n", instead, printable(f.Next))
		}
	}
}
