package author

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Format is how a new migration is written.
type Format string

// The formats.
const (
	SQL  Format = "sql"
	YAML Format = "yaml"
	Go   Format = "go" // a plugin, which serves every dialect
)

// A Draft is a migration that is to be written: one revision for each of its
// dialects. But for Message the zero value works.
type Draft struct {
	Message string // what it does, on one line

	// Dialects are those that get a revision. Defaults to all that the folder
	// is configured for; if it is fewer, the notes say so.
	Dialects []chain.Dialect

	// Format is how it is written. Defaults to SQL.
	Format Format

	// Bodies, if set, are what the files of each dialect hold, in the Format,
	// which is not Go then. Their templates are called autogenerate.FORMAT.tmpl.
	// Defaults to files that a person is to fill.
	Bodies map[chain.Dialect]chain.Body

	// Line is the line of the revisions. Defaults to chain.DefaultLine.
	Line string

	// Head is the revision that the new one revises: a target such as an id or
	// a label, for all dialects (an id of one stands for its pair in the
	// other) or as "postgresql=TARGET,sqlite=TARGET". Defaults to the line's
	// one head.
	Head string

	// Splice lets Head be a revision that is no head, or "base".
	Splice bool

	// IDs are the ids of the revisions. Defaults to random ones.
	IDs map[chain.Dialect]string

	// Plugins is the folder that holds plugins, for the format Go. Defaults to
	// "plugins".
	Plugins string

	// Force lets files be written over. Defaults to refusing.
	Force bool

	// Now is the time of the revisions. Defaults to the present; where a
	// migration of this time and name is there, it is so many seconds later.
	Now time.Time

	// Random is where ids come from. Defaults to crypto/rand.
	Random io.Reader
}

// A DraftError is a Draft that cannot be written as it is. Nothing was written.
type DraftError struct {
	Msg  string // what is wrong
	Next string // what to do
}

// Error returns what is wrong.
func (e *DraftError) Error() string { return e.Msg }

func refuse(next, format string, args ...any) error {
	return &DraftError{fmt.Sprintf(format, args...), next}
}

// Written is what Write has written.
type Written struct {
	Slug      string
	Revisions []chain.Revision // in the order of the folder's dialects
	Files     []string         // with forward slashes; the lock file and the notes last
	NewLine   bool             // no chain had anything in the line, which is not chain.DefaultLine
}

// Write writes a migration: its files, its entry in the notes, and the new
// lines of the lock file, all of them or none. The lock file does not have the
// revisions of a plugin before it is built. What is wrong with the draft is a
// *DraftError, with a template a *chain.ParseError; a file that is there already
// an *ExistsError.
func (f *Folder) Write(d Draft) (*Written, error) {
	if err := f.complete(&d); err != nil {
		return nil, err
	}
	revisions, err := f.revisions(d)
	if err != nil {
		return nil, err
	}
	w := &Written{Slug: Slug(d.Message), NewLine: d.Line != chain.DefaultLine && !f.hasLine(d.Line)}
	var files []file
	if d.Format == Go {
		files, err = f.plugin(d, revisions)
	} else {
		files, err = f.migrations(d, revisions)
	}
	if err != nil {
		return nil, err
	}
	for _, dialect := range d.Dialects {
		w.Revisions = append(w.Revisions, revisions[dialect])
	}
	if d.Format != Go {
		lock, err := f.pin(w.Revisions)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: f.lockName(), text: []byte(lock.String()), replace: true})
	}
	notes, err := f.BeginNotes()
	if err != nil {
		return nil, err
	}
	note := chain.Note{Slug: w.Slug, IDs: map[chain.Dialect]string{}, Text: d.Message}
	for _, dialect := range f.dialects() {
		if r, ok := revisions[dialect]; ok {
			note.IDs[dialect] = r.ID
		} else {
			note.None = append(note.None, dialect)
		}
	}
	files = append(files, file{name: f.notesName(), text: []byte(notes.Add(note)), replace: true})
	for _, file := range files {
		w.Files = append(w.Files, shown(file.name))
	}
	return w, writeAll(files)
}

// Vet says what is wrong with a draft, as Write would, before anything is known
// of its Bodies.
func (f *Folder) Vet(d Draft) error {
	if err := f.complete(&d); err != nil {
		return err
	}
	if _, err := f.revisions(d); err != nil {
		return err
	}
	_, err := f.pin(nil)
	return err
}

// maxMessage bounds a message, in characters.
const maxMessage = 1000

