package abi

import (
	"math"
	"strconv"
)

// rowHeader is the size of the length that a row begins with (ABI.md, section 5.2).
const rowHeader = 4

// AppendRow appends a row (ABI.md, section 5.2). Each value must be of its
// column's type or NULL; a column of TypeAny takes a value of any type, one of
// TypeNull nothing but NULL.
func AppendRow(dst []byte, types []Type, values []Value) ([]byte, error) {
	if len(values) != len(types) {
		return dst, &EncodeError{-1, "a row of " + strconv.Itoa(len(values)) + " values for " +
			strconv.Itoa(len(types)) + " columns"}
	}
	start := len(dst)
	bitmap := start + rowHeader
	dst = append(dst, 0, 0, 0, 0)
	for range bitmapSize(len(types)) {
		dst = append(dst, 0)
	}
	for i := range values {
		v := &values[i]
		if v.Type == TypeNull {
			dst[bitmap+i/8] |= 1 << (i % 8)
			continue
		}
		if t := types[i]; t == TypeAny {
			dst = append(dst, byte(v.Type))
		} else if t != v.Type {
			return dst[:start], &EncodeError{i, "a value of type " + v.Type.String() +
				" in a column of type " + t.String()}
		}
		var reason string
		if dst, reason = appendValue(dst, v); reason != "" {
			return dst[:start], &EncodeError{i, reason}
		}
	}
	size := len(dst) - start - rowHeader
	if uint64(size) > math.MaxUint32 {
		return dst[:start], &EncodeError{-1, "a row of more than 4 GiB"}
	}
	putUint32(dst[start:], uint32(size))
	return dst, nil
}

// appendValue appends the bytes of a value that is not NULL, or says why it can't.
func appendValue(dst []byte, v *Value) ([]byte, string) {
	switch v.Type {
	case TypeInt64, TypeTime, TypeTimestamp, TypeTimestampTZ:
		return appendUint64(dst, uint64(v.Int)), ""
	case TypeFloat64:
		return appendUint64(dst, math.Float64bits(v.Float)), ""
	case TypeBool:
		if v.Int != 0 && v.Int != 1 {
			return dst, "a bool that is neither 0 nor 1"
		}
		return append(dst, byte(v.Int)), ""
	case TypeText, TypeBytes, TypeNumeric, TypeJSON:
		if uint64(len(v.Bytes)) > math.MaxUint32 {
			return dst, "a value of more than 4 GiB"
		}
		return append(appendUint32(dst, uint32(len(v.Bytes))), v.Bytes...), ""
	case TypeUUID:
		if len(v.Bytes) != 16 {
			return dst, "a uuid of " + strconv.Itoa(len(v.Bytes)) + " bytes"
		}
		return append(dst, v.Bytes...), ""
	case TypeDate:
		if v.Int != int64(int32(v.Int)) {
			return dst, "a date that does not fit 32 bits"
		}
		return appendUint32(dst, uint32(v.Int)), ""
	case TypeInterval:
		dst = appendUint64(dst, uint64(v.Int))
		return appendUint32(appendUint32(dst, uint32(v.Days)), uint32(v.Months)), ""
	}
	return dst, "no value can be of " + v.Type.String()
}

// DecodeRow decodes the row that b begins with into the memory of into, which
// it grows where needed, and returns the bytes after the row. The values' bytes
// point into b. The contents of text are not checked: a database may hold
// anything.
func DecodeRow(types []Type, b []byte, into []Value) (values []Value, rest []byte, err error) {
	if len(b) < rowHeader {
		return into, b, malformedRow(0, "its length is cut short")
	}
	size := getUint32(b)
	if uint64(size) > uint64(len(b)-rowHeader) {
		return into, b, malformedRow(0, "its length reaches beyond the buffer")
	}
	row, rest := b[:rowHeader+int(size)], b[rowHeader+int(size):]
	at := rowHeader + bitmapSize(len(types))
	if at > len(row) {
		return into, b, malformedRow(rowHeader, "the null bitmap is cut short")
	}
	bitmap := row[rowHeader:at]
	if n := len(types) % 8; n != 0 && bitmap[len(bitmap)-1]>>n != 0 {
		return into, b, malformedRow(at-1, "a bit is set beyond the last column")
	}
	if cap(into) < len(types) {
		into = make([]Value, len(types))
	}
	into = into[:len(types)]
	for i, t := range types {
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			into[i] = Value{}
			continue
		}
		if t == TypeAny {
			if at == len(row) {
				return into, b, malformedRow(at, "a value's type is cut short")
			}
			t = Type(row[at])
			if t == TypeAny {
				return into, b, malformedRow(at, "an any inside any")
			}
			at++
		}
		n, reason := decodeValue(t, row[at:], &into[i])
		if reason != "" {
			return into, b, malformedRow(at, reason)
		}
		at += n
	}
	if at != len(row) {
		return into, b, malformedRow(at, strconv.Itoa(len(row)-at)+" bytes are left over")
	}
	return into, rest, nil
}

const cutShort = "a value is cut short"

// decodeValue decodes one value and returns its size, or says why it can't.
func decodeValue(t Type, b []byte, v *Value) (int, string) {
	*v = Value{Type: t}
	switch t {
	case TypeNull:
		return 0, ""
	case TypeInt64, TypeTime, TypeTimestamp, TypeTimestampTZ:
		if len(b) < 8 {
			return 0, cutShort
		}
		v.Int = int64(getUint64(b))
		return 8, ""
	case TypeFloat64:
		if len(b) < 8 {
			return 0, cutShort
		}
		v.Float = math.Float64frombits(getUint64(b))
		return 8, ""
	case TypeBool:
		if len(b) < 1 {
			return 0, cutShort
		}
		if b[0] > 1 {
			return 0, "a bool that is neither 0 nor 1"
		}
		v.Int = int64(b[0])
		return 1, ""
	case TypeText, TypeBytes, TypeNumeric, TypeJSON:
		if len(b) < 4 {
			return 0, cutShort
		}
		n := getUint32(b)
		if uint64(n) > uint64(len(b)-4) {
			return 0, "a value's length reaches beyond the row"
		}
		end := 4 + int(n)
		v.Bytes = b[4:end:end]
		return end, ""
	case TypeUUID:
		if len(b) < 16 {
			return 0, cutShort
		}
		v.Bytes = b[:16:16]
		return 16, ""
	case TypeDate:
		if len(b) < 4 {
			return 0, cutShort
		}
		v.Int = int64(int32(getUint32(b)))
		return 4, ""
	case TypeInterval:
		if len(b) < 16 {
			return 0, cutShort
		}
		v.Int = int64(getUint64(b))
		v.Days, v.Months = int32(getUint32(b[8:])), int32(getUint32(b[12:]))
		return 16, ""
	}
	return 0, "unknown " + t.String()
}

func malformedRow(at int, reason string) error {
	return &MalformedError{"row", at, reason}
}

func bitmapSize(columns int) int { return (columns + 7) / 8 }

// The integers below are spelled out because encoding/binary brings reflection
// into every guest; the compiler makes single loads and stores of them.

func getUint32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func getUint64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func putUint32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

func appendUint32(dst []byte, v uint32) []byte {
	return append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

func appendUint64(dst []byte, v uint64) []byte {
	return append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24),
		byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
}
