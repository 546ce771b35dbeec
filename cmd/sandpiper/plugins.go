package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// An installed plugin is one that sandpiper.toml names, with what the lock file and
// its module say of it.
type installed struct {
	line    string
	config  pluginConfig
	path    string // of the module, from here
	grants  *policy.Grants
	module  *openedModule // nil if it cannot be read
	signer  signer        // of the module
	pin     chain.PluginPin
	pinned  bool  // there is a pin
	refused error // why a run does not take it, nil if it does
}

// installed reads the plugins of a project, in the order of their lines. What is
// wrong with sandpiper.toml is an error; what is wrong with one of them is told by
// it.
func (s settings) installed() ([]*installed, error) {
	if len(s.file.Plugins) == 0 {
		return nil, nil
	}
	folder := s.lockFolder()
	if err := folder.ReadLock(); err != nil {
		return nil, err
	}
	var all []*installed
	for _, line := range s.file.pluginLines() {
		p, err := s.file.plugin(line)
		if err != nil {
			return nil, err
		}
		p.pin, p.pinned = folder.Lock.Plugin(line)
		p.open(s)
		all = append(all, p)
	}
	return all, nil
}

// lockFolder is the folder that has the lock file.
func (s settings) lockFolder() *author.Folder {
	if filepath.Ext(s.dir) == ".wasm" {
		return &author.Folder{Dir: filepath.Dir(s.dir)}
	}
	return &author.Folder{Dir: s.dir}
}

// plugin reads one [plugins.LINE], with what the others own.
func (c configFile) plugin(line string) (*installed, error) {
	p := &installed{line: line, config: c.Plugins[line]}
	if p.config.Module == "" {
		return nil, c.sectionError(errors.New("it names no module"), "plugins", line)
	}
	if p.path = p.config.Module; !filepath.IsAbs(p.path) {
		p.path = filepath.Join(c.base(), filepath.FromSlash(p.path))
	}
	var err error
	if p.grants, err = policy.New(line, p.config.capabilities(), c.owned(line)...); err != nil {
		return nil, c.sectionError(err, "plugins", line)
	}
	if p.config.Role != "" && p.config.WithoutRole {
		return nil, c.sectionError(errors.New("it names a role, and says to run without one"), "plugins", line)
	}
	return p, nil
}

// pluginLines are the lines of the plugins, sorted.
func (c configFile) pluginLines() []string { return slices.Sorted(maps.Keys(c.Plugins)) }

// existing reads the [plugins.LINE] that a command names.
func (c configFile) existing(line string) (*installed, error) {
	if _, there := c.Plugins[line]; there {
		return c.plugin(line)
	}
	next := "there are none; `sandpiper plugin add` adds one"
	if lines := c.pluginLines(); len(lines) > 0 {
		next = "the plugins are: " + strings.Join(lines, ", ")
	}
	return nil, usage(next, "there is no plugin %q", line)
}

// owned are the names and prefixes that plugins but one own.
func (c configFile) owned(but string) (patterns []string) {
	for _, line := range c.pluginLines() {
		if line != but {
			patterns = append(patterns, c.Plugins[line].Owns...)
		}
	}
	return patterns
}

// A signer is who signed a module, as far as the keys of a project tell.
type signer struct {
	trust.Signer
	stranger string // the ID of a key that nobody has who is trusted here
}

// words says whose signature it is.
func (s signer) words() string {
	if s.stranger != "" {
		return "by a key that is not known here: " + s.stranger
	}
	return signedWords(s.Name, s.Key)
}

// keys are those of [trust.NAME].
func (c configFile) keys() ([]trust.Key, error) {
	var keys []trust.Key
	for _, name := range slices.Sorted(maps.Keys(c.Trust)) {
		public, err := trust.ParsePublicKey(c.Trust[name].Key)
		if err != nil {
			return nil, c.sectionError(fmt.Errorf("key: %w", err), "trust", name)
		}
		keys = append(keys, trust.Key{Name: name, Public: public, Revoked: c.Trust[name].Revoked})
	}
	return keys, nil
}

