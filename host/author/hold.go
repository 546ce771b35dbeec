package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// heldName is the file that says that somebody writes into a folder. It is made
// with O_EXCL, which works on every system and most network drives, where locks
// of files do not.
const heldName = chain.LockName + ".held"

// Whoever finds a folder held asks again this often, and gives up after a time
// in which files are read and written many times over.
const (
	heldPoll     = 20 * time.Millisecond
	heldPatience = 10 * time.Second
)

// A HeldError is a folder that another process writes into, or that one which
// was killed has left so.
type HeldError struct {
	Path  string // the file that says so
	By    string // what it says, or ""
	Since time.Time
}

// Error says who holds the folder, and what to do if nobody does.
func (e *HeldError) Error() string {
	by := e.By
	if by == "" {
		by = "another process"
	}
	return fmt.Sprintf("%s is there: %s writes into this folder, since %s; if it does not run any more, remove the file",
		shown(e.Path), by, e.Since.UTC().Format(time.DateTime))
}

// Hold keeps others from writing into a folder of migrations: what is read after
// it and written before release is not mixed with theirs. It waits while another
// one holds the folder; the error is then a *HeldError. A folder that is not
// there is not held.
func Hold(ctx context.Context, dir string) (release func() error, err error) {
	name := filepath.Join(dir, heldName)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return func() error { return nil }, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, heldPatience, errHeld)
	defer cancel()
	tick := time.NewTicker(heldPoll)
	defer tick.Stop()
	for {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = fmt.Fprintf(f, "process %d\n", os.Getpid())
			if err = errors.Join(err, f.Close()); err != nil {
				return nil, errors.Join(err, remove(name))
			}
			return func() error { return remove(name) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, meant(dir, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if cause := context.Cause(ctx); cause != errHeld {
				return nil, cause
			}
			return nil, heldBy(name)
		}
	}
}

// errHeld is why Hold ends waiting.
var errHeld = errors.New("the folder is held")

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
