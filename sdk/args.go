package sdk

import (
	"math"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Value is a value of any type that a database knows, for arguments that no
// Go type stands for, and for what [Row.Value] returns.
type Value = abi.Value

// Null is NULL, as nil is.
var Null = Value{}

// Numeric is a decimal number from its text, such as "-12.50".
func Numeric(text string) Value { return abi.Numeric(text) }

// JSON is a json value from its text.
func JSON(text string) Value { return abi.JSON(text) }

// UUID is a uuid from its 16 bytes.
func UUID(id [16]byte) Value { return abi.UUID(id) }

// TimestampTZ is a moment: microseconds since 1970-01-01 00:00:00 UTC, which is
// what UnixMicro of a time.Time returns.
func TimestampTZ(micros int64) Value { return abi.TimestampTZ(micros) }

// Timestamp is a date and time without a zone: microseconds since
// 1970-01-01 00:00:00.
func Timestamp(micros int64) Value { return abi.Timestamp(micros) }

// Date is a date: days since 1970-01-01.
func Date(days int32) Value { return abi.Date(days) }

// TimeOfDay is a time of day: microseconds since midnight.
func TimeOfDay(micros int64) Value { return abi.Time(micros) }

// Interval is an interval of months, days and microseconds, which is how
// PostgreSQL keeps one.
func Interval(months, days int32, micros int64) Value { return abi.Interval(micros, days, months) }

// appendValues appends the arguments of a statement as values.
func appendValues(values []Value, args []any) ([]Value, error) {
	for i, arg := range args {
		v, reason := valueOf(arg)
		if reason != "" {
			return values, wrongArgument(i, reason)
		}
		values = append(values, v)
	}
	return values, nil
}

// valueOf returns the value of an argument, or says why it has none. The
// type switch stands in for reflection, which would double a module's size.
func valueOf(arg any) (v Value, reason string) {
	switch a := arg.(type) {
	case nil:
		return Value{}, ""
	case Value:
		return a, ""
	case string:
		return abi.Text(a), ""
	case []byte:
		if a == nil {
			return Value{}, ""
		}
		return abi.Bytes(a), ""
	case bool:
		return abi.Bool(a), ""
	case int:
		return abi.Int64(int64(a)), ""
	case int8:
		return abi.Int64(int64(a)), ""
	case int16:
		return abi.Int64(int64(a)), ""
	case int32:
		return abi.Int64(int64(a)), ""
	case int64:
		return abi.Int64(a), ""
	case uint8:
		return abi.Int64(int64(a)), ""
	case uint16:
		return abi.Int64(int64(a)), ""
	case uint32:
		return abi.Int64(int64(a)), ""
	case uint:
		return unsigned(uint64(a))
	case uint64:
		return unsigned(a)
	case float32:
		return abi.Float64(float64(a)), ""
	case float64:
		return abi.Float64(a), ""
	case [16]byte:
		return abi.UUID(a), ""
	}
	return Value{}, "is of a type that cannot be sent: use a string, []byte, bool, an integer, " +
		"a float, [16]byte for a uuid, nil, or a sdk.Value"
}

func unsigned(n uint64) (Value, string) {
	if n > math.MaxInt64 {
		return Value{}, "is larger than the largest int64: send it as sdk.Numeric"
	}
	return abi.Int64(int64(n)), ""
}

// text joins the parts of a log line, in the manner of fmt.Sprint but without
// its spaces.
func text(parts []any) string {
	if len(parts) == 1 {
		if s, ok := parts[0].(string); ok {
			return s
		}
	}
	var b []byte
	for _, part := range parts {
		switch p := part.(type) {
		case error:
			b = append(b, p.Error()...)
			continue
		case Dialect:
			b = append(b, p...)
			continue
		}
		v, reason := valueOf(part)
		if reason != "" {
			b = append(b, "(a value that cannot be shown)"...)
			continue
		}
		b = appendShown(b, v)
	}
	return string(b)
}

// appendShown appends a value as a person reads it in a log; dates and times as
// the number they are.
func appendShown(b []byte, v Value) []byte {
	switch v.Type {
	case abi.TypeNull:
		return append(b, "NULL"...)
	case abi.TypeBool:
		return strconv.AppendBool(b, v.Int != 0)
	case abi.TypeFloat64:
		return strconv.AppendFloat(b, v.Float, 'g', -1, 64)
	case abi.TypeBytes:
		return append(strconv.AppendInt(b, int64(len(v.Bytes)), 10), " bytes"...)
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		return append(b, v.Bytes...)
	case abi.TypeUUID:
		return append(b, uuidText(v.Bytes)...)
	}
	return strconv.AppendInt(b, v.Int, 10)
}

// Values returns the values of arguments of a statement, as Exec sends them.
// Test databases use it for the rows they answer with.
func Values(args ...any) ([]Value, error) {
	return appendValues(make([]Value, 0, len(args)), args)
}

// Show returns a value as a line of a log shows it.
func Show(v Value) string { return string(appendShown(nil, v)) }
