package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host/author"
)

// maxFile bounds what is read.
const maxFile = 1 << 20

// Edit edits a file, and reports whether that has changed it. A file that is not
// there is begun. It is written whole or not at all, and not to be edited by
// others meanwhile: see author.Hold.
func Edit(name string, edit func(text []byte) ([]byte, error)) (changed bool, err error) {
	text, err := read(name)
	if err != nil {
		return false, err
	}
	out, err := edit(text)
	var bad *Error
	if errors.As(err, &bad) {
		bad.Path = filepath.ToSlash(name)
	}
	if err != nil {
		return false, err
	}
	if bytes.Equal(out, text) {
		return false, nil
	}
	err = author.WriteFile(name, out, true)
	return err == nil, err
}

func read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode().IsRegular() && info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes: at most 1 MiB is edited", filepath.ToSlash(name), info.Size())
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", filepath.ToSlash(name))
	}
	return os.ReadFile(name)
}
