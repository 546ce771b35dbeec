package author

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// parents returns what the new revision of each dialect revises.
func (f *Folder) parents(d Draft) (map[chain.Dialect][]string, error) {
	words, err := wordsOf(d)
	if err != nil {
		return nil, err
	}
	parents := map[chain.Dialect][]string{}
	unresolved := map[chain.Dialect]error{}
	for _, g := range f.Graphs {
		word, given := words[g.Dialect()]
		switch heads := g.Heads(d.Line); {
		case !given && len(heads) > 1 && slices.Contains(d.Dialects, g.Dialect()):
			return nil, refuse("say --head with one of them; or join them first", "line %s has %d heads for %s: %s",
				d.Line, len(heads), g.Dialect(), strings.Join(heads, ", "))
		case !given:
			parents[g.Dialect()] = heads
			continue
		}
		id, err := resolve(g, d.Line, word)
		if err != nil {
			unresolved[g.Dialect()] = err
		} else if id != "" {
			parents[g.Dialect()] = []string{id}
		} else {
			parents[g.Dialect()] = nil
		}
	}
	for dialect, err := range unresolved {
		id := f.pairOf(d.Line, dialect, parents, words[dialect])
		if id != "" {
			parents[dialect] = []string{id}
		} else if slices.Contains(d.Dialects, dialect) {
			return nil, err
		}
	}
	for _, dialect := range d.Dialects {
		if err := f.mayRevise(d, dialect, parents[dialect]); err != nil {
			return nil, err
		}
	}
	return parents, nil
}

// wordsOf reads Head: a word for each dialect.
func wordsOf(d Draft) (map[chain.Dialect]string, error) {
	words := map[chain.Dialect]string{}
	if d.Head == "" {
		return words, nil
	}
	if !strings.Contains(d.Head, "=") {
		for _, dialect := range chain.Dialects {
			words[dialect] = d.Head
		}
		return words, nil
	}
	for part := range strings.SplitSeq(d.Head, ",") {
		dialect, word, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || word == "" || !slices.Contains(chain.Dialects, chain.Dialect(dialect)) {
			return nil, refuse("for example: --head postgresql=9725c1,sqlite=5e1f0c", "--head is a revision, or one for each dialect, and not %q", d.Head)
		}
		words[chain.Dialect(dialect)] = word
	}
	return words, nil
}

// resolve finds the one revision of a line that a word names, "" for base.
func resolve(g *chain.Graph, line, word string) (string, error) {
	if word == "base" {
		return "", nil
	}
	if !strings.Contains(word, "@") {
		word = line + "@" + word
	}
	target, err := g.Resolve(word, nil)
	if err != nil {
		return "", err
	}
	if len(target.Keys) != 1 || target.Keys[0].Line != line {
		return "", refuse("name one revision of it", "%q does not name one revision of line %s for %s", word, line, g.Dialect())
	}
	return target.Keys[0].ID, nil
}

// pairOf finds the revision of a dialect that is the pair of another dialect's,
// which the same word names.
func (f *Folder) pairOf(line string, dialect chain.Dialect, parents map[chain.Dialect][]string, word string) string {
	for _, p := range chain.Pairs(f.Notes, f.Graphs...) {
		for other, ids := range parents {
			if p.Line == line && other != dialect && len(ids) == 1 && p.IDs[other] == ids[0] && strings.HasPrefix(ids[0], strings.TrimPrefix(word, line+"@")) {
				return p.IDs[dialect]
			}
		}
	}
	return ""
}

// mayRevise sees that the parent is a head, unless it need not be.
func (f *Folder) mayRevise(d Draft, dialect chain.Dialect, parents []string) error {
	heads := f.graph(dialect).Heads(d.Line)
	switch {
	case d.Splice || len(parents) == 1 && slices.Contains(heads, parents[0]) || len(parents)+len(heads) == 0:
		return nil
	case len(parents) == 0:
		return refuse("say --splice if you mean a second beginning", "line %s has revisions for %s: one that revises nothing would be another beginning", d.Line, dialect)
	}
	return refuse("say --splice if you mean a branch from it",
		"%s is no head of line %s for %s (%s)", parents[0], d.Line, dialect, headsText(heads))
}

func headsText(heads []string) string {
	if len(heads) == 1 {
		return "the head is " + heads[0]
	}
	return fmt.Sprintf("the heads are %s", strings.Join(heads, ", "))
}
