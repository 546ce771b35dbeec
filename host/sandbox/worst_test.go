package sandbox

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// A worst is a family of modules that are made to take long to compile: what is
// repeated in one function, or that function itself.
type worst struct {
	name      string
	locals    func(n int) int
	open      func(n, i int) []byte // n times, one after the other
	close     func(n, i int) []byte // n times, behind all of them
	functions func(n int) int
	refused   int // how many are too many, if that is more than 40,000
}

func fixed(b ...byte) func(n, i int) []byte {
	return func(int, int) []byte { return b }
}

func one(int) int         { return 1 }
func all(n int) int       { return n }
func tenth(n int) int     { return n/10 + 1 }
func fiveHundred(int) int { return 500 }

// count adds 1 to one of some locals.
func count(locals func(int) int) func(n, i int) []byte {
	return func(n, i int) []byte {
		k := i % locals(n)
		return unsigned(append(unsigned([]byte{0x20}, k), 0x41, 1, 0x6a, 0x21), k)
	}
}

// then writes one after the other.
func then(parts ...func(n, i int) []byte) func(n, i int) []byte {
	return func(n, i int) (b []byte) {
		for _, p := range parts {
			b = append(b, p(n, i)...)
		}
		return b
	}
}

var (
	loop   = fixed(0x03, 0x40)
	block  = fixed(0x02, 0x40)
	orIf   = fixed(0x20, 0, 0x04, 0x40)
	again  = fixed(0x20, 0, 0x0d, 0) // br_if 0
	end    = fixed(0x0b)
	load   = fixed(0x20, 0, 0x28, 2, 0)
	called = fixed(0x10, 0)
)

// worsts are what was found by looking at what wazero does with the square of
// something: each of them took more than ten seconds at a few tens of KB.
var worsts = []worst{
	{name: "nested loops", open: loop, close: end},
	{name: "nested loops with locals", locals: tenth, open: loop, close: then(count(tenth), again, end)},
	{name: "loops", locals: one, open: then(loop, again, end)},
	{name: "loops, 64 in each other, with locals", locals: tenth, open: func(n, i int) []byte {
		b := []byte{0x03, 0x40}
		for k := 0; i%64 == 63 && k < 64; k++ {
			b = append(b, then(count(tenth), again, end)(n, i-k)...)
		}
		return b
	}, close: func(n, i int) []byte {
		if i < n%64 {
			return []byte{0x0b}
		}
		return nil
	}},
	{name: "loops with locals", locals: fiveHundred, open: then(loop, count(fiveHundred), count(tenth), again, end)},
	{name: "nested ifs", locals: one, open: orIf, close: end},
	{name: "nested ifs with loads", locals: one, open: then(load, fixed(0x1a), orIf), close: end},
	{name: "ifs that set locals", locals: tenth, open: then(orIf, count(tenth), end)},
	{name: "nested blocks of a br_table", open: block, close: func(n, i int) []byte {
		if i > 0 {
			return []byte{0x0b}
		}
		b := unsigned([]byte{0x41, 0, 0x0e}, n-1)
		for k := range n {
			b = unsigned(b, k)
		}
		return append(b, 0x0b)
	}},
	{name: "loads", locals: one, open: then(load, fixed(0x21, 0))},
	{name: "divisions", locals: one, open: fixed(0x20, 0, 0x20, 0, 0x6d, 0x21, 0)},
	{name: "conversions", locals: one, open: fixed(0x20, 0, 0xb7, 0xaa, 0x21, 0)},
	{name: "locals alive over calls", locals: all, open: func(n, i int) []byte {
		return unsigned([]byte{0x41, 0, 0x28, 2, 0, 0x21}, i)
	}, close: func(n, i int) []byte {
		return append(unsigned([]byte{0x10, 0, 0x41, 0, 0x20}, i), 0x36, 2, 0)
	}},
	{name: "calls", open: called},
	{name: "table.copy", open: fixed(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0e, 0, 0)},
	{name: "indirect calls", open: fixed(0x41, 0, 0x11, 0, 0)},
	{name: "functions", functions: all, refused: 110_000},
	{name: "functions with locals", functions: tenth, locals: fiveHundred, refused: 400_000},
}

