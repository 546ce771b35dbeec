package wasmfile

// A charge is a place in a function where fuel is paid: for every instruction
// that runs from there to the next charge on the way. The entry of a function
// and the head of a loop are always charges, and also look whether there is fuel
// left (but see bare). All others are candidates: they stand where ways part or meet, and one
// with little behind it is paid for by the charge that every way to it has
// passed, its parent.
type charge struct {
	at     int // in the file
	amount int
	parent int
	more   int // of the amount, what charges that were merged into it have added
	checks bool
	merged bool
}

// What is merged into a parent may be instructions that do not run. These limits
// keep what is paid close to what runs.
const (
	smallCharge = 48
	mostMerged  = 128
)

// A frame is a block, loop or if that is open.
type frame struct {
	at, body int // where its instruction is, and where what is in it begins
	charge   int // the one in force where it begins; none in code that is not reached
	loop     bool
	plain    bool      // it takes no values and leaves none
	targeted bool      // ways meet at its end
	dispatch *dispatch // what a loop begins with; nil if it is another one
	before   *dispatch // whose part comes behind the block; nil if none does
}

// none says that no charge is in force: the code is not reached.
const none = -1

// A scan finds the charges of a function, and what else is to be edited in it.
type scan struct {
	file    *File
	helpers *helpers

	charges []charge
	frames  []frame
	edits   []edit
	now     int  // the charge in force
	locals  int  // parameters included
	loops   bool // there is one
	inside  int  // loops that are open
	outside bool // there is a call outside of loops
	i       instruction
	last    [2]instruction // the ones before it, the later one first
}

// An edit says what is put in place of some bytes of a function.
type edit struct {
	at, length int
	kind       editKind
	n          int // the charge's number, or the function's
}

type editKind byte

const (
	editCharge editKind = iota // insert a payment
	editIndex                  // another index of a function, or another label
	editCall                   // a call
	editCalled                 // insert what follows a call
)

// function scans the instructions of a function.
func (s *scan) function(in *reader, parameters, locals int) {
	s.charges, s.frames, s.edits = s.charges[:0], s.frames[:0], s.edits[:0]
	s.now, s.locals, s.loops, s.inside, s.outside = none, parameters+locals, false, 0, false
	s.open(in.at, true)
	s.charges[0].amount = 1 + locals/8 // which are set to zero
	s.frames = append(s.frames, frame{charge: 0})
	for in.err == nil && in.left() > 0 {
		if len(s.frames) == 0 {
			in.fail(in.at, "instructions behind the end of a function")
			return
		}
		in.next(&s.i)
		s.instruction(in)
		s.last[1], s.last[0] = s.last[0], s.i
	}
	if in.err == nil && len(s.frames) > 0 {
		in.fail(in.at, "a block that does not end")
	}
	s.merge()
	s.charges[0].checks = !s.bare()
}

// bareCharge is what a function may cost that does not look for fuel at its entry.
const bareCharge = 256

// bare reports whether a function need not look at its entry, since it is short
// and whoever calls it looks soon: it calls nothing, or only where it has passed
// the head of a loop. So there are never more such functions in each other than
// one, and what they cost together is bounded by the size of their caller.
func (s *scan) bare() bool {
	total := 0
	for _, c := range s.charges {
		if !c.merged {
			total += c.amount
		}
	}
	return !s.outside && total <= bareCharge
}

// open begins a charge whose parent is the one in force.
func (s *scan) open(at int, checks bool) {
	s.edits = append(s.edits, edit{at: at, kind: editCharge, n: len(s.charges)})
	s.charges = append(s.charges, charge{at: at, parent: s.now, checks: checks})
	s.now = len(s.charges) - 1
}

// passEntryOn lets the loop that was just opened pay for what is before it, if
// that is the function's entry and little else: a function in Go is a loop, and
// need not look twice for fuel whenever it is called.
func (s *scan) passEntryOn() {
	if entry := &s.charges[0]; len(s.charges) == 2 && entry.amount <= smallCharge {
		s.charges[1].amount += entry.amount
		entry.merged = true
	}
}

// part begins a charge where ways part or meet. The parent is the charge that
// was in force where all of them began.
func (s *scan) part(at, parent int) {
	if s.now = parent; parent != none {
		s.open(at, false)
	}
}

