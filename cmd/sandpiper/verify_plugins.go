package main

import (
	"fmt"
	"path/filepath"

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
	for _, p := range c.folder.Lock.Plugins() {
		if _, ok := c.config.Plugins[p.Line]; !ok {
			problems = append(problems, chain.Problem{Rule: chain.RulePlugin, Revision: p.Line, Source: c.folder.LockName(), Line: c.folder.Lock.PluginAt(p.Line),
				Message: fmt.Sprintf("it pins a plugin that sandpiper.toml does not have: bring [plugins.%s] back, or remove this line", p.Line)})
		}
	}
	return problems
}
