package imports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Write writes the revisions and their notes into a folder, which it makes if it
// is not there, and returns the files it has written, relative to the folder,
// with forward slashes. Everything is written beside its place first and then
// moved there: after an error nothing is left. Migrations of the dialect, or a
// plugin of the same name, that are there already are an *author.ExistsError.
func (i *Import) Write(dir string) (files []string, err error) {
	moves := i.moves()
	for _, m := range moves {
		if err := free(filepath.Join(dir, m)); err != nil {
			return nil, err
		}
	}
	folder := &author.Folder{Dir: dir}
	if err := folder.ReadNotes(); err != nil {
		return nil, err
	}
	notes, err := folder.BeginNotes()
	if err != nil {
		return nil, err
	}
	made, err := makeFolder(dir)
	if err != nil {
		return nil, err
	}
	beside, err := os.MkdirTemp(dir, ".import-*")
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err // its name is one that nobody has given
		}
		return nil, fmt.Errorf("nothing can be written into %s: %w", dir, err)
	}
	defer func() {
		os.RemoveAll(beside)
		if err != nil && made != "" {
			removeEmpty(dir, made)
		}
	}()
	for _, rev := range i.Revisions {
		if err := writeNew(filepath.Join(beside, filepath.FromSlash(rev.Path)), rev.text); err != nil {
			return nil, err
		}
		files = append(files, rev.Path)
	}
	if err := writeNew(filepath.Join(beside, chain.NotesName), []byte(notes.Extend(i.entries()))); err != nil {
		return nil, err
	}
	if err := moveAll(beside, dir, moves); err != nil {
		return nil, err
	}
	return append(files, chain.NotesName), nil
}

// moves are the folders that are moved to their place as one, with the versions
// last: they are what a run reads.
func (i *Import) moves() []string {
	var moves []string
	for _, rev := range i.Revisions {
		if rev.Plugin {
			moves = append(moves, filepath.FromSlash(path.Dir(rev.Path)))
		}
	}
	if len(moves) < len(i.Revisions) {
		moves = append(moves, filepath.Join("versions", string(i.Dialect)))
	}
	return moves
}

// free refuses a place that something is in. An empty folder is nothing.
func free(name string) error {
	entries, err := os.ReadDir(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err == nil {
		return &author.ExistsError{Path: filepath.Join(name, entries[0].Name())}
	}
	if _, statErr := os.Lstat(name); statErr == nil {
		return &author.ExistsError{Path: name}
	}
	return err
}

// moveAll moves the folders from beside to dir, and the notes at the end. Where
// one cannot be moved, those before it are taken back.
func moveAll(beside, dir string, moves []string) (err error) {
	var done []string
	defer func() {
		for _, place := range done {
			if err != nil {
				os.RemoveAll(place)
				removeEmpty(filepath.Dir(place), dir)
			}
		}
	}()
	for _, m := range moves {
		place := filepath.Join(dir, m)
		if err := os.MkdirAll(filepath.Dir(place), 0o777); err != nil {
			return err
		}
		if err := os.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &author.ExistsError{Path: place} // it was empty a moment ago
		}
		if err := os.Rename(filepath.Join(beside, m), place); err != nil {
			return err
		}
		done = append(done, place)
	}
	return os.Rename(filepath.Join(beside, chain.NotesName), filepath.Join(dir, chain.NotesName))
}

// makeFolder makes a folder and says which folder above it was there before, ""
// where nothing had to be made.
func makeFolder(dir string) (above string, err error) {
	if _, err := os.Stat(dir); err == nil {
		return "", nil
	}
	above = filepath.Clean(dir)
	for {
		above = filepath.Dir(above)
		if _, err := os.Stat(above); err == nil {
			break
		}
	}
	return above, os.MkdirAll(dir, 0o777)
}

// removeEmpty removes a folder and those above it, up to a folder that stays, as
// far as they are empty.
func removeEmpty(dir, stays string) {
	for dir = filepath.Clean(dir); dir != filepath.Clean(stays); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			return
		}
	}
}

func writeNew(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
