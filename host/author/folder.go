package author

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// templatesDir holds the project's own templates, beside versions/.
const templatesDir = "templates"

// A Folder is a project's migrations as they are on disk: the chains, and once
// they are read, the lock file and the notes.
type Folder struct {
	Dir    string         // holds versions/
	Graphs []*chain.Graph // of the configured dialects
	Lock   *chain.Lock    // nil where there is none
	Notes  *chain.Notes   // nil where there are none
}

// Dialects returns the dialects that a folder of migrations is configured for:
// those with a folder in versions/, both if there is none.
func Dialects(dir string) ([]chain.Dialect, error) {
	var configured []chain.Dialect
	for _, d := range chain.Dialects {
		info, err := os.Stat(filepath.Join(dir, "versions", string(d)))
		switch {
		case err == nil && info.IsDir():
			configured = append(configured, d)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if len(configured) == 0 {
		return slices.Clone(chain.Dialects), nil
	}
	return configured, nil
}

// ReadLock reads the lock file. What is wrong with it is a *chain.ParseError.
func (f *Folder) ReadLock() error {
	text, there, err := readFile(f.lockName())
	if err == nil && there {
		f.Lock, err = chain.ParseLock(f.LockName(), text)
	}
	return err
}

// ReadNotes reads the notes. What is wrong with them is a *chain.ParseError.
func (f *Folder) ReadNotes() error {
	text, there, err := readFile(f.notesName())
	if err == nil && there {
		f.Notes, err = chain.ParseNotes(f.NotesName(), text)
	}
	return err
}

// maxFile bounds what is read of the lock file, the notes and templates.
const maxFile = 16 << 20

func readFile(name string) (text []byte, there bool, err error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s has %d bytes: at most 16 MiB are read", shown(name), info.Size())
	}
	if err != nil {
		return nil, true, err
	}
	text, err = os.ReadFile(name)
	return text, true, err
}

// shown is a file's name in messages and documents, the same on every system.
func shown(name string) string { return filepath.ToSlash(name) }

func (f *Folder) lockName() string  { return filepath.Join(f.Dir, chain.LockName) }
func (f *Folder) notesName() string { return filepath.Join(f.Dir, chain.NotesName) }

// LockName is the lock file's name for messages.
func (f *Folder) LockName() string { return shown(f.lockName()) }

// NotesName is the notes' name for messages.
func (f *Folder) NotesName() string { return shown(f.notesName()) }

// graph returns the chain of a dialect, nil if the folder is not for it.
func (f *Folder) graph(d chain.Dialect) *chain.Graph {
	for _, g := range f.Graphs {
		if g.Dialect() == d {
			return g
		}
	}
	return nil
}

// noChain is the refusal of a dialect that the folder is not configured for.
func (f *Folder) noChain(d chain.Dialect) error {
	return refuse(fmt.Sprintf("make the folder %s to begin one", shown(filepath.Join(f.Dir, "versions", string(d)))), "there is no chain for %s", d)
}

// Check compares the chains with each other, with their files' names, with the
// lock file and with the notes. Where one of the two is missing, it is not
// compared.
func (f *Folder) Check() []chain.Problem {
	problems := f.CheckDialects()
	for _, g := range f.Graphs {
		if f.Lock != nil {
			problems = append(problems, f.Lock.Check(f.LockName(), g)...)
		}
	}
	problems = append(problems, chain.CheckNames(f.Graphs...)...)
	problems = append(problems, chain.CheckPairs(f.Notes, f.Graphs...)...)
	if f.Notes != nil {
		problems = append(problems, f.Notes.Check(f.Graphs...)...)
	}
	return problems
}

// SyncNotes adds to the notes what they lack, and puts their entries in order.
// Notes that are not there are begun.
func (f *Folder) SyncNotes() (chain.Synced, error) {
	notes, err := f.BeginNotes()
	if err != nil {
		return chain.Synced{}, err
	}
	done := notes.Sync(f.Graphs...)
	if len(done.Added)+len(done.Moved) == 0 {
		return done, nil
	}
	if err := writeAll([]file{{name: f.notesName(), text: []byte(done.Text), replace: true}}); err != nil {
		return chain.Synced{}, err
	}
	f.Notes, err = chain.ParseNotes(f.NotesName(), []byte(done.Text))
	return done, err
}

// BeginNotes returns the folder's notes as they were read, or the beginning of
// some. Nothing is written.
func (f *Folder) BeginNotes() (*chain.Notes, error) {
	if f.Notes != nil {
		return f.Notes, nil
	}
	text, err := templates.ReadFile("templates/" + chain.NotesName)
	if err != nil {
		return nil, err
	}
	return chain.ParseNotes(f.NotesName(), text)
}

// Relock returns the lock of the chains as they are now: what is pinned already
// stays as it is pinned, but for the revisions that accept says yes to.
func (f *Folder) Relock(accept func(chain.Dialect, chain.Key) bool) *chain.Lock {
	lock := f.Lock
	for _, g := range f.Graphs {
		lock = lock.With(g, func(k chain.Key) bool { return accept(g.Dialect(), k) })
	}
	return lock
}

// PinPlugin returns the lock with a plugin pinned. A lock file that is begun with
// it pins the chains as well: what it does not have would be a problem to Check.
func (f *Folder) PinPlugin(p chain.PluginPin) (*chain.Lock, error) {
	lock := f.Lock
	if lock == nil {
		lock = f.Relock(func(chain.Dialect, chain.Key) bool { return true })
	}
	return lock.WithPlugin(p)
}

// WriteLock writes the lock file.
func (f *Folder) WriteLock(lock *chain.Lock) error {
	if err := writeAll([]file{{name: f.lockName(), text: []byte(lock.String()), replace: true}}); err != nil {
		return err
	}
	f.Lock = lock
	return nil
}
