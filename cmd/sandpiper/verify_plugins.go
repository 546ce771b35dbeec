package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// checkPlugins compares the plugins of sandpiper.toml with what the lock file pins
// of them.
func (c *chains) checkPlugins() []chain.Problem {
	keys, err := c.config.keys()
	if err != nil {
		return []chain.Problem{{Rule: chain.RuleLock, Source: c.config.path, Message: err.Error()}}
	}
	var problems []chain.Problem
	for _, line := range slices.Sorted(maps.Keys(c.config.Plugins)) {
		if err := c.checkPlugin(line, keys); err != nil {
			problems = append(problems, c.pluginProblem(line, err))
		}
	}
	for _, p := range c.folder.Lock.Plugins() {
		if _, ok := c.config.Plugins[p.Line]; !ok {
			problems = append(problems, chain.Problem{Rule: chain.RuleLock, Revision: p.Line, Source: c.folder.LockName(), Line: c.folder.Lock.PluginAt(p.Line),
				Message: fmt.Sprintf("it pins a plugin that sandpiper.toml does not have: bring [plugins.%s] back, or remove this line", p.Line)})
		}
	}
	return problems
}

// checkPlugin compares one plugin with what the lock file pins.
func (c *chains) checkPlugin(line string, keys []trust.Key) error {
	config := c.config.Plugins[line]
	pin, pinned := c.folder.Lock.Plugin(line)
	if !pinned {
		return fmt.Errorf("%s does not pin it: look at what it may do, and run `sandpiper plugin update %s`", c.folder.LockName(), line)
	}
	path := filepath.FromSlash(config.Module)
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.config.base(), path)
	}
	m, err := openModule(path)
	if err != nil {
		return err
	}
	text, err := signature(path)
	if err != nil {
		return err
	}
	if _, err := trust.Check(m.file, text, keys, &pin); err != nil {
		return err
	}
	granted := config.capabilities()
	if trust.Digest(&granted) != pin.Grants {
		return fmt.Errorf("its grants are not those that %s pins: if you have edited them, run `sandpiper plugin update %s`", c.folder.LockName(), line)
	}
	return nil
}

func (c *chains) pluginProblem(line string, err error) chain.Problem {
	message := err.Error()
	var why *trust.Error
	if errors.As(err, &why) {
		message += ": " + why.Next
	}
	return chain.Problem{Rule: chain.RuleLock, Revision: line, Source: filepath.ToSlash(c.config.Plugins[line].Module), Message: message}
}
