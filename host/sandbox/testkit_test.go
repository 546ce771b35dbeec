package sandbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

//go:generate sh testdata/testkit/generate.sh

var started = time.Unix(1_700_000_000, 0)

func run() host.GuestRun {
	return host.GuestRun{
		Direction: chain.Upgrade,
		Started:   started,
		Seed:      [32]byte([]byte("chacha8: 32-byte seed for tests.")),
		Context: abi.Context{
			ABI: abi.Version, Dialect: abi.SQLite, Line: abi.DefaultLine, Revision: "0123456789ab",
			Direction: abi.Upgrade, Started: started.UnixMicro(), Server: "3.53.1",
		},
	}
}

// TestHostile runs every guest in testdata/testkit, compiled and interpreted.
// The first lines of its text say what it may do and what must come of it.
func TestHostile(t *testing.T) {
	texts, err := filepath.Glob("testdata/testkit/*.wat")
	if err != nil || len(texts) == 0 {
		t.Fatalf("no guests: %v", err)
	}
	cache := privateDir(t)
	for _, mode := range []sandbox.Mode{sandbox.Auto, sandbox.Interpreter, sandbox.Compiler} {
		name := string(mode)
		if mode == sandbox.Auto {
			name = "auto"
		}
		t.Run(name, func(t *testing.T) {
			for _, text := range texts {
				t.Run(strings.TrimSuffix(filepath.Base(text), ".wat"), func(t *testing.T) {
					hostile(t, text, mode, cache)
				})
			}
		})
	}
}

func hostile(t *testing.T, text string, mode sandbox.Mode, cache string) {
	wants, module := readHeader(t, text), readModule(t, text)
	if file, err := wasmfile.Open(module); mode == sandbox.Compiler && err == nil && !file.Straight() {
		return // auto has compiled it
	}
	var trace bytes.Buffer
	opts := limits(t, wants["limit"])
	opts.Mode, opts.CacheDir, opts.Trace = mode, cache, &trace
	box := open(t, opts)
	db := &database{}
	err := loadAndRun(box, module, run(), db)

	outcome, message := "complete", ""
	var guest *host.GuestError
	if errors.As(err, &guest) {
		outcome, message = string(guest.Kind), guest.Message
	} else if err != nil {
		t.Fatalf("%T is not a *host.GuestError: %v", err, err)
	}
	if outcome != wants.first("expect") {
		t.Errorf("it is %q, want %q: %v", outcome, wants.first("expect"), err)
	}
	if !strings.Contains(message, wants.first("message")) {
		t.Errorf("it says %q, want something with %q", message, wants.first("message"))
	}
	if want, ok := wants["trace"]; ok && strings.Join(want, "\n")+"\n" != trace.String() {
		t.Errorf("its calls are\n%swant\n%s", trace.String(), strings.Join(want, "\n"))
	}
	if want, ok := wants["log"]; ok && strings.Join(want, "\n") != strings.Join(db.logged, "\n") {
		t.Errorf("it logs %q, want %q", db.logged, want)
	}
	switch wants.first("cause") {
	case "none":
		if guest.Err != nil {
			t.Errorf("it blames %v", guest.Err)
		}
	case "SQL":
		if sql := (*host.SQLError)(nil); !errors.As(err, &sql) {
			t.Errorf("it does not blame the database")
		}
	}
	if db.open != 0 {
		t.Errorf("%d queries are left open", db.open)
	}
	if outcome == "trapped" && len(db.executed) > 0 {
		t.Errorf("it executed %q", db.executed)
	}

	after := &database{}
	opts.MemoryPages, opts.Timeout, opts.MaxFuel, opts.Trace = 0, 0, 0, nil
	if err := loadAndRun(box, assemble(t, "SELECT 1"), run(), after); err != nil && opts.MaxBytes == 0 {
		t.Errorf("a good module does not run any more: %v", err)
	} else if err == nil && len(after.executed) != 1 {
		t.Errorf("a good module executed %q", after.executed)
	}
}

type header map[string][]string

func (h header) first(key string) string {
	if len(h[key]) == 0 {
		return ""
	}
	return h[key][0]
}

