package schema

import (
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// The dialects.
const (
	PostgreSQL = abi.PostgreSQL
	SQLite     = abi.SQLite
)

// SQL is a piece of SQL: an expression, a statement, the name of a type. In a
// document it is a string, which both dialects are given, or an object with a
// field for each dialect that has one.
type SQL struct {
	Both       string
	PostgreSQL string
	SQLite     string
}

// Expr returns SQL that both dialects are given.
func Expr(sql string) SQL { return SQL{Both: sql} }

// PerDialect returns SQL that differs.
func PerDialect(postgresql, sqlite string) SQL { return SQL{PostgreSQL: postgresql, SQLite: sqlite} }

// For returns what a dialect is given, "" if nothing.
func (s SQL) For(dialect string) string {
	switch {
	case s.Both != "":
		return s.Both
	case dialect == PostgreSQL:
		return s.PostgreSQL
	case dialect == SQLite:
		return s.SQLite
	}
	return ""
}

// IsZero reports whether there is none, for either dialect.
func (s SQL) IsZero() bool { return s == SQL{} }

func (s *SQL) fields() []field {
	return []field{may("postgresql", text(&s.PostgreSQL)), may("sqlite", text(&s.SQLite))}
}
func (s *SQL) empty() bool { return s.IsZero() }
func (s *SQL) read(r *abi.JSONReader) {
	if r.Peek() == '"' {
		s.Both = r.Text()
		return
	}
	readFields(r, s.fields())
}

func (s *SQL) write(w *abi.JSONWriter) {
	if s.Both != "" {
		w.Text(s.Both)
		return
	}
	writeFields(w, s.fields())
}

func (s *SQL) describe() string {
	return `{"anyOf":[{"type":"string"},` + describeFields(s.fields()) + `]}`
}

// A Literal is a constant. In a document it is a string, a number, true, false,
// null, or an object {"hex": "…"} for bytes.
type Literal struct {
	Kind LiteralKind
	Text string // of a string; the number as it is written; bytes in hex; "true" or "false"
}

// LiteralKind says what a Literal is.
type LiteralKind uint8

// The kinds of literals. The zero value is no literal at all.
const (
	NoLiteral LiteralKind = iota
	NullLiteral
	TextLiteral
	NumberLiteral
	BoolLiteral
	BytesLiteral
)

// Null is the literal NULL.
func Null() Literal { return Literal{Kind: NullLiteral} }

// Text is a literal string.
func Text(s string) Literal { return Literal{TextLiteral, s} }

// Int is a literal integer.
func Int(n int64) Literal { return Literal{NumberLiteral, itoa(n)} }

// Number is a literal number, written as in JSON.
func Number(s string) Literal { return Literal{NumberLiteral, s} }

// Bool is a literal boolean.
func Bool(b bool) Literal { return Literal{BoolLiteral, strconv.FormatBool(b)} }

// Bytes are literal bytes.
func Bytes(b []byte) Literal {
	const hex = "0123456789abcdef"
	s := make([]byte, 0, 2*len(b))
	for _, c := range b {
		s = append(s, hex[c>>4], hex[c&15])
	}
	return Literal{BytesLiteral, string(s)}
}

func (l *Literal) empty() bool { return l.Kind == NoLiteral }

func (l *Literal) read(r *abi.JSONReader) {
	switch r.Peek() {
	case '"':
		*l = Text(r.Text())
	case 't', 'f':
		*l = Bool(r.Boolean())
	case 'n':
		if !r.Null() {
			r.Fail(r.At(), "a literal is expected")
			return
		}
		*l = Null()
	case '{':
		l.Kind = BytesLiteral
		at := r.At()
		r.Object([]string{"hex"}, func(int) { l.Text = r.Text() })
		if !validHex(l.Text) && r.Err() == nil {
			r.Fail(at, "bytes that are not an even number of hex digits")
		}
	default:
		*l = Number(r.Number())
	}
}

func (l *Literal) write(w *abi.JSONWriter) {
	switch l.Kind {
	case TextLiteral:
		w.Text(l.Text)
	case NumberLiteral, BoolLiteral:
		w.Raw(l.Text)
	case BytesLiteral:
		w.Open('{')
		w.Name("hex")
		w.Text(l.Text)
		w.Close('}')
	default:
		w.Raw("null")
	}
}

func (l *Literal) describe() string {
	return `{"anyOf":[{"type":["string","number","boolean","null"]},{"type":"object","additionalProperties":false,"required":["hex"],"properties":{"hex":{"type":"string","pattern":"^([0-9a-fA-F]{2})*$"}}}]}`
}

func validHex(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s)%2 == 0
}

