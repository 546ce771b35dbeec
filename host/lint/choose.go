package lint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
)

// A Choice says which revisions of a project's chains are looked at. The zero
// value is all of them.
type Choice struct {
	// Words name revisions as chain.Graph.Resolve does, ranges of them as FROM:TO,
	// both included, and files and folders. A word that one of the chains knows is enough.
	Words []string

	// Since leaves what comes after a revision: in its chain, and in the others
	// after its pair.
	Since string

	// Path says where a revision's Source is, as an absolute path.
	Path func(source string) string
}

type chosen struct {
	dialect chain.Dialect
	key     chain.Key
}

// Of returns what tells the revisions that are chosen. Errors about words are of type
// *chain.TargetError.
func (c Choice) Of(graphs ...*chain.Graph) (func(chain.Revision) bool, error) {
	in, old := map[chosen]bool{}, map[chosen]bool{}
	for _, word := range c.Words {
		if err := c.word(word, graphs, in); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(c.Since, "-") || strings.HasPrefix(c.Since, "+") {
		return nil, &chain.TargetError{Target: c.Since, Msg: "since " + c.Since + ": no database is asked what it has, so write a revision's id"}
	}
	if c.Since != "" && c.Since != "base" { // what comes after that is everything
		if err := since(c.Since, graphs, old); err != nil {
			return nil, err
		}
	}
	return func(r chain.Revision) bool {
		key := chosen{r.Dialect, r.Key}
		return (len(c.Words) == 0 || in[key]) && !old[key]
	}, nil
}

// word adds what a word names.
func (c Choice) word(word string, graphs []*chain.Graph, in map[chosen]bool) error {
	if source.FormOf(filepath.ToSlash(word)) != source.None || filepath.Ext(word) == ".wasm" {
		return c.file(word, graphs, in)
	}
	from, to, isRange := strings.Cut(word, ":")
	if !isRange {
		err := each(graphs, func(g *chain.Graph) error {
			target, err := g.Resolve(word, nil)
			if err == nil {
				for _, key := range target.Keys {
					in[chosen{g.Dialect(), key}] = true
				}
			}
			return err
		})
		if info, e := os.Stat(word); err != nil && e == nil && info.IsDir() {
			return c.file(word, graphs, in)
		}
		return err
	}
	return each(graphs, func(g *chain.Graph) error { return add(g, chain.Selection{From: from, To: to}, in) })
}

// file adds the revisions of a file, or of those in a folder.
func (c Choice) file(word string, graphs []*chain.Graph, in map[chosen]bool) error {
	path, err := filepath.Abs(word)
	if err != nil {
		return err
	}
	found := false
	for _, g := range graphs {
		for r := range g.All() {
			if at := c.Path(r.Source); at == path || strings.HasPrefix(at, path+string(filepath.Separator)) {
				in[chosen{g.Dialect(), r.Key}], found = true, true
			}
		}
	}
	if !found {
		return &chain.TargetError{Target: word, Msg: word + " is not among the migrations"}
	}
	return nil
}

// since adds a revision and what comes before it. In the other chains that is its
// pair, or that of the newest before it that has one.
func since(word string, graphs []*chain.Graph, old map[chosen]bool) error {
	return each(graphs, func(g *chain.Graph) error {
		before, err := g.Select(chain.Selection{To: word}, nil)
		if err != nil {
			return err
		}
		for _, r := range before {
			old[chosen{g.Dialect(), r.Key}] = true
		}
		for _, other := range graphs {
			if other == g {
				continue
			}
			for _, r := range slices.Backward(before) {
				if pair, ok := other.Pair(r); ok {
					if err := add(other, chain.Selection{To: pair.Key.Line + "@" + pair.Key.ID}, old); err != nil {
						return err
					}
					break
				}
			}
		}
		return nil
	})
}

func add(g *chain.Graph, s chain.Selection, to map[chosen]bool) error {
	revisions, err := g.Select(s, nil)
	for _, r := range revisions {
		to[chosen{g.Dialect(), r.Key}] = true
	}
	return err
}

// each calls do with each graph. It fails where all of them do.
func each(graphs []*chain.Graph, do func(*chain.Graph) error) error {
	var failed error
	known := false
	for _, g := range graphs {
		err := do(g)
		known = known || err == nil
		var target *chain.TargetError
		if err != nil && !errors.As(err, &target) {
			return err
		}
		if failed == nil {
			failed = err
		}
	}
	if known {
		return nil
	}
	return failed
}
