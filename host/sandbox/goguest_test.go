package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
)

// The steps of testdata/goguest.
const (
	stepExec = iota
	stepPanic
	stepExit
	stepLoop
	stepRows
	stepCalls
	stepOutput
	stepNil
	stepGarbage
)

// The steps of testdata/gostdlib.
const (
	stepPackages = iota
	stepSleep
	stepExitZero
)

var (
	goGuest              = sync.OnceValues(func() ([]byte, error) { return buildGo("./testdata/goguest") })
	standardLibraryGuest = sync.OnceValues(func() ([]byte, error) { return buildGo("./testdata/gostdlib") })
)

func buildGo(folder string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "sandpiper-goguest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "guest.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, folder)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.New(err.Error() + ":\n" + string(text))
	}
	return os.ReadFile(out)
}

func buildGoGuest(t testing.TB) []byte {
	t.Helper()
	module, err := goGuest()
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// goGuestLine returns where in the guest's source some text is.
func goGuestLine(t *testing.T, text string) string {
	t.Helper()
	const file = "testdata/goguest/main.go"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(source), text)
	if !found {
		t.Fatalf("%s has no %q", file, text)
	}
	return fmt.Sprintf("github.com/sandpiper-db/sandpiper/host/sandbox/%s:%d", file, strings.Count(before, "\n")+1)
}

// sharedCache keeps what the tests of one process compile of the Go guest.
var sharedCache = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "sandpiper-cache-") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := sharedCache(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func loadGoGuest(t testing.TB, opts sandbox.Options) host.Guest {
	t.Helper()
	return loadGo(t, opts, buildGoGuest(t))
}

func loadStandardLibraryGuest(t *testing.T) host.Guest {
	t.Helper()
	module, err := standardLibraryGuest()
	if err != nil {
		t.Fatal(err)
	}
	return loadGo(t, sandbox.Options{}, module)
}

func loadGo(t testing.TB, opts sandbox.Options, module []byte) host.Guest {
	t.Helper()
	var err error
	if opts.CacheDir, err = sharedCache(); err != nil {
		t.Fatal(err)
	}
	g, err := open(t, opts).Load(context.Background(), module, host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func TestGoGuest(t *testing.T) {
	g := loadGoGuest(t, sandbox.Options{})
	for _, c := range []struct {
		name    string
		step    int32
		kind    host.GuestErrorKind // "" if it completes
		message string
		stack   string
	}{
		{"exec", stepExec, "", "", ""},
		{"panic", stepPanic, host.GuestPanicked, "panic: the shop is closed (" + goGuestLine(t, "panic(text)") + ")", "main.run("},
		{"nil pointer", stepNil, host.GuestPanicked, "panic: runtime error: invalid memory address or nil pointer dereference (" + goGuestLine(t, "sink = *p") + ")", "goroutine"},
		{"exit", stepExit, host.GuestPanicked, "goodbye", ""},
		{"rows", stepRows, "", "", ""},
		{"output", stepOutput, "", "", ""},
		{"garbage collection", stepGarbage, "", "", ""},
		{"exec again", stepExec, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, db := run(), &database{}
			r.Step = c.step
			_, err := g.Run(context.Background(), r, db)
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else {
				var guest *host.GuestError
				if !errors.As(err, &guest) || guest.Kind != c.kind || guest.Message != c.message || !strings.Contains(guest.Stack, c.stack) {
					t.Fatalf("got %+v", err)
				}
			}
			switch c.step {
			case stepExec:
				if !slices.Equal(db.executed, []string{"SELECT 1"}) {
					t.Errorf("executed %q", db.executed)
				}
			case stepOutput:
				if want := []string{"warning to standard error", "info one", "info two", "info without an end"}; !slices.Equal(db.logged, want) {
					t.Errorf("logged %q, want %q", db.logged, want)
				}
			}
		})
	}
}

// TestGoStandardLibrary runs a guest that imports fmt, time, encoding/json and
// os: it is loaded, sleeps without waiting, and does not complete by os.Exit(0).
func TestGoStandardLibrary(t *testing.T) {
	g := loadStandardLibraryGuest(t)
	for _, c := range []struct {
		name                      string
		step                      int32
		executed, logged, failure string
	}{
		{"packages", stepPackages, "map[a:1] 6869 0 false", "info to standard output", ""},
		{"sleep", stepSleep, "2023-11-14 22:13:20 36h2m0s first last", "", ""},
		{"exit with 0", stepExitZero, "INSERT", "warning all is well", "it exited with code 0 before it was complete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // the same, every time
				r, db := run(), &database{}
				r.Step = c.step
				_, err := g.Run(t.Context(), r, db)
				var guest *host.GuestError
				if c.failure == "" && err != nil || c.failure != "" && (!errors.As(err, &guest) || guest.Kind != host.GuestPanicked || guest.Message != c.failure) {
					t.Errorf("got %v", err)
				}
				if got := strings.Join(db.executed, "; "); got != c.executed {
					t.Errorf("executed %q, want %q", got, c.executed)
				}
				if got := strings.Join(db.logged, "; "); got != c.logged {
					t.Errorf("logged %q, want %q", got, c.logged)
				}
			}
		})
	}
}

