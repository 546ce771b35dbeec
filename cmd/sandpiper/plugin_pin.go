package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author/configfile"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// pluginProject reads a project for its plugins: its own migrations, which may be
// a module, or not be there, and the lock file. coming are lines of plugins that it
// is about to have.
func (a *app) pluginProject(coming ...string) (*chains, error) {
	set, config, err := a.projectSettings()
	if err != nil {
		return nil, err
	}
	if err := set.home(); err != nil {
		return nil, err
	}
	c := &chains{set: set, config: config, folder: set.lockFolder(), box: a.newBox(set)}
	if filepath.Ext(set.dir) == ".wasm" {
		err = c.readModule(coming...)
	} else if whole, readErr := a.wholeChains(coming...); readErr == nil {
		c = whole
	} else if !errors.Is(readErr, fs.ErrNotExist) {
		err = readErr
	}
	if err != nil {
		return nil, err
	}
	return c, c.folder.ReadLock()
}

// home refuses migrations that are not those of sandpiper.toml.
func (s settings) home() error {
	if !s.elsewhere {
		return nil
	}
	return usage(fmt.Sprintf("leave --dir out, name the other project's file with --config, or write dir = %q into %s", s.dir, configName),
		"%s is not what %s is about, which has the plugins", s.dir, cmp.Or(s.file.path, configName))
}

// readModule reads the project's own migrations from a module.
func (c *chains) readModule(coming ...string) error {
	fsys, root, err := openDir(c.set.dir)
	if err != nil {
		return err
	}
	for _, d := range chain.Dialects {
		r, err := host.NewRunner(fsys, dialectOnly(d), c.box, host.Config{Path: root, Elsewhere: append(c.set.pluginLines(), coming...)})
		if err != nil {
			return err
		}
		c.runners = append(c.runners, r)
	}
	return nil
}

// pin writes a plugin into sandpiper.toml and sandpiper.lock, and says so.
func (a *app) pin(c *chains, p *installed, data pluginData, dryRun bool) error {
	if dryRun {
		a.say("nothing was changed")
		return nil
	}
	files, err := c.pinPlugin(p)
	if err != nil {
		return err
	}
	data.Files = append(data.Files, files...)
	a.result(data, func(w io.Writer) {
		if len(files) == 0 {
			fmt.Fprintln(w, "\nit is pinned as it is: nothing to do")
			return
		}
		fmt.Fprintf(w, "\nwrote %s\n", strings.Join(files, " and "))
	})
	return nil
}

// pinPlugin writes a plugin into sandpiper.toml and sandpiper.lock: first what is
// granted, which is worth nothing without the pin.
func (c *chains) pinPlugin(p *installed) (files []string, err error) {
	lock, err := c.folder.PinPlugin(p.wantedPin())
	if err != nil {
		return nil, err
	}
	name := cmp.Or(c.config.path, c.config.begin)
	pairs, err := p.pairs(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	changed, err := edit(name, func(text []byte) ([]byte, error) {
		return configfile.Set(text, []string{"plugins", p.line}, pairs...)
	})
	if err != nil {
		return nil, err
	}
	if changed {
		files = append(files, filepath.ToSlash(name))
	}
	if c.folder.Lock != nil && c.folder.Lock.String() == lock.String() {
		return files, nil
	}
	if err := c.folder.WriteLock(lock); err != nil {
		return nil, fmt.Errorf("%s has the plugin, and %s does not pin it: %w", filepath.ToSlash(name), c.folder.LockName(), authoring(err))
	}
	return append(files, c.folder.LockName()), nil
}

// edit edits a sandpiper.toml.
func edit(name string, change func(text []byte) ([]byte, error)) (changed bool, err error) {
	changed, err = configfile.Edit(name, change)
	if errors.As(err, new(*configfile.Error)) {
		err = usage("", "%w", err)
	}
	return changed, authoring(err)
}

// wantedPin is what pins the plugin as it is.
func (p *installed) wantedPin() chain.PluginPin {
	return chain.PluginPin{
		Line: p.line, Version: p.module.manifest.Version, Module: p.module.file.Digest(),
		Signer: p.signer.Key, Grants: trust.Digest(&p.grants.Allowed),
	}
}

// pairs are the keys of [plugins.LINE] in a file of a folder.
func (p *installed) pairs(folder string) ([]configfile.Pair, error) {
	module := p.config.Module
	if module == "" {
		var err error
		if module, err = relativeTo(folder, p.path); err != nil {
			return nil, err
		}
	}
	pairs := append([]configfile.Pair{{Key: "module", Value: module}}, capabilityPairs(p.grants.Allowed)...)
	if p.config.Role != "" {
		pairs = append(pairs, configfile.Pair{Key: "role", Value: p.config.Role})
	}
	if p.config.WithoutRole {
		pairs = append(pairs, configfile.Pair{Key: "without_role", Value: true})
	}
	return pairs, nil
}

// relativeTo is a file's name as seen from a folder, with slashes; the whole name
// where it is on another volume.
func relativeTo(folder, name string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", err
	}
	if relative, err := filepath.Rel(folder, name); err == nil {
		name = relative
	}
	return filepath.ToSlash(name), nil
}

// capabilityPairs are capabilities as keys of sandpiper.toml.
func capabilityPairs(c abi.Capabilities) (pairs []configfile.Pair) {
	add := func(key string, value any, given bool) {
		if given {
			pairs = append(pairs, configfile.Pair{Key: key, Value: value})
		}
	}
	add("shared", true, c.Shared)
	add("owns", c.Owns, len(c.Owns) > 0)
	var uses []configfile.Table
	for _, u := range c.Uses {
		use := configfile.Table{{Key: "table", Value: u.Table}, {Key: "verbs", Value: u.Verbs}}
		if len(u.Columns) > 0 {
			use = append(use, configfile.Pair{Key: "columns", Value: u.Columns})
		}
		uses = append(uses, use)
	}
	add("uses", uses, len(uses) > 0)
	add("functions", c.Functions, len(c.Functions) > 0)
	add("rows", c.Rows, c.Rows > 0)
	add("seconds", c.Seconds, c.Seconds > 0)
	add("fuel", c.Fuel, c.Fuel > 0)
	add("memory_mib", c.Memory, c.Memory > 0)
	return pairs
}
