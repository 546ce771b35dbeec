package wasmfile

// maxStraight is how many steps a straight module takes at most, instructions
// and bytes copied counted alike: well under a second.
const maxStraight = 64 << 20

// Straight reports whether the module cannot run for long by itself: its
// functions are made of the few instructions that Assemble uses, none of which
// goes back, they only call the host and functions before themselves, and all
// calls followed they take a bounded number of steps. Such a module needs no
// watching, and compiling it is a waste: no instruction of it runs twice.
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
			f.readBody(r, func(in *reader, locals int) {
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
	for in.err == nil && in.left() > 0 {
		before := constant
		constant = -1
		cost++
		switch op := in.byte(what); op {
		case 0x02, 0x04: // block, if
			in.signed(33, what)
		case 0x05, 0x0b, 0x0f, 0x1a, 0x45: // else, end, return, drop, i32.eqz
		case 0x46, 0x47, 0x49, 0x4b, 0x4d, 0x4f: // i32 eq, ne, lt_u, gt_u, le_u, ge_u
		case 0x0c, 0x0d, 0x20, 0x21, 0x22: // br, br_if, local.get, local.set, local.tee
			in.u32(what)
		case 0x41: // i32.const
			if v := in.signed(32, what); v >= 0 {
				constant = int(v)
			}
		case 0x10: // call
			called := int(in.u32(what)) - f.importedFuncs
			if called >= len(costs) {
				return 0, false
			}
			if called >= 0 {
				cost += costs[called]
			}
		case 0xfc: // memory.init, of a size that the instruction before says
			if in.u32(what) != 8 || before < 0 {
				return 0, false
			}
			in.u32(what)
			in.u32(what)
			cost += before
		default:
			return 0, false
		}
		if cost > maxStraight {
			return 0, false
		}
	}
	return cost, in.err == nil
}
