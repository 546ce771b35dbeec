package wasmfile

// The instructions that assembled modules are made of (section 5.4).
const (
	opBlock        = 0x02
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBranchIf     = 0x0d
	opReturn       = 0x0f
	opCall         = 0x10
	opDrop         = 0x1a
	opLocalGet     = 0x20
	opLocalTee     = 0x22
	opI32Const     = 0x41
	opI32LtU       = 0x49
	opI32GeU       = 0x4f
	opBulk         = 0xfc
	bulkMemoryInit = 0x08
	blockEmpty     = 0x40
)

// appendU32 appends an unsigned number.
func appendU32(b []byte, v int) []byte {
	u := uint32(v)
	for u >= 0x80 {
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}

// appendConst appends an i32.const for each value.
func appendConst(b []byte, values ...int) []byte {
	for _, v := range values {
		b = appendSigned(append(b, opI32Const), v)
	}
	return b
}

// appendSigned appends a signed number.
func appendSigned(b []byte, v int) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v)&0x7f|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}

func appendName(b []byte, name string) []byte {
	return append(appendU32(b, len(name)), name...)
}

func appendSection(b []byte, id byte, contents []byte) []byte {
	return append(appendU32(append(b, id), len(contents)), contents...)
}
