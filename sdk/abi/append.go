package abi

import "math"

// The functions below write a row value by value, for who has many rows of Go's
// own types: to make a [Value] of each value takes longer than to write it.
// BeginRow comes first and EndRow last, and between them a call for each column,
// with what its type holds.

// BeginRow appends what a row of so many columns begins with.
func BeginRow(dst []byte, columns int) []byte {
	if columns > 0 && columns <= 8 { // most rows: one store instead of a call
		return append(dst, 0, 0, 0, 0, 0)
	}
	return append(dst, make([]byte, rowHeader+bitmapSize(columns))...)
}

// AppendNull makes a column of the row NULL, for which nothing is appended.
func AppendNull(row []byte, column int) { row[rowHeader+column/8] |= 1 << (column % 8) }

// AppendInt64 appends an integer.
func AppendInt64(dst []byte, v int64) []byte { return appendUint64(dst, uint64(v)) }

// AppendFloat64 appends a float.
func AppendFloat64(dst []byte, v float64) []byte { return appendUint64(dst, math.Float64bits(v)) }

// AppendText appends a text of at most 4 GiB.
func AppendText(dst []byte, v string) []byte { return append(appendUint32(dst, uint32(len(v))), v...) }

// AppendBytes appends bytes of at most 4 GiB, of a text or not.
func AppendBytes(dst, v []byte) []byte { return append(appendUint32(dst, uint32(len(v))), v...) }

// AppendValue appends a value that is not NULL, or says why it cannot.
func AppendValue(dst []byte, v *Value) (b []byte, reason string) { return appendValue(dst, v) }

// EndRow writes the size of a row of at most 4 GiB where it belongs.
func EndRow(row []byte) { putUint32(row, uint32(len(row)-rowHeader)) }

// CutRow cuts off the row that b begins with, whose values it does not look at.
func CutRow(b []byte) (row, rest []byte, err error) {
	if len(b) < rowHeader {
		return nil, b, malformedRow(0, "its length is cut short")
	}
	size := getUint32(b)
	if uint64(size) > uint64(len(b)-rowHeader) {
		return nil, b, malformedRow(0, "its length reaches beyond the buffer")
	}
	end := rowHeader + int(size)
	return b[:end:end], b[end:], nil
}
