package host

import (
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A LineError is a plugin whose line is not its own.
type LineError struct {
	Path string // the module's file
	Msg  string
	Next string // what to do
}

// Error names the file and what is wrong with the line.
func (e *LineError) Error() string { return e.Path + ": " + e.Msg + ": " + e.Next }

// withPlugins adds the revisions of plugins to those of a folder. A line has one
// source: the name says whose migrations these are, and what they may do. A plugin
// without a module has none.
func withPlugins(own []found, plugins []Plugin, dialect chain.Dialect) ([]found, error) {
	source := map[string]string{}
	for _, f := range own {
		source[f.revision.Line] = f.revision.Source
	}
	all := own
	var errs []error
	for i := range plugins {
		p := &plugins[i]
		if p.Grants.Line == chain.DefaultLine {
			errs = append(errs, &LineError{p.Path, "line main is that of the project's own migrations", "a plugin has a line of its own"})
			continue
		}
		if other, taken := source[p.Grants.Line]; taken {
			errs = append(errs, &LineError{p.Path, fmt.Sprintf("line %s is that of %s", p.Grants.Line, other), "name a line once, in [plugins] or in the folder of migrations"})
			continue
		}
		source[p.Grants.Line] = p.Path
		if p.Module == nil {
			continue
		}
		revisions, err := readPlugin(p, dialect)
		errs = append(errs, err)
		all = append(all, revisions...)
	}
	return all, errors.Join(errs...)
}

// readPlugin reads the revisions of a plugin that are for a dialect.
func readPlugin(p *Plugin, dialect chain.Dialect) ([]found, error) {
	m, manifest, err := openModule(p.Path, p.Module)
	if err != nil {
		return nil, err
	}
	if manifest.Line != p.Grants.Line {
		return nil, &LineError{p.Path, fmt.Sprintf("its migrations are of line %s, and it is configured as plugin %s", manifest.Line, p.Grants.Line),
			"give it the name of its line, or find the module that was meant"}
	}
	m.plugin = p
	revisions, err := m.revisions(manifest, dialect)
	for i := range revisions {
		revisions[i].revision.Plugin = true
	}
	return revisions, err
}

// plugin is the one that a revision is of, nil for the project's own.
func (b *body) plugin() *Plugin {
	if b.module == nil {
		return nil
	}
	return b.module.plugin
}
