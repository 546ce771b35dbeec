package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func newPlugin(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Add, list, update and remove modules of others",
		Long: `A plugin is a module of somebody else's that runs with the project's migrations and
can do no more than it is granted. These commands keep [plugins.LINE] of
sandpiper.toml, and the line of sandpiper.lock that pins module, signer and grants.
See "sandpiper help plugins".`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("plugin takes add, list, update or remove, and not %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.group(cmd, "add, list, update or remove") },
	}
	for _, sub := range []*cobra.Command{newPluginAdd(a), newPluginList(a), newPluginUpdate(a), newPluginRemove(a)} {
		sub.Flags().SortFlags = false
		cmd.AddCommand(sub)
	}
	return cmd
}

// A pluginJSON is a plugin in a document.
type pluginJSON struct {
	Line      string          `json:"line"`
	Name      string          `json:"name,omitempty"`
	Version   string          `json:"version,omitempty"`
	Module    string          `json:"module"` // its file
	Digest    string          `json:"digest,omitempty"`
	Signer    string          `json:"signer,omitempty"`    // the name of the key
	Key       string          `json:"key,omitempty"`       // that signed it
	Unknown   string          `json:"unknown,omitempty"`   // the ID of a key that is not in sandpiper.toml
	Revisions map[string]int  `json:"revisions,omitempty"` // by dialect
	Grants    json.RawMessage `json:"grants"`              // as in a manifest
	Allows    []string        `json:"allows"`              // the same in words
	Lacks     []string        `json:"lacks,omitempty"`     // what it asks for and is not granted, in words
	Unused    []string        `json:"unused,omitempty"`    // what it is granted and does not ask for, in words
	Role      string          `json:"role,omitempty"`      // PostgreSQL: an existing role, or "none"
	Refused   string          `json:"refused,omitempty"`   // why a run would not take it
}

// grantedJSON is a module with grants.
func grantedJSON(line string, m *openedModule, granted abi.Capabilities) pluginJSON {
	p := pluginJSON{
		Line: line, Grants: abi.AppendCapabilities(nil, &granted), Allows: policy.Words(granted),
	}
	if m == nil {
		return p
	}
	p.Module, p.Digest = m.name, m.file.Digest()
	p.Name, p.Version = m.manifest.Name, m.manifest.Version
	p.Revisions = map[string]int{}
	for _, r := range m.manifest.Revisions {
		p.Revisions[r.Dialect]++
	}
	difference := policy.Compare(granted, m.manifest.Capabilities)
	p.Lacks, p.Unused = texts(difference.More), texts(difference.Less)
	return p
}

func texts(changes []policy.Change) (texts []string) {
	for _, c := range changes {
		texts = append(texts, c.Text)
	}
	return texts
}

// printPlugin prints a plugin, a line a fact, and what else there is to think about.
func printPlugin(w io.Writer, p pluginJSON, reasons ...string) {
	field := func(name string, lines ...string) {
		if text := strings.Join(lines, "\n           "); text != "" {
			fmt.Fprintf(w, "%-9s  %s\n", name, text)
		}
	}
	field("plugin", plain(p.Line))
	field("name", plain(title(p.Name, p.Version)))
	field("module", p.Module)
	field("digest", p.Digest)
	if p.Digest != "" {
		field("signed", signer{trust.Signer{Name: p.Signer, Key: p.Key}, p.Unknown}.words())
	}
	var revisions []string
	for _, d := range chain.Dialects {
		if n := p.Revisions[string(d)]; n > 0 {
			revisions = append(revisions, fmt.Sprintf("%s for %s", count(n, "revision"), d))
		}
	}
	field("holds", strings.Join(revisions, ", "))
	field("role", p.Role)
	field("may", p.Allows...)
	field("asks also", p.Lacks...)
	field("unasked", p.Unused...)
	field("refused", p.Refused)
	field("changed", reasons...)
}

// signedWords says whose key signed a module.
func signedWords(name, key string) string {
	switch {
	case key == "":
		return "by " + unsigned
	case name == "":
		return "by the key " + key
	}
	return fmt.Sprintf("by %s (%s)", plain(name), key)
}
