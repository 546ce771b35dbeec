package author

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Merge is a revision for each chain that joins heads of one line, and
// changes nothing else. The zero value works.
type Merge struct {
	Line    string        // whose heads; defaults to that of Heads, else to chain.DefaultLine
	Heads   []string      // target words for the heads to join; defaults to all of the line
	Dialect chain.Dialect // the only one to write for; defaults to every one with several heads
	Message string        // what the slug is made of; defaults to "merge"
	Format  Format        // SQL or YAML; defaults to SQL

	// Now is the time of the revisions. Defaults to the present.
	Now time.Time

	// Random is where ids come from. Defaults to crypto/rand.
	Random io.Reader
}

// Merge writes the revisions of a merge, one for each of the chains in which
// there are several heads to join, with their lines in the lock file and their
// entry in the notes, where there are such: all of it or nothing. What is named
// in one chain is in another the revision of the same time and slug. What is
// wrong is a *DraftError or a *chain.TargetError.
func (f *Folder) Merge(m Merge) (*Written, error) {
	if err := m.complete(); err != nil {
		return nil, err
	}
	graphs, err := f.chosen(m.Dialect)
	if err != nil {
		return nil, err
	}
	if err := m.findLine(graphs); err != nil {
		return nil, err
	}
	w := &Written{Slug: Slug(m.Message)}
	created := f.free(m.Line, w.Slug, m.Now.UTC().Truncate(time.Second))
	var files []file
	for n, g := range graphs {
		parents, err := m.parents(graphs, n)
		if err != nil {
			return nil, err
		}
		if len(parents) < 2 {
			continue
		}
		rev := chain.Revision{Dialect: g.Dialect(), Revises: parents, Slug: w.Slug, Created: created}
		rev.Line = m.Line
		if rev.ID, err = newID(m.Random); err != nil {
			return nil, err
		}
		name := f.fileName(rev, m.Format)
		rev.Source = shown(name)
		text := m.text(rev)
		rev.Digest = chain.Digest(text)
		if err := checkMerge(g, rev, text); err != nil {
			return nil, err
		}
		files = append(files, file{name: name, text: text})
		w.Revisions = append(w.Revisions, rev)
	}
	if len(w.Revisions) == 0 {
		return nil, refuse("", "there is nothing to join: line %s has one head%s", m.Line, inEach(graphs))
	}
	kept, err := f.kept(w)
	if err != nil {
		return nil, err
	}
	files = append(files, kept...)
	for _, file := range files {
		w.Files = append(w.Files, shown(file.name))
	}
	return w, writeAll(files)
}

// complete checks a merge and fills in its defaults.
func (m *Merge) complete() error {
	m.Message = cmp.Or(m.Message, "merge")
	m.Format = cmp.Or(m.Format, SQL)
	if err := checkMessage(m.Message); err != nil {
		return err
	}
	switch {
	case m.Format != SQL && m.Format != YAML:
		return refuse("", "the formats of a merge are sql and yaml, and not %q", m.Format)
	case len(m.Heads) == 1:
		return refuse("name another one too, or none to join all", "a merge joins two heads or more, and %q is one", m.Heads[0])
	}
	if m.Now.IsZero() {
		m.Now = time.Now()
	}
	if m.Random == nil {
		m.Random = rand.Reader
	}
	return nil
}

// kept returns the lock file and the notes with what was written, where the
// folder has them. Notes are begun where a chain is left out: they say that this
// is meant.
func (f *Folder) kept(w *Written) (files []file, err error) {
	if f.Lock != nil {
		lock, err := f.pin(w.Revisions)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: f.lockName(), text: []byte(lock.String()), replace: true})
	}
	note := chain.Note{Slug: w.Slug, IDs: map[chain.Dialect]string{}, Text: "Joins heads of the chain, and changes nothing."}
	for _, r := range w.Revisions {
		note.IDs[r.Dialect] = r.ID
	}
	for _, d := range f.dialects() {
		if note.IDs[d] == "" {
			note.None = append(note.None, d)
		}
	}
	if f.Notes == nil && len(note.None) == 0 {
		return files, nil
	}
	notes, err := f.BeginNotes()
	if err != nil {
		return nil, err
	}
	return append(files, file{name: f.notesName(), text: []byte(notes.Add(note)), replace: true}), nil
}

// chosen returns the chain of one dialect, or all of them where it is empty.
func (f *Folder) chosen(only chain.Dialect) ([]*chain.Graph, error) {
	if only == "" {
		return f.Graphs, f.whole()
	}
	if g := f.graph(only); g != nil {
		return []*chain.Graph{g}, nil
	}
	return nil, f.noChain(only)
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
		return refuse("`sandpiper branches` lists the lines", "no chain has a line %q", m.Line)
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
			return nil, refuse("name heads, or none to join all of them", "%s is not a head for %s: the heads of line %s are %s", rev.Key, g.Dialect(), m.Line, strings.Join(heads, ", "))
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
	if m.Format == YAML {
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
	_, err = g.With(append(slices.Collect(g.All()), file.Revision))
	return err
}

// inModule reports whether a revision is in a module, which cannot be edited.
func inModule(rev chain.Revision) bool { return path.Ext(rev.Source) == ".wasm" }

// lookUp finds the one revision that a word names, in the first chain that has
// it. Where none does, the error is of a chain in which it could mean something,
// or else of all of them.
func lookUp(graphs []*chain.Graph, word string) (n int, rev chain.Revision, err error) {
	var first error
	var absent *chain.TargetError
	for n, g := range graphs {
		target, err := g.Resolve(word, nil)
		if err == nil && len(target.Keys) != 1 {
			err = refuse("name one by its id, or as line@head", "%q does not name one revision", word)
		}
		if err == nil {
			rev, _ := g.Revision(target.Keys[0])
			return n, rev, nil
		}
		var bad *chain.TargetError
		switch {
		case errors.As(err, &bad) && bad.Absent != "" && absent == nil:
			absent = bad
		case errors.As(err, &bad) && bad.Absent != "":
			absent = &chain.TargetError{Target: word, Msg: "no chain has a revision or a branch label of that name"}
		case first == nil:
			first = err
		}
	}
	switch {
	case first != nil:
		return -1, chain.Revision{}, first
	case absent != nil:
		return -1, chain.Revision{}, absent
	}
	return -1, chain.Revision{}, errors.New("there are no migrations")
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
