package main

import (
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

func newStamp(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stamp REV",
		Short: "Record a revision as applied, and run nothing",
		Long: `Writes into the ledger that the database stands at REV, without running any
migration: for a database whose schema came about in another way. "base" says
that nothing is applied. The ledger keeps a line for every revision stamped.`,
		Example: `  sandpiper stamp head
  sandpiper stamp 9725c1cbee35
  sandpiper stamp base`,
		Args:              arguments(1, 1, "one REV"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			r, err := s.runner(host.Config{})
			if err != nil {
				return err
			}
			result, err := r.Stamp(cmd.Context(), args[0])
			return a.ran(r, result, err)
		},
	}
	a.runFlags(cmd.Flags())
	return cmd
}
