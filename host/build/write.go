package build

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write writes the module to a file, whole or not at all: a reader never sees
// half a module, and a failure leaves the file as it was.
func (m *Module) Write(name string) error {
	err := m.replace(name)
	var (
		path *os.PathError
		link *os.LinkError
	)
	switch { // they name the file beside, which nobody asked for
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if err != nil {
		return fmt.Errorf("the module cannot be written to %s: %w", name, err)
	}
	return nil
}

// replace writes a file beside the one of that name, and renames it.
func (m *Module) replace(name string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".sandpiper-*")
	if err != nil {
		return err
	}
	err = m.writeTo(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func (m *Module) writeTo(f *os.File) error {
	if _, err := f.Write(m.Bytes); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	return f.Sync()
}