// signature reads the file of a module's signature, nil if there is none.
func signature(module string) ([]byte, error) {
	text, err := readBounded(module+trust.Extension, trust.MaxSignature)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usage("", "the signature cannot be read: %w", err)
	}
	return text, nil
}

// signedBy says who signed a module that nothing pins yet. That nobody did, or
// somebody who is not known, is for a person to judge; what is refused whoever asks
// is an error.
func (c configFile) signedBy(m *openedModule) (signer, error) {
	keys, err := c.keys()
	if err != nil {
		return signer{}, err
	}
	text, err := signature(m.name)
	if err != nil {
		return signer{}, err
	}
	by, err := trust.Check(m.file, text, keys, nil)
	var doubt *trust.Error
	switch {
	case !errors.As(err, &doubt):
		return signer{Signer: by}, err
	case doubt.Fault == trust.Unsigned:
		return signer{}, nil
	case doubt.Fault == trust.Unknown:
		return signer{stranger: doubt.Key}, nil
	}
	return signer{}, fmt.Errorf("%s: %w", m.name, err)
}

// check says who signed the module of a plugin, and why a run would refuse it.
func (c configFile) check(p *installed) (signer, error) {
	keys, err := c.keys()
	if err != nil {
		return signer{}, err
	}
	text, err := signature(p.path)
	if err != nil {
		return signer{}, err
	}
	var pin *chain.PluginPin
	if p.pinned {
		pin = &p.pin
	}
	by, err := trust.Check(p.module.file, text, keys, pin)
	switch {
	case err != nil:
		return signer{Signer: by}, fmt.Errorf("%s: %w", p.path, err)
	case !p.pinned:
		return signer{Signer: by}, fmt.Errorf("%s does not pin it: look at what it may do and pin it with `sandpiper plugin update %s`", chain.LockName, p.line)
	case p.pin.Grants != trust.Digest(&p.grants.Allowed):
		return signer{Signer: by}, fmt.Errorf("%s:%d: its grants are not those that %s pins: if you have edited them, run `sandpiper plugin update %s`",
			c.path, c.sectionLine("plugins", p.line), chain.LockName, p.line)
	}
	return signer{Signer: by}, nil
}

// open reads the module of a plugin, and says whether a run would take it.
func (p *installed) open(s settings) {
	if p.module, p.refused = openModule(p.path); p.refused != nil {
		return
	}
	p.signer, p.refused = s.file.check(p)
}

// plugin is what a run needs of it.
func (p *installed) plugin(withoutRole bool) host.Plugin {
	out := host.Plugin{
		Path: filepath.ToSlash(p.path), Grants: p.grants, Signer: p.signer.Key,
		Role: p.config.Role, WithoutRole: p.config.WithoutRole || withoutRole,
	}
	if out.WithoutRole {
		out.Role = ""
	}
	if p.module != nil {
		out.Module = p.module.bytes
	}
	return out
}

// document is the plugin in a document.
func (p *installed) document() pluginJSON {
	out := grantedJSON(p.line, p.module, p.grants.Allowed)
	out.Module, out.Role = filepath.ToSlash(p.path), p.config.Role
	out.Signer, out.Key, out.Unknown = p.signer.Name, p.signer.Key, p.signer.stranger
	if p.refused != nil {
		out.Refused = p.refused.Error()
	}
	return out
}

// plugins are those that a run takes. One that it would refuse ends the call before
// anything is done.
func (s *session) plugins() ([]host.Plugin, error) {
	all, err := s.set.installed()
	if err != nil {
		return nil, err
	}
	var plugins []host.Plugin
	var refused []error
	for _, p := range all {
		if p.refused != nil {
			refused = append(refused, fmt.Errorf("plugin %s: %w", p.line, p.refused))
		}
		plugins = append(plugins, p.plugin(s.app.flags.withoutRole))
	}
	if len(refused) > 0 {
		return nil, &statusError{exitProblems, kindTrust, "nothing was run; `sandpiper plugin list` shows the plugins", errors.Join(refused...)}
	}
	return plugins, nil
}
