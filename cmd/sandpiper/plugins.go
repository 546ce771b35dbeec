package main

import (
	"errors"
	"fmt"
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
	if len(s.file.Plugins) == 0 || s.elsewhere {
		return nil, nil
	}
	folder := s.lockFolder()
	if err := folder.ReadLock(); err != nil {
		return nil, err
	}
	keys, err := s.file.keys()
	if err != nil {
		return nil, err
	}
	var all []*installed
	for _, line := range s.file.pluginLines() {
		p, err := s.file.plugin(line)
		if err != nil {
			return nil, err
		}
		p.pin, p.pinned = folder.Lock.Plugin(line)
		p.open(s.file, keys)
		all = append(all, p)
	}
	return all, nil
}

// pluginLines are the lines of the project's plugins, sorted.
func (s settings) pluginLines() []string {
	if s.elsewhere {
		return nil
	}
	return s.file.pluginLines()
}

// lostPlugins are the lines that the lock file pins and sandpiper.toml does not have.
// What is wrong with a lock file that cannot be read is for others to tell.
func (s settings) lostPlugins() (lines []string) {
	folder := s.lockFolder()
	if s.elsewhere || folder.ReadLock() != nil {
		return nil
	}
	for _, p := range folder.Lock.Plugins() {
		if _, there := s.file.Plugins[p.Line]; !there {
			lines = append(lines, p.Line)
		}
	}
	return lines
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
func (c configFile) owned(but string) (claims []policy.Claim) {
	for _, line := range c.pluginLines() {
		if line != but {
			for _, pattern := range c.Plugins[line].Owns {
				claims = append(claims, policy.Claim{Line: line, Pattern: pattern})
			}
		}
	}
	return claims
}

// open reads the module of a plugin, and says whether a run would take it.
func (p *installed) open(c configFile, keys []trust.Key) {
	if p.module, p.refused = openModule(p.path); p.refused != nil {
		p.refused = p.unreadable(p.refused)
		return
	}
	if line := p.module.manifest.Line; line != p.line {
		p.refused = fmt.Errorf("%s: its migrations are of the line %s", p.path, plain(line))
		return
	}
	p.signer, p.refused = p.check(c, keys)
}

// unreadable says what to do about a module that cannot be read. One that somebody
// has changed is that before it is malformed.
func (p *installed) unreadable(err error) error {
	var damaged *unreadableError
	switch {
	case errors.As(err, &damaged) && p.pinned && damaged.digest != p.pin.Module:
		return fmt.Errorf("%s: %w", p.path, trust.Replaced(damaged.digest, &p.pin))
	case errors.As(err, &damaged):
		return err
	}
	return &refusedError{err, fmt.Sprintf("bring %s back, as with `git checkout -- %s`; if the module is somewhere else now, `sandpiper plugin update %s FILE.wasm`",
		filepath.ToSlash(p.path), filepath.ToSlash(p.path), p.line)}
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
	out.Allows = append(out.Allows, p.grants.Overlaps()...)
	out.Module, out.Role = filepath.ToSlash(p.path), p.config.Role
	if p.config.WithoutRole {
		out.Role = "none"
	}
	out.Signer, out.Key, out.Unknown = p.signer.Name, p.signer.Key, p.signer.stranger
	out.Refused = p.why()
	return out
}

// why says why a run does not take the plugin, and what to do; "" if it does.
func (p *installed) why() string {
	if p.refused == nil {
		return ""
	}
	if next := nextOfRefused(p.refused); next != "" {
		return p.refused.Error() + ": " + next
	}
	return p.refused.Error()
}

// nextOfRefused is what to do about a plugin that a run does not take, "" if its
// error says it.
func nextOfRefused(err error) string {
	var why *trust.Error
	var gone *refusedError
	switch {
	case errors.As(err, &why):
		return why.Next
	case errors.As(err, &gone):
		return gone.next
	}
	return ""
}

// plugins are those that a run takes. One that it would refuse ends the call before
// anything is done.
func (s settings) plugins(withoutRole bool) ([]host.Plugin, error) {
	all, err := s.installed()
	if err != nil {
		return nil, err
	}
	var plugins []host.Plugin
	var refused []error
	for _, p := range all {
		if p.refused != nil {
			refused = append(refused, fmt.Errorf("plugin %s: %w", p.line, p.refused))
		}
		plugins = append(plugins, p.plugin(withoutRole))
	}
	if len(refused) > 0 {
		return nil, &refusedError{errors.Join(refused...), refusedNext(refused)}
	}
	return plugins, nil
}

// A refusedError says that a run does not take the project's plugins as they are.
// It hides what is wrong with each: that a file is missing, say, is not a mistake in
// the call.
type refusedError struct {
	err  error
	next string // what to do
}

func (e *refusedError) Error() string { return e.err.Error() }

// refusedNext is what to do about plugins that a run does not take.
func refusedNext(refused []error) string {
	if next := nextOfRefused(refused[0]); next != "" && len(refused) == 1 {
		return next + "; nothing was run"
	}
	return "`sandpiper plugin list` shows the plugins; nothing was run"
}
