package postgres_test

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A conversion is a column and values that go there.
type conversion struct {
	column string
	from   abi.Type
	value  func(*rand.Rand) abi.Value
}

// between returns integers of all sizes within limits.
func between(first, last int64) func(*rand.Rand) int64 {
	return func(r *rand.Rand) int64 {
		switch n := int64(r.Uint64()) >> r.IntN(64); {
		case n >= first && n <= last:
			return n
		case n&1 == 0:
			return first
		}
		return last
	}
}

func mapped[T any](random func(*rand.Rand) T, value func(T) abi.Value) func(*rand.Rand) abi.Value {
	return func(r *rand.Rand) abi.Value { return value(random(r)) }
}

func oneOf[T any](values ...T) func(*rand.Rand) T {
	return func(r *rand.Rand) T { return values[r.IntN(len(values))] }
}

// doubles are of all magnitudes, with those that are no numbers.
func doubles(r *rand.Rand) float64 {
	switch r.IntN(10) {
	case 0:
		return []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64}[r.IntN(7)]
	case 1:
		return float64(r.IntN(1000)) / 8
	}
	for {
		if f := math.Float64frombits(r.Uint64()); f == f {
			return f
		}
	}
}

func singles(r *rand.Rand) float64 {
	for {
		if f := math.Float32frombits(r.Uint32()); f == f {
			return float64(f)
		}
	}
}

// decimals are numbers of up to forty digits on either side of the point.
func decimals(r *rand.Rand) string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0000123456789"[r.IntN(13)]
		}
		return string(b)
	}
	switch r.IntN(20) {
	case 0:
		return oneOf("NaN", "Infinity", "-Infinity", "0", "-0", "0.000", "  +1.5 ", "1e10", "1.25e-7", ".5", "5.", "12E+3", "0e5", "10000", "0.0001", "-99999999")(r)
	case 1:
		return "-" + digits(1+r.IntN(9)) + "." + digits(1+r.IntN(9)) + "e" + oneOf("-20", "3", "25")(r)
	}
	sign := oneOf("", "-")(r)
	return sign + digits(1+r.IntN(40)) + oneOf("", "."+digits(1+r.IntN(40)))(r)
}

func words(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(30) {
		b.WriteRune(oneOf('a', 'Z', '\t', '\n', '\r', '\\', '.', 'N', '\'', '"', 'ß', '🐦', '\x01', '\x7f', '\u2028')(r))
	}
	if r.IntN(20) == 0 {
		return strings.Repeat(b.String(), 10_000)
	}
	return b.String()
}

