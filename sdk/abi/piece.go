package abi

import "strconv"

// RowSize returns how many bytes AppendRow writes for a row that it takes.
func RowSize(types []Type, values []Value) int {
	n := rowHeader + bitmapSize(len(types))
	for i := range values {
		v := &values[i]
		if v.Type == TypeNull {
			continue
		}
		if i < len(types) && types[i] == TypeAny {
			n++
		}
		switch v.Type {
		case TypeBool:
			n++
		case TypeDate:
			n += 4
		case TypeText, TypeBytes, TypeNumeric, TypeJSON:
			n += 4 + len(v.Bytes)
		case TypeUUID, TypeInterval:
			n += 16
		default:
			n += 8
		}
	}
	return n
}

// ValueBytes returns the bytes of a value as value_read gives them (ABI.md,
// section 3): those of section 5.1, without a length before them. They are the
// value's own, or are put into scratch.
func ValueBytes(v *Value, scratch []byte) ([]byte, error) {
	switch v.Type {
	case TypeNull:
		return nil, nil
	case TypeText, TypeBytes, TypeNumeric, TypeJSON:
		return v.Bytes, nil
	}
	b, reason := appendValue(scratch[:0], v)
	if reason != "" {
		return nil, &EncodeError{-1, reason}
	}
	return b, nil
}

// ValueOf returns the value of a type that has these bytes, as ValueBytes
// returns them. It points into b.
func ValueOf(t Type, b []byte) (v Value, err error) {
	switch t {
	case TypeText, TypeBytes, TypeNumeric, TypeJSON:
		return Value{Type: t, Bytes: b[:len(b):len(b)]}, nil
	}
	n, reason := decodeValue(t, b, &v)
	if reason == "" && n != len(b) {
		reason = strconv.Itoa(len(b)-n) + " bytes are left over"
	}
	if reason != "" {
		return Value{}, &MalformedError{"value", 0, reason}
	}
	return v, nil
}
