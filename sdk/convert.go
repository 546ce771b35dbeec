package sdk

import (
	"math"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Int64 returns an integer.
func (r *Row) Int64(i int) int64 {
	v := r.at(i)
	if v.Type == abi.TypeInt64 {
		return v.Int
	}
	r.cannot(i, "an integer")
	return 0
}

// Float64 returns a number: a float, an integer that a float holds exactly, or
// a numeric, rounded to the nearest float.
func (r *Row) Float64(i int) float64 {
	switch v := r.at(i); v.Type {
	case abi.TypeFloat64:
		return v.Float
	case abi.TypeInt64:
		if f := float64(v.Int); f < math.MaxInt64 && int64(f) == v.Int {
			return f
		}
	case abi.TypeNumeric:
		if f, err := strconv.ParseFloat(string(v.Bytes), 64); err == nil {
			return f
		}
	}
	r.cannot(i, "a float")
	return 0
}

// Bool returns a boolean, which on SQLite is the integer 0 or 1.
func (r *Row) Bool(i int) bool {
	v := r.at(i)
	if v.Type == abi.TypeBool || v.Type == abi.TypeInt64 && (v.Int == 0 || v.Int == 1) {
		return v.Int == 1
	}
	r.cannot(i, "a boolean")
	return false
}

// Text returns a text, or the text of a numeric, a json or a uuid.
func (r *Row) Text(i int) string {
	switch v := r.at(i); v.Type {
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		return string(v.Bytes)
	case abi.TypeUUID:
		return uuidText(v.Bytes)
	}
	r.cannot(i, "text")
	return ""
}

// Bytes returns bytes, or those of a text.
func (r *Row) Bytes(i int) []byte {
	switch v := r.at(i); v.Type {
	case abi.TypeBytes, abi.TypeText, abi.TypeNumeric, abi.TypeJSON, abi.TypeUUID:
		return append([]byte{}, v.Bytes...)
	}
	r.cannot(i, "bytes")
	return nil
}

// Timestamp returns a date and time as microseconds since 1970-01-01 00:00:00,
// UTC where it has a zone: a timestamp, a date (its midnight), or a text as
// SQLite's functions write it, such as "2026-10-04 09:30:00". time.UnixMicro
// makes a time.Time of it. PostgreSQL's infinite ones cannot be read.
func (r *Row) Timestamp(i int) int64 {
	const microsPerDay = 24 * 60 * 60 * 1e6
	switch v := r.at(i); v.Type {
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		if v.Int != math.MinInt64 && v.Int != math.MaxInt64 {
			return v.Int
		}
	case abi.TypeDate:
		if v.Int != math.MinInt32 && v.Int != math.MaxInt32 {
			return v.Int * microsPerDay
		}
	case abi.TypeText:
		if micros, ok := parseTimestamp(string(v.Bytes)); ok {
			return micros
		}
	}
	r.cannot(i, "a timestamp")
	return 0
}

// UUID returns a uuid, also from its text or its 16 bytes, which is how SQLite
// keeps one.
func (r *Row) UUID(i int) [16]byte {
	switch v := r.at(i); v.Type {
	case abi.TypeUUID, abi.TypeBytes:
		if len(v.Bytes) == 16 {
			return [16]byte(v.Bytes)
		}
	case abi.TypeText:
		if id, ok := ParseUUID(string(v.Bytes)); ok {
			return id
		}
	}
	r.cannot(i, "a uuid")
	return [16]byte{}
}