// module writes the member of a family.
func (w worst) module(n int) []byte {
	locals, functions, repeated := 0, 1, n
	if w.locals != nil {
		locals = w.locals(n)
	}
	if w.functions != nil {
		functions, repeated = w.functions(n), 0
	}
	body := []byte{0}
	if locals > 0 {
		body = append(unsigned([]byte{1}, locals), 0x7f)
	}
	for _, part := range []func(n, i int) []byte{w.open, w.close} {
		for i := 0; part != nil && i < repeated; i++ {
			body = append(body, part(n, i)...)
		}
	}
	body = append(body, 0x0b)
	code, types := unsigned(nil, functions), unsigned(nil, functions)
	for range functions {
		code, types = append(unsigned(code, len(body)), body...), append(types, 0)
	}
	b := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id       byte
		contents []byte
	}{{1, []byte{1, 0x60, 0, 0}}, {3, types}, {4, []byte{1, 0x70, 0, 1}}, {5, []byte{1, 0, 1}}, {10, code}} {
		b = append(unsigned(append(b, s.id), len(s.contents)), s.contents...)
	}
	return b
}

func unsigned(b []byte, v int) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// check returns the member of a family, if it is accepted.
func (w worst) check(n int) (*wasmfile.File, error) {
	file, err := wasmfile.Open(w.module(n))
	if err != nil {
		return nil, err
	}
	return file, file.CheckCode()
}

// largest returns the largest member of a family that is accepted, to within a
// tenth.
func (w worst) largest(t testing.TB) []byte {
	low, high := 1, 2
	for ; high < 2_000_000; low, high = high, 2*high {
		if _, err := w.check(high); err != nil {
			break
		}
	}
	for high-low > low/10 {
		middle := (low + high) / 2
		if _, err := w.check(middle); err != nil {
			high = middle
		} else {
			low = middle
		}
	}
	file, err := w.check(low)
	if err != nil {
		t.Fatal(err)
	}
	code, err := file.Meter(wasmfile.Limits{Pages: 1, Entries: 10})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestWorstCode: what takes a compiler too long is refused, but not what is as
// large as in honest modules.
func TestWorstCode(t *testing.T) {
	for _, w := range worsts {
		t.Run(w.name, func(t *testing.T) {
			if _, err := w.check(50); err != nil {
				t.Errorf("50 are refused: %v", err)
			}
			if _, err := w.check(max(w.refused, 40_000)); err == nil {
				t.Error("as many as would take long are accepted")
			}
		})
	}
}

// BenchmarkWorstCode compiles the largest module of each family that is accepted.
// The limits of package wasmfile are set by what it shows: the time, and the
// memory that the compiler has in use at most.
func BenchmarkWorstCode(b *testing.B) {
	for _, w := range worsts {
		b.Run(w.name, func(b *testing.B) {
			code := w.largest(b)
			ctx := context.Background()
			peak := uint64(0)
			for b.Loop() {
				done := make(chan struct{})
				watched := watchHeap(done)
				r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
				_, err := r.CompileModule(ctx, code)
				close(done)
				r.Close(ctx)
				if err != nil {
					b.Fatal(err)
				}
				peak = max(peak, <-watched)
			}
			b.ReportMetric(float64(peak>>20), "MiB")
		})
	}
}

// watchHeap returns how much more of the heap is in use at most until done.
func watchHeap(done <-chan struct{}) <-chan uint64 {
	debug.FreeOSMemory()
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	before, peak := inUse(), make(chan uint64, 1)
	go func() {
		most := before
		for {
			select {
			case <-done:
				peak <- most - before
				return
			case <-time.After(5 * time.Millisecond):
				most = max(most, inUse())
			}
		}
	}()
	return peak
}
