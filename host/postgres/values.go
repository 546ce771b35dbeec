package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Results come in the binary format for the types below, which are exact and
// independent of DateStyle and the like, and in text form for all others.
//
// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
const (
	formatText   = 0
	formatBinary = 1
)

// Days and microseconds from 1970-01-01 to 2000-01-01, which PostgreSQL counts from.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 60 * 60 * 1_000_000
)

// columnOf returns how a column of a result is called and typed in ABI.md
// (section 5.1), and the format to ask for.
func columnOf(f pgconn.FieldDescription) (abi.Column, int16) {
	c := abi.Column{Name: strings.ToValidUTF8(f.Name, "\uFFFD")}
	switch f.DataTypeOID {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		c.Type = abi.TypeInt64
	case pgtype.Float4OID, pgtype.Float8OID:
		c.Type = abi.TypeFloat64
	case pgtype.BoolOID:
		c.Type = abi.TypeBool
	case pgtype.ByteaOID:
		c.Type = abi.TypeBytes
	case pgtype.UUIDOID:
		c.Type = abi.TypeUUID
	case pgtype.DateOID:
		c.Type = abi.TypeDate
	case pgtype.TimeOID:
		c.Type = abi.TypeTime
	case pgtype.TimestampOID:
		c.Type = abi.TypeTimestamp
	case pgtype.TimestamptzOID:
		c.Type = abi.TypeTimestampTZ
	case pgtype.IntervalOID:
		c.Type = abi.TypeInterval
	case pgtype.NumericOID:
		c.Type = abi.TypeNumeric
		return c, formatText
	case pgtype.JSONOID, pgtype.JSONBOID:
		c.Type = abi.TypeJSON
		return c, formatText
	default:
		c.Type = abi.TypeText
		return c, formatText
	}
	return c, formatBinary
}

// decode makes a value of what the server sent for a column.
func decode(f *pgconn.FieldDescription, t abi.Type, raw []byte) (abi.Value, error) {
	if raw == nil {
		return abi.Null(), nil
	}
	malformed := func() (abi.Value, error) {
		return abi.Value{}, fmt.Errorf("column %q: the server sent %d bytes for a value of type %s", f.Name, len(raw), t)
	}
	switch t {
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		if !utf8.Valid(raw) { // from a database in SQL_ASCII
			return abi.Value{}, &refusal{abi.ErrnoSQL, fmt.Sprintf("column %q holds text that is not UTF-8: "+
				"read it as bytes with convert_to(…, 'SQL_ASCII')", f.Name)}
		}
		return abi.Value{Type: t, Bytes: raw}, nil
	case abi.TypeBytes:
		return abi.Bytes(raw), nil
	case abi.TypeBool:
		if len(raw) != 1 {
			return malformed()
		}
		return abi.Bool(raw[0] != 0), nil
	case abi.TypeUUID:
		if len(raw) != 16 {
			return malformed()
		}
		return abi.Value{Type: t, Bytes: raw}, nil
	case abi.TypeInterval:
		if len(raw) != 16 {
			return malformed()
		}
		return abi.Interval(int64(binary.BigEndian.Uint64(raw)),
			int32(binary.BigEndian.Uint32(raw[8:])), int32(binary.BigEndian.Uint32(raw[12:]))), nil
	}
	var n int64
	switch len(raw) {
	case 2:
		n = int64(int16(binary.BigEndian.Uint16(raw)))
	case 4:
		n = int64(int32(binary.BigEndian.Uint32(raw)))
	case 8:
		n = int64(binary.BigEndian.Uint64(raw))
	default:
		return malformed()
	}
	switch t {
	case abi.TypeInt64, abi.TypeTime:
		return abi.Value{Type: t, Int: n}, nil
	case abi.TypeFloat64:
		if len(raw) == 4 {
			return abi.Float64(float64(math.Float32frombits(uint32(n)))), nil
		}
		return abi.Float64(math.Float64frombits(uint64(n))), nil
	case abi.TypeDate:
		if n != math.MinInt32 && n != math.MaxInt32 {
			n += epochDays
		}
		return abi.Value{Type: t, Int: n}, nil
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		if n != math.MinInt64 && n != math.MaxInt64 {
			if n > math.MaxInt64-1-epochMicros {
				return abi.Value{}, &refusal{abi.ErrnoSQL, fmt.Sprintf("column %q holds a time after the year 294246, "+
					"which does not fit 64 bits of microseconds since 1970: read it as text", f.Name)}
			}
			n += epochMicros
		}
		return abi.Value{Type: t, Int: n}, nil
	}
	return malformed()
}

// Parameters go in text form with no type given, so that the server infers the
// type from where a parameter stands, as it does for a literal: an int64 may go
// into a bigint, a numeric or a text column. Bytes alone are typed, and go as
// they are: doubling them into hex digits would cost time.

// typesOf returns the types of parameters for the server, and their formats.
func typesOf(types []abi.Type) (oids []uint32, formats []int16) {
	for i, t := range types {
		if t == abi.TypeBytes {
			if oids == nil {
				oids, formats = make([]uint32, len(types)), make([]int16, len(types))
			}
			oids[i], formats[i] = pgtype.ByteaOID, formatBinary
		}
	}
	return oids, formats
}