// readHeader reads the lines ";; key: value" that a guest's text begins with.
func readHeader(t *testing.T, path string) header {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := header{}
	for _, line := range strings.Split(string(b), "\n") {
		line, ok := strings.CutPrefix(line, ";; ")
		if !ok {
			break
		}
		key, value, _ := strings.Cut(line, ": ")
		h[key] = append(h[key], value)
	}
	if h.first("expect") == "" || h.first("comment") == "" {
		t.Fatalf("%s does not say what to expect, or why", path)
	}
	return h
}

// limits reads the lines ";; limit: name value".
func limits(t *testing.T, lines []string) (opts sandbox.Options) {
	t.Helper()
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "timeout":
			opts.Timeout, _ = time.ParseDuration(value)
		case "handles":
			opts.MaxHandles = int(n)
		case "log":
			opts.MaxLogBytes = n
		case "calls":
			opts.MaxCalls = n
		case "rows":
			opts.MaxRows = n
		case "bytes":
			opts.MaxBytes = n
		case "fuel":
			opts.MaxFuel = n
		case "pages":
			opts.MemoryPages = uint32(n)
		default:
			t.Fatalf("unknown limit %q", name)
		}
	}
	return opts
}

// TestHostileIsUpToDate compares the modules with the texts they were made of.
func TestHostileIsUpToDate(t *testing.T) {
	sums, err := os.ReadFile("testdata/testkit/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/testkit/*.wa*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%x  %s\n", sha256.Sum256(b), filepath.Base(file))
		if !strings.Contains(string(sums), line) {
			t.Errorf("%s is not what SHA256SUMS says: run `go generate` in host/sandbox (it needs wat2wasm)", file)
		}
	}
	if got, want := len(files), strings.Count(string(sums), "\n"); got != want {
		t.Errorf("%d files, %d in SHA256SUMS", got, want)
	}
}

func open(t testing.TB, opts sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	if opts.CacheDir == "" {
		opts.CacheDir = privateDir(t)
	}
	box, err := sandbox.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

func privateDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cache")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func loadAndRun(box *sandbox.Sandbox, module []byte, run host.GuestRun, db host.Calls) error {
	g, err := box.Load(context.Background(), module, host.GuestLimits{})
	if err != nil {
		return err
	}
	defer g.Close()
	_, err = g.Run(context.Background(), run, db)
	return err
}

// assemble makes a module of one step from statements.
func assemble(t testing.TB, statements ...string) []byte {
	t.Helper()
	var ops []wasmfile.Op
	for _, s := range statements {
		ops = append(ops, wasmfile.Op{Text: s})
	}
	return assembleSteps(t, wasmfile.Step{Upgrade: ops})
}

func assembleSteps(t testing.TB, steps ...wasmfile.Step) []byte {
	t.Helper()
	m := abi.Manifest{Manifest: 1, ABI: abi.Version, Line: abi.DefaultLine}
	for i := range steps {
		m.Revisions = append(m.Revisions, abi.Revision{Step: int32(i), Dialect: abi.SQLite, ID: fmt.Sprintf("%012x", i)})
	}
	module, err := wasmfile.Assemble(steps, m)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// A guest may be given more memory than others, and less, but not more than the
// sandbox was told.
func TestMemoryOfGuest(t *testing.T) {
	module := bytes.Replace(readModule(t, "testdata/testkit/memory_too_large.wat"),
		[]byte{5, 3, 1, 0, 17}, []byte{5, 4, 1, 0, 0x81, 0x20}, 1) // memory of 4,097 pages, 64 KiB more than 256 MiB
	const mib = 1 << 20
	for _, c := range []struct {
		told    uint32
		granted int64
		runs    bool
	}{{0, 0, false}, {0, 64 * mib, false}, {0, 257 * mib, true}, {0, 4096 * mib, true}, {4096, 257 * mib, false}, {4200, 0, true}} {
		for _, mode := range []sandbox.Mode{sandbox.Auto, sandbox.Interpreter, sandbox.Compiler} {
			box := open(t, sandbox.Options{MemoryPages: c.told, Mode: mode})
			g, err := box.Load(t.Context(), module, host.GuestLimits{Memory: c.granted})
			if err == nil {
				_, err = g.Run(t.Context(), run(), &database{})
				err = errors.Join(err, g.Close())
			}
			if (err == nil) != c.runs {
				t.Errorf("told %d pages, granted %d MiB, mode %q: %v", c.told, c.granted/mib, mode, err)
			}
		}
	}
}
