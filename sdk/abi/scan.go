package abi

import "unsafe"

// A RowScanner reads rows that follow each other (ABI.md, section 5.2). It finds
// the values of a row, checking all that DecodeRow checks, and copies nothing. A
// guest in Go reads rows so in a fraction of the time: what is dear there are
// branches that are taken, calls, allocations, and copies of structs.
type RowScanner struct {
	columns []Type
	kinds   []kind // of the columns

	b    []byte // the rows, and Slack bytes
	end  int    // of the rows
	next int    // where the next one begins

	// Of the row at hand. The floats are the memory of the ints, and the texts that
	// of the spans.
	types  []Type
	ints   []int64
	floats []float64
	texts  []string
	spans  []span
}

// A span is where the bytes of a value are, without the length before them.
type span struct {
	first uintptr
	n     int
}

// Slack is how many bytes behind the rows that it is given a RowScanner may read.
const Slack = 16

// NewRowScanner returns a scanner of rows with columns of these types.
func NewRowScanner(columns []Type) *RowScanner {
	n := len(columns)
	s := &RowScanner{
		columns: columns, kinds: make([]kind, n),
		types: make([]Type, n), ints: make([]int64, n), spans: make([]span, n),
	}
	for i, t := range columns {
		s.kinds[i] = kinds[t]
	}
	s.floats = unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s.ints))), n)
	s.texts = unsafe.Slice((*string)(unsafe.Pointer(unsafe.SliceData(s.spans))), n)
	return s
}

// Reset makes the rows of b the next ones. Texts and bytes point into b, which must
// not be written to any more, or into a copy of it where its capacity does not go
// Slack bytes beyond it.
func (s *RowScanner) Reset(b []byte) {
	s.end, s.next = len(b), 0
	if cap(b)-len(b) < Slack {
		b = append(make([]byte, 0, len(b)+Slack), b...)
	}
	s.b = b[:len(b)+Slack]
}

// A kind is a type, in the lower eight bits, and how its values are written.
type kind uint32

const (
	sizeShift      = 8       // how many bytes a value has
	sized     kind = 1 << 16 // a u32 says how many more follow it
	typed     kind = 1 << 17 // a byte says of which type it is
	unknown   kind = 1 << 18
)

// kinds are those of the types, and of the bytes that are none.
var kinds = func() (k [256]kind) {
	for t := range k {
		k[t] = unknown
	}
	for t, size := range [...]kind{
		TypeNull: 0, TypeInt64: 8, TypeFloat64: 8, TypeBool: 1, TypeText: 0, TypeBytes: 0, TypeNumeric: 0, TypeUUID: 16,
		TypeDate: 4, TypeTime: 8, TypeTimestamp: 8, TypeTimestampTZ: 8, TypeInterval: 16, TypeJSON: 0,
	} {
		k[t] = kind(t) | size<<sizeShift
	}
	for _, t := range []Type{TypeText, TypeBytes, TypeNumeric, TypeJSON} {
		k[t] |= sized
	}
	k[TypeAny] = typed
	return k
}()

// Next reads the next row. It reports whether there is one that is well-formed.
func (s *RowScanner) Next() bool {
	begin := s.next
	if s.end-begin < rowHeader {
		return false
	}
	end := begin + rowHeader + int(getUint32(s.b[begin:]))
	bitmap := begin + rowHeader
	columns := s.kinds
	at := bitmap + bitmapSize(len(columns))
	if end > s.end || at > end || len(columns)%8 != 0 && s.b[at-1]>>(len(columns)%8) != 0 {
		return false
	}
	// Of the branches of this loop none is taken for a row as most are, but its own.
	types, ints, spans := s.types[:len(columns)], s.ints[:len(columns)], s.spans[:len(columns)]
	rows := unsafe.Pointer(unsafe.SliceData(s.b))
	for i, k := range columns {
		if at > end {
			return s.refuse()
		}
		k &= kind(*(*uint8)(unsafe.Add(rows, bitmap+i>>3)))>>(i&7)&1 - 1 // all bits, or none for NULL
		any := int(k/typed) & 1
		k = k&^typed | kinds[*(*uint8)(unsafe.Add(rows, at))&-uint8(any)]
		at += any
		bits := getUint64((*[8]byte)(unsafe.Add(rows, at))[:])
		has := int(k/sized) & 1
		at += has << 2
		size := int(uint8(k>>sizeShift)) + int(uint32(bits))&-has
		if k >= typed || Type(k) == TypeBool && bits&0xff > 1 {
			return s.refuse()
		}
		types[i], ints[i], spans[i] = Type(k), int64(bits), span{uintptr(rows) + uintptr(at), size}
		at += size
	}
	if at != end {
		return s.refuse()
	}
	s.next = end
	return true
}

// refuse forgets what was read of a row that is not well-formed.
func (s *RowScanner) refuse() bool {
	clear(s.types)
	return false
}

// Err returns what is wrong with the row that Next did not read, if there is one.
func (s *RowScanner) Err() error {
	if s.next == s.end {
		return nil
	}
	_, _, err := DecodeRow(s.columns, s.b[s.next:s.end], nil)
	return err
}

// Types returns the types of the values of the row at hand: TypeNull, if one is NULL.
// It is the same slice for every row, as are Ints, Floats and Texts.
func (s *RowScanner) Types() []Type { return s.types }

// Ints returns what is Value.Int of the values of types of eight bytes.
func (s *RowScanner) Ints() []int64 { return s.ints }

// Floats returns what is Value.Float of the values of TypeFloat64.
func (s *RowScanner) Floats() []float64 { return s.floats }

// Texts returns what is Value.Bytes of the values of types that have some.
func (s *RowScanner) Texts() []string { return s.texts }

// Value decodes a value, whatever its type is. Its bytes are those of the row.
func (s *RowScanner) Value(i int) (v Value) {
	t, b := s.types[i], stringBytes(s.texts[i])
	if kinds[t]&sized != 0 {
		v.Type, v.Bytes = t, b
	} else {
		decodeValue(t, b, &v)
	}
	return v
}
