package wasmfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MaxModule is how many bytes a module may have.
const MaxModule = 256 << 20

// The other limits of a module. Those that browsers agree on
// (https://www.w3.org/TR/wasm-js-api-2/#limits) are the upper bound; most are
// tighter here, since a decoder spends up to a hundred bytes on one that is
// declared in two.
const (
	maxTypes     = 100_000
	maxValues    = 1_000 // parameters, and results, of a function type
	maxImports   = 1_000
	maxFunctions = 100_000
	maxTables    = 100
	maxTableSize = 1_000_000 // entries that all tables begin with
	maxGlobals   = 100_000
	maxExports   = 100_000
	maxElements  = 2_000_000 // over all element segments
	maxSegments  = 200_000   // of data, and of elements
	maxLocals    = 50_000    // of a function
	maxLabels    = 65_520    // of a br_table
	maxNames     = 1_000_000 // in the name section
	maxCustom    = 10_000    // custom sections
	maxPages     = 65_536    // of a memory, of 64 KiB each
)

// A File is a module whose structure has been checked. It shares the memory of
// the bytes it was made from.
type File struct {
	b        []byte
	sections []section
	types    []FuncType
	imports  []Import
	funcs    []uint32 // the types of the module's own functions
	memory   *Memory
	exports  []Export
	start    int    // the start function's index, or -1
	bodies   int    // in the code section
	segments int    // in the data section
	declared int    // data segments, as the data count section says, or -1
	entries  uint64 // that all tables begin with

	importedFuncs int
	globals       int // imported ones included
}

// A section is where one of the module's sections is.
type section struct {
	id         byte
	name       string // of a custom section
	start      int    // of its id
	body, tail int    // its contents are b[body:tail]; for custom sections, after the name
}

// Types are the types of values, one byte each as in the binary format.
type Types string

// The types of values that functions of the ABI have (section 5.3.1).
const (
	I32 Types = "\x7f"
	I64 Types = "\x7e"
)

var typeNames = map[byte]string{
	0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x70: "funcref", 0x6f: "externref",
}

// String returns the names of the types, with commas between them.
func (t Types) String() string {
	names := make([]string, len(t))
	for i := range len(t) {
		names[i] = typeNames[t[i]]
	}
	return strings.Join(names, ", ")
}

// A FuncType is the type of a function.
type FuncType struct{ Params, Results Types }

// String returns it as "(i32, i32) -> (i32)".
func (t FuncType) String() string {
	return "(" + t.Params.String() + ") -> (" + t.Results.String() + ")"
}

// Kind is what an import or export is.
type Kind byte

// The kinds, with the values of the binary format (section 5.5.5).
const (
	KindFunc   Kind = 0
	KindTable  Kind = 1
	KindMemory Kind = 2
	KindGlobal Kind = 3
)

// String returns "function", "table", "memory" or "global".
func (k Kind) String() string {
	return [...]string{"function", "table", "memory", "global"}[k&3]
}

// An Import is something that a module asks for.
type Import struct {
	Module string
	Name   string
	Kind   Kind
	Type   FuncType // of functions
}

// An Export is something that a module offers.
type Export struct {
	Name string
	Kind Kind
	Type FuncType // of functions

	index int
}

// Memory is how much memory a module declares, in pages of 64 KiB.
type Memory struct {
	Min uint32
	Max uint32 // 65,536 if it declares none
}

// Open reads the structure of a module. It checks every count and length, and
// refuses with a *NotWasmError what is not a module, with a *FormatError what is
// damaged, what is beyond the limits of a module, and what belongs to proposals
// that ABI.md, section 1, leaves out. The instructions inside functions are
// looked at by CheckCode.
func Open(b []byte) (*File, error) {
	if !bytes.HasPrefix(b, magic) {
		return nil, &NotWasmError{Looks: looksLike(b)}
	}
	if len(b) > MaxModule {
		return nil, &FormatError{Reason: "it is larger than 256 MiB"}
	}
	f := &File{b: b, start: -1, declared: -1}
	if err := f.walk(); err != nil {
		return nil, err
	}
	return f, nil
}

// Imports returns what the module imports, in its order.
func (f *File) Imports() []Import { return f.imports }

// Exports returns what the module exports, in its order.
func (f *File) Exports() []Export { return f.exports }

// Memory returns what memory the module has of its own, and false if none.
func (f *File) Memory() (Memory, bool) {
	if f.memory == nil {
		return Memory{}, false
	}
	return *f.memory, true
}

// Custom returns the contents of every custom section of a name.
func (f *File) Custom(name string) [][]byte {
	var found [][]byte
	for _, s := range f.sections {
		if s.id == sectionCustom && s.name == name {
			found = append(found, f.b[s.body:s.tail:s.tail])
		}
	}
	return found
}

// Bytes returns the module as it was opened. It must not be changed.
func (f *File) Bytes() []byte { return f.b }

// Size returns the size of the module in bytes.
func (f *File) Size() int { return len(f.b) }

// Digest returns the SHA-256 of the module's bytes, as "sha256:" and hex digits.
func (f *File) Digest() string {
	sum := sha256.Sum256(f.b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Runnable returns the module as it should be given to a WebAssembly runtime:
// without its custom sections, but for a well-formed section of names (which
// makes stack traces readable). The manifest, debug information and whatever
// else is attached to a module is no business of the runtime's decoder. What can
// run for long has to be metered instead ([File.Meter]).
func (f *File) Runnable() []byte {
	var keep []section
	end := len(magic)
	gaps := false
	for i, s := range f.sections {
		if s.id == sectionCustom && !f.isNames(i) {
			continue
		}
		gaps = gaps || s.start != end
		end = s.tail
		keep = append(keep, s)
	}
	if !gaps {
		return f.b[:end:end]
	}
	out := append(make([]byte, 0, len(f.b)), magic...)
	for _, s := range keep {
		out = append(out, f.b[s.start:s.tail]...)
	}
	return out
}
