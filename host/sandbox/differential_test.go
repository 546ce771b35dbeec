package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// twinLimits are small, so that memories are compared quickly.
var twinLimits = wasmfile.Limits{Pages: 100, Entries: 1_000_000}

// meter checks and meters a module.
func meter(module []byte) (metered []byte, err error) {
	file, err := wasmfile.Open(module)
	if err != nil {
		return nil, err
	}
	if err := file.CheckCode(); err != nil {
		return nil, err
	}
	return file.Meter(twinLimits)
}

// A reporter is what *testing.T and *rapid.T have in common.
type reporter interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// twinRuntimes are where twins live: modules as they are, and metered.
type twinRuntimes struct{ plain, metered wazero.Runtime }

func newTwinRuntimes(t reporter, ctx context.Context, config wazero.RuntimeConfig) *twinRuntimes {
	t.Helper()
	config = config.WithMemoryLimitPages(twinLimits.Pages)
	r := &twinRuntimes{plain: wazero.NewRuntimeWithConfig(ctx, config), metered: wazero.NewRuntimeWithConfig(ctx, config)}
	t.Cleanup(func() { r.plain.Close(ctx); r.metered.Close(ctx) })
	refill := api.GoModuleFunc(func(_ context.Context, m api.Module, _ []uint64) {
		m.ExportedGlobal(wasmfile.FuelGlobal).(api.MutableGlobal).Set(100)
	})
	_, err := r.metered.NewHostModuleBuilder(wasmfile.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(refill, nil, nil).Export(wasmfile.Refill).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A twin is a module as it is and metered.
type twin struct{ plain, metered api.Module }

// twin instantiates both. It is nil if the module cannot be instantiated by
// itself; then neither can the metered one.
func (r *twinRuntimes) twin(t reporter, ctx context.Context, module []byte) *twin {
	t.Helper()
	rewritten, err := meter(module)
	if err != nil {
		return nil
	}
	anonymous := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	plain, plainErr := r.plain.InstantiateWithConfig(ctx, module, anonymous)
	metered, meteredErr := r.metered.InstantiateWithConfig(ctx, rewritten, anonymous)
	if (plainErr == nil) != (meteredErr == nil) {
		t.Errorf("the module: %v; metered: %v", plainErr, meteredErr)
	}
	if plainErr != nil || meteredErr != nil {
		return nil
	}
	return &twin{plain, metered}
}

// call calls a function of both, and compares what comes of it.
func (w *twin) call(t reporter, ctx context.Context, function string, args ...uint64) {
	t.Helper()
	want, wantErr := w.plain.ExportedFunction(function).Call(ctx, args...)
	got, gotErr := w.metered.ExportedFunction(function).Call(ctx, args...)
	if trap(wantErr) != trap(gotErr) {
		t.Errorf("%s%v: %q, metered %q", function, args, trap(wantErr), trap(gotErr))
	} else if !slices.Equal(want, got) {
		t.Errorf("%s%v is %v, metered %v", function, args, want, got)
	}
}

// trap is what an error says before the stack.
func trap(err error) string {
	if err == nil {
		return ""
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// memory compares the memories of both, if they are exported.
func (w *twin) memory(t reporter) {
	t.Helper()
	if len(w.plain.ExportedMemoryDefinitions()) == 0 {
		return
	}
	plain, metered := w.plain.Memory(), w.metered.Memory()
	a, _ := plain.Read(0, plain.Size())
	b, _ := metered.Read(0, metered.Size())
	if !slices.Equal(a, b) {
		t.Errorf("memories of %d and %d bytes differ", len(a), len(b))
	}
}

// TestSpecification runs the test suite of the WebAssembly specification, as
// wazero brings it, on modules as they are and metered: every call must give the
// same, results and traps.
func TestSpecification(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(strings.TrimSpace(string(dir)), "internal/integration_test/spectest/v2/testdata")
	scripts, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s: %v", folder, err)
	}
	calls, modules := 0, 0
	for _, script := range scripts {
		if strings.HasPrefix(filepath.Base(script), "simd_") {
			continue // nearly all of it passes vectors, which wazero's API cannot
		}
		t.Run(strings.TrimSuffix(filepath.Base(script), ".json"), func(t *testing.T) {
			c, m := runScript(t, script)
			calls, modules = calls+c, modules+m
		})
	}
	if modules < 700 || calls < 15_000 {
		t.Errorf("only %d modules and %d calls", modules, calls)
	}
	t.Logf("%d modules, %d calls", modules, calls)
}

func runScript(t *testing.T, script string) (calls, modules int) {
	b, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Commands []struct {
			Type, Filename string
			Line           int
			Action         struct {
				Type, Module, Field string
				Args                []struct {
					Type  string
					Value json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	runtimes := newTwinRuntimes(t, ctx, wazero.NewRuntimeConfigInterpreter())
	var w *twin
	for _, c := range s.Commands {
		switch {
		case c.Type == "module":
			module, err := os.ReadFile(filepath.Join(filepath.Dir(script), c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			if w = runtimes.twin(t, ctx, module); w != nil {
				modules++
			}
		case c.Action.Type != "invoke" || w == nil || c.Action.Module != "":
		case c.Type == "assert_exhaustion": // of a stack that is not the same
		default:
			var args []uint64
			for _, a := range c.Action.Args {
				var digits string
				if json.Unmarshal(a.Value, &digits) != nil {
					break // a vector, which wazero's API cannot pass
				}
				v, err := strconv.ParseUint(strings.Replace(digits, "null", "0", 1), 10, 64)
				if err != nil {
					v = 0x7ff8000000000000 // nan:canonical
				}
				args = append(args, v)
			}
			f := w.plain.ExportedFunction(c.Action.Field)
			if f == nil || len(args) != len(f.Definition().ParamTypes()) {
				continue
			}
			calls++
			w.call(t, ctx, c.Action.Field, args...)
			if t.Failed() {
				t.Fatalf("line %d of the script", c.Line)
			}
		}
	}
	if w != nil {
		w.memory(t)
	}
	return calls, modules
}

// FuzzMeter looks for modules that make CheckCode or Meter panic, for valid ones
// that are not valid any more when metered, and for such as become valid.
func FuzzMeter(f *testing.F) {
	files, err := filepath.Glob("testdata/testkit/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	ctx := context.Background()
	valid := func(module []byte) error {
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
		defer r.Close(ctx)
		_, err := r.CompileModule(ctx, module)
		return err
	}
	f.Fuzz(func(t *testing.T, module []byte) {
		metered, err := meter(module)
		if err != nil {
			var format *wasmfile.FormatError
			if !errors.As(err, &format) && !errors.Is(err, wasmfile.ErrNotWasm) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		before, after := valid(module), valid(metered)
		if (before == nil) != (after == nil) {
			t.Errorf("the module: %v; metered: %v", before, after)
		}
		again, err := meter(module)
		if err != nil || !slices.Equal(metered, again) {
			t.Errorf("metered again it is another: %v", err)
		}
	})
}
