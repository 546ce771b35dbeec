package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A pluginData is the data of plugin add and plugin update.
type pluginData struct {
	Plugin  pluginJSON `json:"plugin"`
	Reasons []string   `json:"reasons,omitempty"` // to ask before an update
	Files   []string   `json:"files"`             // that were written
}

func newPluginAdd(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "add FILE.wasm",
		Short: "Grant a module of somebody else's what it asks for",
		Long: `Shows what is in a module, who signed it and what it asks for, and asks; --yes
answers. Then it writes [plugins.LINE] of sandpiper.toml, with all that the module
asks for, and a line of sandpiper.lock, which pins the module, its signer and the
grants. Nothing is copied and nothing is run: "sandpiper upgrade" runs the plugin.

The signature is in FILE.wasm.minisig. One that is not right, or of a key that is
revoked, is refused; a module that nobody signed, or whose signer is not known, is
taken on your word, as it is shown. To grant less, edit [plugins.LINE] and run
"sandpiper plugin update LINE".`,
		Example: `  sandpiper plugin add plugins/acme.wasm --dry-run
  sandpiper plugin add plugins/acme.wasm`,
		Args: arguments(1, 1, "one FILE.wasm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.pluginAdd(cmd.Context(), args[0], dryRun)
		},
		ValidArgsFunction: completeModules,
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show it, and change nothing")
	a.yesFlag(cmd.Flags(), "do not ask")
	return cmd
}

func (a *app) pluginAdd(ctx context.Context, name string, dryRun bool) error {
	if dryRun && a.flags.yes {
		return usage("give one of them", "--dry-run changes nothing, and --yes says to do it")
	}
	release, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	m, err := openModule(name)
	if err != nil {
		return err
	}
	c, err := a.pluginProject(m.manifest.Line)
	if err != nil {
		return notPinned(err, name)
	}
	p, err := c.newPlugin(m)
	if err != nil {
		return err
	}
	if err := c.fits(p); err != nil {
		return err
	}
	data := pluginData{Plugin: p.document(), Files: []string{}}
	a.result(data, func(w io.Writer) { printPlugin(w, data.Plugin) })
	if !dryRun && !a.flags.yes {
		if err := a.askable("plugin add"); err != nil {
			return err
		}
		if err := a.confirm(ctx, "\nAdd it, with these grants? [y/N]", "y", "yes"); err != nil {
			return err
		}
	}
	return a.pin(c, p, data, dryRun)
}

// newPlugin checks a module that is to become a plugin of the project.
func (c *chains) newPlugin(m *openedModule) (*installed, error) {
	line := m.manifest.Line
	_, there := c.config.Plugins[line]
	wrong := policy.CheckLine(line)
	switch {
	case line == chain.DefaultLine:
		return nil, usage("a vendor gives it a line with `sandpiper build --line`; one's own module is run with --dir, or from versions/",
			"%s: its migrations are of the line %s, which is the project's own, and a plugin has a line of its own", m.name, line)
	case wrong != nil:
		return nil, usage("the vendor has to ship it under another line, with `sandpiper build --line`", "%s: %w", m.name, wrong)
	case there:
		return nil, usage(fmt.Sprintf("sandpiper plugin update %s %s", line, m.name), "there is a plugin %s already: %s:%d",
			plain(line), c.config.path, c.config.sectionLine("plugins", line))
	}
	if err := m.checkCode(); err != nil {
		return nil, err
	}
	for _, r := range c.runners {
		if slices.Contains(r.Graph().Lines(), line) {
			return nil, usage("the vendor has to ship it under another line", "%s: the project has migrations of the line %s itself", m.name, plain(line))
		}
	}
	by, err := c.config.signedBy(m)
	if err != nil {
		return nil, err
	}
	if err := policy.Grantable(m.manifest.Capabilities); err != nil {
		return nil, usage("the vendor has to leave it out", "%s: it asks for what nobody can grant: %w", m.name, err)
	}
	grants, err := policy.New(line, m.manifest.Capabilities, c.config.owned(line)...)
	if err != nil {
		return nil, usage("one of the two has to own something else", "%s: %w", m.name, err)
	}
	return &installed{line: line, path: m.name, grants: grants, module: m, signer: by}, nil
}
