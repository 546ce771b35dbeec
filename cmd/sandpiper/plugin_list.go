package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// A pluginsData is the data of plugin list.
type pluginsData struct {
	Plugins []pluginJSON `json:"plugins"`
}

func newPluginList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the plugins of the project, and what each may do",
		Long: `Shows each plugin of sandpiper.toml: its module, who signed it, what it is granted,
what it asks for beyond that, and why a run would refuse it. It looks at the files
alone; "sandpiper current" and "sandpiper audit" say what of it is applied. The exit
code is 5 if a run would refuse one.`,
		Example: `  sandpiper plugin list
  sandpiper plugin list --json`,
		Args: arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			set, _, err := a.projectSettings()
			if err != nil {
				return err
			}
			all, err := set.installed()
			if err != nil {
				return err
			}
			data := pluginsData{[]pluginJSON{}}
			refused := 0
			for _, p := range all {
				data.Plugins = append(data.Plugins, p.document())
				if p.refused != nil {
					refused++
				}
			}
			a.result(data, func(w io.Writer) {
				if len(data.Plugins) == 0 {
					fmt.Fprintln(w, "no plugins")
				}
				for i, p := range data.Plugins {
					if i > 0 {
						fmt.Fprintln(w)
					}
					printPlugin(w, p)
				}
			})
			return problemsFound("plugin list", refused)
		},
	}
}
