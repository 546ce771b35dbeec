package sandbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
)

// TestDeadline: whatever a guest does, it ends within 50 ms of its deadline, and
// of the end of its context. A machine that is busy may be late, so each guest has
// as many goes as it needs, within reason.
func TestDeadline(t *testing.T) {
	const allowed, goes = 50 * time.Millisecond, 200
	texts, err := filepath.Glob("testdata/testkit/*.wat")
	if err != nil {
		t.Fatal(err)
	}
	box := open(t, sandbox.Options{})
	for _, text := range texts {
		if readHeader(t, text).first("expect") != string(host.GuestTimedOut) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(text), ".wat"), func(t *testing.T) {
			g := load(t, box, readModule(t, text))
			late := time.Duration(0)
			for range goes {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				deadline, _ := ctx.Deadline()
				_, err := g.Run(ctx, run(), &database{})
				late = time.Since(deadline)
				cancel()
				var guest *host.GuestError
				if !errors.As(err, &guest) || guest.Kind != host.GuestTimedOut {
					t.Fatalf("got %v", err)
				}
				if late <= allowed {
					return
				}
			}
			t.Errorf("it ended %v after its deadline", late)
		})
	}
}

// TestFuelIsDeterministic: a guest that does the same uses the same fuel, in
// whichever mode it is run, and however long that takes.
func TestFuelIsDeterministic(t *testing.T) {
	looping, err := os.ReadFile("testdata/testkit/memory_pieces.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		module []byte
		step   int32
		other  sandbox.Mode
	}{
		"Go":         {buildGoGuest(t), stepExec, sandbox.Interpreter},
		"Go, rows":   {buildGoGuest(t), stepRows, sandbox.Auto},
		"Go, panics": {buildGoGuest(t), stepPanic, sandbox.Auto},
		"pieces":     {looping, 0, sandbox.Interpreter},
		"SQL":        {assemble(t, "SELECT 1", "SELECT 2"), 0, sandbox.Compiler},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := sharedCache()
			if err != nil {
				t.Fatal(err)
			}
			var want int64
			for _, mode := range []sandbox.Mode{sandbox.Auto, c.other} {
				g := load(t, open(t, sandbox.Options{Mode: mode, CacheDir: dir}), c.module)
				r := run()
				r.Step = c.step
				used, _ := g.Run(t.Context(), r, &database{})
				if want == 0 {
					want = used.Fuel
				}
				if used.Fuel != want || want <= 0 {
					t.Errorf("it used %d fuel, then %d", want, used.Fuel)
				}
			}
		})
	}
}

// TestFuelFollowsWork: what a guest does step by step costs as much for each, and
// at least as much as the instructions are.
func TestFuelFollowsWork(t *testing.T) {
	for text, least := range map[string]int64{"fuel_of_loop": 14, "fuel_of_calls": 10, "fuel_of_fill": 1024 / 16} {
		t.Run(text, func(t *testing.T) {
			g := load(t, open(t, sandbox.Options{}), readModule(t, "testdata/testkit/"+text+".wat"))
			var fuel [3]int64
			for i := range fuel {
				r := run()
				r.Step = int32(1000 * (i + 1))
				used, err := g.Run(t.Context(), r, &database{})
				if err != nil {
					t.Fatal(err)
				}
				fuel[i] = used.Fuel
			}
			first, second := fuel[1]-fuel[0], fuel[2]-fuel[1]
			if first != second || first < 1000*least || first > 1000*(2*least+20) {
				t.Errorf("a thousand steps more cost %d, then %d fuel; their instructions are %d", first, second, 1000*least)
			}
		})
	}
}

// TestFuelOfStatements: twice the statements are about twice the fuel.
func TestFuelOfStatements(t *testing.T) {
	for _, c := range []struct{ name, one, two string }{
		{"statements", "SELECT 1", "SELECT 1"},
		{"text", "SELECT 1", "SELECT '" + strings.Repeat("x", 8000) + "'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fuel := func(statements ...string) int64 {
				used, err := load(t, open(t, sandbox.Options{}), assemble(t, statements...)).Run(t.Context(), run(), &database{})
				if err != nil {
					t.Fatal(err)
				}
				return used.Fuel
			}
			one, both := fuel(c.one), fuel(c.one, c.two)
			if both < 2*one || both > 2*one+1000 {
				t.Errorf("%d fuel for one, %d for two", one, both)
			}
		})
	}
}

// TestFuelLimit: with a limit of what it uses a guest completes, with one less it
// does not, and it has used no more than a little beyond.
func TestFuelLimit(t *testing.T) {
	for name, module := range map[string][]byte{
		"Go": buildGoGuest(t), "vectors": readModule(t, "testdata/testkit/vectors.wat"), "SQL": assemble(t, "SELECT 1"),
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := sharedCache()
			if err != nil {
				t.Fatal(err)
			}
			use := func(limit int64) (int64, error) {
				g := load(t, open(t, sandbox.Options{MaxFuel: limit, CacheDir: dir}), module)
				used, err := g.Run(t.Context(), run(), &database{})
				return used.Fuel, err
			}
			used, err := use(0)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := use(used); err != nil || again != used {
				t.Errorf("with a limit of the %d that it uses: %d, %v", used, again, err)
			}
			half, err := use(used / 2)
			var guest *host.GuestError
			if !errors.As(err, &guest) || guest.Kind != host.GuestLimited {
				t.Errorf("with half of that: %v", err)
			}
			if half < used/2 || half > used/2+10_000 {
				t.Errorf("with a limit of %d it used %d", used/2, half)
			}
		})
	}
}

// TestGuestsDoNotHoldUpCollections: a garbage collection of the host does not
// wait for a guest that computes.
func TestGuestsDoNotHoldUpCollections(t *testing.T) {
	g := load(t, open(t, sandbox.Options{}), readModule(t, "testdata/testkit/endless_loop.wat"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := g.Run(ctx, run(), &database{})
		done <- err
	}()
	for range 20 {
		runtime.GC() // waits until every goroutine has stopped
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func load(t testing.TB, box *sandbox.Sandbox, module []byte) host.Guest {
	t.Helper()
	g, err := box.Load(t.Context(), module, host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// readModule reads the module that was made of a text.
func readModule(t testing.TB, text string) []byte {
	t.Helper()
	module, err := os.ReadFile(strings.TrimSuffix(text, ".wat") + ".wasm")
	if err != nil {
		t.Fatal(err)
	}
	return module
}
