package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author/configfile"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A removeData is the data of plugin remove.
type removeData struct {
	Line    string      `json:"line"`
	Dropped []ownedJSON `json:"dropped"` // with --purge; without, what the runner made for it
	Kept    []keptJSON  `json:"kept"`    // of the plugin's, in the database
	Files   []string    `json:"files"`   // that were written
}

type ownedJSON struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type keptJSON struct {
	ownedJSON
	Reason string `json:"reason"`
	SQL    string `json:"sql,omitempty"` // with which an administrator drops it
}

func newPluginRemove(a *app) *cobra.Command {
	var (
		purge  bool
		reason string
	)
	cmd := &cobra.Command{
		Use:   "remove LINE",
		Short: "Take a plugin out of the project, and with --purge out of the database",
		Long: `Takes [plugins.LINE] out of sandpiper.toml and its line out of sandpiper.lock. While
the database has revisions of the plugin it does not: "sandpiper downgrade LINE@base"
undoes them, as the plugin itself would. Nor does it while other migrations of the
project depend on it, or while the database has something that the plugin owns. Its
role and its schema, which are empty then, go too; what has to stay is named, with the
statement for an administrator.

--purge drops exactly what the plugin owns, whatever its downgrades would do, and
takes its revisions out of the ledger; nothing of the plugin runs. It shows what that
is and asks; --yes answers. What depends on it and is not the plugin's ends the purge,
and nothing is dropped then.

A plugin that sandpiper.toml has no longer is removed in the same way, by what the
lock file and the ledger of the database know of it.

Another database that has the plugin's revisions wants its own downgrade or purge
first: only the one at hand is looked at.`,
		Example: `  sandpiper downgrade acme@base && sandpiper plugin remove acme
  sandpiper plugin remove acme --purge --reason "we left Acme"`,
		Args: arguments(1, 1, "one LINE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason != "" && !purge {
				return usage("take it out, or say --purge", "--reason goes into the ledger, which only --purge writes")
			}
			return a.pluginRemove(cmd.Context(), args[0], purge, reason)
		},
		ValidArgsFunction: a.completePlugins,
	}
	f := cmd.Flags()
	f.BoolVar(&purge, "purge", false, "drop what it owns in the database")
	f.StringVar(&reason, "reason", "", "why it is purged, for the ledger")
	a.yesFlag(f, "do not ask")
	a.waitFlag(f)
	a.roleFlag(f)
	return cmd
}

func (a *app) pluginRemove(ctx context.Context, line string, purge bool, reason string) error {
	if purge {
		if err := a.askable("plugin remove --purge"); err != nil {
			return err
		}
	}
	release, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.set.home(); err != nil {
		return err
	}
	p, err := s.leaving(ctx, line)
	if err != nil {
		return err
	}
	if err := a.notNeeded(s, line); err != nil {
		return err
	}
	// Neither the project's migrations nor the plugin's module are needed, and
	// either may be what is broken.
	r, err := host.NewRunner(nil, s.db, s.box, host.Config{
		LockWait: s.set.lockWait, Plugins: []host.Plugin{p.plugin(a.flags.withoutRole)},
	})
	if err != nil {
		return err
	}
	data := removeData{Line: line, Dropped: []ownedJSON{}, Kept: []keptJSON{}, Files: []string{}}
	if purge {
		err = a.purge(ctx, r, line, reason, &data)
	} else {
		err = a.vacate(ctx, r, p, &data)
	}
	if err != nil {
		return err
	}
	if data.Files, err = s.set.forget(line); err != nil {
		a.data = data
		return err
	}
	a.result(data, func(w io.Writer) {
		for _, o := range data.Dropped {
			fmt.Fprintf(w, "dropped %s %s\n", o.Kind, plain(o.Name))
		}
		for _, k := range data.Kept {
			fmt.Fprintf(w, "kept %s %s: %s\n", k.Kind, plain(k.Name), plain(k.Reason))
			if k.SQL != "" {
				fmt.Fprintf(w, "  an administrator drops it: %s;\n", plain(k.SQL))
			}
		}
		for _, f := range data.Files {
			fmt.Fprintf(w, "wrote %s\n", f)
		}
	})
	return nil
}

