package sandbox_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"pgregory.net/rapid"
)

// TestGenerated compares random programs as they are and metered: what they
// return, how they trap, what they leave in memory.
func TestGenerated(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		runtimes := newTwinRuntimes(t, ctx, wazero.NewRuntimeConfig())
		w := runtimes.twin(t, ctx, generate(t))
		if w == nil {
			t.Fatal("the program is refused")
		}
		for i := range uint64(3) {
			w.call(t, ctx, "run", i, i*7)
			w.memory(t)
		}
	})
}

// The locals of a generated function: parameters, others, a counter for each loop that
// may be open, and the part in which a dispatch goes on.
const (
	generatedLocals   = 6
	generatedNesting  = 5
	generatedPart     = generatedLocals + generatedNesting
	generatedPrograms = 3 // functions, the last of which is run
)

// A generator writes a program that ends: loops count down, and functions call
// those before them.
type generator struct {
	t        *rapid.T
	code     []byte
	function int
	labels   int // blocks that may be left
	loops    int
	budget   int // statements
}

func (g *generator) pick(n int) int     { return rapid.IntRange(0, n-1).Draw(g.t, "pick") }
func (g *generator) put(b ...byte)      { g.code = append(g.code, b...) }
func (g *generator) local() byte        { return byte(g.pick(generatedLocals)) }
func (g *generator) constant(v int)     { g.code = appendLEB(append(g.code, 0x41), v) }
func (g *generator) draw(low, high int) { g.constant(rapid.IntRange(low, high).Draw(g.t, "constant")) }
func (g *generator) body(statements func()) {
	for range 1 + g.pick(4) {
		statements()
	}
}

// expression pushes an i32.
func (g *generator) expression(depth int) {
	if depth == 0 {
		if g.pick(2) == 0 {
			g.put(0x20, g.local())
		} else {
			g.draw(-3, 100)
		}
		return
	}
	switch g.pick(8) {
	case 0: // memory.size, table.size
		g.put([][]byte{{0x3f, 0}, {0xfc, 0x10, 0}}[g.pick(2)]...)
	case 1: // i32.load, mostly inside the memory
		g.address()
		g.put(0x28, 0, 0)
	case 2: // by way of i64
		g.expression(depth - 1)
		g.put(0xac, 0x42, 33, 0x7e, 0xa7)
	case 3: // a block with a result
		g.put(0x02, 0x7f)
		g.expression(depth - 1)
		g.expression(depth - 1)
		g.put(0x0d, 0, 0x0b)
	case 4: // memory.grow
		g.draw(0, 2)
		g.put(0x40, 0)
	case 5: // table.grow
		g.put(0xd0, 0x70)
		g.draw(0, 3)
		g.put(0xfc, 0x0f, 0)
	default: // div_u and rem_s trap at times
		g.expression(depth - 1)
		g.expression(depth - 1)
		ops := []byte{0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x48, 0x49, 0x77, 0x6a, 0x73, 0x6e, 0x6f}
		g.put(ops[g.pick(len(ops))])
	}
}

// address pushes an address, mostly inside the memory.
func (g *generator) address() {
	g.expression(1)
	g.constant(0xfff0)
	g.put(0x71)
}

