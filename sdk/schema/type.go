package schema

import (
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Type is the type of a column. In a document it is a string such as
// "string(100)", "numeric(10,2)", "enum(state)" or "uuid[]", or an object with
// the native type's name for each dialect. What each becomes on each dialect is
// in the tables of README.md beside this file.
type Type struct {
	Base    Base
	Size    int64  // of string: characters; of numeric: precision. 0: not given
	Scale   int64  // of numeric
	Enum    string // of enum: its name
	IsArray bool
	Native  SQL // if set, the type's name as it is, and all else is empty
}

// A Base is a portable type.
type Base string

// The portable types.
const (
	BaseString      Base = "string"
	BaseText        Base = "text"
	BaseSmallint    Base = "smallint"
	BaseInteger     Base = "integer"
	BaseBigint      Base = "bigint"
	BaseBoolean     Base = "boolean"
	BaseFloat       Base = "float" // 64 bits
	BaseNumeric     Base = "numeric"
	BaseTimestamp   Base = "timestamp"
	BaseTimestampTZ Base = "timestamptz"
	BaseDate        Base = "date"
	BaseTime        Base = "time"
	BaseInterval    Base = "interval"
	BaseUUID        Base = "uuid"
	BaseJSON        Base = "json"
	BaseJSONB       Base = "jsonb"
	BaseBinary      Base = "binary"
	BaseEnum        Base = "enum"
)

// Bases are all portable types.
var Bases = []Base{
	BaseString, BaseText, BaseSmallint, BaseInteger, BaseBigint, BaseBoolean, BaseFloat, BaseNumeric,
	BaseTimestamp, BaseTimestampTZ, BaseDate, BaseTime, BaseInterval, BaseUUID, BaseJSON, BaseJSONB,
	BaseBinary, BaseEnum,
}

// TypeOf returns a portable type without parameters.
func TypeOf(b Base) Type { return Type{Base: b} }

// StringOf returns a string of at most size characters.
func StringOf(size int64) Type { return Type{Base: BaseString, Size: size} }

// NumericOf returns a decimal number.
func NumericOf(precision, scale int64) Type {
	return Type{Base: BaseNumeric, Size: precision, Scale: scale}
}

// EnumOf returns the type of an enum that CreateEnum has made.
func EnumOf(name string) Type { return Type{Base: BaseEnum, Enum: name} }

// ArrayOf returns an array.
func ArrayOf(t Type) Type {
	t.IsArray = true
	return t
}

// NativeType returns a type that the dialects know by these names.
func NativeType(postgresql, sqlite string) Type { return Type{Native: PerDialect(postgresql, sqlite)} }

// ParseType reads a portable type as a document has it.
func ParseType(s string) (Type, error) {
	t, reason := parseType(s)
	if reason != "" {
		return Type{}, &InvalidError{Reason: reason}
	}
	return t, nil
}

// maxTypeArgument bounds sizes, so that they fit wherever a database puts them.
const maxTypeArgument = 10_485_760 // PostgreSQL's limit of varchar(n)

func parseType(s string) (t Type, reason string) {
	name, isArray := strings.CutSuffix(s, "[]")
	t.IsArray = isArray
	name, rest, hasArgs := strings.Cut(name, "(")
	args := ""
	if hasArgs {
		var closed bool
		if args, closed = strings.CutSuffix(rest, ")"); !closed {
			return t, "type " + quote(s) + ": the ) is missing"
		}
	}
	t.Base = Base(name)
	known := false
	for _, b := range Bases {
		known = known || b == t.Base
	}
	if !known {
		return t, "type " + quote(s) + ` is not one of the portable types: name a native one for each dialect, {"postgresql": …, "sqlite": …}`
	}
	number := func(s string) int64 {
		n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
		if err != nil || n > maxTypeArgument {
			reason = "type " + quote(name) + ": " + quote(s) + " is not a number up to " + itoa(maxTypeArgument)
		}
		return int64(n)
	}
	switch {
	case t.Base == BaseEnum:
		t.Enum = strings.TrimSpace(args)
		if t.Enum == "" {
			return t, `an enum is written with its name: "enum(state)"`
		}
	case !hasArgs:
	case t.Base == BaseString:
		if t.Size = number(args); t.Size == 0 && reason == "" {
			reason = "a string of no characters"
		}
	case t.Base == BaseNumeric:
		precision, scale, _ := strings.Cut(args, ",")
		t.Size = number(precision)
		if scale != "" {
			t.Scale = number(scale)
		}
		if t.Size == 0 && reason == "" {
			reason = "a numeric of no digits"
		}
	default:
		return t, "type " + quote(name) + " takes no arguments"
	}
	return t, reason
}

// String returns the type as a document has it; a native one as its names.
func (t Type) String() string {
	if !t.Native.IsZero() {
		if t.Native.Both != "" {
			return t.Native.Both
		}
		return strings.Trim(t.Native.PostgreSQL+"/"+t.Native.SQLite, "/")
	}
	s := string(t.Base)
	switch {
	case t.Base == BaseEnum:
		s += "(" + t.Enum + ")"
	case t.Size > 0 && t.Scale > 0:
		s += "(" + itoa(t.Size) + "," + itoa(t.Scale) + ")"
	case t.Size > 0:
		s += "(" + itoa(t.Size) + ")"
	}
	if t.IsArray {
		s += "[]"
	}
	return s
}

// IsZero reports whether there is no type.
func (t Type) IsZero() bool { return t == Type{} }

func (t *Type) empty() bool { return t.IsZero() }
func (t *Type) read(r *abi.JSONReader) {
	if r.Peek() != '"' {
		readFields(r, t.Native.fields())
		return
	}
	at := r.At()
	s := r.Text()
	if r.Err() != nil {
		return
	}
	var reason string
	if *t, reason = parseType(s); reason != "" {
		r.Fail(at, reason)
	}
}

func (t *Type) write(w *abi.JSONWriter) {
	switch {
	case t.Native.IsZero():
		w.Text(t.String())
	case t.Native.Both != "":
		// A string would be read as a portable type.
		both := PerDialect(t.Native.Both, t.Native.Both)
		both.write(w)
	default:
		t.Native.write(w)
	}
}

func (t *Type) describe() string {
	names := ""
	for i, b := range Bases {
		if i > 0 {
			names += "|"
		}
		names += string(b)
	}
	return `{"anyOf":[{"type":"string","pattern":"^(` + names + `)([(].+[)])?([[]])?$"},` + describeFields(t.Native.fields()) + `]}`
}
