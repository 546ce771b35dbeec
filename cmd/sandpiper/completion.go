package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

func newCompletion(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Prints a script that completes commands, flags and revisions. Load it in the
shell's start-up file, or put it where the shell looks for completions.`,
		Example: `  source <(sandpiper completion bash)
  sandpiper completion zsh > "${fpath[1]}/_sandpiper"
  sandpiper completion fish > ~/.config/fish/completions/sandpiper.fish`,
		Args:      arguments(1, 1, "one SHELL: bash, zsh, fish or powershell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return usage("", "no completion for %q: bash, zsh, fish and powershell are there", args[0])
		},
	}
}

// completeTargets completes words and revisions. It reads the migrations and
// no database, and is silent about what it cannot read.
func (a *app) completeTargets(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	targets := []string{"head", "heads", "base"}
	if s, err := a.open(); err == nil {
		defer s.close()
		if r, err := s.runner(host.Config{}); err == nil {
			for rev := range r.Graph().All() {
				targets = append(targets, rev.Key.String()+"\t"+plain(rev.Slug))
			}
		}
	}
	var fitting []string
	for _, t := range targets {
		if strings.HasPrefix(t, prefix) {
			fitting = append(fitting, t)
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp
}
