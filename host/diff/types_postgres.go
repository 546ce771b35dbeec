package diff

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// portablePostgres are the types of PostgreSQL, by the names that format_type
// gives them, which a portable type becomes there and nothing else does
// (sdk/schema/README.md has the table).
var portablePostgres = map[string]schema.Base{
	"character varying":           schema.BaseString,
	"text":                        schema.BaseText,
	"smallint":                    schema.BaseSmallint,
	"integer":                     schema.BaseInteger,
	"bigint":                      schema.BaseBigint,
	"boolean":                     schema.BaseBoolean,
	"double precision":            schema.BaseFloat,
	"numeric":                     schema.BaseNumeric,
	"timestamp without time zone": schema.BaseTimestamp,
	"timestamp with time zone":    schema.BaseTimestampTZ,
	"date":                        schema.BaseDate,
	"time without time zone":      schema.BaseTime,
	"interval":                    schema.BaseInterval,
	"uuid":                        schema.BaseUUID,
	"json":                        schema.BaseJSON,
	"jsonb":                       schema.BaseJSONB,
	"bytea":                       schema.BaseBinary,
}

var sized = regexp.MustCompile(`^(character varying|numeric)\((\d+)(?:,(\d+))?\)$`)

// portablePostgreSQL returns the portable type that becomes a type, or the type
// by its name.
func portablePostgreSQL(name string) schema.Type {
	element, isArray := strings.CutSuffix(name, "[]")
	if base, ok := portablePostgres[element]; ok {
		return schema.Type{Base: base, IsArray: isArray}
	}
	if m := sized.FindStringSubmatch(element); m != nil {
		t := schema.Type{Base: portablePostgres[m[1]], IsArray: isArray}
		t.Size, _ = strconv.ParseInt(m[2], 10, 64)
		t.Scale, _ = strconv.ParseInt(m[3], 10, 64)
		return t
	}
	return schema.NativeType(name, "")
}

// Constants as pg_get_expr writes them.
var (
	castConstant = regexp.MustCompile(`(?s)^'((?:[^']|'')*)'::(.+)$`)
	plainNumber  = regexp.MustCompile(`^-?(?:0|[1-9]\d*)(?:\.\d+)?$`)
	typmod       = regexp.MustCompile(`\(\d+(?:,\d+)?\)`)
)

