package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// fits reads the project's migrations as they would be with a plugin that is added
// or updated: one that does not fit would stop all that the project does.
func (c *chains) fits(p *installed) error {
	fsys, root, err := openDir(c.set.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	others, err := c.set.installed()
	if err != nil {
		return err
	}
	plugins := []host.Plugin{p.plugin(false)}
	for _, other := range others {
		if other.line != p.line && other.module != nil {
			plugins = append(plugins, other.plugin(false))
		}
	}
	dialects := c.dialects()
	if len(dialects) == 0 {
		dialects = chain.Dialects
	}
	for _, d := range dialects {
		_, err := host.NewRunner(fsys, dialectOnly(d), c.box, host.Config{Path: root, Naming: c.set.naming, Plugins: plugins})
		if err != nil {
			return &statusError{exitFailed, kindChain,
				"nothing was changed; bring in first what it needs, or have the vendor ship it without: `sandpiper inspect " + p.path + "` shows its revisions",
				fmt.Errorf("with %s the %s migrations are no chain: %w", p.path, d, err)}
		}
	}
	return nil
}
