package author

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Merge is a revision for each chain that joins heads of one line, and
// changes nothing else.
type Merge struct {
	Dir     string   // the folder that holds versions/, on disk
	Line    string   // whose heads; defaults to that of Heads, else to chain.DefaultLine
	Heads   []string // target words for the heads to join; all of the line where there are none
	Message string   // what the slug is made of; defaults to "merge"

	// Form is SQL or YAML. Defaults to SQL.
	Form source.Form

	// Now is the time in the names of the files. Defaults to the present.
	Now time.Time

	// Random is where the ids come from. Defaults to crypto/rand.
	Random io.Reader
}

// A RefusedError is something that would not be right to do: nothing was written.
type RefusedError struct {
	Msg  string
	Next string // what to do; may be empty
}

// Error says why.
func (e *RefusedError) Error() string { return e.Msg }

func refuse(next, format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...), next}
}

// Write writes the revisions, one for each of the chains in which there are
// several heads to join, all of them or none. What is named in one chain is in
// another the revision of the same time and slug. It returns the revisions it
// has written, with their files as Source.
func (m Merge) Write(graphs []*chain.Graph) ([]chain.Revision, error) {
	if m.Message == "" {
		m.Message = "merge"
	}
	slug := chain.Slug(m.Message)
	switch {
	case !utf8.ValidString(m.Message) || strings.ContainsFunc(m.Message, unicode.IsControl):
		return nil, refuse("", "the message is one line of text, without control characters")
	case slug == "":
		return nil, refuse(`for example: -m "merge reports"`, "the message %q has no letter and no digit to name a file with", m.Message)
	case len(m.Heads) == 1:
		return nil, refuse("", "a merge joins two heads or more, and %q is one", m.Heads[0])
	}
	if m.Form == source.None {
		m.Form = source.SQL
	}
	if m.Now.IsZero() {
		m.Now = time.Now()
	}
	if m.Random == nil {
		m.Random = rand.Reader
	}
	if err := m.findLine(graphs); err != nil {
		return nil, err
	}
	var changes []change
	var written []chain.Revision
	for n, g := range graphs {
		parents, err := m.parents(graphs, n)
		if err != nil {
			return nil, err
		}
		if len(parents) < 2 {
			continue
		}
		rev := chain.Revision{Dialect: g.Dialect(), Revises: parents, Slug: slug, Created: m.Now.UTC().Truncate(time.Second)}
		rev.Line = m.Line
		if rev.ID, err = newID(m.Random); err != nil {
			return nil, err
		}
		rev.Source = filepath.Join(m.Dir, "versions", string(g.Dialect()), chain.FileName(rev, "."+string(m.Form)))
		text := m.text(rev)
		if err := checkMerge(g, rev, text); err != nil {
			return nil, err
		}
		changes = append(changes, change{path: rev.Source, text: text})
		written = append(written, rev)
	}
	if len(written) == 0 {
		return nil, refuse("", "there is nothing to join: line %s has one head%s", m.Line, inEach(graphs))
	}
	return written, writeAll(changes)
}

// inEach is " in each chain" where there are several.
func inEach(graphs []*chain.Graph) string {
	if len(graphs) > 1 {
		return " in each chain"
	}
	return ""
}

// findLine sets the line to that of the heads, and checks that files can be
// written for it.
func (m *Merge) findLine(graphs []*chain.Graph) error {
	for _, word := range m.Heads {
		_, rev, err := lookUp(graphs, word)
		if err != nil {
			return err
		}
		if m.Line == "" {
			m.Line = rev.Line
		} else if m.Line != rev.Line {
			return refuse("", "%s is of line %s, and not of %s: heads of two lines are not joined; a revision of one may depend on one of the other",
				rev.Key, rev.Line, m.Line)
		}
	}
	if m.Line == "" {
		m.Line = chain.DefaultLine
	}
	known := false
	for _, g := range graphs {
		known = known || slices.Contains(g.Lines(), m.Line)
		for _, id := range g.Heads(m.Line) {
			if rev, _ := g.Revision(chain.Key{Line: m.Line, ID: id}); m.Line != chain.DefaultLine && inModule(rev) {
				return refuse("", "the heads of line %s are in the module %s: whoever ships it joins them", m.Line, rev.Source)
			}
		}
	}
	if !known {
		return refuse("", "no chain has a line %q", m.Line)
	}
	return nil
}

