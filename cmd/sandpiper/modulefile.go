package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An openedModule is a module that has been read and not run.
type openedModule struct {
	name     string // of its file
	bytes    []byte
	file     *wasmfile.File
	manifest abi.Manifest
}

// openModule reads a module as a runner does to plan.
func openModule(name string) (*openedModule, error) {
	b, err := readBounded(name, wasmfile.MaxModule)
	if err != nil {
		return nil, usage("", "the module cannot be read: %w", err)
	}
	m := &openedModule{name: name, bytes: b}
	if err := m.read(); err != nil {
		return nil, &unreadableError{fmt.Errorf("%s: %w", name, err), chain.Digest(b)}
	}
	return m, nil
}

// An unreadableError says what is wrong with the bytes of a module.
type unreadableError struct {
	err    error
	digest string // of the bytes
}

func (e *unreadableError) Error() string { return e.err.Error() }

func (e *unreadableError) Unwrap() error { return e.err }

func (m *openedModule) read() (err error) {
	if m.file, err = wasmfile.Open(m.bytes); err != nil {
		return err
	}
	if m.manifest, err = m.file.Manifest(); err != nil {
		return err
	}
	return m.file.Check()
}

// checkCode says why a runner would refuse to run the module's code, nil if it would
// not. It reads every instruction, which whoever only plans need not wait for.
func (m *openedModule) checkCode() error {
	if err := m.file.CheckCode(); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// readBounded reads a file of at most limit bytes. A pipe, which may never end,
// is no file.
func readBounded(name string, limit int64) ([]byte, error) {
	refuse := func(err error) ([]byte, error) { return nil, &os.PathError{Op: "read", Path: name, Err: err} }
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return refuse(errors.New("it is a folder"))
	case !info.Mode().IsRegular():
		return refuse(errors.New("it is not a file"))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		return refuse(fmt.Errorf("it has more than %s", size(int(limit))))
	}
	return b, err
}
