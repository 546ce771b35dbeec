package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Seed is a file of rows for a stepwise test: SQL that is run after a revision.
type Seed struct {
	Revision   chain.Key
	Path       string
	Statements []chain.Statement
	MayLose    string // why the revision may lose rows; "" if it may not
}

// What a seed says of a revision that deletes or changes rows on purpose, with the
// reason behind it, is a comment: -- sandpiper:allow-loss REASON.
const (
	seedDirective = "-- sandpiper:"
	allowLoss     = "allow-loss"
)

// ReadSeeds reads the seeds for the revisions of a graph from the folder root:
// from .sql files that are named by the revision's id, or as its own file is, in
// root or in its folder for the dialect. Files in root for one of the others, which
// are the graphs of the other dialects, are not for this one and left out.
//
// A file that is for no revision is an error, and so is a folder without a seed.
func ReadSeeds(fsys fs.FS, root string, graph *chain.Graph, others ...*chain.Graph) ([]Seed, error) {
	var seeds []Seed
	var errs []error
	elsewhere := 0
	for _, dir := range []string{root, path.Join(root, string(graph.Dialect()))} {
		entries, err := fs.ReadDir(fsys, dir)
		if errors.Is(err, fs.ErrNotExist) && dir != root {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read the seeds: %w", err)
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if e.IsDir() {
				if dir == root && !slices.Contains(chain.Dialects, chain.Dialect(e.Name())) && !strings.HasPrefix(e.Name(), ".") {
					errs = append(errs, fmt.Errorf("%s: no dialect is called so: seeds are in %s itself, or in postgresql or sqlite in it", name, root))
				}
				continue
			}
			if path.Ext(e.Name()) != ".sql" {
				continue
			}
			keys, other := revisionsNamed(name, graph, others)
			switch {
			case len(keys) == 1:
				seed, err := readSeed(fsys, name, keys[0], graph.Dialect())
				seeds, errs = append(seeds, seed), append(errs, err)
			case len(keys) > 1:
				errs = append(errs, fmt.Errorf("%s: several lines have a revision %s", name, keys[0].ID))
			case other != "" && dir == root:
				elsewhere++
			case other != "":
				errs = append(errs, fmt.Errorf("%s: revision %s is one of %s: put the file in %s", name, chain.NameID(name), other, path.Join(root, string(other))))
			default:
				errs = append(errs, fmt.Errorf("%s: the chain has no such revision: a seed is called ID.sql, or as the file of its revision is", name))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(seeds) == 0 {
		hint := "it has none at all"
		if elsewhere > 0 {
			hint = fmt.Sprintf("the %d in it are for another dialect", elsewhere)
		}
		return nil, fmt.Errorf("%s holds no seed for %s: %s", root, graph.Dialect(), hint)
	}
	return seeds, nil
}

// revisionsNamed returns the revisions that a file's name names, and else the
// other dialect that has one.
func revisionsNamed(name string, graph *chain.Graph, others []*chain.Graph) (keys []chain.Key, other chain.Dialect) {
	id := chain.NameID(name)
	for r := range graph.All() {
		if r.ID == id {
			keys = append(keys, r.Key)
		}
	}
	for _, g := range others {
		for r := range g.All() {
			if r.ID == id {
				other = g.Dialect()
			}
		}
	}
	return keys, other
}

func readSeed(fsys fs.FS, name string, revision chain.Key, dialect chain.Dialect) (Seed, error) {
	seed := Seed{Revision: revision, Path: name}
	text, err := []byte(nil), mustBeFile(fsys, name)
	if err == nil {
		text, err = readWhole(fsys, name)
	}
	if err != nil {
		return seed, fmt.Errorf("read the seeds: %w", err)
	}
	for t := range chain.Tokens(dialect, string(text)) {
		rest, found := strings.CutPrefix(t.Text, seedDirective)
		if t.Kind != chain.Comment || !found {
			continue
		}
		word, why, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if seed.MayLose = strings.TrimSpace(why); word != allowLoss || seed.MayLose == "" {
			return seed, fmt.Errorf("%s: %q is not understood: a seed may say %s%s and why rows may be lost", name, strings.TrimSpace(t.Text), seedDirective, allowLoss)
		}
	}
	seed.Statements, err = chain.Split(dialect, string(text))
	var malformed *chain.ParseError
	if errors.As(err, &malformed) {
		malformed.Path = name
	}
	return seed, err
}

// insertSeeds runs the seeds of a revision, each in a transaction.
func (t *stepwise) insertSeeds(ctx context.Context, revision chain.Key) error {
	for _, s := range t.seeds[revision] {
		if err := s.insert(ctx, t.conn); err != nil {
			return err
		}
	}
	return nil
}

func (s Seed) insert(ctx context.Context, conn Conn) (err error) {
	failed := func(line int, err error) error {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%s:%d: the seed of revision %s failed: %w", s.Path, line, s.Revision, err)
	}
	tx, err := conn.Begin(ctx, Fence{})
	if err != nil {
		return failed(1, err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	for i, stmt := range s.Statements {
		if _, err := tx.Exec(ctx, Statement{SQL: stmt.SQL, Ordinal: i + 1}); err != nil {
			return failed(stmt.Line, err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return failed(1, err)
	}
	return nil
}
