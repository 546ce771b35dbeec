package postgres

import (
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// typeNames are the portable types that are called the same whatever their
// parameters are.
//
// https://www.postgresql.org/docs/current/datatype.html
var typeNames = map[schema.Base]string{
	schema.BaseString:      "varchar",
	schema.BaseText:        "text",
	schema.BaseSmallint:    "smallint",
	schema.BaseInteger:     "integer",
	schema.BaseBigint:      "bigint",
	schema.BaseBoolean:     "boolean",
	schema.BaseFloat:       "double precision",
	schema.BaseNumeric:     "numeric",
	schema.BaseTimestamp:   "timestamp without time zone",
	schema.BaseTimestampTZ: "timestamp with time zone",
	schema.BaseDate:        "date",
	schema.BaseTime:        "time without time zone",
	schema.BaseInterval:    "interval",
	schema.BaseUUID:        "uuid",
	schema.BaseJSON:        "json",
	schema.BaseJSONB:       "jsonb",
	schema.BaseBinary:      "bytea",
}

// typeName is the name of a type.
func typeName(t schema.Type) string {
	if !t.Native.IsZero() {
		return t.Native.For(schema.PostgreSQL)
	}
	name := typeNames[t.Base]
	switch {
	case t.Base == schema.BaseEnum:
		name = quoteIdent(t.Enum)
	case t.Base == schema.BaseString && t.Size > 0:
		name += "(" + strconv.FormatInt(t.Size, 10) + ")"
	case t.Base == schema.BaseNumeric && t.Size > 0:
		name += "(" + strconv.FormatInt(t.Size, 10) + ", " + strconv.FormatInt(t.Scale, 10) + ")"
	}
	if t.IsArray {
		name += "[]"
	}
	return name
}

// isNumber reports whether a type is of numbers.
func isNumber(t schema.Type) bool {
	switch t.Base {
	case schema.BaseSmallint, schema.BaseInteger, schema.BaseBigint, schema.BaseFloat, schema.BaseNumeric:
		return !t.IsArray
	}
	return false
}

// defaultOf is the expression of a default, for a column of type t. Where the
// type is not known, the server casts the time as it assigns it.
func defaultOf(d *schema.Default, t schema.Type) string {
	switch d.Function {
	case schema.FunctionNow:
		switch t.Base {
		case schema.BaseDate:
			return "CURRENT_DATE"
		case schema.BaseTime:
			return "CURRENT_TIME"
		}
		return "CURRENT_TIMESTAMP"
	case schema.FunctionUUID:
		return "gen_random_uuid()"
	case schema.FunctionJSON:
		return "'{}'"
	case schema.FunctionJSONArray:
		if t.IsArray {
			return "'{}'" // what an empty array is in its own type
		}
		return "'[]'"
	}
	if !d.SQL.IsZero() {
		return d.SQL.For(schema.PostgreSQL)
	}
	switch d.Literal.Kind {
	case schema.TextLiteral:
		return quoteText(d.Literal.Text)
	case schema.NumberLiteral, schema.BoolLiteral:
		return d.Literal.Text
	case schema.BytesLiteral:
		return `'\x` + d.Literal.Text + `'::bytea`
	}
	return "NULL"
}

// untyped is a literal that takes the type of the column it is for.
//
// https://www.postgresql.org/docs/current/typeconv-query.html
func untyped(l schema.Literal) string {
	switch l.Kind {
	case schema.TextLiteral, schema.NumberLiteral, schema.BoolLiteral:
		return quoteText(l.Text)
	case schema.BytesLiteral:
		return `'\x` + l.Text + `'`
	}
	return "NULL"
}

// quoteText is a literal string. The runner's transactions have
// standard_conforming_strings on, so a backslash is a backslash.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