// A Row is a row of literals.
type Row []Literal

func (row *Row) empty() bool { return len(*row) == 0 }
func (row *Row) read(r *abi.JSONReader) {
	list((*[]Literal)(row)).read(r)
}
func (row *Row) write(w *abi.JSONWriter) { list((*[]Literal)(row)).write(w) }
func (row *Row) describe() string        { return list((*[]Literal)(row)).describe() }

// Function is a default that the database computes for each row, and that both
// dialects have a way to say.
type Function string

// The functions.
const (
	FunctionNow       Function = "now"         // the time of the transaction or statement, in the column's type
	FunctionUUID      Function = "uuid"        // a random uuid, version 4
	FunctionJSONArray Function = "json_array"  // []
	FunctionJSON      Function = "json_object" // {}
)

// A Default is a server default. In a document it is a literal, or an object
// {"function": "now"} or {"sql": …}.
type Default struct {
	Literal  Literal
	Function Function
	SQL      SQL
}

// DefaultOf returns a constant default.
func DefaultOf(l Literal) *Default { return &Default{Literal: l} }

// DefaultNow is the current time.
func DefaultNow() *Default { return &Default{Function: FunctionNow} }

// DefaultUUID is a random uuid.
func DefaultUUID() *Default { return &Default{Function: FunctionUUID} }

// DefaultSQL is an expression.
func DefaultSQL(sql SQL) *Default { return &Default{SQL: sql} }

func (d *Default) fields() []field {
	return []field{
		may("function", choice(&d.Function, FunctionNow, FunctionUUID, FunctionJSON, FunctionJSONArray)),
		may("sql", &d.SQL),
		may("hex", hexOf{&d.Literal}),
	}
}
func (d *Default) empty() bool { return *d == Default{} }
func (d *Default) read(r *abi.JSONReader) {
	if r.Peek() != '{' {
		d.Literal.read(r)
		return
	}
	at := r.At()
	readFields(r, d.fields())
	if d.wrong() != "" && r.Err() == nil {
		r.Fail(at, d.wrong())
	}
}

func (d *Default) write(w *abi.JSONWriter) {
	if !d.Literal.empty() && d.Literal.Kind != BytesLiteral {
		d.Literal.write(w)
		return
	}
	writeFields(w, d.fields())
}

// wrong says what is wrong with the default, "" if nothing.
func (d *Default) wrong() string {
	if countTrue(!d.Literal.empty(), d.Function != "", !d.SQL.IsZero()) != 1 {
		return `a default is a constant, {"function": …} or {"sql": …}: exactly one of them`
	}
	return ""
}

func (d *Default) describe() string {
	return `{"anyOf":[{"type":["string","number","boolean","null"]},` + describeFields(d.fields()) + `]}`
}

// hexOf is the bytes of a literal, in a default.
type hexOf struct{ l *Literal }

func (h hexOf) empty() bool             { return h.l.Kind != BytesLiteral }
func (h hexOf) write(w *abi.JSONWriter) { w.Text(h.l.Text) }
func (h hexOf) describe() string        { return `{"type":"string","pattern":"^([0-9a-fA-F]{2})*$"}` }
func (h hexOf) read(r *abi.JSONReader) {
	at := r.At()
	*h.l = Literal{BytesLiteral, r.Text()}
	if !validHex(h.l.Text) && r.Err() == nil {
		r.Fail(at, "bytes that are not an even number of hex digits")
	}
}
