package author

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// heldName is the file that whoever writes into a folder has locked. The lock is
// the system's, and ends with its process, however that ends; the file itself
// only says who it is.
const heldName = chain.LockName + ".held"

// heldPatience is how long Hold waits: files are read and written many times over
// in it.
const heldPatience = 10 * time.Second

// A HeldError is a folder that another process writes into.
type HeldError struct {
	Path  string // the file that it has locked
	By    string // what that says, or ""
	Since time.Time
}

// Error says who holds the folder, and what to do.
func (e *HeldError) Error() string {
	by := e.By
	if by == "" {
		by = "another process"
	}
	return fmt.Sprintf("%s is locked: %s writes into this folder, since %s; wait until it has ended, or end it",
		shown(e.Path), by, e.Since.UTC().Format(time.DateTime))
}

// Hold keeps others from writing into a folder of migrations: what is read after
// it and written before release is not mixed with theirs. It waits while another
// one holds the folder; the error is then a *HeldError. A folder that is not
// there is not held.
func Hold(ctx context.Context, dir string) (release func() error, err error) {
	return hold(ctx, dir, heldPatience)
}

func hold(ctx context.Context, dir string, patience time.Duration) (release func() error, err error) {
	name := filepath.Join(dir, heldName)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return func() error { return nil }, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errHeld)
	defer cancel()
	for {
		f, err := lockFile(ctx, name)
		switch {
		case errors.Is(err, errHeld):
			return nil, heldBy(name)
		case err != nil && ctx.Err() != nil:
			return nil, err
		case err != nil:
			return nil, meant(dir, err)
		}
		if !isNow(f, name) {
			_ = f.Close() // the one before has removed it: it locks nobody out
			continue
		}
		if err := takeOver(f, dir); err != nil {
			return nil, errors.Join(err, leave(f))
		}
		return func() error { return leave(f) }, nil
	}
}

// errHeld is why Hold ends waiting.
var errHeld = errors.New("the folder is held")

// lockFile waits for the lock of a file, which is made if it is not there.
func lockFile(ctx context.Context, name string) (*lockedfile.File, error) {
	type locked struct {
		file *lockedfile.File
		err  error
	}
	done := make(chan locked, 1)
	go func() {
		f, err := lockedfile.Edit(name)
		done <- locked{f, err}
	}()
	select {
	case l := <-done:
		return l.file, l.err
	case <-ctx.Done():
		go func() { // nothing ends the wait for a lock: what comes of it is given back
			if l := <-done; l.err == nil {
				_ = l.file.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// isNow reports whether a file is the one that has the name.
func isNow(f *lockedfile.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(mine, there)
}

// takeOver writes into the locked file who holds the folder. Where it names
// another process that one was killed, and what it had written beside files goes.
func takeOver(f *lockedfile.File, dir string) error {
	var killed int
	if text, err := io.ReadAll(io.LimitReader(f, 100)); err != nil {
		return err
	} else if n, _ := fmt.Sscanf(string(text), "process %d", &killed); n == 1 {
		if err := sweep(dir, killed); err != nil {
			return err
		}
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "process %d\n", os.Getpid()), 0)
	return err
}

// sweep removes what a process has left beside the files of a folder.
func sweep(dir string, process int) error {
	left := besideName(process)
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // what cannot be read has nothing of ours
		case e.Type().IsRegular() && strings.HasPrefix(e.Name(), left):
			return remove(name)
		}
		return nil
	})
}

// leave gives up a folder. Where an open file cannot be removed an empty one
// stays, which holds nobody up.
func leave(f *lockedfile.File) error {
	err := f.Truncate(0)
	_ = os.Remove(f.Name())
	return errors.Join(err, f.Close())
}

// heldBy reads who holds a folder.
func heldBy(name string) error {
	held := &HeldError{Path: name, Since: time.Now()}
	if info, err := os.Stat(name); err == nil && info.Size() < 100 {
		held.Since = info.ModTime()
		if text, err := os.ReadFile(name); err == nil {
			held.By = strings.TrimSpace(strings.ToValidUTF8(string(text), "?"))
		}
	}
	return held
}
