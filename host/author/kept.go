package author

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A Kept file is written over again and again by the command that it is from,
// which knows its own files by how they begin.
type Kept struct {
	Name  string
	Mark  string // what all of them begin with
	Force bool   // any other file may be written over as well
}

// Check returns an *ExistsError if another file has the name, and an error if its
// folder is not there or cannot be written: for a command that has something to do
// before.
func (k Kept) Check() error {
	if _, err := k.read(); err != nil {
		return err
	}
	beside, err := writeBeside(file{name: k.Name})
	if err != nil {
		return err
	}
	return remove(beside)
}

// read returns the text that is there, nil where there is no file.
func (k Kept) read() ([]byte, error) {
	if _, err := os.Stat(filepath.Dir(k.Name)); err != nil {
		return nil, meant(k.Name, err)
	}
	if err := absent(file{name: k.Name, replace: true}); err != nil {
		return nil, err // no file that can be written over
	}
	text, err := os.ReadFile(k.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case len(text) > 0 && !bytes.HasPrefix(text, []byte(k.Mark)) && !k.Force:
		return nil, &ExistsError{Path: k.Name}
	}
	return text, nil
}

// Write writes the file, whole or not at all, and tells whether it has changed.
// One that has the text already is not touched.
func (k Kept) Write(text []byte) (changed bool, err error) {
	was, err := k.read()
	if err != nil {
		return false, err
	}
	if was != nil && bytes.Equal(was, text) {
		return false, nil
	}
	return true, writeAll([]file{{name: k.Name, text: text, replace: true}})
}
