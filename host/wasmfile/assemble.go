package wasmfile

import (
	"fmt"
	"math"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Step is what one migration of an assembled module does.
type Step struct {
	Upgrade   []Op
	Downgrade []Op // nil if there is no way back
}

// An Op is one operation of a Step.
type Op struct {
	Kind OpKind
	Text string // of OpExec: exactly one statement; of OpSchema and OpBackfill: a document (ABI.md, sections 6.4 and 6.5)

	Phase abi.Phase // of OpPhase
}

// OpKind says what an Op does.
type OpKind uint8

// The kinds of operations.
const (
	OpExec            OpKind = 0 // runs a statement
	OpAutocommitBegin OpKind = 1 // begins an autocommit section
	OpAutocommitEnd   OpKind = 2 // ends it
	OpSchema          OpKind = 3 // does a schema operation
	OpBackfill        OpKind = 4 // runs a backfill
	OpPhase           OpKind = 5 // begins a phase
)

// What an assembled module gives to fail.
const (
	unknownStep  = "the module has no such step or direction"
	irreversible = "this migration has no downgrade"
)

// textBase is where texts are put in memory; below is room for what the host
// writes (the state of section_begin).
const textBase = 8

// Assemble writes a module that runs SQL and schema operations. Step i of the
// manifest's revisions is steps[i]. The texts are data segments, one for each
// direction of a step, which are copied into memory only when that direction
// runs; each statement is one call of exec, deferred outside autocommit sections,
// each operation one of schema_op, each backfill one of backfill_run, and an errno
// ends the run. The module is Straight.
func Assemble(steps []Step, m abi.Manifest) ([]byte, error) {
	for _, r := range m.Revisions {
		if int(r.Step) >= len(steps) {
			return nil, fmt.Errorf("revision %s is step %d of %d", r.ID, r.Step, len(steps))
		}
	}
	document, err := manifestDocument(m)
	if err != nil {
		return nil, err
	}
	a := &assembler{}
	a.declare(steps)
	entries := make([]entry, len(steps))
	for i, s := range steps {
		if entries[i].up, err = a.function(s.Upgrade); err == nil {
			entries[i].down = a.refuse
			if s.Downgrade != nil {
				entries[i].down, err = a.function(s.Downgrade)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i, err)
		}
	}
	run := a.dispatch(entries)
	module := a.module(run)
	if size := len(module) + len(document); size > MaxModule {
		return nil, fmt.Errorf("a module of %d bytes is larger than 256 MiB", size)
	}
	return appendManifest(module, document), nil
}

// An entry is where the two directions of a step are: indices of functions.
type entry struct{ up, down int }

// An assembler collects the parts of a module.
type assembler struct {
	types    []FuncType
	imports  []HostFunction
	funcs    []int    // types of the functions below
	bodies   [][]byte // with their sizes before them
	segments [][]byte
	memory   int // bytes

	exec, schema, begin, end, backfill, phase, fail int // indices of imported functions

	unknown, refuse int // indices of functions that give a reason and return 1
}

// declare adds the imports that the steps need, and the two functions that fail.
func (a *assembler) declare(steps []Step) {
	used := map[OpKind]bool{}
	refuses := false
	for _, s := range steps {
		refuses = refuses || s.Downgrade == nil
		for _, ops := range [][]Op{s.Upgrade, s.Downgrade} {
			for _, op := range ops {
				used[op.Kind] = true
			}
		}
	}
	if used[OpExec] {
		a.exec = a.imported("exec")
	}
	if used[OpSchema] {
		a.schema = a.imported("schema_op")
	}
	if used[OpAutocommitBegin] {
		a.begin, a.end = a.imported("section_begin"), a.imported("section_end")
	}
	if used[OpBackfill] {
		a.backfill = a.imported("backfill_run")
	}
	if used[OpPhase] {
		a.phase = a.imported("phase")
	}
	a.fail = a.imported("fail")
	a.unknown = a.failing(unknownStep)
	if refuses {
		a.refuse = a.failing(irreversible)
	}
}

func (a *assembler) imported(name string) int {
	for _, h := range hostFunctions {
		if h.Module == abi.Module && h.Name == name {
			a.imports = append(a.imports, h)
			a.typeOf(h.Type)
		}
	}
	return len(a.imports) - 1
}

func (a *assembler) typeOf(t FuncType) int {
	for i := range a.types {
		if a.types[i] == t {
			return i
		}
	}
	a.types = append(a.types, t)
	return len(a.types) - 1
}

// add adds a function and returns its index. Its locals beyond the parameters
// are so many i32.
func (a *assembler) add(t FuncType, locals int, code []byte) int {
	var body []byte
	if locals > 0 {
		body = append(appendU32(append(body, 1), locals), I32[0])
	} else {
		body = append(body, 0)
	}
	body = append(append(body, code...), opEnd)
	a.funcs = append(a.funcs, a.typeOf(t))
	a.bodies = append(a.bodies, append(appendU32(nil, len(body)), body...))
	return len(a.imports) + len(a.funcs) - 1
}

// text adds a data segment and appends the code that copies it to textBase.
func (a *assembler) text(code, text []byte) []byte {
	a.segments = append(a.segments, text)
	a.memory = max(a.memory, textBase+len(text))
	code = appendConst(code, textBase, 0, len(text))
	code = append(code, opBulk, bulkMemoryInit)
	return append(appendU32(code, len(a.segments)-1), 0)
}

// failing adds a function that gives a reason and returns 1.
func (a *assembler) failing(reason string) int {
	code := appendConst(a.text(nil, []byte(reason)), textBase, len(reason))
	code = append(appendU32(append(code, opCall), a.fail), opDrop)
	return a.add(FuncType{Results: I32}, 0, appendConst(code, 1))
}

// function adds a function that does what ops say and returns 0, or the first
// errno that isn't.
func (a *assembler) function(ops []Op) (int, error) {
	size := 0
	for _, op := range ops {
		size += len(op.Text)
	}
	if size > MaxModule {
		return 0, fmt.Errorf("%d bytes of SQL are more than 256 MiB", size)
	}
	texts := make([]byte, 0, size)
	var calls []byte
	autocommit := false
	for k, op := range ops {
		switch op.Kind {
		case OpExec, OpSchema, OpBackfill:
			at := textBase + len(texts)
			if texts = append(texts, op.Text...); !abi.ValidText(texts[at-textBase:]) {
				return 0, fmt.Errorf("operation %d is not valid UTF-8, or holds a NUL", k+1)
			}
			flags := abi.FlagDefer
			if autocommit {
				flags = 0
			}
			switch op.Kind {
			case OpSchema:
				calls = a.call(calls, a.schema, at, len(op.Text))
			case OpBackfill:
				if autocommit {
					return 0, fmt.Errorf("operation %d is a backfill inside an autocommit section", k+1)
				}
				calls = a.call(calls, a.backfill, at, len(op.Text), 0)
			default:
				calls = a.call(calls, a.exec, at, len(op.Text), 0, 0, flags, 0)
			}
		case OpAutocommitBegin:
			if autocommit {
				return 0, fmt.Errorf("operation %d begins an autocommit section inside another", k+1)
			}
			autocommit = true
			calls = a.call(calls, a.begin, abi.SectionAutocommit, 0, 0, 0)
		case OpAutocommitEnd:
			if !autocommit {
				return 0, fmt.Errorf("operation %d ends an autocommit section that has not begun", k+1)
			}
			autocommit = false
			calls = a.call(calls, a.end)
		case OpPhase:
			if autocommit {
				return 0, fmt.Errorf("operation %d begins a phase inside an autocommit section", k+1)
			}
			calls = a.call(calls, a.phase, int(op.Phase))
		default:
			return 0, fmt.Errorf("operation %d is of unknown kind %d", k+1, op.Kind)
		}
	}
	if autocommit {
		return 0, fmt.Errorf("an autocommit section is not ended")
	}
	var code []byte
	if len(texts) > 0 {
		code = a.text(code, texts)
	}
	// A call that fails leaves the block, with its errno in the local.
	code = append(append(code, opBlock, blockEmpty), calls...)
	code = append(code, opEnd, opLocalGet, 0)
	return a.add(FuncType{Results: I32}, 1, code), nil
}

// call appends a call with constant arguments that keeps its result in the
// local, and leaves the block if that is not 0.
func (a *assembler) call(code []byte, function int, args ...int) []byte {
	code = appendU32(append(appendConst(code, args...), opCall), function)
	return append(code, opLocalTee, 0, opBranchIf, 0)
}

// dispatch adds sandpiper_run(step, direction).
func (a *assembler) dispatch(entries []entry) int {
	var code []byte
	for parameter, limit := range []int{len(entries), 2} {
		code = appendConst(append(code, opLocalGet, byte(parameter)), limit)
		code = append(code, opI32GeU, opIf, blockEmpty, opCall)
		code = append(appendU32(code, a.unknown), opReturn, opEnd)
	}
	if len(entries) == 0 {
		code = appendConst(code, 1)
	} else {
		code = choose(code, entries, 0)
	}
	return a.add(FuncType{I32 + I32, I32}, 0, code)
}

// choose appends the code that calls the entry of a step: a tree of ifs, which
// is as deep as the logarithm of their number.
func choose(code []byte, entries []entry, first int) []byte {
	if len(entries) == 1 {
		code = append(code, opLocalGet, 1, opIf, I32[0], opCall)
		code = append(appendU32(code, entries[0].down), opElse, opCall)
		return append(appendU32(code, entries[0].up), opEnd)
	}
	half := len(entries) / 2
	code = appendConst(append(code, opLocalGet, 0), first+half)
	code = append(code, opI32LtU, opIf, I32[0])
	code = append(choose(code, entries[:half], first), opElse)
	return append(choose(code, entries[half:], first+half), opEnd)
}

// module writes what was collected, without the manifest.
func (a *assembler) module(run int) []byte {
	out := append([]byte(nil), magic...)

	part := appendU32(nil, len(a.types))
	for _, t := range a.types {
		part = append(appendU32(append(part, 0x60), len(t.Params)), t.Params...)
		part = append(appendU32(part, len(t.Results)), t.Results...)
	}
	out = appendSection(out, sectionType, part)

	part = appendU32(nil, len(a.imports))
	for _, h := range a.imports {
		part = append(appendName(appendName(part, h.Module), h.Name), byte(KindFunc))
		part = appendU32(part, a.typeOf(h.Type))
	}
	out = appendSection(out, sectionImport, part)

	part = appendU32(nil, len(a.funcs))
	for _, t := range a.funcs {
		part = appendU32(part, t)
	}
	out = appendSection(out, sectionFunction, part)

	pages := (a.memory + math.MaxUint16) >> 16
	out = appendSection(out, sectionMemory, appendU32(appendU32([]byte{1, 1}, pages), pages))

	part = append(appendName([]byte{2}, abi.ExportMemory), byte(KindMemory), 0)
	part = appendU32(append(appendName(part, abi.ExportRun), byte(KindFunc)), run)
	out = appendSection(out, sectionExport, part)

	out = appendSection(out, sectionDataCount, appendU32(nil, len(a.segments)))

	part = appendU32(nil, len(a.bodies))
	for _, b := range a.bodies {
		part = append(part, b...)
	}
	out = appendSection(out, sectionCode, part)

	part = appendU32(nil, len(a.segments))
	for _, s := range a.segments {
		part = append(appendU32(append(part, 1), len(s)), s...)
	}
	return appendSection(out, sectionData, part)
}
