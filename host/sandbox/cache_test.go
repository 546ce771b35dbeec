package sandbox_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
)

// looping is a module that is compiled, since it has a loop.
func looping(t testing.TB) []byte {
	t.Helper()
	module, err := os.ReadFile("testdata/testkit/memory_grow.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// entries returns the folders and the files in a cache.
func entries(t testing.TB, dir string) (folders, files []string) {
	t.Helper()
	top, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range top {
		folders = append(folders, e.Name())
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "sums" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders, files
}

// TestCacheDamaged damages what was kept in every way, and finds it made again.
func TestCacheDamaged(t *testing.T) {
	dir := privateDir(t)
	var log bytes.Buffer
	opts := sandbox.Options{CacheDir: dir, MemoryPages: 16, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	load := func() {
		t.Helper()
		if err := loadAndRun(open(t, opts), looping(t), run(), &database{}); err != nil {
			t.Fatal(err)
		}
	}
	load()
	folders, files := entries(t, dir)
	if len(folders) != 1 || len(files) != 1 {
		t.Fatalf("kept %q, %q", folders, files)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	flip := func(i int) []byte {
		b := bytes.Clone(good)
		b[i] ^= 0x40
		return b
	}
	sums := filepath.Join(dir, folders[0], "sums")
	for _, c := range []struct {
		name   string
		damage func() error
	}{
		{"empty", func() error { return os.WriteFile(files[0], nil, 0o600) }},
		{"cut short", func() error { return os.WriteFile(files[0], good[:len(good)/2], 0o600) }},
		{"magic", func() error { return os.WriteFile(files[0], flip(0), 0o600) }},
		{"offset of a function, which no checksum of wazero covers", func() error { return os.WriteFile(files[0], flip(20), 0o600) }},
		{"code", func() error { return os.WriteFile(files[0], flip(len(good)/2), 0o600) }},
		{"gone", func() error { return os.Remove(files[0]) }},
		{"checksums gone", func() error { return os.Remove(sums) }},
		{"checksums damaged", func() error { return os.WriteFile(sums, []byte("?"), 0o600) }},
		{"not a folder", func() error {
			if err := os.RemoveAll(filepath.Dir(sums)); err != nil {
				return err
			}
			return os.WriteFile(filepath.Dir(sums), []byte("?"), 0o600)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.damage(); err != nil {
				t.Fatal(err)
			}
			load()
			if now, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(now, good) {
				t.Errorf("it was not made again: %v", err)
			}
		})
	}
	if log.Len() == 0 {
		t.Error("nobody was told")
	}
}

func TestCacheIsUsed(t *testing.T) {
	dir := privateDir(t)
	opts := sandbox.Options{CacheDir: dir, MemoryPages: 16}
	if err := loadAndRun(open(t, opts), looping(t), run(), &database{}); err != nil {
		t.Fatal(err)
	}
	_, files := entries(t, dir)
	before, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := loadAndRun(open(t, opts), looping(t), run(), &database{}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(files[0])
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("what was kept was made again: %v", err)
	}
	if err := loadAndRun(open(t, opts), assemble(t, "SELECT 1"), run(), &database{}); err != nil {
		t.Fatal(err)
	}
	if folders, _ := entries(t, dir); len(folders) != 1 {
		t.Errorf("a module of SQL was kept: %q", folders)
	}
}

// TestCacheFolder: nothing is kept where others could put code, or where nothing
// can be written; guests run all the same.
func TestCacheFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // file modes say nothing there
	}
	open2 := privateDir(t)
	if err := os.Chmod(open2, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"open to others": open2, "a file": file, "below a file": filepath.Join(file, "x")} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			opts := sandbox.Options{CacheDir: dir, MemoryPages: 16, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			if err := loadAndRun(open(t, opts), looping(t), run(), &database{}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), "not kept") {
				t.Errorf("nobody was told: %q", log.String())
			}
		})
	}
	if folders, _ := entries(t, open2); len(folders) != 0 {
		t.Errorf("kept %q", folders)
	}

	fresh := filepath.Join(t.TempDir(), "a", "b")
	if err := loadAndRun(open(t, sandbox.Options{CacheDir: fresh, MemoryPages: 16}), looping(t), run(), &database{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder was made as %v, %v", info.Mode(), err)
	}
}

// TestCacheShared has processes and goroutines compile one module into one empty
// cache at once.
func TestCacheShared(t *testing.T) {
	const variable = "SANDPIPER_TEST_SHARED_CACHE"
	if dir := os.Getenv(variable); dir != "" {
		useCache(t, dir)
		return
	}
	dir := privateDir(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestCacheShared$")
			cmd.Env = append(os.Environ(), variable+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	folders, files := entries(t, dir)
	if len(folders) != 1 || len(files) != 1 {
		t.Errorf("left behind: %q, %q", folders, files)
	}
}

func useCache(t *testing.T, dir string) {
	module := looping(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			box, err := sandbox.New(sandbox.Options{CacheDir: dir, MemoryPages: 16})
			if err != nil {
				t.Error(err)
				return
			}
			defer box.Close()
			for range 10 {
				g, err := box.Load(context.Background(), module, host.GuestLimits{})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := g.Run(context.Background(), run(), &database{}); err != nil {
					t.Error(err)
				}
				g.Close()
			}
		})
	}
	wg.Wait()
}
