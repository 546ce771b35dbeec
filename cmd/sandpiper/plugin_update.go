package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

func newPluginUpdate(a *app) *cobra.Command {
	var asGranted, dryRun bool
	cmd := &cobra.Command{
		Use:   "update LINE [FILE.wasm]",
		Short: "Take a new version of a plugin, or grants that were edited",
		Long: `Pins the module that is at the plugin's place now, or FILE.wasm. A module that asks
for no more than is granted, and is signed by the same key, is taken at once; one
that has lost its signature is not.
Otherwise the difference is shown and asked about; --yes answers. So is a module that
comes before the one that is pinned: it lacks revisions of that one, or has a lower
version. With --as-granted the module is taken and is granted nothing more; without
it, the next update offers the rest again.

Without consent the version that is pinned stays the one that runs: where its file
was written over by the new one, bring it back.

What was changed in [plugins.LINE] by hand is pinned as it is, and asked about.`,
		Example: `  cp acme-1.3.wasm plugins/acme.wasm && sandpiper plugin update acme
  sandpiper plugin update acme acme-1.3.wasm --dry-run`,
		Args: arguments(1, 2, "one LINE and one FILE.wasm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) > 1 {
				file = args[1]
			}
			return a.pluginUpdate(cmd.Context(), args[0], file, asGranted, dryRun)
		},
		ValidArgsFunction: a.completePlugins,
	}
	f := cmd.Flags()
	f.BoolVar(&asGranted, "as-granted", false, "grant nothing more")
	f.BoolVar(&dryRun, "dry-run", false, "show the difference, and change nothing")
	a.yesFlag(f, "do not ask")
	return cmd
}

// completePlugins completes the line of a plugin, and then a module.
func (a *app) completePlugins(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completeModules(cmd, args, word)
	}
	_, file, err := a.projectSettings()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return file.pluginLines(), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) pluginUpdate(ctx context.Context, line, file string, asGranted, dryRun bool) error {
	if dryRun && a.flags.yes {
		return usage("give one of them", "--dry-run changes nothing, and --yes says to do it")
	}
	release, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	c, err := a.pluginProject()
	if err != nil {
		return err
	}
	u, err := c.planUpdate(line, file, asGranted)
	if err != nil {
		return err
	}
	if err := c.fits(u.plugin); err != nil {
		return err
	}
	data := pluginData{Plugin: u.plugin.document(), Reasons: u.reasons, Files: []string{}}
	a.result(data, func(w io.Writer) { printPlugin(w, data.Plugin, u.reasons...) })
	if len(u.reasons) > 0 && !dryRun {
		if err := a.askable("plugin update"); err != nil {
			return u.notTaken(err)
		}
		if !a.flags.yes {
			if err := a.confirm(ctx, "\nTake it, with these grants? [y/N]", "y", "yes"); err != nil {
				return u.notTaken(err)
			}
		}
	}
	return a.pin(c, u.plugin, data, dryRun)
}

// An update is what a plugin is going to be.
type update struct {
	plugin   *installed
	reasons  []string // to ask before, in words
	replaced bool     // another module is where the pinned one was
	more     bool     // it asks for more than is granted
}

// planUpdate says what a plugin becomes with the module of a file; "" is the one
// that sandpiper.toml names.
func (c *chains) planUpdate(line, file string, asGranted bool) (*update, error) {
	p, err := c.config.existing(line)
	if err != nil {
		return nil, err
	}
	u := &update{plugin: p}
	was := p.path
	if file != "" {
		p.path, p.config.Module = file, ""
	}
	if p.module, err = openModule(p.path); err != nil {
		return nil, notPinned(err, p.path)
	}
	if got := p.module.manifest.Line; got != line {
		return nil, usage("sandpiper plugin add "+p.path, "%s: its migrations are of the line %s, and not of %s", p.path, plain(got), line)
	}
	if err := p.module.checkCode(); err != nil {
		return nil, err
	}
	if p.signer, err = c.config.signedBy(p.module); err != nil {
		return nil, err
	}
	p.pin, p.pinned = c.folder.Lock.Plugin(line)
	moved := p.pin.Module != p.module.file.Digest()
	u.replaced = p.pinned && moved && file == ""
	edited := p.pin.Grants != trust.Digest(&p.grants.Allowed)
	switch {
	case !p.pinned:
		u.reasons = append(u.reasons, c.folder.LockName()+" does not pin it")
	case edited:
		u.reasons = append(u.reasons, "its grants in "+c.config.path+" are not those that are pinned")
	}
	if p.pinned && moved {
		if older := p.older(was); older != "" {
			u.reasons = append(u.reasons, older)
		}
	}
	// To lose a signature is a change of the same module, too; to get one is none.
	if p.pinned && (moved || p.pin.Signer != "") && p.pin.Signer != p.signer.Key {
		u.reasons = append(u.reasons, fmt.Sprintf("it is signed %s, and was signed by %s", p.signer.words(), c.config.keyName(p.pin.Signer)))
	}
	if asGranted || !p.pinned || !moved && edited {
		return u, nil // what somebody wrote there is a decision: it is pinned as it is
	}
	asked := p.module.manifest.Capabilities
	if err := policy.Grantable(asked); err != nil {
		return nil, usage("say --as-granted to take it without, or have the vendor leave it out", "%s: it asks for what nobody can grant: %w", p.path, err)
	}
	more := policy.Compare(p.grants.Allowed, asked).More
	for _, change := range more {
		u.reasons = append(u.reasons, "it asks for more: "+change.Text)
	}
	if u.more = len(more) > 0; u.more {
		if p.grants, err = policy.New(line, policy.Renew(p.grants.Allowed, asked), c.config.owned(line)...); err != nil {
			return nil, usage("one of the two has to own something else, or say --as-granted", "%s: %w", p.path, err)
		}
	}
	return u, nil
}

// notPinned says what to do about a module that cannot be read.
func notPinned(err error, name string) error {
	if errors.As(err, new(*unreadableError)) {
		return &statusError{exitFailed, kindModule, "nothing was changed; get " + name + " again from who made it", err}
	}
	return err
}

// notTaken says what becomes of a plugin that was not updated.
func (u *update) notTaken(err error) error {
	p := u.plugin
	next := "say --yes to take it"
	if u.more {
		next += ", or --as-granted to grant it nothing more"
	}
	if u.replaced {
		next += fmt.Sprintf("; until then bring back the file of %s (%s), such as with `git checkout -- %s`: a run refuses the one that is there",
			cmp.Or(p.pin.Version, "the version that is pinned"), chain.ShortDigest(p.pin.Module), p.path)
	}
	var status *statusError
	if errors.As(err, &status) && p.pinned {
		return &statusError{status.code, status.kind, next, fmt.Errorf("%w; the version that is pinned stays: %s", err, title(cmp.Or(p.pin.Version, "-"), p.pin.Module))}
	}
	return err
}
