package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// notNeeded refuses to take a plugin away that other migrations of the project depend
// on: without it they are no chain. What cannot be read, and may be what is broken, is
// told and not waited for.
func (a *app) notNeeded(s *session, line string) error {
	needing, err := s.dependents(line)
	if err != nil {
		a.say("warning: whether something depends on plugin %s could not be seen: %v", line, err)
	}
	if len(needing) == 0 {
		return nil
	}
	var names []string
	for _, r := range needing {
		names = append(names, fmt.Sprintf("%s (%s)", r.Key, printable(r.Source)))
	}
	return &statusError{exitFailed, kindChain,
		fmt.Sprintf("where they are applied, `sandpiper downgrade %s@base` undoes them along with it; then take them out of the project, or the \"Depends on\" out of their headers, and remove it after that", line),
		fmt.Errorf("%s on plugin %s, which stays; nothing was changed: %s", depend(len(needing)), line, strings.Join(names, ", "))}
}

func depend(n int) string {
	if n == 1 {
		return "1 revision depends"
	}
	return fmt.Sprintf("%d revisions depend", n)
}

// dependents are the revisions of the project and of its other plugins, for all
// dialects, that depend on a plugin's.
func (s *session) dependents(line string) (all []chain.Revision, err error) {
	installed, err := s.set.installed()
	if err != nil {
		return nil, err
	}
	cfg := host.Config{Naming: s.set.naming, Elsewhere: []string{line}}
	for _, p := range installed {
		if p.module == nil {
			cfg.Elsewhere = append(cfg.Elsewhere, p.line)
		}
		if p.line != line {
			cfg.Plugins = append(cfg.Plugins, p.plugin(false))
		}
	}
	fsys, root, err := openDir(s.set.dir)
	if err != nil {
		return nil, err
	}
	cfg.Path = root
	for _, d := range chain.Dialects {
		r, err := host.NewRunner(fsys, dialectOnly(d), s.box, cfg)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return all, err
		default:
			all = append(all, r.Graph().Dependents(line)...)
		}
	}
	return all, nil
}
