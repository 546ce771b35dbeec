package sdk

import (
	"math"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The methods below ask for the likely type first, of a column that is near, so that
// they become part of the caller's loop, and leave the others to a function.

// Int64 returns an integer.
func (r *Row) Int64(i int) int64 {
	if uint(i) < abi.Near && r.near[i].Type == abi.TypeInt64 {
		return r.near[i].Int
	}
	return r.toInt64(i)
}

func (r *Row) toInt64(i int) int64 {
	if r.typeOf(i) == abi.TypeInt64 {
		return r.cells[i].Int
	}
	r.cannot(i, "an integer")
	return 0
}

// Float64 returns a number: a float, an integer that a float holds exactly, or
// a numeric, rounded to the nearest float.
func (r *Row) Float64(i int) float64 {
	if uint(i) < abi.Near && r.near[i].Type == abi.TypeFloat64 {
		return r.near[i].Float
	}
	return r.toFloat64(i)
}

func (r *Row) toFloat64(i int) float64 {
	switch r.typeOf(i) {
	case abi.TypeFloat64:
		return r.cells[i].Float
	case abi.TypeInt64:
		v := r.cells[i].Int
		if f := float64(v); f < math.MaxInt64 && int64(f) == v {
			return f
		}
	case abi.TypeNumeric:
		if f, err := strconv.ParseFloat(r.cells[i].Text, 64); err == nil {
			return f
		}
	}
	r.cannot(i, "a float")
	return 0
}

// Bool returns a boolean, which on SQLite is the integer 0 or 1.
func (r *Row) Bool(i int) bool {
	switch r.typeOf(i) {
	case abi.TypeBool:
		return r.cells[i].Text == "\x01"
	case abi.TypeInt64:
		if v := r.cells[i].Int; v == 0 || v == 1 {
			return v == 1
		}
	}
	r.cannot(i, "a boolean")
	return false
}

// Text returns a text, or the text of a numeric, a json or a uuid. It is a part of
// some kilobytes of rows: to keep one of many, keep its strings.Clone.
func (r *Row) Text(i int) string {
	if uint(i) < abi.Near && r.near[i].Type == abi.TypeText {
		return r.near[i].Text
	}
	return r.toText(i)
}

func (r *Row) toText(i int) string {
	switch r.typeOf(i) {
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		return r.cells[i].Text
	case abi.TypeUUID:
		return uuidText(r.scan.Value(i).Bytes)
	}
	r.cannot(i, "text")
	return ""
}

// Bytes returns bytes, or those of a text.
func (r *Row) Bytes(i int) []byte {
	switch r.typeOf(i) {
	case abi.TypeBytes, abi.TypeText, abi.TypeNumeric, abi.TypeJSON, abi.TypeUUID:
		return []byte(r.cells[i].Text)
	}
	r.cannot(i, "bytes")
	return nil
}

// Timestamp returns a date and time as microseconds since 1970-01-01 00:00:00,
// UTC where it has a zone: a timestamp, a date (its midnight), or a text as
// SQLite's functions write it, such as "2026-10-04 09:30:00". time.UnixMicro
// makes a time.Time of it. PostgreSQL's infinite ones cannot be read.
func (r *Row) Timestamp(i int) int64 {
	if uint(i) < abi.Near && (r.near[i].Type == abi.TypeTimestamp || r.near[i].Type == abi.TypeTimestampTZ) {
		if v := r.near[i].Int; v != math.MinInt64 && v != math.MaxInt64 {
			return v
		}
	}
	return r.toTimestamp(i)
}

func (r *Row) toTimestamp(i int) int64 {
	const microsPerDay = 24 * 60 * 60 * 1e6
	switch r.typeOf(i) {
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		if v := r.cells[i].Int; v != math.MinInt64 && v != math.MaxInt64 {
			return v
		}
	case abi.TypeDate:
		if v := r.scan.Value(i).Int; v != math.MinInt32 && v != math.MaxInt32 {
			return v * microsPerDay
		}
	case abi.TypeText:
		if micros, ok := parseTimestamp(r.cells[i].Text); ok {
			return micros
		}
	}
	r.cannot(i, "a timestamp")
	return 0
}

// UUID returns a uuid, also from its text or its 16 bytes, which is how SQLite
// keeps one.
func (r *Row) UUID(i int) [16]byte {
	switch r.typeOf(i) {
	case abi.TypeUUID, abi.TypeBytes:
		if b := r.cells[i].Text; len(b) == 16 {
			return [16]byte([]byte(b))
		}
	case abi.TypeText:
		if id, ok := ParseUUID(r.cells[i].Text); ok {
			return id
		}
	}
	r.cannot(i, "a uuid")
	return [16]byte{}
}
