package wasmfile

// The limits of code. A compiler's work grows faster than the code it is given:
// with the square of the blocks in a function, with blocks times variables, with
// the depth of loops, with values that are alive across calls. So what is limited
// is an estimate of that work, for each function and for all of them together. Its
// terms are what wazero 1.12 was measured to take for the worst functions that
// could be thought of (TestWorstCode in package sandbox). A function that is
// accepted takes about a second and 200 MB at most; the largest of a Go guest of
// 7 MB is estimated at a third of what is allowed, all of it at a half.
const (
	maxCode      = 32 << 20     // bytes, of all functions
	maxBody      = 256 << 10    // bytes, of a function
	maxAccesses  = 25_000       // of a function: loads, stores, and what else has to be checked
	maxDepth     = 10_000       // of blocks in each other
	maxLoopDepth = 64           // of loops in each other
	maxWork      = 30_000 * 1e6 // of all functions, in nanoseconds
	maxBodyWork  = 1_200 * 1e6  // of a function
)

// A shape is what the work of compiling a function depends on.
type shape struct {
	bytes     int
	variables int // parameters and locals
	globals   int
	blocks    int // blocks, ifs and loops, and where a br_if goes on
	loops     int
	loopDepth int
	calls     int
	accesses  int
	branches  int // of br_tables, each of their labels
	values    int // parameters and results of calls and blocks
	arity     int // the most values that a block has
}

// work estimates how long wazero takes to compile a function, in nanoseconds.
func (s shape) work() uint64 {
	bytes, variables, globals := uint64(s.bytes), uint64(s.variables), uint64(s.globals)
	blocks, loops, calls := uint64(s.blocks), uint64(s.loops), uint64(s.calls)
	return 40_000 + // whatever it does
		bytes*300 + variables*1_500 +
		uint64(s.accesses)*15_000 +
		blocks*(blocks*150+variables*1_200) +
		loops*(loops*400+variables*variables*min(uint64(s.loopDepth), 12)*20) +
		calls*(globals*2_000+(variables+bytes/4)*10) +
		uint64(s.values)*2_500 +
		uint64(s.branches)*(1_000+uint64(s.arity)*200)
}

// CheckCode reads every instruction, and refuses with a *FormatError what is not
// part of ABI 1.0 and what would take too long, or too much memory, to compile.
// Whether the instructions fit together is the runtime's to check.
func (f *File) CheckCode() error {
	s, present := f.section(sectionCode)
	if !present {
		return nil
	}
	r := &reader{b: f.b, at: s.body, end: s.tail, section: sectionNames[sectionCode]}
	if size := s.tail - s.body; size > maxCode {
		r.fail(s.body, "%d bytes of code are more than the limit of %d", size, maxCode)
	}
	total := uint64(0)
	for k := range r.count(3, maxFunctions, "function bodies") {
		at := r.at
		t := f.types[f.funcs[k]]
		f.readBody(r, func(in *reader, _, locals int) {
			c := shape{variables: len(t.Params) + locals, globals: f.globals, arity: len(t.Results)}
			c.read(f, in)
			work := c.work()
			total += work
			f.within(in, at, k, "bytes", c.bytes, maxBody)
			f.within(in, at, k, "loops in each other", c.loopDepth, maxLoopDepth)
			f.within(in, at, k, "loads, stores and the like", c.accesses, maxAccesses)
			f.within(in, at, k, "milliseconds of work for the compiler (by its blocks, loops, calls and variables)", int(work/1e6), maxBodyWork/1e6)
		})
		if r.err != nil {
			return r.err
		}
	}
	if total > maxWork {
		r.fail(s.body, "to compile it would take about %d ms, more than the limit of %d", total/1e6, int(maxWork/1e6))
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// within refuses a function that has too much of something.
func (f *File) within(in *reader, at, function int, what string, got, limit int) {
	if in.err == nil && got > limit {
		in.fail(at, "function %d has %d %s, more than the limit of %d", f.importedFuncs+function, got, what, limit)
	}
}

// read reads the instructions of a function.
func (s *shape) read(f *File, in *reader) {
	s.bytes = in.left()
	var loops []bool // of the blocks that are open, which are loops
	depth := 0
	var i instruction
	for in.err == nil && in.left() > 0 {
		in.next(&i)
		switch i.op {
		case opBlock, opIf, opLoop:
			if len(loops) == maxDepth {
				in.fail(i.at, "more than %d blocks in each other", maxDepth)
				return
			}
			loop := i.op == opLoop
			loops = append(loops, loop)
			s.blocks++
			if loop {
				s.loops++
				depth++
				s.loopDepth = max(s.loopDepth, depth)
			}
			if i.index != noType {
				s.arity = max(s.arity, s.add(f, in, i.index))
			}
		case opEnd:
			if n := len(loops); n > 0 {
				if loops[n-1] {
					depth--
				}
				loops = loops[:n-1]
			}
		case opBranchIf:
			s.blocks++
			s.branches++
		case opBranch:
			s.branches++
		case opBranchTable:
			s.branches += len(i.labels) + 1
		case opCall:
			s.calls++
			if t, ok := f.funcType(int(i.index)); ok {
				s.values += len(t.Params) + len(t.Results)
			}
		case opCallIndirect:
			s.calls++
			s.accesses += 2
			s.add(f, in, i.index)
		default:
			s.accesses += accesses(i.op)
		}
	}
}

// add counts the values of a type, and returns how many they are.
func (s *shape) add(f *File, in *reader, index uint32) int {
	if int64(index) >= int64(len(f.types)) {
		in.fail(in.at, "type %d does not exist", index)
		return 0
	}
	t := f.types[index]
	n := len(t.Params) + len(t.Results)
	s.values += n
	return n
}

// accesses returns how many checks the compiler adds to an instruction, each of
// which is about the work of one to a load.
func accesses(op uint32) int {
	switch {
	case op >= opFirstLoad && op <= opLastStore, op == opTableGet, op == opTableSet:
		return 1
	case op >= opI32DivS && op <= opI32RemU, op >= opI64DivS && op <= opI64RemU:
		return 2
	case op >= opI32TruncF32S && op <= opI32TruncF64U, op >= opI64TruncF32S && op <= opI64TruncF64U:
		return 2
	case op >= opMemoryInit && op <= opTableFill:
		return 4
	case op>>8 == opVector || op>>8 == opBulk:
		return 2
	}
	return 0
}