func raw(r *rand.Rand) []byte {
	b := make([]byte, oneOf(0, 1, 7, 200, 100_000)(r)/(1+r.IntN(3)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func uuids(r *rand.Rand) (u [16]byte) {
	for i := range u {
		u[i] = byte(r.Uint32())
	}
	return u
}

func intervals(r *rand.Rand) abi.Value {
	of := between(-1<<40, 1<<40)
	return abi.Interval(of(r)*oneOf[int64](1, 1000)(r), int32(between(-1e6, 1e6)(r)), int32(between(-1e6, 1e6)(r)))
}

// The last of what the server has: 294276-12-31 in time, of which 64 bits of
// microseconds since 1970 end before, and 5874897-12-31 in dates.
var (
	days   = between(-2440588, 2145031948-1)
	clocks = between(0, 24*60*60*1_000_000)
	micros = func(r *rand.Rand) int64 {
		return oneOf(between(-210866803200000000, math.MaxInt64-1)(r), between(-1e15, 3e15)(r), math.MinInt64, math.MaxInt64)(r)
	}
)

var conversions = []conversion{
	{"smallint", abi.TypeInt64, mapped(between(math.MinInt16, math.MaxInt16), abi.Int64)},
	{"int", abi.TypeInt64, mapped(between(math.MinInt32, math.MaxInt32), abi.Int64)},
	{"very", abi.TypeInt64, mapped(between(math.MinInt32, math.MaxInt32), abi.Int64)},
	{"bigint", abi.TypeInt64, mapped(between(math.MinInt64, math.MaxInt64), abi.Int64)},
	{"numeric", abi.TypeInt64, mapped(between(math.MinInt64, math.MaxInt64), abi.Int64)},
	{"double precision", abi.TypeInt64, mapped(between(math.MinInt64, math.MaxInt64), abi.Int64)},
	{"text", abi.TypeInt64, mapped(between(math.MinInt64, math.MaxInt64), abi.Int64)},
	{"oid", abi.TypeInt64, mapped(between(0, math.MaxUint32), abi.Int64)},
	{"money", abi.TypeInt64, mapped(between(-1e9, 1e9), abi.Int64)},
	{"double precision", abi.TypeFloat64, mapped(doubles, abi.Float64)},
	{"real", abi.TypeFloat64, mapped(singles, abi.Float64)},
	{"numeric", abi.TypeFloat64, mapped(doubles, abi.Float64)},
	{"numeric", abi.TypeNumeric, mapped(decimals, abi.Numeric)},
	{"text", abi.TypeNumeric, mapped(decimals, abi.Numeric)},
	{"double precision", abi.TypeNumeric, mapped(decimals, abi.Numeric)},
	{"numeric", abi.TypeText, mapped(decimals, abi.Text)},
	{"bigint", abi.TypeText, mapped(oneOf("1", " -2 ", "9223372036854775807"), abi.Text)},
	{"bool", abi.TypeBool, mapped(oneOf(true, false), abi.Bool)},
	{"text", abi.TypeBool, mapped(oneOf(true, false), abi.Bool)},
	{"text", abi.TypeText, mapped(words, abi.Text)},
	{"varchar", abi.TypeText, mapped(words, abi.Text)},
	{"varchar(3)", abi.TypeText, mapped(oneOf("", "abc", "a", "äöü", "ab  "), abi.Text)},
	{"char(5)", abi.TypeText, mapped(oneOf("", "abc", "a", "äöü", "ab  "), abi.Text)},
	{"mood", abi.TypeText, mapped(oneOf("sad", `o\k`, "größer"), abi.Text)},
	{"name", abi.TypeText, mapped(oneOf("a", "ß"), abi.Text)},
	{"text[]", abi.TypeText, mapped(oneOf("{}", `{a,"b\\,c",NULL}`, "{{1,2},{3,4}}"), abi.Text)},
	{"int[]", abi.TypeText, mapped(oneOf("{}", "{1,NULL,3}", "[2:3]={1,2}"), abi.Text)},
	{"inet", abi.TypeText, mapped(oneOf("192.168.0.1/24", "::1"), abi.Text)},
	{"date", abi.TypeText, mapped(oneOf("2026-11-26", "0044-03-15 BC", "infinity"), abi.Text)},
	{"json", abi.TypeJSON, mapped(oneOf(`{"a":  1}`, `[1, 2, "\n\\"]`, "null"), abi.JSON)},
	{"jsonb", abi.TypeJSON, mapped(oneOf(`{"a":  1}`, `[1, 2, "\n\\"]`, "null"), abi.JSON)},
	{"jsonb", abi.TypeText, mapped(oneOf(`{"a":  1}`, `[1.50]`), abi.Text)},
	{"text", abi.TypeJSON, mapped(oneOf(`{"a":  1}`, `[1.50]`), abi.JSON)},
	{"bytea", abi.TypeBytes, mapped(raw, abi.Bytes)},
	{"uuid", abi.TypeUUID, mapped(uuids, abi.UUID)},
	{"text", abi.TypeUUID, mapped(uuids, abi.UUID)},
	{"date", abi.TypeDate, mapped(days, func(n int64) abi.Value { return abi.Date(int32(n)) })},
	{"date", abi.TypeDate, mapped(oneOf[int32](math.MinInt32, math.MaxInt32, 0), abi.Date)},
	{"text", abi.TypeDate, mapped(days, func(n int64) abi.Value { return abi.Date(int32(n)) })},
	{"timestamp", abi.TypeDate, mapped(between(-1e6, 1e6), func(n int64) abi.Value { return abi.Date(int32(n)) })},
	{"time", abi.TypeTime, mapped(clocks, abi.Time)},
	{"text", abi.TypeTime, mapped(clocks, abi.Time)},
	{"timestamp", abi.TypeTimestamp, mapped(micros, abi.Timestamp)},
	{"timestamp(2)", abi.TypeTimestamp, mapped(between(-1e15, 3e15), abi.Timestamp)},
	{"text", abi.TypeTimestamp, mapped(micros, abi.Timestamp)},
	{"timestamptz", abi.TypeTimestampTZ, mapped(micros, abi.TimestampTZ)},
	{"timestamptz", abi.TypeTimestamp, mapped(between(-1e15, 3e15), abi.Timestamp)},
	{"interval", abi.TypeInterval, intervals},
	{"text", abi.TypeInterval, intervals},
}