// statement writes a statement, which leaves the stack as it is.
func (g *generator) statement() {
	if g.budget--; g.budget < 0 {
		return
	}
	nest := g.labels+g.loops < generatedNesting
	switch k := g.pick(15); {
	case k == 0 && nest: // if
		g.expression(1)
		g.put(0x04, 0x40)
		g.labels++
		g.body(g.statement)
		if g.pick(2) == 0 {
			g.put(0x05)
			g.body(g.statement)
		}
		g.labels--
		g.put(0x0b)
	case k == 1 && nest: // block
		g.put(0x02, 0x40)
		g.labels++
		g.body(g.statement)
		g.labels--
		g.put(0x0b)
	case k <= 4 && nest && g.labels == 0: // loop, while the counter is not 0
		counter := byte(generatedLocals + g.loops)
		g.draw(1, 12)
		g.put(0x21, counter, 0x03, 0x40)
		g.loops++
		labels := g.labels
		g.body(g.statement)
		g.labels = labels
		g.loops--
		g.put(0x20, counter, 0x41, 1, 0x6b, 0x22, counter, 0x0d, 0, 0x0b)
	case k == 14 && nest && g.labels == 0:
		g.dispatch(1 + g.pick(4))
	case k == 5 && g.labels > 0: // br_if
		g.expression(1)
		g.put(0x0d, byte(g.pick(g.labels)))
	case k == 6 && g.labels > 0: // br_table
		g.expression(1)
		g.put(0x0e, 2, byte(g.pick(g.labels)), byte(g.pick(g.labels)), byte(g.pick(g.labels)))
	case k == 7 && g.function > 0:
		g.expression(1)
		g.expression(1)
		g.put(0x10, byte(g.pick(g.function)), 0x21, g.local())
	case k == 8: // memory.fill, memory.copy
		g.address()
		g.address()
		g.draw(0, 300)
		g.put([][]byte{{0xfc, 0x0b, 0}, {0xfc, 0x0a, 0, 0}}[g.pick(2)]...)
	case k == 9: // memory.init
		g.address()
		g.draw(0, 1)
		g.draw(0, 4)
		g.put(0xfc, 0x08, 0, 0)
	case k == 10: // table.copy, table.init
		g.draw(0, 2)
		g.draw(0, 2)
		g.draw(0, 3)
		g.put([][]byte{{0xfc, 0x0e, 0, 0}, {0xfc, 0x0c, 0, 0}}[g.pick(2)]...)
	case k == 11: // i32.store
		g.address()
		g.expression(2)
		g.put(0x36, 0, 0)
	case k == 12: // a global
		g.put(0x23, 0)
		g.expression(2)
		g.put(0x6a, 0x24, 0)
	default:
		g.expression(3)
		g.put(0x21, g.local())
	}
}

// dispatch writes a loop of some parts, as Go compiles its functions: at the end of
// each it goes on in any of them, while the counter is not 0, and else in the next.
func (g *generator) dispatch(parts int) {
	counter := byte(generatedLocals + g.loops)
	g.draw(1, 12)
	g.put(0x21, counter, 0x03, 0x40)
	g.loops++
	for range parts {
		g.put(0x02, 0x40)
	}
	g.put(0x20, generatedPart, 0x0e, byte(parts-1))
	for i := range parts {
		g.put(byte(i))
	}
	for left := parts - 1; left >= 0; left-- {
		g.put(0x0b)
		g.body(g.statement)
		g.put(0x20, counter, 0x04, 0x40, 0x20, counter, 0x41, 1, 0x6b, 0x21, counter)
		g.draw(-1, parts)
		g.put(0x21, generatedPart, 0x0c, byte(left+1), 0x0b)
	}
	g.loops--
	g.put(0x0b)
}

// generate writes a module of some functions of type (i32, i32) -> i32, with a
// memory, a table, a global and segments.
func generate(t *rapid.T) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = appendPart(b, 1, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f)
	functions := []byte{generatedPrograms}
	code := []byte{generatedPrograms}
	for i := range generatedPrograms {
		functions = append(functions, 0)
		g := &generator{t: t, function: i, budget: 20}
		g.code = []byte{1, generatedPart - 2 + 1, 0x7f}
		for range 4 {
			g.statement()
		}
		for l := range byte(generatedLocals) {
			g.put(0x20, l)
		}
		g.put(0x23, 0)
		for range generatedLocals {
			g.put(0x73) // i32.xor
		}
		g.put(0x0b)
		code = append(appendSize(code, len(g.code)), g.code...)
	}
	b = appendPart(b, 3, functions...)
	b = appendPart(b, 4, 1, 0x70, 1, 4, 20)
	b = appendPart(b, 5, 1, 1, 1, 5)
	b = appendPart(b, 6, 1, 0x7f, 1, 0x41, 5, 0x0b)
	b = appendPart(b, 7, append([]byte{2, 3, 'r', 'u', 'n', 0, generatedPrograms - 1, 6}, "memory\x02\x00"...)...)
	b = appendPart(b, 9, 1, 1, 0, 3, 0, 1, 1)
	b = appendPart(b, 12, 1)
	b = appendPart(b, 10, code...)
	return appendPart(b, 11, 1, 1, 4, 'd', 'a', 't', 'a')
}

func appendPart(b []byte, id byte, contents ...byte) []byte {
	return append(appendSize(append(b, id), len(contents)), contents...)
}

// appendLEB appends a signed number, appendSize an unsigned one.
func appendLEB(b []byte, v int) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v)&0x7f|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}

func appendSize(b []byte, v int) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}
