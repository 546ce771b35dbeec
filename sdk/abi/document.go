package abi

import (
	"math"
	"slices"
)

// Context is what a guest is told of its run (ABI.md, section 6.1).
type Context struct {
	ABI       string // the version the host speaks, such as "1.0"
	Dialect   string // PostgreSQL or SQLite
	Line      string
	Revision  string
	Direction string // Upgrade or Downgrade
	Started   int64  // start of the run, microseconds since 1970 UTC
	Server    string // the database's version, such as "15.18"
}

var contextFields = []string{"abi", "dialect", "line", "revision", "direction", "started", "server"}

// AppendContext appends the document.
func AppendContext(dst []byte, c *Context) []byte {
	w := JSONWriter{b: dst}
	w.Open('{')
	w.text("abi", c.ABI)
	w.text("dialect", c.Dialect)
	w.text("line", c.Line)
	w.text("revision", c.Revision)
	w.text("direction", c.Direction)
	w.integer("started", c.Started)
	w.text("server", c.Server)
	w.Close('}')
	return w.b
}

// DecodeContext decodes the document.
func DecodeContext(b []byte) (*Context, error) {
	c := new(Context)
	r := JSONReader{what: "context", b: b}
	err := r.Document(MaxDocument, contextFields, func(field int) {
		switch contextFields[field] {
		case "abi":
			c.ABI = r.Text()
		case "dialect":
			c.Dialect = r.oneOf(PostgreSQL, SQLite)
		case "line":
			c.Line = r.Text()
		case "revision":
			c.Revision = r.Text()
		case "direction":
			c.Direction = r.oneOf(Upgrade, Downgrade)
		case "started":
			c.Started = r.Integer(math.MinInt64, math.MaxInt64)
		case "server":
			c.Server = r.Text()
		}
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// oneOf reads a string that must be one of the words.
func (r *JSONReader) oneOf(words ...string) string {
	r.Peek()
	at := r.at
	s := r.Text()
	if r.err == nil && !slices.Contains(words, s) {
		reason := quote(s) + " is neither " + words[0]
		for _, word := range words[1:] {
			reason += " nor " + word
		}
		r.Fail(at, reason)
	}
	return s
}

// ErrorDocument is the last error of an instance (ABI.md, section 6.2).
type ErrorDocument struct {
	Errno    Errno
	Code     string // SQLSTATE, or SQLite's name of the extended result code
	Message  string
	Detail   string
	Hint     string
	Position int // 1-based character in the statement, 0 if unknown
}

var errorFields = []string{"errno", "code", "message", "detail", "hint", "position"}

// maxErrorText is how many bytes of a text an error document holds. Should
// every one of them need escaping, the document still fits MaxDocument.
const maxErrorText = 32 << 10

// AppendError appends the document. Texts of more than 32 KiB are cut.
func AppendError(dst []byte, e *ErrorDocument) []byte {
	w := JSONWriter{b: dst}
	w.Open('{')
	w.integer("errno", int64(e.Errno))
	w.text("code", cut(e.Code, maxErrorText))
	w.text("message", cut(e.Message, maxErrorText))
	w.text("detail", cut(e.Detail, maxErrorText))
	w.text("hint", cut(e.Hint, maxErrorText))
	w.integer("position", int64(e.Position))
	w.Close('}')
	return w.b
}

// DecodeError decodes the document.
func DecodeError(b []byte) (*ErrorDocument, error) {
	e := new(ErrorDocument)
	r := JSONReader{what: "error document", b: b}
	err := r.Document(MaxDocument, errorFields, func(field int) {
		switch errorFields[field] {
		case "errno":
			e.Errno = Errno(r.Integer(0, math.MaxInt32))
		case "code":
			e.Code = r.Text()
		case "message":
			e.Message = r.Text()
		case "detail":
			e.Detail = r.Text()
		case "hint":
			e.Hint = r.Text()
		case "position":
			e.Position = int(r.Integer(0, math.MaxInt32))
		}
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}
