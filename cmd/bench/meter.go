package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// work is the five kinds of computing in testdata/work.
var work = [...]string{"recursion", "tight loop", "hash", "text", "sort"}

// ration is as in package sandbox.
const ration = 300_000

// A language is what a guest that computes is written in, and what metering may
// cost it.
type language struct {
	name, source string
	env, build   []string
	mean, worst  float64
}

var languages = []language{
	{"C", "work.c", nil, []string{"clang", "--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry"}, 1.1, 1.2},
	{"Go", "main.go", []string{"GOOS=wasip1", "GOARCH=wasm"}, []string{"go", "build", "-buildmode=c-shared", "-ldflags=-s -w"}, 1.2, 1.5},
}

// meter compares what guests take that are metered with what they take without,
// and with wazero's own way of ending them, close-on-context-done.
func (b *bench) meter() error {
	for _, l := range languages {
		figure := "meter " + l.name
		if !strings.Contains(figure, b.only) {
			continue
		}
		module, err := b.guest(l, "work", l.source)
		if err != nil {
			return err
		}
		if err := b.overhead(figure, module, l); err != nil {
			return fmt.Errorf("%s: %w", figure, err)
		}
	}
	return nil
}

// overhead prints the figures of one module. Each is the ratio of the shortest
// times, since what is compared does the same instructions every time.
func (b *bench) overhead(figure string, module []byte, l language) error {
	file, err := wasmfile.Open(module)
	if err != nil {
		return err
	}
	start := time.Now()
	metered, err := file.Meter(wasmfile.Limits{Pages: 4096, Entries: 1 << 20})
	if err != nil {
		return err
	}
	fmt.Printf("%-34s rewritten in %.1f ms, %d bytes became %d\n", figure, milliseconds(time.Since(start)), len(module), len(metered))
	plain := wazero.NewRuntimeConfig()
	var runners [3]*runner
	for i, c := range []struct {
		name   string
		module []byte
		config wazero.RuntimeConfig
	}{{"metered", metered, plain}, {"plain", module, plain}, {"close-on-context-done", module, plain.WithCloseOnContextDone(true)}} {
		start := time.Now()
		if runners[i], err = newRunner(c.module, c.config); err != nil {
			return err
		}
		defer runners[i].close()
		fmt.Printf("%-34s %-12s %8.1f ms to compile\n", "", c.name, milliseconds(time.Since(start)))
	}
	product, worst := 1.0, 0.0
	for kind, name := range work {
		times, err := b.turns(runners[:], kind)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		ratio := float64(times[0]) / float64(times[1])
		product *= ratio
		worst = max(worst, ratio)
		fmt.Printf("%-34s %-12s %8.1f ms   metered %.2f   close-on-context-done %.2f\n", "", name,
			milliseconds(times[1]), ratio, float64(times[2])/float64(times[1]))
	}
	fmt.Printf("%-34s mean %.2f (at most %.1f wanted), worst %.2f (at most %.1f wanted)\n", "",
		math.Pow(product, 1.0/float64(len(work))), l.mean, worst, l.worst)
	return nil
}

// turns lets the runners do one kind of work in turns, which must give the same
// result, and returns the shortest time of each.
func (b *bench) turns(runners []*runner, kind int) ([]time.Duration, error) {
	times := make([]time.Duration, len(runners))
	var want uint64
	for round := range b.rounds {
		for i, r := range runners {
			took, result, err := r.run(kind)
			if err != nil {
				return nil, err
			}
			if round == 0 && i == 0 {
				want = result
			}
			if result != want {
				return nil, fmt.Errorf("it is %d, and was %d", result, want)
			}
			if times[i] == 0 || took < times[i] {
				times[i] = took
			}
		}
	}
	return times, nil
}

// A runner is a module ready to work.
type runner struct {
	runtime wazero.Runtime
	module  api.Module
	work    api.Function
	cancel  context.CancelFunc
	ctx     context.Context
}

func newRunner(module []byte, config wazero.RuntimeConfig) (r *runner, err error) {
	r = &runner{}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.runtime = wazero.NewRuntimeWithConfig(r.ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(r.ctx, r.runtime); err != nil {
		return nil, err
	}
	refill := api.GoModuleFunc(func(_ context.Context, m api.Module, _ []uint64) {
		m.ExportedGlobal(wasmfile.FuelGlobal).(api.MutableGlobal).Set(ration)
	})
	_, err = r.runtime.NewHostModuleBuilder(wasmfile.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(refill, nil, nil).Export(wasmfile.Refill).Instantiate(r.ctx)
	if err != nil {
		return nil, err
	}
	if r.module, err = r.runtime.InstantiateWithConfig(r.ctx, module, wazero.NewModuleConfig().WithStartFunctions()); err != nil {
		return nil, err
	}
	if f := r.module.ExportedFunction("_initialize"); f != nil {
		if _, err := f.Call(r.ctx); err != nil {
			return nil, err
		}
	}
	r.work = r.module.ExportedFunction("work")
	return r, nil
}

func (r *runner) close() {
	r.runtime.Close(context.Background())
	r.cancel()
}

func (r *runner) run(kind int) (took time.Duration, result uint64, err error) {
	start := time.Now()
	results, err := r.work.Call(r.ctx, uint64(kind))
	took = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	return took, results[0], nil
}
