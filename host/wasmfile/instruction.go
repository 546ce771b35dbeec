package wasmfile

// An instruction is one instruction of a function body, taken apart as far as
// its reader needs it.
type instruction struct {
	at, args int    // where its code and its arguments are, in the file
	op       uint32 // its code; of prefixed ones prefix<<8 and the number behind it
	index    uint32 // its first argument that is an index
	constant int32  // of i32.const
	labels   []uint32
}

// Instructions that are looked at or written by name (section 5.4); those that
// assembled modules consist of are in write.go.
const (
	opUnreachable  = 0x00
	opNop          = 0x01
	opLoop         = 0x03
	opBranch       = 0x0c
	opBranchTable  = 0x0e
	opCallIndirect = 0x11
	opSelect       = 0x1b
	opSelectTyped  = 0x1c
	opLocalSet     = 0x21
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableGet     = 0x25
	opTableSet     = 0x26
	opFirstLoad    = 0x28
	opLastStore    = 0x3e
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eqz       = 0x45
	opI32Eq        = 0x46
	opI32Ne        = 0x47
	opI32GtU       = 0x4b
	opI32LeU       = 0x4d
	opI64GtU       = 0x56
	opI64GeS       = 0x59
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI32DivS      = 0x6d
	opI32RemU      = 0x70
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64DivS      = 0x7f
	opI64RemU      = 0x82
	opI64Shl       = 0x86
	opI64ShrU      = 0x88
	opF32Sqrt      = 0x91
	opF32Div       = 0x95
	opF64Sqrt      = 0x9f
	opF64Div       = 0xa3
	opI32TruncF32S = 0xa8
	opI32TruncF64U = 0xab
	opI64ExtendU   = 0xad
	opI64TruncF32S = 0xae
	opI64TruncF64U = 0xb1
	opLastNumeric  = 0xc4
	opRefNull      = 0xd0
	opRefIsNull    = 0xd1
	opRefFunc      = 0xd2
	opVector       = 0xfd
	opMemoryInit   = opBulk<<8 | bulkMemoryInit
	opMemoryCopy   = opBulk<<8 | 0x0a
	opMemoryFill   = opBulk<<8 | 0x0b
	opTableInit    = opBulk<<8 | 0x0c
	opTableCopy    = opBulk<<8 | 0x0e
	opTableGrow    = opBulk<<8 | 0x0f
	opTableFill    = opBulk<<8 | 0x11
)

// A form is what arguments an instruction has.
type form byte

const (
	formUnknown form = iota // not an instruction of WebAssembly 2.0
	formNone
	formBlock       // a block's type
	formIndex       // an index
	formIndices     // two of them
	formBranchTable // a list of labels, and one more
	formTypes       // a list of types
	formMemory      // alignment and offset
	formMemoryLane  // alignment, offset and a lane
	formByte        // a byte
	formBytes2
	formBytes4
	formBytes8
	formBytes16
	formI32
	formI64
)

// forms are the arguments of instructions without a prefix.
var forms = func() (f [256]form) {
	set := func(kind form, first, last int) {
		for op := first; op <= last; op++ {
			f[op] = kind
		}
	}
	set(formNone, opUnreachable, opNop)
	set(formBlock, opBlock, opIf)
	f[opElse], f[opEnd], f[opReturn] = formNone, formNone, formNone
	set(formIndex, opBranch, opBranchIf)
	f[opBranchTable] = formBranchTable
	f[opCall], f[opCallIndirect] = formIndex, formIndices
	set(formNone, opDrop, opSelect)
	f[opSelectTyped] = formTypes
	set(formIndex, opLocalGet, opTableSet)
	set(formMemory, opFirstLoad, opLastStore)
	set(formByte, opMemorySize, opMemoryGrow)
	f[opI32Const], f[opI64Const], f[opF32Const], f[opF64Const] = formI32, formI64, formBytes4, formBytes8
	set(formNone, opI32Eqz, opLastNumeric)
	f[opRefNull], f[opRefIsNull], f[opRefFunc] = formByte, formNone, formIndex
	return f
}()

// bulkForms are the arguments of instructions with the prefix 0xfc.
var bulkForms = [...]form{
	formNone, formNone, formNone, formNone, formNone, formNone, formNone, formNone, // saturating conversions
	formIndices, formIndex, formBytes2, formByte, // memory.init, data.drop, memory.copy, memory.fill
	formIndices, formIndex, formIndices, formIndex, formIndex, formIndex, // of tables, and elem.drop
}

// vectorForm returns the arguments of instructions with the prefix 0xfd
// (section 5.4.8). Which of the numbers without arguments are instructions is
// the runtime's to know.
func vectorForm(number uint32) form {
	switch {
	case number <= 11, number == 92, number == 93:
		return formMemory
	case number == 12, number == 13: // v128.const, i8x16.shuffle
		return formBytes16
	case number >= 21 && number <= 34: // lanes
		return formByte
	case number >= 84 && number <= 91:
		return formMemoryLane
	case number <= 255:
		return formNone
	}
	return formUnknown
}

// next reads an instruction into i. The labels it has are valid until the next.
func (r *reader) next(i *instruction) {
	const what = "an instruction"
	i.at = r.at
	i.op = uint32(r.byte(what))
	kind := forms[i.op]
	switch i.op {
	case opBulk:
		number := r.u32(what)
		if number < uint32(len(bulkForms)) {
			kind = bulkForms[number]
		}
		i.op = opBulk<<8 | number&0xff
	case opVector:
		number := r.u32(what)
		kind = vectorForm(number)
		i.op = opVector<<8 | number&0xff
	}
	i.args = r.at
	switch kind {
	case formNone:
	case formBlock:
		if v := r.signed(33, "a block's type"); v >= 0 {
			i.index = uint32(v)
		} else {
			i.index = noType
		}
	case formIndex, formIndices:
		i.index = r.u32(what)
		if kind == formIndices {
			r.u32(what)
		}
	case formBranchTable:
		n := r.count(1, maxLabels, "labels")
		i.labels = i.labels[:0]
		for range n {
			i.labels = append(i.labels, r.u32("a label"))
		}
		i.index = r.u32("a label")
	case formTypes:
		r.skip(r.count(1, maxValues, "types"), what)
	case formMemory:
		r.u32(what)
		r.u32(what)
	case formMemoryLane:
		r.u32(what)
		r.u32(what)
		r.byte(what)
	case formByte:
		r.byte(what)
	case formBytes2:
		r.skip(2, what)
	case formBytes4:
		r.skip(4, what)
	case formBytes8:
		r.skip(8, what)
	case formBytes16:
		r.skip(16, what)
	case formI32:
		i.constant = int32(r.signed(32, what))
	case formI64:
		r.signed(64, what)
	default:
		r.fail(i.at, "instruction %#x is not part of ABI 1.0", r.b[i.at:r.at])
	}
}

// noType is the index of a block's type that is not one of the module's.
const noType = 1<<32 - 1
