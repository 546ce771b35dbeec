package wasmfile

// A helper is a function that Meter adds to a module. It does in pieces, and
// pays for, what an instruction does at once whatever the length.
type helper int

const (
	helperFill   helper = iota // memory.fill
	helperCopy                 // memory.copy
	helperGrow                 // memory.grow
	helperLength               // takes a length off the stack, pays for it, and puts it back
)

// The types that Meter adds, counted from the module's last.
const (
	typeRefill  = iota
	typeThree   // (i32, i32, i32) -> ()
	typeOne     // (i32) -> i32
	helperTypes // how many they are
)

// What lengths cost. To fill or copy sixteen bytes takes about as long as an
// instruction; an entry of a table is eight bytes, and a page that is new has to
// be set to zero.
const (
	bytesShift  = 4       // bytes of memory.fill and memory.copy for one fuel: 1<<4
	lengthShift = 2       // entries, and bytes of memory.init
	pageShift   = 16 - 4  // fuel for a page: 1<<12
	pieceSize   = 1 << 20 // bytes done at once
)

// helpers are the indices of what Meter adds to a module.
type helpers struct {
	refill int   // the function
	types  int   // the first of the types that are added
	purse  purse // of helpers, which keep no fuel in a local
	first  int   // the function that is the first helper
	used   []helper
}

// index returns the index of a helper, and has it added.
func (h *helpers) index(want helper) int {
	for i, u := range h.used {
		if u == want {
			return h.first + i
		}
	}
	h.used = append(h.used, want)
	return h.first + len(h.used) - 1
}

func (h *helpers) appendTypes(b []byte) []byte {
	for _, t := range [helperTypes]FuncType{typeRefill: {}, typeThree: {Params: I32 + I32 + I32}, typeOne: {I32, I32}} {
		b = append(appendU32(append(b, 0x60), len(t.Params)), t.Params...)
		b = append(appendU32(b, len(t.Results)), t.Results...)
	}
	return b
}

func (h *helpers) appendFunctions(b []byte) []byte {
	for _, u := range h.used {
		t := typeOne
		if u == helperFill || u == helperCopy {
			t = typeThree
		}
		b = appendU32(b, h.types+t)
	}
	return b
}

func (h *helpers) appendBodies(b []byte) []byte {
	for _, u := range h.used {
		code := []byte{0} // no locals
		switch u {
		case helperFill:
			code = h.appendFill(code)
		case helperCopy:
			code = h.appendCopy(code)
		case helperGrow:
			code = h.appendGrow([]byte{1, 1, I32[0]})
		case helperLength:
			code = h.payFor(code, 0, lengthShift)
			code = append(code, opLocalGet, 0)
		}
		code = append(code, opEnd)
		b = append(appendU32(b, len(code)), code...)
	}
	return b
}

// A purse is where a function finds the fuel: in the global, and if it has a loop
// in a local of its own as well. The processor then need not wait, at the head of
// the loop, for what it stored the last time round. Both are the same but while
// another function runs.
type purse struct {
	global int
	local  int // noLocal if there is none
}

const noLocal = -1

// appendTake appends what takes the fuel from the global into the local.
func (p purse) appendTake(b []byte) []byte {
	if p.local == noLocal {
		return b
	}
	b = appendU32(append(b, opGlobalGet), p.global)
	return appendU32(append(b, opLocalSet), p.local)
}

func (p purse) appendGet(b []byte) []byte {
	if p.local == noLocal {
		return appendU32(append(b, opGlobalGet), p.global)
	}
	return appendU32(append(b, opLocalGet), p.local)
}

func (p purse) appendSet(b []byte) []byte {
	if p.local != noLocal {
		b = appendU32(append(b, opLocalTee), p.local)
	}
	return appendU32(append(b, opGlobalSet), p.global)
}

// appendPay appends the payment of a fixed amount.
func (p purse) appendPay(b []byte, amount int) []byte {
	b = append(p.appendGet(b), opI64Const)
	return p.appendSet(append(appendSigned(b, amount), opI64Sub))
}

// appendPayFor appends the payment for a length in a local: 1 for every 1<<shift,
// or, where shift is negative, 1<<-shift for every one.
func (p purse) appendPayFor(b []byte, local byte, shift int) []byte {
	op := byte(opI64ShrU)
	if shift < 0 {
		op, shift = opI64Shl, -shift
	}
	b = append(p.appendGet(b), opLocalGet, local, opI64ExtendU, opI64Const, byte(shift), op, opI64Sub)
	return p.appendSet(b)
}

