package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// folder reads the project's migrations: the chains of its dialects, that of the
// database first, the lock file and the notes.
func (s *session) folder() (*author.Folder, error) {
	dialects := []chain.Dialect{s.db.Dialect()}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		if d != s.db.Dialect() {
			dialects = append(dialects, d)
		}
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
		return author.Open(s.set.dir, graphs...)
	case missing != nil:
		return nil, missing
	}
	return nil, usage("", "there are no migrations in %s", s.set.dir)
}

// onlyDialect reads the flag --dialect.
func onlyDialect(flag string) (chain.Dialect, error) {
	switch d := chain.Dialect(flag); d {
	case "", chain.PostgreSQL, chain.SQLite:
		return d, nil
	}
	return "", usage("", "--dialect is postgresql or sqlite, and not %q", flag)
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

// authorError gives the errors of writing files their kind.
func authorError(err error) error {
	var (
		refused *author.DraftError
		exists  *author.ExistsError
	)
	switch {
	case errors.As(err, &refused):
		return usage(refused.Next, "%w", err)
	case errors.As(err, &exists):
		return usage("", "%w", err)
	}
	return err
}
