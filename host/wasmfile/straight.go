package wasmfile

// What bounds a straight module: how many steps it takes by itself at most, some
// tens of milliseconds when interpreted, of which copying so many bytes is one;
// and how many blocks are open in each other, since they have to be read as well.
const (
	maxStraight      = 4 << 20
	straightCopy     = 32
	maxStraightDepth = 1_000
)

// Straight reports whether the module cannot run for long by itself: its
// functions are made of the few instructions that Assemble uses, none of which
// goes back, they only call the host and functions before themselves, and all
// calls followed they take a bounded number of steps. What runs without a branch
// before a call of the host is not counted, since the host ends a guest there.
// Such a module need not be metered, and compiling it is a waste: no instruction
// of it runs twice.
//
// It is a property of the code, not a promise of whoever made the module.
func (f *File) Straight() bool {
	if f.importedFuncs != len(f.imports) {
		return false
	}
	for _, s := range f.sections {
		if s.id != sectionCode {
			continue
		}
		r := &reader{b: f.b, at: s.body, end: s.tail}
		costs := make([]int, 0, len(f.funcs))
		straight := true
		for range r.count(3, maxFunctions, "function bodies") {
			f.readBody(r, func(in *reader, _, locals int) {
				cost, ok := f.cost(in, costs)
				straight = straight && ok
				costs = append(costs, min(cost+locals, maxStraight+1))
			})
			if !straight || r.err != nil || costs[len(costs)-1] > maxStraight {
				return false
			}
		}
	}
	return true
}

// cost returns how many steps a function takes at most, given the costs of the
// functions before it, and false if that isn't known.
func (f *File) cost(in *reader, costs []int) (cost int, ok bool) {
	const what = "an instruction"
	constant := -1 // what the instruction before pushed, if it was i32.const
	run := 0       // steps since the last branch, or call of the host
	depth := 0
	for in.err == nil && in.left() > 0 {
		before := constant
		constant = -1
		run++
		branches := true
		switch op := in.byte(what); op {
		case opBlock, opIf:
			in.signed(33, what)
			depth++
		case opEnd:
			depth--
		case opElse, opReturn:
		case opBranch, opBranchIf:
			in.u32(what)
		case opCall:
			called := int(in.u32(what)) - f.importedFuncs
			if called >= len(costs) {
				return 0, false
			}
			if called < 0 {
				run = 0
			} else {
				run += costs[called]
			}
		default:
			branches = false
			switch op {
			case opDrop, opI32Eqz, opI32Eq, opI32Ne, opI32LtU, opI32GtU, opI32LeU, opI32GeU:
			case opLocalGet, opLocalSet, opLocalTee:
				in.u32(what)
			case opI32Const:
				if v := in.signed(32, what); v >= 0 {
					constant = int(v)
				}
			case opBulk: // memory.init, of a size that the instruction before says
				if in.u32(what) != bulkMemoryInit || before < 0 {
					return 0, false
				}
				in.u32(what)
				in.u32(what)
				run += before / straightCopy
			default:
				return 0, false
			}
		}
		if branches {
			cost, run = cost+run, 0
		}
		if cost+run > maxStraight || depth > maxStraightDepth {
			return 0, false
		}
	}
	return cost + run, in.err == nil
}