// encodeAll encodes the parameters of one statement behind what buf holds, and
// returns buf. formats are those that typesOf gave. Long texts and bytes are not
// copied: they have to be sent before the call of the guest returns.
func encodeAll(buf []byte, values []abi.Value, formats []int16) (out [][]byte, _ []byte, err error) {
	out = make([][]byte, len(values))
	if buf == nil {
		buf = []byte{} // an empty value is not NULL
	}
	for i := range values {
		v := &values[i]
		if v.Type == abi.TypeNull {
			continue
		}
		start, reason := len(buf), ""
		asIs := formats != nil && formats[i] == formatBinary && v.Type == abi.TypeBytes
		if len(v.Bytes) > maxQueueBytes && (asIs || v.Type == abi.TypeText && abi.ValidText(v.Bytes)) {
			out[i] = v.Bytes
			continue
		}
		if asIs {
			buf = append(buf, v.Bytes...)
		} else if buf, reason = appendText(buf, v); reason != "" {
			return nil, buf, &abi.EncodeError{Column: i, Reason: reason}
		}
		out[i] = buf[start:len(buf):len(buf)]
	}
	return out, buf, nil
}

const (
	microsPerDay = 24 * 60 * 60 * 1_000_000
	notWithinDay = "a time that is not within a day"
)

// appendText appends the text form of a value that is not NULL, or says why it has
// none.
func appendText(dst []byte, v *abi.Value) (out []byte, reason string) {
	switch v.Type {
	case abi.TypeInt64:
		return strconv.AppendInt(dst, v.Int, 10), ""
	case abi.TypeFloat64:
		return appendFloat(dst, v.Float), ""
	case abi.TypeBool:
		return strconv.AppendBool(dst, v.Int != 0), "" // the words that bool::text gives
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		if !abi.ValidText(v.Bytes) {
			return dst, "text that is not UTF-8 or holds a NUL"
		}
		return append(dst, v.Bytes...), ""
	case abi.TypeBytes:
		return hex.AppendEncode(append(dst, `\x`...), v.Bytes), ""
	case abi.TypeUUID:
		if len(v.Bytes) != 16 {
			return dst, "a uuid that is not 16 bytes"
		}
		u := v.Bytes
		for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
			if i > 0 {
				dst = append(dst, '-')
			}
			dst = hex.AppendEncode(dst, part)
		}
		return dst, ""
	case abi.TypeDate:
		return append(dst, dateText(v.Int)...), ""
	case abi.TypeTime:
		if v.Int < 0 || v.Int > microsPerDay {
			return dst, notWithinDay
		}
		return append(dst, clockText(uint64(v.Int))...), ""
	case abi.TypeTimestamp:
		return append(dst, timestampText(v.Int, "")...), ""
	case abi.TypeTimestampTZ:
		return append(dst, timestampText(v.Int, "+00")...), ""
	case abi.TypeInterval:
		return append(dst, intervalText(*v)...), ""
	}
	return dst, "a value of " + v.Type.String()
}

// appendFloat appends the shortest text that is read as the same number, in the
// server's words.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

func boolText(b bool) []byte {
	if b {
		return []byte("t")
	}
	return []byte("f")
}

func isTrue(text []byte) bool { return string(text) == "t" }

// dateText writes a date in the ISO form, which every DateStyle reads.
func dateText(days int64) string {
	switch days {
	case math.MinInt32:
		return "-infinity"
	case math.MaxInt32:
		return "infinity"
	}
	return civil(time.Unix(days*24*60*60, 0).UTC(), "-01-02", "")
}

// timestampText writes a timestamp in the ISO form, with a zone or none.
func timestampText(micros int64, zone string) string {
	switch micros {
	case math.MinInt64:
		return "-infinity"
	case math.MaxInt64:
		return "infinity"
	}
	return civil(time.UnixMicro(micros).UTC(), "-01-02 15:04:05.999999", zone)
}

// civil writes the year and the rest of t as layout says. Years before 1 are
// counted as PostgreSQL does: 1 BC, 2 BC …
func civil(t time.Time, layout, zone string) string {
	year, era := t.Year(), ""
	if year < 1 {
		year, era = 1-year, " BC"
	}
	return fmt.Sprintf("%04d%s%s%s", year, t.Format(layout), zone, era)
}

func clockText(micros uint64) string {
	seconds := micros / 1_000_000
	return fmt.Sprintf("%02d:%02d:%02d.%06d", seconds/3600, seconds/60%60, seconds%60, micros%1_000_000)
}

// intervalText writes every field with its sign, so that IntervalStyle does not
// matter.
func intervalText(v abi.Value) string {
	sign, micros := "+", uint64(v.Int)
	if v.Int < 0 {
		sign, micros = "-", -micros
	}
	return fmt.Sprintf("%+d mons %+d days %s%s", v.Months, v.Days, sign, clockText(micros))
}

// textArray writes a text[] (or an array of anything) of elements that are not NULL.
//
// https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
func textArray(elements []string) []byte {
	b := []byte{'{'}
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		for j := range len(e) {
			if e[j] == '"' || e[j] == '\\' {
				b = append(b, '\\')
			}
			b = append(b, e[j])
		}
		b = append(b, '"')
	}
	return append(b, '}')
}
