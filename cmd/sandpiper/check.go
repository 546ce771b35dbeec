package main

import (
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A checkData is the data of check.
type checkData struct {
	Dialects []comparisonJSON `json:"dialects"`
}

func newCheck(a *app) *cobra.Command {
	var (
		flags   comparisonFlags
		dialect string
	)
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Find in what the database is not the schema that is wanted",
		Long: `Compares the schema that the migrations make with the one that is wanted, for
every dialect, and changes nothing. Where they differ, a migration is missing:
"sandpiper revision --autogenerate" writes it. The exit code is then 7.

What is compared, where the wanted schema stands and what is left out is as for
revision --autogenerate: see "sandpiper help autogenerate". With --replay no
database has to be at head: the chain is applied to an empty scratch database, in
memory for SQLite, beside the database that is named for PostgreSQL.`,
		Example: `  sandpiper check
  sandpiper check --replay --dialect sqlite      in CI, without a database
  sandpiper check --schema schema.sql -v`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			only, err := onlyDialect(dialect)
			if err != nil {
				return err
			}
			c, err := a.wholeChains()
			if err != nil {
				return err
			}
			dialects := c.dialects()
			if only != "" && !slices.Contains(dialects, only) {
				return usage("", "there is no chain for %s", only)
			} else if only != "" {
				dialects = []chain.Dialect{only}
			}
			k, err := a.compare(cmd.Context(), c, &flags, dialects)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, k.close(cmd.Context())) }()
			data, differences := checkData{Dialects: []comparisonJSON{}}, 0
			err = k.each(cmd.Context(), dialects, func(t autogenerate.Task, about comparisonJSON) (*autogenerate.Comparison, error) {
				one, err := autogenerate.Compare(cmd.Context(), t)
				if err != nil {
					return nil, err
				}
				about.of(one)
				data.Dialects = append(data.Dialects, about)
				differences += len(one.Changes) + len(one.Unwritten)
				return one, nil
			})
			if err != nil {
				return err
			}
			a.result(data, func(w io.Writer) {
				for _, one := range data.Dialects {
					a.printComparison(w, one)
				}
			})
			if differences > 0 {
				return outcome(exitDiffers, kindDiffers, "check found %s", count(differences, "difference"))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dialect, "dialect", "", "compare postgresql or sqlite alone")
	flags.add(cmd.Flags())
	return cmd
}
