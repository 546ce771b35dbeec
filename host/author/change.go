package author

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A change is what a file is to hold.
type change struct {
	path string
	text []byte
	was  []byte // what it holds now; nil: it must not be there
}

// A ChangedError is a file that is no longer what it was when it was read:
// nothing was written.
type ChangedError struct {
	Path string
}

// Error names the file and says what to do.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s was changed by somebody else in the meantime; nothing was written: try again", e.Path)
}

// writeAll makes all changes or none: each file is written beside its place, and
// when all are there, they are moved to their places. A reader never sees half a
// file, and what is there and not expected is left alone.
func writeAll(changes []change) (err error) {
	var staged []string
	defer func() {
		for _, temp := range staged {
			os.Remove(temp) // those that were moved are gone
		}
	}()
	for i := range changes {
		c := &changes[i]
		if err := c.expected(); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if c.was != nil {
			if c.path, err = filepath.EvalSymlinks(c.path); err != nil {
				return err
			}
			info, err := os.Stat(c.path)
			if err != nil {
				return err
			}
			mode = info.Mode().Perm()
		}
		temp, err := stage(c.path, c.text, mode)
		if err != nil {
			return err
		}
		staged = append(staged, temp)
	}
	for i, c := range changes {
		err := c.expected()
		if err == nil {
			err = os.Rename(staged[i], c.path)
		}
		if err != nil {
			return errors.Join(err, undo(changes[:i]))
		}
	}
	return nil
}

// expected checks that the file is what it is thought to be.
func (c *change) expected() error {
	if c.was == nil {
		if _, err := os.Lstat(c.path); err == nil {
			return &ExistsError{c.path}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	is, err := os.ReadFile(c.path)
	if err == nil && !bytes.Equal(is, c.was) {
		err = &ChangedError{c.path}
	}
	return err
}

// undo brings back what was there before changes that were made.
func undo(changes []change) (err error) {
	for _, c := range changes {
		if c.was == nil {
			err = errors.Join(err, os.Remove(c.path))
			continue
		}
		info, statErr := os.Stat(c.path)
		if statErr != nil {
			err = errors.Join(err, statErr)
			continue
		}
		temp, stageErr := stage(c.path, c.was, info.Mode().Perm())
		if stageErr == nil {
			stageErr = os.Rename(temp, c.path)
		}
		err = errors.Join(err, stageErr)
	}
	return err
}

// stage writes a file beside its place and returns its name there.
func stage(path string, text []byte, mode fs.FileMode) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".sandpiper-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// WriteFile writes a file that somebody asked for by its name, whole or not at
// all. Where it is there already the error is an *ExistsError, unless force says
// that it may be written over.
func WriteFile(path string, text []byte, force bool) error {
	c := change{path: path, text: text}
	if force {
		switch was, err := os.ReadFile(path); {
		case err == nil:
			c.was = append([]byte{}, was...) // not nil, for an empty file
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return writeAll([]change{c})
}