// TestExitAfterCancelIsCancelled: what a guest exits with is not why it ended.
func TestExitAfterCancelIsCancelled(t *testing.T) {
	g := loadStandardLibraryGuest(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := run()
	r.Step = stepExitZero
	_, err := g.Run(ctx, r, &database{onExec: func(context.Context, string) error {
		cancel()
		return nil
	}})
	var guest *host.GuestError
	if !errors.As(err, &guest) || guest.Kind != host.GuestCancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestCancel cancels guests that loop without calling anything, whatever runs
// them. The run must end, and say why.
func TestCancel(t *testing.T) {
	for _, mode := range []sandbox.Mode{sandbox.Auto, sandbox.Interpreter} {
		t.Run("mode "+string(mode), func(t *testing.T) {
			g := loadGoGuest(t, sandbox.Options{Mode: mode})
			ctx, cancel := context.WithCancel(context.Background())
			r := run()
			r.Step = stepLoop
			// The guest calls once, and loops when the answer is there.
			_, err := g.Run(ctx, r, &database{onExec: func(context.Context, string) error {
				time.AfterFunc(time.Millisecond, cancel)
				return nil
			}})
			var guest *host.GuestError
			if !errors.As(err, &guest) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestCancelledCallsAreCancelled: a guest that does not mind being cancelled has
// not completed its migration.
func TestCancelledCallsAreCancelled(t *testing.T) {
	box := open(t, sandbox.Options{})
	module := assemble(t, "SELECT 1", "SELECT 2", "SELECT 3")
	g, err := box.Load(context.Background(), module, host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	ctx, cancel := context.WithCancel(context.Background())
	db := &database{onExec: func(context.Context, string) error {
		cancel()
		return nil
	}}
	if _, err := g.Run(ctx, run(), db); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(db.executed, []string{"SELECT 1"}) {
		t.Errorf("executed %q", db.executed)
	}
}

func TestDescribe(t *testing.T) {
	box := open(t, sandbox.Options{})
	got, err := box.Describe(context.Background(), buildGoGuest(t))
	if err != nil || string(got) != `{"manifest":1}` {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := box.Describe(context.Background(), assemble(t, "SELECT 1")); err == nil || !strings.Contains(err.Error(), "export sandpiper_describe: the module has none") {
		t.Errorf("without sandpiper_describe: %v", err)
	}
}

// TestConcurrentRuns runs instances of one guest, and guests of one sandbox,
// all at once.
func TestConcurrentRuns(t *testing.T) {
	g := loadGoGuest(t, sandbox.Options{})
	box := open(t, sandbox.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := run()
			r.Step = stepRows
			if _, err := g.Run(context.Background(), r, &database{}); err != nil {
				t.Error(err)
			}
			for range 50 {
				db := &database{}
				if err := loadAndRun(box, assemble(t, "SELECT "+string(rune('a'+i))), run(), db); err != nil || len(db.executed) != 1 {
					t.Errorf("executed %q: %v", db.executed, err)
				}
			}
		})
	}
	wg.Wait()
}
