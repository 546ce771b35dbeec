package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
)

// An initData is the data of init.
type initData struct {
	Files []string `json:"files"`
}

func newInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Start a project: settings and a first migration for each database",
		Long: `Writes sandpiper.toml into the current folder and a first migration for each
dialect, as an example, into DIR ("migrations" if left out), with the notes and
the templates of further ones. It writes over nothing.`,
		Example: `  sandpiper init
  sandpiper upgrade`,
		Args: arguments(0, 1, "one DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := author.Init(".", author.Project{Dir: argument(args, "")})
			var exists *author.ExistsError
			if errors.As(err, &exists) {
				return usage("run `sandpiper upgrade`, or init in another folder", "%w", err)
			}
			if err != nil {
				return err
			}
			a.result(initData{files}, func(w io.Writer) {
				for _, f := range files {
					fmt.Fprintf(w, "wrote %s\n", f)
				}
				fmt.Fprint(w, `
Next:
  sandpiper upgrade        apply the example to sqlite:sandpiper.db
  sandpiper current        say where the database is
  sandpiper downgrade -1   undo it
  sandpiper revision -m "what it does"   write the next one
`)
			})
			return nil
		},
	}
}
