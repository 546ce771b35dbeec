package sqlite

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// bind binds the parameters of a statement, as the table in package doc says.
func bind(s *sqlite3.Stmt, stmt *host.Statement) error {
	for i := range stmt.Params {
		if err := bindValue(s, i+1, &stmt.Params[i]); err != nil {
			return refuse(*stmt, codeOf(err), -1, fmt.Sprintf("parameter %d: %v", i+1, err))
		}
	}
	return nil
}

func bindValue(s *sqlite3.Stmt, i int, v *abi.Value) error {
	switch v.Type {
	case abi.TypeNull:
		return s.BindNull(i)
	case abi.TypeInt64, abi.TypeBool:
		return s.BindInt64(i, v.Int)
	case abi.TypeFloat64:
		if math.IsNaN(v.Float) {
			return unbindable("SQLite has no NaN and would make it NULL")
		}
		return s.BindFloat(i, v.Float)
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		if v.Bytes == nil {
			return s.BindText(i, "") // a nil slice would be bound as NULL
		}
		return s.BindRawText(i, v.Bytes)
	case abi.TypeBytes:
		if v.Bytes == nil {
			return s.BindZeroBlob(i, 0)
		}
		return s.BindBlob(i, v.Bytes)
	}
	text, err := format(*v)
	if err != nil {
		return err
	}
	return s.BindText(i, text)
}

// unbindable says why a value has no form in SQLite.
type unbindable string

func (e unbindable) Error() string { return string(e) }

const (
	microsPerDay = 24 * 60 * 60 * 1_000_000
	secondsInDay = 24 * 60 * 60
)

// format writes values that SQLite has no type for
// (https://sqlite.org/lang_datefunc.html#time_values).
func format(v abi.Value) (string, error) {
	switch v.Type {
	case abi.TypeUUID:
		if len(v.Bytes) != 16 {
			return "", unbindable(fmt.Sprintf("a uuid of %d bytes", len(v.Bytes)))
		}
		b := v.Bytes
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
	case abi.TypeDate:
		if v.Int != int64(int32(v.Int)) {
			return "", unbindable("a date that does not fit 32 bits")
		}
		return formatTime(time.Unix(v.Int*secondsInDay, 0), "2006-01-02")
	case abi.TypeTime:
		if v.Int < 0 || v.Int >= microsPerDay {
			return "", unbindable("a time of day before midnight or after the day")
		}
		return formatTime(time.UnixMicro(v.Int), "15:04:05.000000")
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		return formatTime(time.UnixMicro(v.Int), instant)
	case abi.TypeInterval:
		return formatInterval(v), nil
	}
	return "", unbindable("a value of type " + v.Type.String())
}

func formatTime(t time.Time, layout string) (string, error) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return "", unbindable("SQLite has no dates outside the years 0000 to 9999, and no infinite ones")
	}
	return t.Format(layout), nil
}

// formatInterval writes an interval in ISO 8601, with a sign for each part.
func formatInterval(v abi.Value) string {
	sign, micros := "", uint64(v.Int)
	if v.Int < 0 {
		sign, micros = "-", -micros
	}
	return "P" + strconv.Itoa(int(v.Months)) + "M" + strconv.Itoa(int(v.Days)) + "DT" +
		sign + fmt.Sprintf("%d.%06dS", micros/1_000_000, micros%1_000_000)
}

// appendRow appends the current row as abi.AppendRow writes it, value by value,
// since SQLite's own memory moves.
func appendRow(dst []byte, s *sqlite3.Stmt, columns int) []byte {
	start := len(dst)
	dst = abi.BeginRow(dst, columns)
	for i := range columns {
		switch s.ColumnType(i) {
		case sqlite3.INTEGER:
			dst = abi.AppendInt64(append(dst, byte(abi.TypeInt64)), s.ColumnInt64(i))
		case sqlite3.FLOAT:
			dst = abi.AppendFloat64(append(dst, byte(abi.TypeFloat64)), s.ColumnFloat(i))
		case sqlite3.TEXT:
			text, kind := s.ColumnRawText(i), abi.TypeText
			if !utf8.Valid(text) {
				kind = abi.TypeBytes
			}
			dst = abi.AppendBytes(append(dst, byte(kind)), text)
		case sqlite3.BLOB:
			dst = abi.AppendBytes(append(dst, byte(abi.TypeBytes)), s.ColumnRawBlob(i))
		default:
			abi.AppendNull(dst[start:], i)
		}
	}
	abi.EndRow(dst[start:])
	return dst
}
