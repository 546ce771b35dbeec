package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func newDocs(*app) *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "Print the reference in Markdown",
		Hidden: true,
		Args:   arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			writeReference(cmd.OutOrStdout(), cmd.Root())
			return nil
		},
	}
}

// writeReference prints every command and topic as one page of Markdown.
func writeReference(w io.Writer, root *cobra.Command) {
	fmt.Fprintf(w, "# sandpiper: reference\n\nWritten by `go run ./cmd/sandpiper docs`; edit the commands, not this page.\n\n%s\n", root.Long)
	writeBlock(w, "Flags of every command", root.PersistentFlags().FlagUsages())
	for _, group := range root.Groups() {
		fmt.Fprintf(w, "\n## %s\n", strings.TrimSuffix(group.Title, ":"))
		for _, cmd := range root.Commands() {
			if cmd.GroupID == group.ID && !cmd.Hidden && cmd.Name() != "help" {
				writeCommand(w, cmd)
			}
		}
	}
	for _, cmd := range root.Commands() {
		if cmd.IsAdditionalHelpTopicCommand() && !cmd.Hidden {
			fmt.Fprintf(w, "\n## %s\n\n```text\n%s\n```\n", cmd.Short, cmd.Long)
		}
	}
}

func writeCommand(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(w, "\n### %s\n\n%s.\n\n%s\n", cmd.CommandPath(), cmd.Short, cmd.Long)
	if cmd.Example != "" {
		fmt.Fprintf(w, "\n```sh\n%s\n```\n", dedent(cmd.Example))
	}
	writeBlock(w, "", cmd.NonInheritedFlags().FlagUsages())
	for _, sub := range cmd.Commands() {
		writeCommand(w, sub)
	}
}

// writeBlock prints a block of text as it is.
func writeBlock(w io.Writer, heading, block string) {
	if heading != "" {
		fmt.Fprintf(w, "\n## %s\n", heading)
	}
	if block = strings.TrimRight(block, "\n"); block != "" {
		fmt.Fprintf(w, "\n```text\n%s\n```\n", block)
	}
}

func dedent(block string) string {
	lines := strings.Split(block, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
