package sqlitetest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// bind binds a parameter, counted from 1.
func bind(stmt *sqlite3.Stmt, i int, v sdk.Value) error {
	var err error
	switch v.Type {
	case abi.TypeNull:
		err = stmt.BindNull(i)
	case abi.TypeInt64, abi.TypeBool:
		err = stmt.BindInt64(i, v.Int)
	case abi.TypeFloat64:
		if math.IsNaN(v.Float) {
			return refuse("SQLite has no NaN and would make it NULL")
		}
		err = stmt.BindFloat(i, v.Float)
	case abi.TypeBytes:
		if len(v.Bytes) == 0 {
			err = stmt.BindZeroBlob(i, 0) // an empty slice would be NULL
		} else {
			err = stmt.BindBlob(i, v.Bytes)
		}
	default:
		text, err := format(v)
		if err != nil {
			return err
		}
		return sqlError(stmt.BindText(i, text))
	}
	return sqlError(err)
}

// format writes values that SQLite keeps as text.
// https://sqlite.org/lang_datefunc.html#time_values
func format(v sdk.Value) (string, error) {
	switch v.Type {
	case abi.TypeDate:
		return formatTime(time.Unix(v.Int*24*60*60, 0), "2006-01-02")
	case abi.TypeTime:
		return formatTime(time.UnixMicro(v.Int), "15:04:05.000000")
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		return formatTime(time.UnixMicro(v.Int), "2006-01-02 15:04:05.000000")
	case abi.TypeInterval:
		sign, micros := "", uint64(v.Int)
		if v.Int < 0 {
			sign, micros = "-", -micros
		}
		return fmt.Sprintf("P%dM%dDT%s%d.%06dS", v.Months, v.Days, sign, micros/1e6, micros%1e6), nil
	case abi.TypeText, abi.TypeNumeric, abi.TypeJSON:
		return string(v.Bytes), nil
	case abi.TypeUUID:
		return sdk.Show(v), nil
	}
	return "", refuse("a value of type " + v.Type.String())
}

func formatTime(t time.Time, layout string) (string, error) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return "", refuse("SQLite has no dates outside the years 0000 to 9999, and no infinite ones")
	}
	return t.Format(layout), nil
}

// rows are the open rows of a query.
type rows struct {
	stmt   *sqlite3.Stmt // nil once closed
	values []abi.Value
}

func (r *rows) Columns() ([]abi.Column, error) {
	if r.stmt == nil {
		return nil, &sdk.Error{Errno: sdk.ErrHandle, Message: "the rows are closed"}
	}
	columns := make([]abi.Column, r.stmt.ColumnCount())
	for i := range columns {
		columns[i] = abi.Column{Name: r.stmt.ColumnName(i), Type: abi.TypeAny}
	}
	return columns, nil
}

func (r *rows) Next() ([]abi.Value, error) {
	if r.stmt == nil {
		return nil, io.EOF
	}
	if !r.stmt.Step() {
		err := sqlError(r.stmt.Err())
		if closed := r.Close(); err == nil {
			err = closed
		}
		if err == nil {
			err = io.EOF
		}
		return nil, err
	}
	r.values = r.values[:0]
	for i := range r.stmt.ColumnCount() {
		r.values = append(r.values, r.value(i))
	}
	return r.values, nil
}

func (r *rows) value(i int) abi.Value {
	switch r.stmt.ColumnType(i) {
	case sqlite3.INTEGER:
		return abi.Int64(r.stmt.ColumnInt64(i))
	case sqlite3.FLOAT:
		return abi.Float64(r.stmt.ColumnFloat(i))
	case sqlite3.TEXT:
		if text := r.stmt.ColumnText(i); utf8.ValidString(text) {
			return abi.Text(text)
		}
		return abi.Bytes(r.stmt.ColumnBlob(i, nil))
	case sqlite3.BLOB:
		return abi.Bytes(r.stmt.ColumnBlob(i, nil))
	}
	return abi.Null()
}

func (r *rows) Close() error {
	if r.stmt == nil {
		return nil
	}
	stmt := r.stmt
	r.stmt = nil
	return sqlError(stmt.Close())
}

// refuse is a refusal of our own, in SQLite's words for it.
func refuse(message string) error {
	return &sdk.Error{Errno: sdk.ErrSQL, Code: "SQLITE_MISUSE", Message: message}
}

// sqlError returns a driver's error as the host gives it to a guest.
func sqlError(err error) error {
	if err == nil {
		return nil
	}
	extended := sqlite3.ERROR.ExtendedCode()
	errors.As(err, &extended)
	message := strings.TrimPrefix(err.Error(), extended.Error()+": ")
	code, known := codes[extended]
	if !known {
		code = "SQLITE_ERROR"
	}
	return &sdk.Error{Errno: sdk.ErrSQL, Code: code, Message: strings.TrimPrefix(message, "sqlite3: ")}
}

// codes are the names of the result codes that a migration may want to tell
// from others. https://sqlite.org/rescode.html
var codes = map[sqlite3.ExtendedErrorCode]string{
	sqlite3.CONSTRAINT_CHECK:        "SQLITE_CONSTRAINT_CHECK",
	sqlite3.CONSTRAINT_FOREIGNKEY:   "SQLITE_CONSTRAINT_FOREIGNKEY",
	sqlite3.CONSTRAINT_NOTNULL:      "SQLITE_CONSTRAINT_NOTNULL",
	sqlite3.CONSTRAINT_PRIMARYKEY:   "SQLITE_CONSTRAINT_PRIMARYKEY",
	sqlite3.CONSTRAINT_ROWID:        "SQLITE_CONSTRAINT_ROWID",
	sqlite3.CONSTRAINT_TRIGGER:      "SQLITE_CONSTRAINT_TRIGGER",
	sqlite3.CONSTRAINT_UNIQUE:       "SQLITE_CONSTRAINT_UNIQUE",
	sqlite3.CONSTRAINT_DATATYPE:     "SQLITE_CONSTRAINT_DATATYPE",
	sqlite3.MISMATCH.ExtendedCode(): "SQLITE_MISMATCH",
	sqlite3.TOOBIG.ExtendedCode():   "SQLITE_TOOBIG",
}