// complete checks a draft and fills in its defaults.
func (f *Folder) complete(d *Draft) error {
	switch {
	case strings.TrimSpace(d.Message) == "":
		return refuse(`for example: -m "add labels"`, "a migration needs a message: what it does")
	case utf8.RuneCountInString(d.Message) > maxMessage:
		return refuse("", "the message has %d characters: it may have %d", utf8.RuneCountInString(d.Message), maxMessage)
	case strings.ContainsAny(d.Message, `/\`):
		return refuse(`write it without / and \`, "the message %q has a path in it, and becomes part of files' names", d.Message)
	}
	if err := checkMessage(d.Message); err != nil {
		return err
	}
	d.Message = strings.TrimSpace(d.Message)
	d.Format = cmp.Or(d.Format, SQL)
	d.Line = cmp.Or(d.Line, chain.DefaultLine)
	d.Plugins = cmp.Or(d.Plugins, "plugins")
	if !slices.Contains([]Format{SQL, YAML, Go}, d.Format) {
		return refuse("", "the formats are sql, yaml and go, and not %q", d.Format)
	}
	if !chain.ValidLine(d.Line) {
		return refuse("use letters, digits and _ . / - inside, and not head, heads or base", "%q is not the name of a line", d.Line)
	}
	if len(d.Dialects) == 0 {
		if err := f.whole(); err != nil {
			return err
		}
		for _, g := range f.Graphs {
			d.Dialects = append(d.Dialects, g.Dialect())
		}
	}
	for _, dialect := range d.Dialects {
		if f.graph(dialect) == nil {
			return f.noChain(dialect)
		}
	}
	if d.Now.IsZero() {
		d.Now = time.Now()
	}
	if d.Random == nil {
		d.Random = rand.Reader
	}
	return nil
}

// checkMessage refuses a message that no slug or line of a comment can be made of.
func checkMessage(message string) error {
	switch {
	case !utf8.ValidString(message) || strings.ContainsFunc(message, unicode.IsControl):
		return refuse("take out line breaks and the like", "the message is one line of text, without control characters")
	case Slug(message) == "":
		return refuse(`write a word or two in Latin letters into it, such as -m "labels: …"`,
			"nothing of the message %q can be part of a file's name, which has the letters a to z and digits", message)
	}
	return nil
}

// revisions says what the new revisions are, but for their digests.
func (f *Folder) revisions(d Draft) (map[chain.Dialect]chain.Revision, error) {
	parents, err := f.parents(d)
	if err != nil {
		return nil, err
	}
	for dialect := range maps.Keys(d.IDs) {
		if !slices.Contains(d.Dialects, dialect) {
			return nil, refuse("", "an id is given for %s, which gets no revision", dialect)
		}
	}
	slug := Slug(d.Message)
	created := f.free(d.Line, slug, d.Now.UTC().Truncate(time.Second))
	revisions := map[chain.Dialect]chain.Revision{}
	for _, dialect := range d.Dialects {
		id := d.IDs[dialect]
		if id == "" {
			if id, err = newID(d.Random); err != nil {
				return nil, err
			}
		} else if !chain.ValidID(id) {
			return nil, refuse("", "%q is not a revision id, which is 12 lower-case hex digits", id)
		}
		if there, taken := f.graph(dialect).Revision(chain.Key{Line: d.Line, ID: id}); taken {
			return nil, refuse("give another id, or none", "revision %s of %s is there already: %s", id, dialect, there.Source)
		}
		revisions[dialect] = chain.Revision{
			Key: chain.Key{Line: d.Line, ID: id}, Dialect: dialect, Revises: parents[dialect], Slug: slug, Created: created,
		}
	}
	return revisions, nil
}

func (f *Folder) hasLine(line string) bool {
	return slices.ContainsFunc(f.Graphs, func(g *chain.Graph) bool { return slices.Contains(g.Lines(), line) })
}

// free returns the first second from now on at which no migration of the line
// has this slug: line, time and slug make a pair.
func (f *Folder) free(line, slug string, now time.Time) time.Time {
	taken := map[time.Time]bool{}
	for _, g := range f.Graphs {
		for r := range g.All() {
			if r.Line == line && r.Slug == slug {
				taken[r.Created.UTC()] = true
			}
		}
	}
	for taken[now] {
		now = now.Add(time.Second)
	}
	return now
}

// pin returns the lock with the new revisions.
func (f *Folder) pin(revisions []chain.Revision) (*chain.Lock, error) {
	after := &Folder{Dir: f.Dir, Lock: f.Lock}
	for _, g := range f.Graphs {
		if err := f.Lock.Extendable(f.LockName(), g); err != nil {
			return nil, refuse("see that the files are as they should be (a lost one is brought back), and run `sandpiper rehash --offline` first", "%v", err)
		}
		all := slices.Collect(g.All())
		for _, r := range revisions {
			if r.Dialect == g.Dialect() {
				all = append(all, r)
			}
		}
		next, err := g.With(all)
		if err != nil {
			return nil, err
		}
		after.Graphs = append(after.Graphs, next)
	}
	return after.Relock(func(chain.Dialect, chain.Key) bool { return false }), nil
}

// fileName is where a revision's file goes.
func (f *Folder) fileName(r chain.Revision, format Format) string {
	return filepath.Join(f.Dir, filepath.FromSlash(path.Join("versions", string(r.Dialect), chain.FileName(r, "."+string(format)))))
}
