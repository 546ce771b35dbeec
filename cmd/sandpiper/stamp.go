package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author/imports"
)

func newStamp(a *app) *cobra.Command {
	var existing bool
	var tool string
	cmd := &cobra.Command{
		Use:   "stamp REV",
		Short: "Record a revision as applied, and run nothing",
		Long: `Writes into the ledger that the database stands at REV, without running any
migration: for a database whose schema came about in another way. "base" says
that nothing is applied. The ledger keeps a line for every revision stamped.

--from-existing takes the place of REV where another tool has run the migrations
that "sandpiper import" wrote: it reads that tool's own table (alembic_version,
atlas_schema_revisions, __diesel_schema_migrations, flyway_schema_history,
goose_db_version, schema_migration, schema_migrations, schema_version or
_sqlx_migrations) and leaves it as it is. A migration that failed half-way, a
gap, or a database that is ahead of the migrations is refused.`,
		Example: `  sandpiper stamp head
  sandpiper stamp 9725c1cbee35
  sandpiper stamp base
  sandpiper stamp --from-existing
  sandpiper stamp --from-existing --from goose`,
		Args: func(cmd *cobra.Command, args []string) error {
			if existing {
				return arguments(0, 0, "")(cmd, args)
			}
			return arguments(1, 1, "one REV")(cmd, args)
		},
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if tool != "" && !existing {
				return usage("", "--from goes with --from-existing")
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			if existing {
				return a.adopt(cmd.Context(), r, tool)
			}
			result, err := r.Stamp(cmd.Context(), args[0])
			return a.ran(r, result, err)
		},
	}
	cmd.Flags().BoolVar(&existing, "from-existing", false, "stamp what another tool's table says is applied")
	cmd.Flags().StringVar(&tool, "from", "", "whose table, if there are several: a `tool` of sandpiper import")
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(imports.Names(), cobra.ShellCompDirectiveNoFileComp))
	a.runFlags(cmd.Flags())
	return cmd
}

// adopt stamps what another tool has recorded.
func (a *app) adopt(ctx context.Context, r *host.Runner, tool string) error {
	adoption, result, err := imports.Adopt(ctx, r, tool)
	var unknown *imports.UnknownToolError
	if errors.As(err, &unknown) {
		return usage("", "%w", err)
	}
	if err == nil {
		a.say("adopted from %s, which %s keeps", adoption.Table, adoption.Tool)
		for _, v := range adoption.Unknown {
			fmt.Fprintf(a.stderr, "warning: %s has version %s, which no migration here is\n", adoption.Table, printable(v))
		}
	}
	return a.ran(r, result, err)
}