// defaultPostgreSQL returns the default that becomes the expression again: a
// constant where the server makes this expression of the constant in a column
// of the type, else the expression.
//
// https://www.postgresql.org/docs/current/typeconv-query.html
func defaultPostgreSQL(expr string, t schema.Type, kind string) *schema.Default {
	switch {
	case expr == "CURRENT_TIMESTAMP" && (t.Base == schema.BaseTimestamp || t.Base == schema.BaseTimestampTZ) && !t.IsArray,
		expr == "CURRENT_DATE" && t.Base == schema.BaseDate && !t.IsArray:
		return schema.DefaultNow()
	case expr == "gen_random_uuid()" && t.Base == schema.BaseUUID:
		return schema.DefaultUUID()
	case (expr == "true" || expr == "false") && t == schema.TypeOf(schema.BaseBoolean):
		return schema.DefaultOf(schema.Bool(expr == "true"))
	case plainNumber.MatchString(expr) && numeric(t):
		return schema.DefaultOf(schema.Number(expr))
	}
	m := castConstant.FindStringSubmatch(expr)
	if m == nil {
		return schema.DefaultSQL(schema.Expr(expr))
	}
	text := strings.ReplaceAll(m[1], "''", "'")
	switch {
	case numeric(t) && (m[2] == "integer" || m[2] == "bigint" || m[2] == "numeric") && negative(text, m[2]):
		return schema.DefaultOf(schema.Number(text))
	case strings.Contains(m[1], `\`) || m[2] != typmod.ReplaceAllString(kind, "") || t.Base == schema.BaseBinary:
		return schema.DefaultSQL(schema.Expr(expr))
	}
	return schema.DefaultOf(schema.Text(text))
}

func numeric(t schema.Type) bool {
	switch t.Base {
	case schema.BaseSmallint, schema.BaseInteger, schema.BaseBigint, schema.BaseFloat, schema.BaseNumeric:
		return !t.IsArray
	}
	return false
}

// negative reports whether a number is a negative one that the server takes for
// one of the type: what is a constant with a sign to people is one in quotes to
// pg_get_expr.
func negative(text, kind string) bool {
	if !plainNumber.MatchString(text) || text[0] != '-' {
		return false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return kind == "numeric"
	case n > -1<<31:
		return kind == "integer"
	}
	return kind == "bigint" && n < -1<<31
}

// assignable reports whether PostgreSQL makes one type of another without being
// told how (https://www.postgresql.org/docs/current/typeconv-query.html).
func assignable(from, to *column) bool {
	family := func(c *column) string {
		switch name := base(c); name {
		case "smallint", "integer", "bigint", "numeric", "real", "double precision":
			return "number"
		case "json", "jsonb":
			return "json"
		default:
			return name
		}
	}
	a, b := family(from), family(to)
	switch b {
	case "text", "character varying", "character":
		return true
	case "timestamp without time zone":
		return a == b || a == "timestamp with time zone" || a == "date"
	case "timestamp with time zone":
		return a == b || a == "timestamp without time zone" || a == "date"
	case "date":
		return a == b || strings.HasPrefix(a, "timestamp")
	}
	return a == b
}

// using is the expression that makes the new type's value of the old one's: a
// cast, by way of text where there may be none.
func using(from, to *column) schema.SQL {
	if assignable(from, to) {
		return schema.SQL{}
	}
	expr := quoteIdent(to.Name)
	pair := [2]string{from.kind, to.kind}
	if from.kind != "text" && pair != [2]string{"boolean", "integer"} && pair != [2]string{"integer", "boolean"} {
		expr += "::text"
	}
	return schema.Expr(expr + "::" + to.typeName())
}

// loses reports whether values may lose something as the type of their column
// changes, without an error: digits, or a date or a time of day.
//
// https://www.postgresql.org/docs/current/datatype.html
func loses(from, to *column) bool {
	a, b := base(from), base(to)
	if a == "numeric" && b == "numeric" {
		return to.Type.Size > 0 && (from.Type.Size == 0 || to.Type.Scale < from.Type.Scale)
	}
	if a == b && precise[a] {
		return precision(to.kind) < precision(from.kind)
	}
	return slices.Contains(losing[a], b)
}

// losing are types that keep less of a value than another one has.
var losing = map[string][]string{
	"bigint":                      {"real", "double precision", "boolean"},
	"integer":                     {"real", "boolean"},
	"numeric":                     {"smallint", "integer", "bigint", "real", "double precision"},
	"double precision":            {"smallint", "integer", "bigint", "real", "numeric"},
	"real":                        {"smallint", "integer", "bigint", "numeric"},
	"timestamp without time zone": {"date", "time without time zone", "time with time zone"},
	"timestamp with time zone":    {"date", "time without time zone", "time with time zone"},
	"time with time zone":         {"time without time zone"},
	"interval":                    {"time without time zone"},
}

// precise are the types whose seconds have a number of digits, 6 if it is not told.
var precise = map[string]bool{
	"timestamp without time zone": true, "timestamp with time zone": true, "time without time zone": true, "time with time zone": true, "interval": true,
}

func precision(kind string) int {
	if m := typmod.FindString(kind); m != "" {
		n, _ := strconv.Atoi(strings.Trim(m, "()"))
		return n
	}
	return 6
}

// base is the name of a column's type without its parameters.
func base(c *column) string {
	return strings.Join(strings.Fields(typmod.ReplaceAllString(c.kind, "")), " ")
}

// typeName is the name of the type in SQL.
func (c *column) typeName() string {
	if c.Type.Base == schema.BaseEnum {
		name := quoteIdent(c.Type.Enum)
		if c.Type.IsArray {
			name += "[]"
		}
		return name
	}
	return c.kind
}

// statements returns the statements of a text.
func statements(d chain.Dialect, sql string) ([]string, error) {
	list, err := chain.Split(d, sql)
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].SQL
	}
	return texts, err
}