// parents returns the ids of what the revision of the n-th chain joins, sorted.
func (m *Merge) parents(graphs []*chain.Graph, n int) ([]string, error) {
	g := graphs[n]
	heads := g.Heads(m.Line)
	if len(m.Heads) == 0 {
		return heads, nil
	}
	var parents []string
	for _, word := range m.Heads {
		rev, ok, err := find(graphs, n, word)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if !slices.Contains(heads, rev.ID) {
			return nil, refuse("", "%s is not a head for %s: the heads of line %s are %s", rev.Key, g.Dialect(), m.Line, strings.Join(heads, ", "))
		}
		if !slices.Contains(parents, rev.ID) {
			parents = append(parents, rev.ID)
		}
	}
	slices.Sort(parents)
	return parents, nil
}

// text is what the file of a revision holds.
func (m *Merge) text(rev chain.Revision) []byte {
	what := fmt.Sprintf("Joins the heads above and changes nothing: %s", m.Message)
	created := rev.Created.Format(time.DateTime)
	var b strings.Builder
	if m.Form == source.YAML {
		fmt.Fprintf(&b, "revision: %s\nrevises: [%s]\n", rev.ID, strings.Join(rev.Revises, ", "))
		if rev.Line != chain.DefaultLine {
			fmt.Fprintf(&b, "line: %s\n", rev.Line)
		}
		fmt.Fprintf(&b, "created: %s\n# %s\nupgrade: []\ndowngrade: []\n", created, what)
		return []byte(b.String())
	}
	fmt.Fprintf(&b, "-- Revision ID: %s\n-- Revises: %s\n", rev.ID, strings.Join(rev.Revises, ", "))
	if rev.Line != chain.DefaultLine {
		fmt.Fprintf(&b, "-- Line: %s\n", rev.Line)
	}
	fmt.Fprintf(&b, "-- Create Date: %s\n\n-- %s\n-- +upgrade\n-- +downgrade\n", created, what)
	return []byte(b.String())
}

// checkMerge reads what is going to be written as a run would, and sees that
// the chain is one with it.
func checkMerge(g *chain.Graph, rev chain.Revision, text []byte) error {
	file, err := source.Parse(rev.Source, rev.Dialect, text, schema.Naming{})
	if err != nil {
		return fmt.Errorf("the merge would not read: %w", err)
	}
	_, err = chain.NewGraph(g.Dialect(), append(slices.Collect(g.All()), file.Revision))
	return err
}

// newID makes a revision id.
func newID(random io.Reader) (string, error) {
	var id [6]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return "", fmt.Errorf("make a revision id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// inModule reports whether a revision is in a module, which cannot be edited.
func inModule(rev chain.Revision) bool { return path.Ext(rev.Source) == ".wasm" }

// lookUp finds the one revision that a word names, in the first chain that has
// it. Where none does, the error is the first chain's.
func lookUp(graphs []*chain.Graph, word string) (n int, rev chain.Revision, err error) {
	var first error
	for n, g := range graphs {
		target, err := g.Resolve(word, nil)
		if err == nil && len(target.Keys) != 1 {
			err = refuse("", "%q does not name one revision", word)
		}
		if err == nil {
			rev, _ := g.Revision(target.Keys[0])
			return n, rev, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errors.New("there are no migrations")
	}
	return -1, chain.Revision{}, first
}

// find finds what a word names in the n-th chain: there, or else the pair of
// what it names in another. It returns false where the pair is missing.
func find(graphs []*chain.Graph, n int, word string) (chain.Revision, bool, error) {
	if _, rev, err := lookUp(graphs[n:n+1], word); err == nil {
		return rev, true, nil
	}
	_, other, err := lookUp(graphs, word)
	if err != nil {
		return chain.Revision{}, false, err
	}
	pair, ok := graphs[n].Pair(other)
	return pair, ok, nil
}
