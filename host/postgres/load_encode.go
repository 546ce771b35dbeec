package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// copySignature is what COPY's binary format begins with: the signature, no flags,
// no extension.
//
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
const copySignature = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// A converter appends the binary form of a value, or says why there is none.
type converter func(dst []byte, v *abi.Value) (out []byte, reason string)

// An unfitError is a value that does not fit its column.
type unfitError struct {
	column string
	code   string // SQLSTATE
	reason string
}

func (e *unfitError) Error() string { return fmt.Sprintf("column %q: %s", e.column, e.reason) }

// encodeRow puts a row into the buffer. Long values are sent from where they are.
func (l *load) encodeRow(values []abi.Value) error {
	if l.binary {
		l.buf = binary.BigEndian.AppendUint16(l.buf, uint16(len(values)))
	}
	for i := range values {
		v, c := &values[i], &l.columns[i]
		var err error
		switch {
		case v.Type == abi.TypeText && !abi.ValidText(v.Bytes): // inside any
			err = &unfitError{c.name, codeUntranslatable, "text that is not UTF-8 or holds a NUL"}
		case l.binary:
			err = l.binaryField(c, v)
		default:
			err = l.textField(i, c, v)
		}
		if err != nil {
			return err
		}
	}
	if !l.binary {
		l.buf = append(l.buf, '\n')
	}
	return nil
}

func (l *load) binaryField(c *loadColumn, v *abi.Value) error {
	if v.Type == abi.TypeNull {
		l.buf = binary.BigEndian.AppendUint32(l.buf, math.MaxUint32)
		return nil
	}
	at := len(l.buf)
	l.buf = append(l.buf, 0, 0, 0, 0)
	if len(v.Bytes) > loadPiece && c.takesVerbatim() {
		prefix := len(l.buf)
		l.buf = append(l.buf, c.prefix()...)
		binary.BigEndian.PutUint32(l.buf[at:], uint32(len(l.buf)-prefix+len(v.Bytes)))
		if err := l.flush(); err != nil {
			return err
		}
		_, err := l.pipe.Write(v.Bytes)
		return err
	}
	var reason string
	if l.buf, reason = c.convert(l.buf, v); reason != "" {
		return &unfitError{c.name, codeOutOfRange, reason}
	}
	binary.BigEndian.PutUint32(l.buf[at:], uint32(len(l.buf)-at-4))
	return nil
}

// textField puts a value into the buffer as COPY's text format has it.
func (l *load) textField(i int, c *loadColumn, v *abi.Value) error {
	if i > 0 {
		l.buf = append(l.buf, '\t')
	}
	switch v.Type {
	case abi.TypeNull:
		l.buf = append(l.buf, `\N`...)
		return nil
	case abi.TypeText, abi.TypeJSON, abi.TypeNumeric:
		return l.pieces(v.Bytes, appendEscaped)
	case abi.TypeBytes:
		if c.oid != pgtype.ByteaOID {
			return &unfitError{c.name, codeTypeMismatch, "bytes for a column that is not a bytea"}
		}
		l.buf = append(l.buf, `\\x`...)
		return l.pieces(v.Bytes, hex.AppendEncode)
	}
	var reason string
	if l.scratch, reason = appendText(l.scratch[:0], v); reason != "" {
		return &unfitError{c.name, codeOutOfRange, reason}
	}
	l.buf = appendEscaped(l.buf, l.scratch)
	return nil
}

// pieces puts a long value into the buffer bit by bit.
func (l *load) pieces(b []byte, as func(dst, src []byte) []byte) error {
	for len(b) > loadPiece/2 {
		l.buf = as(l.buf, b[:loadPiece/2])
		if err := l.flush(); err != nil {
			return err
		}
		b = b[loadPiece/2:]
	}
	l.buf = as(l.buf, b)
	return nil
}

// appendEscaped writes what the text format would take for something else with a
// backslash before it.
func appendEscaped(dst, src []byte) []byte {
	for _, b := range src {
		switch b {
		case '\\':
			dst = append(dst, '\\', '\\')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// Binary forms are those of the types' receive functions, which are the ones that
// results have.

func textFields(dst []byte, v *abi.Value) ([]byte, string) { return appendText(dst, v) }

func jsonbFields(dst []byte, v *abi.Value) ([]byte, string) {
	return appendText(append(dst, jsonbVersion), v)
}

// jsonbVersion is the byte before the text of a jsonb.
const jsonbVersion = 1

func outOfRange(v int64, of string) string {
	return fmt.Sprintf("%d is out of range for type %s", v, of)
}

func int2Fields(dst []byte, v *abi.Value) ([]byte, string) {
	if v.Int != int64(int16(v.Int)) {
		return dst, outOfRange(v.Int, "smallint")
	}
	return binary.BigEndian.AppendUint16(dst, uint16(v.Int)), ""
}

func int4Fields(dst []byte, v *abi.Value) ([]byte, string) {
	if v.Int != int64(int32(v.Int)) {
		return dst, outOfRange(v.Int, "integer")
	}
	return binary.BigEndian.AppendUint32(dst, uint32(v.Int)), ""
}

func int8Fields(dst []byte, v *abi.Value) ([]byte, string) {
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int)), ""
}

// float4Fields rounds, as the server does, but to nothing and to infinity.
func float4Fields(dst []byte, v *abi.Value) ([]byte, string) {
	f := float32(v.Float)
	if math.IsInf(float64(f), 0) && !math.IsInf(v.Float, 0) || f == 0 && v.Float != 0 {
		return dst, fmt.Sprintf("%v is out of range for type real", v.Float)
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(f)), ""
}

func float8Fields(dst []byte, v *abi.Value) ([]byte, string) {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Float)), ""
}

func boolFields(dst []byte, v *abi.Value) ([]byte, string) { return append(dst, byte(v.Int)), "" }

func byteaFields(dst []byte, v *abi.Value) ([]byte, string) { return append(dst, v.Bytes...), "" }

func uuidFields(dst []byte, v *abi.Value) ([]byte, string) { return append(dst, v.Bytes...), "" }

// The first day and microsecond that the server has: 4714-11-24 BC.
const (
	firstDay    = -2440588
	firstMicros = firstDay * 24 * 60 * 60 * 1_000_000
)

func dateFields(dst []byte, v *abi.Value) ([]byte, string) {
	days := v.Int
	if days != math.MinInt32 && days != math.MaxInt32 {
		if days < firstDay {
			return dst, fmt.Sprintf("the day %d before 1970 is out of range for type date: 4714-11-24 BC is the first", -days)
		}
		days -= epochDays
	}
	return binary.BigEndian.AppendUint32(dst, uint32(days)), ""
}

func timeFields(dst []byte, v *abi.Value) ([]byte, string) {
	if v.Int < 0 || v.Int > microsPerDay {
		return dst, notWithinDay
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int)), ""
}

func timestampFields(dst []byte, v *abi.Value) ([]byte, string) {
	micros := v.Int
	if micros != math.MinInt64 && micros != math.MaxInt64 {
		if micros < firstMicros {
			return dst, time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) + " is out of range for type timestamp: 4714-11-24 BC is the first day"
		}
		micros -= epochMicros
	}
	return binary.BigEndian.AppendUint64(dst, uint64(micros)), ""
}

func intervalFields(dst []byte, v *abi.Value) ([]byte, string) {
	dst = binary.BigEndian.AppendUint64(dst, uint64(v.Int))
	dst = binary.BigEndian.AppendUint32(dst, uint32(v.Days))
	return binary.BigEndian.AppendUint32(dst, uint32(v.Months)), ""
}
