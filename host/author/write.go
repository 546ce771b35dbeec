package author

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// An ExistsError is a file that is there and may not be written over. Nothing was
// written.
type ExistsError struct {
	Path string
	What string // "a folder" and the like, over which nothing is ever written; "" for a file
}

// Error names the file.
func (e *ExistsError) Error() string {
	if e.What != "" {
		return fmt.Sprintf("%s is %s; nothing was written", e.Path, e.What)
	}
	return fmt.Sprintf("%s is already there; nothing was written", e.Path)
}

// A file is one that is to be written.
type file struct {
	name    string // with the system's slashes
	text    []byte
	replace bool // it may be there already
	secret  bool // nobody else may read it
}

// writeAll writes all files or none. Each is written beside its place first;
// only when all are on the disk are they renamed, and if that fails in the
// middle, what was there before is put back. A file that is there and may not be
// replaced is an *ExistsError.
func writeAll(files []file) (err error) {
	for _, f := range files {
		if err := absent(f); err != nil {
			return err
		}
	}
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	beside := make([]string, len(files))
	for i, f := range files {
		made, err := makeFolder(filepath.Dir(f.name))
		undo = append(undo, func() error { return removeAll(made) })
		if err != nil {
			return err
		}
		if beside[i], err = writeBeside(f); err != nil {
			return err
		}
		undo = append(undo, func() error { return remove(beside[i]) })
	}
	for i, f := range files {
		if err := absent(f); err != nil {
			return err // it has come about in the meantime
		}
		before := func() error { return nil }
		if i < len(files)-1 { // after the last nothing can fail
			var err error
			if before, err = restorer(f.name); err != nil {
				return err
			}
		}
		if err := os.Rename(beside[i], f.name); err != nil {
			return meant(f.name, err)
		}
		undo = append(undo, before)
	}
	return nil
}

// restorer returns what makes a file what it is now.
func restorer(name string) (restore func() error, err error) {
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() error { return remove(name) }, nil
	case err != nil:
		return nil, err
	}
	return func() error {
		old, err := writeBeside(file{name: name, text: text})
		if err != nil {
			return err
		}
		return os.Rename(old, name)
	}, nil
}

// absent returns an *ExistsError if a file is there that may not be.
func absent(f file) error {
	info, err := os.Lstat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return meant(f.name, err)
	case !f.replace || !info.Mode().IsRegular():
		return &ExistsError{f.name, irregular(info.Mode())}
	}
	return nil
}

// irregular says what a file is that cannot be replaced by one, "" for a file.
func irregular(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "a device or the like"
}

// besideName is how the names of files begin that a process writes beside others.
func besideName(process int) string { return fmt.Sprintf(".sandpiper-%d-", process) }

// writeBeside writes a file's text into a new file of the same folder. A file
// that is going to be replaced hands down its permissions, unless it is secret.
func writeBeside(f file) (name string, err error) {
	mode := fs.FileMode(0o644)
	switch info, err := os.Stat(f.name); {
	case f.secret:
		mode = 0o600
	case err == nil:
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(f.name), besideName(os.Getpid())+"*")
	if err != nil {
		return "", meant(f.name, err)
	}
	_, err = temp.Write(f.text)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err != nil {
		return "", errors.Join(meant(f.name, err), remove(temp.Name()))
	}
	return temp.Name(), nil
}

// meant makes an error about a file of the one that was written beside it, whose
// name says nothing to anybody.
func meant(name string, err error) error {
	var (
		path *fs.PathError
		link *os.LinkError
	)
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("%s cannot be written: %w", shown(name), err)
}

// makeFolder makes a folder and those above it, and returns what it has made,
// outermost first.
func makeFolder(name string) (made []string, err error) {
	for dir := name; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(dir)
		if err == nil || filepath.Dir(dir) == dir {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		made = append([]string{dir}, made...)
	}
	return made, os.MkdirAll(name, 0o777)
}

func removeAll(folders []string) (err error) {
	for i := len(folders) - 1; i >= 0; i-- {
		err = errors.Join(err, remove(folders[i]))
	}
	return err
}

// remove removes what may be gone already.
func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// WriteFile writes a file that somebody asked for by its name, whole or not at
// all, into a folder that is there. Where it is there already the error is an
// *ExistsError, unless force says that it may be written over.
func WriteFile(name string, text []byte, force bool) error {
	return writeNamed(file{name: name, text: text, replace: force})
}

// WriteKeys writes the files of a secret key, which nobody else may read, and of
// its public one, both or neither, as WriteFile does.
func WriteKeys(secret string, key []byte, public string, publicKey []byte, force bool) error {
	return writeNamed(
		file{name: secret, text: key, replace: force, secret: true},
		file{name: public, text: publicKey, replace: force})
}

func writeNamed(files ...file) error {
	for _, f := range files {
		if _, err := os.Stat(filepath.Dir(f.name)); err != nil {
			return meant(f.name, err)
		}
	}
	return writeAll(files)
}

// MayWrite returns an error if WriteFile could not write a file: for a command
// that asks for something before.
func MayWrite(name string, force bool) error {
	f := file{name: name, replace: force, secret: true}
	if err := absent(f); err != nil {
		return err
	}
	beside, err := writeBeside(f)
	if err != nil {
		return err
	}
	return remove(beside)
}