// appendCheck appends the call of Refill, if there is no fuel left. It stands
// behind the else because wazero puts what is there out of the way.
func (p purse) appendCheck(b []byte, refill int) []byte {
	b = append(p.appendGet(b), opI64Const, 0, opI64GeS, opIf, blockEmpty, opElse, opCall)
	return append(p.appendTake(appendU32(b, refill)), opEnd)
}

// payFor appends the payment for a length in a local of a helper, and the check.
func (h *helpers) payFor(b []byte, local byte, shift int) []byte {
	return h.purse.appendCheck(h.purse.appendPayFor(b, local, shift), h.refill)
}

// appendFill appends fill(to, value, n). As long as there is more than a piece,
// one piece is filled. What reaches beyond the memory is left to one instruction,
// which traps before it writes anything.
func (h *helpers) appendFill(b []byte) []byte {
	b = h.appendPieces(b, []byte{0}, func(b []byte) []byte {
		b = appendConst(append(b, opLocalGet, 0, opLocalGet, 1), pieceSize)
		b = append(b, opBulk, opMemoryFill&0xff, 0)
		return h.appendAdvance(b, 0)
	})
	b = append(b, opLocalGet, 0, opLocalGet, 1, opLocalGet, 2, opBulk, opMemoryFill&0xff, 0)
	return h.payFor(b, 2, bytesShift)
}

// appendCopy appends copy(to, from, n): from the front where to is before from,
// else from the back, since they may overlap.
func (h *helpers) appendCopy(b []byte) []byte {
	b = h.appendPieces(b, []byte{0, 1}, func(b []byte) []byte {
		b = append(b, opLocalGet, 0, opLocalGet, 1, opI32LeU, opIf, blockEmpty)
		b = append(b, opLocalGet, 0, opLocalGet, 1)
		b = append(appendConst(b, pieceSize), opBulk, opMemoryCopy&0xff, 0, 0)
		b = h.appendAdvance(h.appendAdvance(b, 0), 1)
		b = append(b, opElse)
		for _, local := range []byte{0, 1} {
			b = append(b, opLocalGet, local, opLocalGet, 2, opI32Add)
			b = append(appendConst(b, pieceSize), opI32Sub)
		}
		b = append(appendConst(b, pieceSize), opBulk, opMemoryCopy&0xff, 0, 0)
		return append(b, opEnd)
	})
	b = append(b, opLocalGet, 0, opLocalGet, 1, opLocalGet, 2, opBulk, opMemoryCopy&0xff, 0, 0)
	return h.payFor(b, 2, bytesShift)
}

// appendAdvance adds the size of a piece to a local.
func (h *helpers) appendAdvance(b []byte, local byte) []byte {
	b = appendConst(append(b, opLocalGet, local), pieceSize)
	return append(b, opI32Add, opLocalSet, local)
}

// appendPieces appends a loop that does one piece after the other, until there is
// no more than one of the length in local 2, or something reaches beyond the
// memory: from one of the places in the locals, with that length.
func (h *helpers) appendPieces(b []byte, places []byte, piece func([]byte) []byte) []byte {
	b = append(b, opBlock, blockEmpty, opLoop, blockEmpty)
	b = appendConst(append(b, opLocalGet, 2), pieceSize)
	b = append(b, opI32LeU, opBranchIf, 1)
	for _, place := range places {
		b = append(b, opLocalGet, place, opI64ExtendU, opLocalGet, 2, opI64ExtendU, opI64Add)
		b = append(b, opMemorySize, 0, opI64ExtendU, opI64Const, 16, opI64Shl, opI64GtU, opBranchIf, 1)
	}
	b = piece(b)
	b = appendConst(append(b, opLocalGet, 2), pieceSize)
	b = append(b, opI32Sub, opLocalSet, 2)
	b = h.purse.appendCheck(h.purse.appendPay(b, pieceSize>>bytesShift), h.refill)
	return append(b, opBranch, 0, opEnd, opEnd)
}

// appendGrow appends grow(pages), which pays for the pages if there were enough.
func (h *helpers) appendGrow(b []byte) []byte {
	b = append(b, opLocalGet, 0, opMemoryGrow, 0, opLocalTee, 1)
	b = append(appendConst(b, -1), opI32Ne, opIf, blockEmpty)
	b = h.payFor(b, 0, -pageShift)
	return append(b, opEnd, opLocalGet, 1)
}
