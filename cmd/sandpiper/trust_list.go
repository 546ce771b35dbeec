package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func newTrustList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the keys that are trusted, or were",
		Long: `Shows the keys of sandpiper.toml, and the plugins that sandpiper.lock pins as signed
with each.`,
		Example: `  sandpiper trust list
  sandpiper trust list --json`,
		Args: arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			data, err := a.trusted()
			if err != nil {
				return err
			}
			a.result(data, func(w io.Writer) {
				if len(data.Keys) == 0 {
					fmt.Fprintln(w, "no key is trusted: `sandpiper trust add NAME KEY` adds one")
					return
				}
				var rows []table.Row
				for _, k := range data.Keys {
					state := "trusted"
					if k.Revoked {
						state = "revoked"
					}
					rows = append(rows, table.Row{plain(k.Name), state, k.Key, strings.Join(k.Plugins, ", ")})
				}
				a.printTable(w, table.Row{"name", "state", "key", "plugins"}, rows)
			})
			return nil
		},
	}
}
