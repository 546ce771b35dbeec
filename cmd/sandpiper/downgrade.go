package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func newDowngrade(a *app) *cobra.Command {
	var (
		record recording
		pace   func(*host.Config, chain.Dialect) error
	)
	cmd := &cobra.Command{
		Use:   "downgrade TARGET",
		Short: "Undo migrations, down to a revision",
		Long: `Runs the downgrades of every applied migration after TARGET, newest first, and of
those that depend on them: "-1" undoes the last one of the line main, or of the only
line there is, whatever was applied to others since, "acme@-1" the last one of the
line acme, and "base" all of all lines. Data that the migrations brought is lost with
them, so it shows what it would do and asks first; --yes answers. A migration without
a downgrade stops it before anything has changed.

--report and --record keep what the run did, as those of upgrade do.`,
		Example: `  sandpiper downgrade -1
  sandpiper downgrade 9725c1 --yes
  sandpiper plan --downgrade -1 --sql`,
		Args:              arguments(1, 1, "one TARGET, such as -1, base or a revision"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.askable("downgrade"); err != nil {
				return err
			}
			cfg := host.Config{Before: func(p host.Plan) error {
				if a.flags.yes {
					return nil
				}
				a.printSteps(a.stderr, p.Steps)
				question := fmt.Sprintf("\nUndo %s on %s? [y/N]", count(len(p.Steps), "migration"), a.database)
				return a.confirm(cmd.Context(), question, "y", "yes")
			}}
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
			record.begin(&cfg, s.db, cmd.Name(), args[0])
			r, err := s.runner(cfg)
			if err != nil {
				return err
			}
			result, err := r.Downgrade(cmd.Context(), args[0])
			return record.end(cmd.Context(), a, r, result, a.ran(r, result, err))
		},
	}
	pace = backfillFlags(cmd.Flags())
	record.flags(cmd.Flags())
	a.yesFlag(cmd.Flags(), "do not ask")
	a.runFlags(cmd.Flags())
	return cmd
}
