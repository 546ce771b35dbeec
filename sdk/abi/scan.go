package abi

import "unsafe"

// A RowScanner reads rows that follow each other (ABI.md, section 5.2). It finds
// the values of a row, checking all that DecodeRow checks, and copies nothing. A
// guest in Go reads rows so in a fraction of the time: what is dear there are rounds
// of a loop, calls, allocations, and copies of structs.
type RowScanner struct {
	columns []Type
	kinds   []kind // of the columns
	cells   []Cell // the values of the row at hand

	b    []byte // the rows, and Slack bytes
	end  int64  // of the rows
	next int64  // where the next one begins
}

// A Cell is a value of the row at hand. Its type says which of the fields is the value;
// in the others is whatever was near it.
type Cell struct {
	Int   int64   // Value.Int, of types of eight bytes
	Float float64 // Value.Float
	Text  string  // the value's bytes: Value.Bytes, of types that have some
	Type  Type    // TypeNull, if it is NULL
}

// A span is the memory of Cell.Text. It is written like this because to tell the garbage
// collector of a pointer takes as long as to read the value, and need not be: all of them
// go into RowScanner.b, of which it knows.
type span struct {
	first uintptr
	n     int
}

// Near is how many columns a row may have to be read into an array of its reader's.
const Near = 64

// Slack is how many bytes behind the rows that it is given a RowScanner may read.
const Slack = 16

// NewRowScanner returns a scanner of rows with columns of these types. Its cells are
// those of near, unless there are more columns than that: an array within a struct takes
// its reader the fewest loads.
func NewRowScanner(columns []Type, near *[Near]Cell) *RowScanner {
	n := len(columns)
	s := &RowScanner{columns: columns, kinds: make([]kind, n)}
	if n <= Near {
		s.cells = near[:n]
	} else {
		s.cells = make([]Cell, n)
	}
	for i, t := range columns {
		if s.kinds[i] = kinds[t]; t == TypeAny {
			s.kinds[i] = typed
		}
	}
	return s
}

// Reset makes the rows of b the next ones. Texts and bytes point into b, which must
// not be written to any more, or into a copy of it where its capacity does not go
// Slack bytes beyond it.
func (s *RowScanner) Reset(b []byte) {
	s.end, s.next = int64(len(b)), 0
	if cap(b)-len(b) < Slack {
		b = append(make([]byte, 0, len(b)+Slack), b...)
	}
	s.b = b[:len(b)+Slack]
}

// A kind is a type, in the lower eight bits, and how its values are written.
type kind uint64

const (
	sizeShift      = 8       // how many bytes a value has
	sized     kind = 1 << 16 // a u32 says how many more follow it
	narrow    kind = 2 << 16 // not whatever its bytes are is a value
	unknown   kind = 3 << 16
	typed     kind = 4 << 16 // a byte says of which type it is
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
	k[TypeBool] |= narrow
	k[TypeAny] = unknown // inside any
	return k
}()

// Next reads the next row. It reports whether there is one that is well-formed.
func (s *RowScanner) Next() bool {
	begin := s.next
	if s.end-begin < rowHeader {
		return begin < s.end && s.refuse()
	}
	end := begin + rowHeader + int64(getUint32(s.b[begin:]))
	bitmap := begin + rowHeader
	n := len(s.columns)
	at := bitmap + int64(bitmapSize(n))
	if end > s.end || at > end || n%8 != 0 && s.b[at-1]>>(n%8) != 0 {
		return s.refuse()
	}
	// The checks are branches and not arithmetic so that the processor need not wait for
	// one value to know where the next one is.
	rows := unsafe.Pointer(unsafe.SliceData(s.b))
	cells := s.cells[:n]
	var nulls uint64
	for i, k := range s.kinds[:n] {
		if i%64 == 0 {
			nulls = getUint64((*[8]byte)(unsafe.Add(rows, bitmap+int64(i)/8))[:])
		}
		if at > end {
			return s.refuse()
		}
		k &= kind(nulls&1) - 1 // all bits, or none for NULL
		nulls >>= 1
		if k >= typed {
			k = kinds[*(*uint8)(unsafe.Add(rows, at))]
			at++
		}
		bits := getUint64((*[8]byte)(unsafe.Add(rows, at))[:])
		size := int64(uint8(k >> sizeShift))
		if k >= narrow {
			if k >= unknown || bits&0xff > 1 {
				return s.refuse()
			}
		} else if k >= sized {
			at += 4
			size = int64(uint32(bits))
		}
		c := &cells[i]
		c.Int, c.Type = int64(bits), Type(k)
		*(*uint64)(unsafe.Pointer(&c.Float)) = bits
		*(*span)(unsafe.Pointer(&c.Text)) = span{uintptr(rows) + uintptr(at), int(size)}
		at += size
	}
	if at != end {
		return s.refuse()
	}
	s.next = end
	return true
}

// refuse forgets what was read of a row that is not well-formed, and returns false.
//
//go:noinline
func (s *RowScanner) refuse() bool {
	clear(s.cells)
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

// Cells returns the values of the row at hand. It is the same slice for every row.
func (s *RowScanner) Cells() []Cell { return s.cells }

// Value decodes a value, whatever its type is. Its bytes are those of the row.
func (s *RowScanner) Value(i int) (v Value) {
	c := &s.cells[i]
	b := stringBytes(c.Text)
	if kinds[c.Type]&sized != 0 {
		v.Type, v.Bytes = c.Type, b
	} else {
		decodeValue(c.Type, b, &v)
	}
	return v
}
