package abi

import (
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// Type is the type of a column or a value (ABI.md, section 5.1).
type Type uint8

// The types, with their codes.
const (
	TypeNull        Type = 0
	TypeInt64       Type = 1
	TypeFloat64     Type = 2
	TypeBool        Type = 3
	TypeText        Type = 4
	TypeBytes       Type = 5
	TypeNumeric     Type = 6
	TypeUUID        Type = 7
	TypeDate        Type = 8
	TypeTime        Type = 9
	TypeTimestamp   Type = 10
	TypeTimestampTZ Type = 11
	TypeInterval    Type = 12
	TypeJSON        Type = 13
	TypeAny         Type = 14
)

var typeNames = [...]string{
	"null", "int64", "float64", "bool", "text", "bytes", "numeric", "uuid", "date",
	"time", "timestamp", "timestamptz", "interval", "json", "any",
}

// String returns the name in ABI.md, such as "int64".
func (t Type) String() string {
	if t.known() {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

func (t Type) known() bool { return t <= TypeAny }

// A Value is one value of a row. Its zero value is NULL. Which fields count
// depends on Type:
//
//	null                                    none
//	int64, bool (0 or 1)                    Int
//	date                                    Int, days since 1970-01-01
//	time, timestamp, timestamptz            Int, microseconds
//	interval                                Int, microseconds; Days; Months
//	float64                                 Float
//	text, bytes, numeric, json, uuid (16)   Bytes
//
// A NULL is always of TypeNull, whatever its column's type is; no value is of
// TypeAny.
type Value struct {
	Type   Type
	Int    int64
	Float  float64
	Bytes  []byte
	Days   int32
	Months int32
}

// Null returns NULL.
func Null() Value { return Value{} }

// Int64 returns an int64.
func Int64(v int64) Value { return Value{Type: TypeInt64, Int: v} }

// Float64 returns a float64.
func Float64(v float64) Value { return Value{Type: TypeFloat64, Float: v} }

// Bool returns a bool.
func Bool(v bool) Value {
	if v {
		return Value{Type: TypeBool, Int: 1}
	}
	return Value{Type: TypeBool}
}

// Text returns a text. It shares the string's memory: Bytes must not be written to.
func Text(v string) Value { return Value{Type: TypeText, Bytes: stringBytes(v)} }

// Bytes returns bytes. It does not copy them. A nil slice is an empty value, not NULL.
func Bytes(v []byte) Value { return Value{Type: TypeBytes, Bytes: v} }

// Numeric returns a numeric from its decimal text, such as "-12.50".
func Numeric(v string) Value { return Value{Type: TypeNumeric, Bytes: stringBytes(v)} }

// UUID returns a uuid.
func UUID(v [16]byte) Value { return Value{Type: TypeUUID, Bytes: v[:]} }

// Date returns a date from days since 1970-01-01.
func Date(days int32) Value { return Value{Type: TypeDate, Int: int64(days)} }

// Time returns a time of day from microseconds since midnight.
func Time(micros int64) Value { return Value{Type: TypeTime, Int: micros} }

// Timestamp returns a timestamp without zone from microseconds since 1970-01-01 00:00:00.
func Timestamp(micros int64) Value { return Value{Type: TypeTimestamp, Int: micros} }

// TimestampTZ returns a timestamp from microseconds since 1970-01-01 00:00:00 UTC.
func TimestampTZ(micros int64) Value { return Value{Type: TypeTimestampTZ, Int: micros} }

// Interval returns an interval.
func Interval(micros int64, days, months int32) Value {
	return Value{Type: TypeInterval, Int: micros, Days: days, Months: months}
}

// JSON returns a json from its text.
func JSON(v string) Value { return Value{Type: TypeJSON, Bytes: stringBytes(v)} }

// IsNull reports whether the value is NULL.
func (v Value) IsNull() bool { return v.Type == TypeNull }

// Clone returns a copy of the value that shares no memory with it.
func (v Value) Clone() Value {
	if v.Bytes != nil {
		v.Bytes = append(make([]byte, 0, len(v.Bytes)), v.Bytes...)
	}
	return v
}

// ValidText reports whether b is text in the sense of ABI.md, section 2: valid
// UTF-8 without a NUL.
func ValidText(b []byte) bool {
	for _, c := range b {
		if c == 0 {
			return false
		}
	}
	return utf8.Valid(b)
}

// ValidSavepointName reports whether name may name a savepoint (ABI.md, section 3).
func ValidSavepointName(name string) bool {
	if len(name) == 0 || len(name) > MaxSavepointName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// stringBytes returns the string's memory as a slice, which nobody writes to.
// Its capacity is its length, so appending to it copies.
func stringBytes(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
