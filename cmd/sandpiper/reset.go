package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newReset(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Drop everything in the schema, and upgrade again",
		Long: `Drops every table, view, type and function in the schema the connection works
in, with all data and the ledger, then applies all migrations. It asks for the
database's name first; --yes answers.`,
		Example: `  sandpiper reset
  sandpiper reset --database sqlite:test.db --yes`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.askable("reset"); err != nil {
				return err
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			if !a.flags.yes {
				question := fmt.Sprintf("This drops everything in %s.\nType the database's name, %s, to go on:", a.database, s.name)
				if err := a.confirm(cmd.Context(), question, s.name); err != nil {
					return err
				}
			}
			result, err := r.Reset(cmd.Context())
			return a.ran(r, result, err)
		},
	}
	a.yesFlag(cmd.Flags(), "do not ask for the database's name")
	a.runFlags(cmd.Flags())
	return cmd
}
