package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// A cache keeps compiled modules, each in a folder of its own that is named for
// what was compiled and by what. Such a folder is written elsewhere and moved
// into place, whole, with a file that holds its checksums: so processes that
// share the cache never see half of one, and a damaged one is told from a good
// one before wazero maps it as code. (wazero checks the code's own bytes, not
// the tables around it.) A damaged one is deleted and made again.
type cache struct {
	dir string
	log *slog.Logger
}

const (
	sumsFile   = "sums"
	scratch    = "new-"
	keepUnused = 60 * 24 * time.Hour
	keepNew    = time.Hour // what a process that died has left
)

// openCache prepares the cache's folder. It is an error if others could write
// there: its contents are executed.
func openCache(dir string, log *slog.Logger) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at the cache folder: %w", err)
	}
	if reason := notPrivate(info); reason != "" {
		return nil, fmt.Errorf("the cache folder %s %s: make it yours alone (chmod 700), or name another one", dir, reason)
	}
	return &cache{dir: dir, log: log}, nil
}

// load loads a module with what is kept of it, or keeps what comes of loading it.
func (c *cache) load(module []byte, load func(dir string) (*code, error)) (*code, error) {
	if found := c.find(module, load); found != nil {
		return found, nil
	}
	return c.make(module, load)
}

// find loads a module with what is kept of it. It returns nil if nothing is, or
// nothing that can be used.
func (c *cache) find(module []byte, load func(dir string) (*code, error)) *code {
	entry := filepath.Join(c.dir, key(module))
	switch kept, err := os.ReadFile(filepath.Join(entry, sumsFile)); {
	case err == nil:
		if sums, err := checksums(entry); err == nil && sums == string(kept) {
			if found, err := load(entry); err == nil {
				now := time.Now()
				os.Chtimes(entry, now, now) // for prune; nothing is lost if it fails
				return found
			}
		}
		c.log.Warn("a compiled module in the cache is damaged, and made again", "dir", entry)
		fallthrough
	case !os.IsNotExist(err):
		os.RemoveAll(entry)
	}
	return nil
}

// make loads a module and keeps what comes of it. A cache that fails is logged and
// done without.
func (c *cache) make(module []byte, load func(dir string) (*code, error)) (*code, error) {
	dir, err := os.MkdirTemp(c.dir, scratch)
	if err != nil {
		c.log.Warn("a compiled module is not kept", "err", err)
		return load("")
	}
	made, err := load(dir)
	if err != nil {
		os.RemoveAll(dir)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		// It may be the module, or the disk: without the cache it is the module.
		return load("")
	}
	if err := c.keep(dir, filepath.Join(c.dir, key(module))); err != nil {
		c.log.Warn("a compiled module is not kept", "err", err)
	}
	return made, nil
}

// keep moves a new folder into place. Where another process was faster, its
// folder stays.
func (c *cache) keep(dir, entry string) error {
	defer os.RemoveAll(dir) // gone already if it was moved
	sums, err := checksums(dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, sumsFile), []byte(sums), 0o600); err != nil {
		return err
	}
	if err := os.Rename(dir, entry); err != nil {
		if _, there := os.Stat(entry); there == nil {
			return nil
		}
		return err
	}
	c.prune()
	return nil
}

// prune deletes what was not used for a long time, and what dead processes left.
func (c *cache) prune() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() {
			continue
		}
		limit := keepUnused
		if strings.HasPrefix(e.Name(), scratch) {
			limit = keepNew
		}
		if time.Since(info.ModTime()) > limit {
			os.RemoveAll(filepath.Join(c.dir, e.Name()))
		}
	}
}

// checksums returns a line for every file below a folder, but for the one that
// holds such lines.
func checksums(dir string) (string, error) {
	var lines strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == filepath.Join(dir, sumsFile) {
			return err
		}
		sum, size, err := checksum(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		fmt.Fprintf(&lines, "%08x %d %s\n", sum, size, filepath.ToSlash(name))
		return err
	})
	return lines.String(), err
}

// checksum reads a file a piece at a time: they are megabytes.
func checksum(path string) (sum uint32, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	size, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, 256<<10))
	return h.Sum32(), size, err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// key names what is compiled: the module as prepare leaves it, the compiler's
// version, and the platform.
func key(code []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s\n", compilerVersion(), runtime.GOOS, runtime.GOARCH)
	h.Write(code)
	return hex.EncodeToString(h.Sum(nil))
}

// compilerVersion is the version of wazero that is linked in.
var compilerVersion = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/tetratelabs/wazero" {
				return m.Version + m.Sum
			}
		}
	}
	return "unknown"
})