func (s *scan) instruction(in *reader) {
	i := &s.i
	if s.now != none {
		s.charges[s.now].amount += weight(i.op)
	}
	switch i.op {
	case opBlock, opLoop, opIf:
		if i.op == opLoop {
			s.loops = true
			s.inside++
		}
		if i.index != noType {
			s.checkIndex(in, i.index, len(s.file.types), "type")
		}
		s.frames = append(s.frames, frame{
			at: i.at, body: in.at, charge: s.now, loop: i.op == opLoop, plain: s.file.b[i.args] == blockEmpty, targeted: i.op == opIf,
		})
		switch {
		case s.now == none || i.op == opBlock:
		case i.op == opLoop:
			s.open(in.at, true)
			s.passEntryOn()
		default:
			s.part(in.at, s.now)
		}
	case opElse:
		s.part(in.at, s.frames[len(s.frames)-1].charge)
	case opEnd:
		f := s.frames[len(s.frames)-1]
		s.frames = s.frames[:len(s.frames)-1]
		if f.loop {
			s.inside--
		}
		if f.dispatch != nil {
			f.dispatch.leave(s.edits)
		}
		if f.before != nil {
			f.before.now++
		}
		if len(s.frames) > 0 && (f.loop || f.targeted || s.now == none) {
			s.part(in.at, f.charge)
		}
	case opBranchIf:
		s.target(in, i.index)
		if s.now != none {
			s.part(in.at, s.now)
		}
	case opBranch:
		s.target(in, i.index)
		s.shorten(in)
		s.now = none
	case opBranchTable:
		for _, label := range i.labels {
			s.target(in, label)
		}
		s.target(in, i.index)
		s.dispatches(in)
		s.now = none
	case opReturn, opUnreachable:
		s.now = none
	default:
		s.index(in)
	}
}

// target notes that a branch goes to a label.
func (s *scan) target(in *reader, label uint32) {
	if int64(label) >= int64(len(s.frames)) {
		in.fail(s.i.at, "a branch to label %d of %d", label, len(s.frames))
		return
	}
	s.frames[len(s.frames)-1-int(label)].targeted = true
}

// index looks after the instructions that name a function, a variable or a type,
// and after those that are replaced or paid for by what they do. An index that
// does not exist is refused here: it might, once the module is metered.
func (s *scan) index(in *reader) {
	i := &s.i
	switch i.op {
	case opCall, opRefFunc:
		s.checkIndex(in, i.index, s.file.importedFuncs+len(s.file.funcs), "function")
		if own := int(i.index); own >= s.file.importedFuncs {
			s.edits = append(s.edits, edit{at: i.args, length: in.at - i.args, kind: editIndex, n: own + 1})
		}
		if i.op == opCall {
			s.called(in.at)
		}
	case opCallIndirect:
		s.checkIndex(in, i.index, len(s.file.types), "type")
		s.called(in.at)
	case opLocalGet, opLocalSet, opLocalTee:
		s.checkIndex(in, i.index, s.locals, "local")
	case opGlobalGet, opGlobalSet:
		s.checkIndex(in, i.index, s.file.globals, "global")
	case opMemoryFill:
		s.call(i.at, in.at, helperFill)
	case opMemoryCopy:
		s.call(i.at, in.at, helperCopy)
	case opMemoryGrow:
		s.call(i.at, in.at, helperGrow)
	case opMemoryInit, opTableInit, opTableCopy, opTableFill, opTableGrow:
		s.call(i.at, i.at, helperLength)
	}
}

// call puts the call of a helper in place of what is between two offsets.
func (s *scan) call(from, to int, h helper) {
	s.edits = append(s.edits, edit{at: from, length: to - from, kind: editCall, n: s.helpers.index(h)})
	s.called(to)
}

// called notes that a call ends here.
func (s *scan) called(at int) {
	s.edits = append(s.edits, edit{at: at, kind: editCalled})
	s.outside = s.outside || s.inside == 0
}

func (s *scan) checkIndex(in *reader, index uint32, count int, what string) {
	if int64(index) >= int64(count) {
		in.fail(s.i.at, "%s %d does not exist", what, index)
	}
}

// merge merges small charges into their parents.
func (s *scan) merge() {
	for k := len(s.charges) - 1; k > 0; k-- {
		c := &s.charges[k]
		if c.checks {
			continue
		}
		parent := &s.charges[c.parent]
		if c.amount == 0 || c.amount <= smallCharge && parent.more+c.amount <= mostMerged && !parent.merged {
			parent.amount += c.amount
			parent.more += c.amount
			c.merged = true
		}
	}
}

// weight returns what an instruction costs: 1, unless it takes much longer than
// others. What depends on its operands is paid by the helpers.
func weight(op uint32) int {
	switch op {
	case opNop, opBlock, opLoop, opEnd, opElse:
		return 0
	case opCall:
		return 2
	case opCallIndirect:
		return 4
	case opF32Sqrt, opF32Div, opF64Sqrt, opF64Div:
		return 8
	case opRefFunc, opMemoryInit, opMemoryCopy, opMemoryFill, opMemoryGrow,
		opTableInit, opTableCopy, opTableFill, opTableGrow: // calls into the runtime
		return 32
	}
	switch {
	case op>>8 == opVector:
		return 4
	case op >= opI32DivS && op <= opI32RemU, op >= opI64DivS && op <= opI64RemU:
		return 8
	}
	return 1
}