// leaving reads the plugin that is to be removed. One that sandpiper.toml has no
// longer is what the lock file and the ledger have of it: there are its grants.
func (s *session) leaving(ctx context.Context, line string) (*installed, error) {
	p, missing := s.set.file.existing(line)
	if _, there := s.set.file.Plugins[line]; there || !chain.ValidLine(line) || line == chain.DefaultLine {
		return p, missing
	}
	r, err := host.NewRunner(nil, s.db, s.box, host.Config{LockWait: s.set.lockWait})
	if err != nil {
		return nil, err
	}
	history, err := r.History(ctx, 0)
	if err != nil {
		return nil, err
	}
	folder := s.set.lockFolder()
	if err := folder.ReadLock(); err != nil {
		return nil, err
	}
	ran, known := host.LastGrants(history, line)
	if _, pinned := folder.Lock.Plugin(line); !pinned && !known {
		return nil, missing
	}
	grants, err := policy.New(line, ran, s.set.file.owned(line)...)
	if err != nil {
		return nil, fmt.Errorf("plugin %s as it was when it ran last: %w", line, err)
	}
	return &installed{line: line, grants: grants}, nil
}

// vacate takes away what was made for a plugin of which nothing is applied.
func (a *app) vacate(ctx context.Context, r *host.Runner, p *installed, data *removeData) error {
	if err := a.nothingApplied(ctx, r, p); err != nil {
		return err
	}
	owned, err := r.Owned(ctx, p.line)
	if err != nil {
		return err
	}
	var left []string
	for _, o := range owned {
		if o.Kind != "role" && o.Kind != "schema" {
			left = append(left, o.Kind+" "+plain(o.Name))
		}
	}
	if len(left) > 0 {
		return usage("drop it with what the plugin owns: sandpiper plugin remove "+p.line+" --purge",
			"the downgrades of plugin %s have left %s; nothing was changed", p.line, strings.Join(left, ", "))
	}
	done, err := r.Vacate(ctx, p.line)
	data.purged(done)
	return err
}

// nothingApplied refuses a plugin of which the database has something.
func (a *app) nothingApplied(ctx context.Context, r *host.Runner, p *installed) error {
	line := p.line
	ledger, err := r.Ledger(ctx)
	if err != nil {
		return err
	}
	applied := 0
	for key := range ledger.Applied {
		if key.Line == line {
			applied++
		}
	}
	for _, p := range ledger.Progress {
		if p.Key.Line == line {
			applied = max(applied, 1)
		}
	}
	if applied == 0 && len(ledger.Heads[line]) == 0 {
		return nil
	}
	next := fmt.Sprintf("undo them first: sandpiper downgrade %s@base; or say --purge, which drops what the plugin owns", line)
	if p.path == "" {
		next = fmt.Sprintf("bring [plugins.%s] back and undo them; or say --purge, which drops what the plugin owns", line)
	}
	return &statusError{exitFailed, kindPending, next,
		fmt.Errorf("%s has %s of plugin %s", a.database, count(max(applied, 1), "revision"), line)}
}

// purge shows what a plugin owns, asks, and drops it.
func (a *app) purge(ctx context.Context, r *host.Runner, line, reason string, data *removeData) error {
	owned, err := r.Owned(ctx, line)
	if err != nil {
		return err
	}
	if !a.flags.yes {
		for _, o := range owned {
			fmt.Fprintf(a.stderr, "%s %s\n", o.Kind, plain(o.Name))
		}
		question := fmt.Sprintf("\nDrop %s of plugin %s in %s, with all data? [y/N]", count(len(owned), "object"), line, a.database)
		if err := a.confirm(ctx, question, "y", "yes"); err != nil {
			return err
		}
	}
	done, err := r.Purge(ctx, line, reason)
	data.purged(done)
	return err
}

func (d *removeData) purged(done host.Purged) {
	for _, o := range done.Dropped {
		d.Dropped = append(d.Dropped, ownedJSON(o))
	}
	for _, k := range done.Kept {
		d.Kept = append(d.Kept, keptJSON{ownedJSON(k.Owned), k.Reason, k.SQL})
	}
}

// forget takes a plugin out of sandpiper.toml and of sandpiper.lock: first the pin,
// without which a run refuses it.
func (s settings) forget(line string) (files []string, err error) {
	files = []string{}
	folder := s.lockFolder()
	if err := folder.ReadLock(); err != nil {
		return files, err
	}
	if _, pinned := folder.Lock.Plugin(line); pinned {
		if err := folder.WriteLock(folder.Lock.WithoutPlugin(line)); err != nil {
			return files, err
		}
		files = append(files, folder.LockName())
	}
	changed, err := edit(s.file.path, func(text []byte) ([]byte, error) {
		return configfile.Remove(text, []string{"plugins", line})
	})
	if changed {
		files = append(files, filepath.ToSlash(s.file.path))
	}
	return files, err
}
