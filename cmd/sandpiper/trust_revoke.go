package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author/configfile"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

func newTrustRevoke(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "Trust a key no more",
		Long: `Writes "revoked = true" into [trust.NAME] of sandpiper.toml, where the key stays: what
is signed with it is refused from then on, also where sandpiper.lock pins it.`,
		Example: `  sandpiper trust revoke alice`,
		Args:    arguments(1, 1, "one NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			file, changed, err := a.editTrust(cmd.Context(), name, func(_ configFile, keys []trust.Key) ([]configfile.Pair, error) {
				for _, k := range keys {
					if k.Name == name {
						return []configfile.Pair{{Key: "revoked", Value: true}}, nil
					}
				}
				return nil, usage("see: sandpiper trust list", "no key is trusted as %q", name)
			})
			if err != nil {
				return err
			}
			all, err := a.trusted()
			if err != nil {
				return err
			}
			data := trustData{File: file, Changed: changed, Keys: []keyJSON{}}
			for _, k := range all.Keys {
				if k.Name == name {
					data.Keys = append(data.Keys, k)
				}
			}
			a.result(data, func(w io.Writer) {
				if !changed {
					fmt.Fprintf(w, "the key of %s is revoked already: nothing to do\n", name)
					return
				}
				fmt.Fprintf(w, "wrote %s: what is signed with the key of %s is refused\n", file, name)
				for _, k := range data.Keys {
					for _, line := range k.Plugins {
						fmt.Fprintf(w, "plugin %s is signed with it, and is not run any more: get one that is signed with another key, and run `sandpiper plugin update %s`\n", line, line)
					}
				}
			})
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			data, err := a.trusted()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			var names []string
			for _, k := range data.Keys {
				names = append(names, k.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
