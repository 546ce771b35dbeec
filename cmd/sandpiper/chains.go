package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// graphs reads the chains of the dialects that the migrations are for, that of
// the database first; or that of one dialect alone.
func (s *session) graphs(only string) ([]*chain.Graph, error) {
	dialects := []chain.Dialect{s.db.Dialect()}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		if d != s.db.Dialect() {
			dialects = append(dialects, d)
		}
	}
	if only != "" {
		if !slices.Contains(dialects, chain.Dialect(only)) {
			return nil, usage("", "--dialect is postgresql or sqlite, and not %q", only)
		}
		dialects = []chain.Dialect{chain.Dialect(only)}
	}
	var graphs []*chain.Graph
	var missing error
	for _, d := range dialects {
		g, err := s.graphOf(d)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = err
		case err != nil:
			return nil, err
		case g.Len() > 0:
			graphs = append(graphs, g)
		}
	}
	switch {
	case len(graphs) > 0:
		return graphs, nil
	case missing != nil:
		return nil, missing
	}
	return nil, usage("", "there are no migrations in %s", s.set.dir)
}

// graphOf reads the chain of a dialect.
func (s *session) graphOf(d chain.Dialect) (*chain.Graph, error) {
	fsys, root, err := openDir(s.set.dir)
	if err != nil {
		return nil, err
	}
	r, err := host.NewRunner(fsys, dialectOnly(d), s.box, host.Config{Path: root, Naming: s.set.naming})
	if err != nil {
		return nil, err
	}
	return r.Graph(), nil
}

// onlyFolder refuses a module in the place of a folder of migrations.
func (s *session) onlyFolder(what string) error {
	if filepath.Ext(s.set.dir) == ".wasm" && !isFolder(s.set.dir) {
		return usage("--dir names a folder with versions/", "%s writes files, and %s is a module", what, s.set.dir)
	}
	return nil
}

// sourceRoot is the folder that the files of revisions are relative to: see openDir.
func (s *session) sourceRoot() string {
	if filepath.IsLocal(s.set.dir) {
		return "."
	}
	return s.set.dir
}

// sayLock tells what is left to do about the lock file, where there is one.
func (s *session) sayLock() {
	name := filepath.Join(s.set.dir, chain.LockName)
	if _, err := os.Stat(name); err == nil {
		s.app.say("%s must be written anew: sandpiper rehash --offline", filepath.ToSlash(name))
	}
}

// authorError gives the errors of writing files their kind.
func authorError(err error) error {
	var (
		refused *author.RefusedError
		exists  *author.ExistsError
		changed *author.ChangedError
	)
	switch {
	case errors.As(err, &refused):
		return usage(refused.Next, "%w", err)
	case errors.As(err, &exists), errors.As(err, &changed):
		return usage("", "%w", err)
	}
	return err
}
