package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// silence is a database that does nothing, quickly.
type silence struct{ database }

func (*silence) Exec(context.Context, string, []abi.Value, bool) (int64, error) { return 1, nil }

// guests are the modules that are measured.
func guests(b *testing.B) []struct {
	name   string
	module []byte
} {
	loop, err := os.ReadFile("testdata/testkit/too_small.wasm")
	if err != nil {
		b.Fatal(err)
	}
	return []struct {
		name   string
		module []byte
	}{
		{"sql", assemble(b, "CREATE TABLE t (id integer PRIMARY KEY, name text)")},
		{"small", loop},
		{"go", buildGoGuest(b)},
	}
}

// BenchmarkLoad loads and closes a module: interpreted, compiled, and compiled
// before by another sandbox.
func BenchmarkLoad(b *testing.B) {
	for _, g := range guests(b) {
		for _, how := range []string{"interpreted", "compiled", "cached"} {
			b.Run(fmt.Sprintf("%s/%s", g.name, how), func(b *testing.B) {
				opts := sandbox.Options{Mode: sandbox.Compiler}
				switch how {
				case "interpreted":
					opts.Mode = sandbox.Interpreter
				case "compiled":
					opts.CacheDir = os.DevNull // no folder: nothing is kept
				}
				box := open(b, opts)
				for b.Loop() {
					loaded, err := box.Load(context.Background(), g.module, host.GuestLimits{})
					if err != nil {
						b.Fatal(err)
					}
					loaded.Close()
				}
			})
		}
	}
}

// BenchmarkRun runs a loaded guest that makes one call.
func BenchmarkRun(b *testing.B) {
	for _, g := range guests(b) {
		if g.name == "small" {
			continue
		}
		for _, mode := range []sandbox.Mode{sandbox.Interpreter, sandbox.Compiler} {
			b.Run(fmt.Sprintf("%s/%s", g.name, mode), func(b *testing.B) {
				benchmarkStep(b, g.module, mode, stepExec)
			})
		}
	}
}

// BenchmarkCalls makes 10,000 calls of the host, BenchmarkRows reads 10,000 rows
// of two columns: both in a Go guest. Take BenchmarkRun's time off.
func BenchmarkCalls(b *testing.B) {
	for _, mode := range []sandbox.Mode{sandbox.Interpreter, sandbox.Compiler} {
		b.Run(string(mode), func(b *testing.B) { benchmarkStep(b, buildGoGuest(b), mode, stepCalls) })
	}
}

func BenchmarkRows(b *testing.B) {
	for _, mode := range []sandbox.Mode{sandbox.Interpreter, sandbox.Compiler} {
		b.Run(string(mode), func(b *testing.B) { benchmarkStep(b, buildGoGuest(b), mode, stepRows) })
	}
}

func benchmarkStep(b *testing.B, module []byte, mode sandbox.Mode, step int32) {
	g, err := open(b, sandbox.Options{Mode: mode}).Load(context.Background(), module, host.GuestLimits{})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	r, db := run(), &silence{}
	r.Step = step
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Run(context.Background(), r, db); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkThousand is a sandbox's part of a run of a thousand migrations of one
// statement each: load, run and close every one.
func BenchmarkThousand(b *testing.B) {
	modules := make([][]byte, 1000)
	for i := range modules {
		modules[i] = assemble(b, fmt.Sprintf("CREATE TABLE t%d (id integer PRIMARY KEY)", i))
	}
	dir := privateDir(b)
	var db host.Calls = &silence{}
	for b.Loop() {
		box, err := sandbox.New(sandbox.Options{CacheDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range modules {
			if err := loadAndRun(box, m, run(), db); err != nil {
				b.Fatal(err)
			}
		}
		box.Close()
	}
}
