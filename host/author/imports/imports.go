package imports

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A tool is another migration tool.
type tool struct {
	name string

	// read adds the steps that the folder holds to the reader, in any order
	// where compare is set, else in the order that the tool runs them.
	read    func(*reader) error
	compare func(a, b string) int // orders versions; nil where names or the file do

	only  chain.Dialect // the one dialect the tool knows, or ""
	table table         // what it keeps in the database
}

// tools in the order they are told of.
var tools = []tool{alembic, atlas, dbmate, diesel, flyway, golangMigrate, goose, numbered, sqlx, tern}

// Names returns the names of the tools, sorted.
func Names() []string {
	var names []string
	for _, t := range tools {
		names = append(names, t.name)
	}
	return names
}

func toolOf(name string) (tool, error) {
	for _, t := range tools {
		if t.name == name {
			return t, nil
		}
	}
	return tool{}, &UnknownToolError{name}
}

// An UnknownToolError is a tool that this package has no reader for.
type UnknownToolError struct{ Tool string }

// Error names the tools there are.
func (e *UnknownToolError) Error() string {
	return fmt.Sprintf("no tool is called %q: there are %s", e.Tool, strings.Join(Names(), ", "))
}

// Options say what is imported.
type Options struct {
	Tool    string        // one of Names
	Dialect chain.Dialect // that the SQL is written for
	File    string        // the one file of the folder to read; defaults to all
}

// An Import is a folder of another tool, read and rewritten. Nothing is written
// before Write.
type Import struct {
	Tool      string
	Dialect   chain.Dialect
	Revisions []Revision // in the order they run
	Notes     []Note     // what whoever imports has to know
}

// A Revision is one version of the other tool.
type Revision struct {
	ID      string
	Revises []string
	Version string // as the tool's table has it
	Slug    string
	From    string // the file it comes from
	Path    string // the file it becomes, with forward slashes, below the target folder
	Plugin  bool   // it could not be carried over: Path is the skeleton of a plugin
	text    []byte
}

// A Note is something that is not as it was, or is left to do.
type Note struct {
	File string // of the imported folder
	Line int    // 0 if it is about the whole file
	Text string
}

// String returns "file:line: text".
func (n Note) String() string {
	if n.Line == 0 {
		return n.File + ": " + n.Text
	}
	return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text)
}

// A step is one version as the tool's reader found it.
type step struct {
	version string
	name    string   // what it is about, in the tool's words
	parents []string // versions; nil where the one before is the parent
	root    bool     // it has no parent, although it is not the first
	file    string
	up      *script
	down    *script // nil: there is no way back
	code    string  // why it cannot be carried over; up and down are not looked at
	instead string  // what can be done to the file, so that it can be; may be ""
}

// A script is the SQL of one direction.
type script struct {
	file    string
	line    int // of the file, where text begins
	text    string
	outside bool                       // it runs outside of a transaction
	drop    func(chain.Located) bool   // statements that are the tool's own business; may be nil
	alone   func(chain.Statement) bool // statements that run outside of a transaction by themselves; may be nil
}

// Read reads a folder and rewrites what is in it. Errors in SQL are of type
// *chain.ParseError, with the file and line of the folder.
func Read(fsys fs.FS, opts Options) (*Import, error) {
	t, err := toolOf(opts.Tool)
	if err != nil {
		return nil, err
	}
	if t.only != "" && t.only != opts.Dialect {
		return nil, fmt.Errorf("%s knows %s alone, and not %s", t.name, t.only, opts.Dialect)
	}
	r := &reader{fsys: fsys, dialect: opts.Dialect, only: opts.File}
	if err := t.read(r); err != nil {
		return nil, err
	}
	if len(r.steps) == 0 {
		return nil, r.empty(t.name)
	}
	if t.compare != nil {
		slices.SortStableFunc(r.steps, func(a, b step) int { return t.compare(a.version, b.version) })
	}
	r.steps = append(r.steps, r.last...)
	if err := duplicates(r.steps); err != nil {
		return nil, err
	}
	i := &Import{Tool: t.name, Dialect: opts.Dialect}
	if err := i.rewrite(r); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.notes, func(a, b Note) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	i.Notes = r.notes
	return i, i.check()
}

// duplicates refuses a version that two files have.
func duplicates(steps []step) error {
	first := map[string]string{}
	for _, s := range steps {
		if other, ok := first[s.version]; ok {
			return fmt.Errorf("%s and %s have the same version, %s: rename one of them", other, s.file, s.version)
		}
		first[s.version] = s.file
	}
	return nil
}

// rewrite makes revisions of the steps.
func (i *Import) rewrite(r *reader) error {
	times := createdTimes(r.steps)
	for n, s := range r.steps {
		rev := Revision{ID: ID(i.Tool, s.version), Version: s.version, Slug: cmp.Or(author.Slug(s.name), "migration"), From: s.file}
		switch {
		case s.parents != nil:
			for _, p := range s.parents {
				rev.Revises = append(rev.Revises, ID(i.Tool, p))
			}
		case n > 0 && !s.root:
			rev.Revises = []string{i.Revisions[n-1].ID}
		}
		if s.code != "" {
			rev.Plugin = true
			rev.Path = path.Join("plugins", string(i.Dialect), rev.ID+"_"+rev.Slug, "main.go")
			text, err := i.skeleton(rev, s, times[n])
			if err != nil {
				return err
			}
			rev.text = text
			out := fmt.Sprintf("%s holds its place and is yours to write", rev.Path)
			if s.instead != "" {
				out += fmt.Sprintf("; or %s, and import again into another folder", s.instead)
			}
			r.note(s.file, 0, "%s: %s", s.code, out)
		} else {
			text, err := i.migration(rev, s, r)
			if err != nil {
				return err
			}
			rev.Path = path.Join("versions", string(i.Dialect), rev.fileName(times[n], ".sql"))
			rev.text = text
		}
		i.Revisions = append(i.Revisions, rev)
	}
	return nil
}

// check reads every file as a run will, and puts the revisions together.
func (i *Import) check() error {
	var revisions []chain.Revision
	for _, rev := range i.Revisions {
		if rev.Plugin {
			revisions = append(revisions, chain.Revision{
				Key: chain.Key{Line: chain.DefaultLine, ID: rev.ID}, Dialect: i.Dialect, Revises: rev.Revises, Source: rev.From,
			})
			continue
		}
		file, err := chain.Parse(rev.Path, i.Dialect, rev.text)
		if err != nil {
			var bad *chain.ParseError
			if errors.As(err, &bad) {
				return &chain.ParseError{Path: rev.From, Msg: fmt.Sprintf("it does not come through: line %d of what it becomes: %s", bad.Line, bad.Msg)}
			}
			return err
		}
		file.Source = rev.From
		revisions = append(revisions, file.Revision)
	}
	_, err := chain.NewGraph(i.Dialect, revisions)
	return err
}
