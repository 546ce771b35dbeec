package abi

import (
	"strconv"
	"unicode/utf8"
)

// A JSONWriter appends a document. Fields are written in the order of the
// calls, without white space, and left out when empty.
type JSONWriter struct {
	b     []byte
	comma bool
}

// NewJSONWriter returns a writer that appends to dst.
func NewJSONWriter(dst []byte) *JSONWriter { return &JSONWriter{b: dst} }

// Bytes returns what was written.
func (w *JSONWriter) Bytes() []byte { return w.b }

// Open begins an object or an array, with its bracket.
func (w *JSONWriter) Open(c byte) {
	w.separate()
	w.b = append(w.b, c)
	w.comma = false
}

// Close ends an object or an array, with its bracket.
func (w *JSONWriter) Close(c byte) {
	w.b = append(w.b, c)
	w.comma = true
}

func (w *JSONWriter) separate() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

// Name writes the name of a field, whose value comes next.
func (w *JSONWriter) Name(name string) {
	w.separate()
	w.b = appendQuoted(w.b, name)
	w.b = append(w.b, ':')
	w.comma = false
}

// Text writes a string.
func (w *JSONWriter) Text(value string) {
	w.separate()
	w.b = appendQuoted(w.b, value)
}

// Raw writes a number, true, false or null, as it is given.
func (w *JSONWriter) Raw(value string) {
	w.separate()
	w.b = append(w.b, value...)
}

func (w *JSONWriter) text(name, value string) {
	if value == "" {
		return
	}
	w.Name(name)
	w.b = appendQuoted(w.b, value)
	w.comma = true
}

func (w *JSONWriter) integer(name string, value int64) {
	w.Name(name)
	w.b = strconv.AppendInt(w.b, value, 10)
	w.comma = true
}

func (w *JSONWriter) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.Name(name)
	w.Open('[')
	for _, v := range values {
		w.separate()
		w.b = appendQuoted(w.b, v)
	}
	w.Close(']')
}

func (w *JSONWriter) integers(name string, values []int) {
	if len(values) == 0 {
		return
	}
	w.Name(name)
	w.Open('[')
	for _, v := range values {
		w.separate()
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	}
	w.Close(']')
}

// appendQuoted appends s as a JSON string. What a string of a document cannot
// hold, bytes that are not UTF-8 and NULs, becomes U+FFFD, so that whatever a
// database says in an error reaches the guest.
func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == 0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}
