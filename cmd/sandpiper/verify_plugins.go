package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// checkPlugins says which plugins a run would refuse, and what the lock file pins
// that is no plugin.
func (c *chains) checkPlugins() []chain.Problem {
	if c.set.elsewhere {
		return nil
	}
	all, err := c.set.installed()
	if err != nil {
		return []chain.Problem{{Rule: chain.RulePlugin, Source: c.config.path, Message: err.Error()}}
	}
	var problems []chain.Problem
	for _, p := range all {
		if why := p.why(); why != "" {
			problems = append(problems, chain.Problem{Rule: chain.RulePlugin, Revision: p.line, Source: filepath.ToSlash(p.path), Message: why})
		}
	}
	if len(all) > 0 && len(problems) == 0 && c.err == nil {
		problems = chain.Problems(c.checkTogether())
	}
	for _, p := range c.folder.Lock.Plugins() {
		if _, ok := c.config.Plugins[p.Line]; !ok {
			problems = append(problems, chain.Problem{Rule: chain.RulePlugin, Revision: p.Line, Source: c.folder.LockName(), Line: c.folder.Lock.PluginAt(p.Line),
				Message: fmt.Sprintf("it pins a plugin that sandpiper.toml does not have: bring [plugins.%s] back, or run `sandpiper plugin remove %s`", p.Line, p.Line)})
		}
	}
	return problems
}

// checkTogether says what is wrong with the project's own migrations and those of the
// plugins as one chain, where by themselves they are right.
func (c *chains) checkTogether() error {
	plugins, err := c.set.plugins(false)
	if err != nil {
		return err
	}
	fsys, root, err := openDir(c.set.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range c.folder.Graphs {
		_, err := host.NewRunner(fsys, dialectOnly(g.Dialect()), c.box, host.Config{Path: root, Naming: c.set.naming, Plugins: plugins})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
