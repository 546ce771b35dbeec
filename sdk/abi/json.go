package abi

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonReader reads the documents of ABI.md, section 6, and nothing more
// general: objects whose fields are known beforehand, arrays, strings,
// integers and booleans. Since every document asks for just the shape it
// knows, nothing is ever nested deeper than the shape is, and an unknown field
// is refused before its value is looked at.
//
// The first error sticks: what is read after it is empty, and loops end.
type jsonReader struct {
	what string
	b    []byte
	at   int
	err  error
}

func (r *jsonReader) fail(at int, reason string) {
	if r.err == nil {
		r.err = &MalformedError{r.what, at, reason}
	}
}

// document reads the only object of the document with read.
func (r *jsonReader) document(limit int, fields []string, read func(field int)) error {
	if len(r.b) > limit {
		r.fail(limit, "it is larger than "+strconv.Itoa(limit>>20)+" MiB")
	}
	r.object(fields, read)
	if r.peek() != 0 || r.at != len(r.b) {
		r.fail(r.at, "something follows the document")
	}
	return r.err
}

// object reads an object, calling read for every field with its index in fields.
func (r *jsonReader) object(fields []string, read func(field int)) {
	r.open('{', "an object")
	var seen uint64
	for first := true; r.more('}', first); first = false {
		at := r.at
		name := r.text()
		field := -1
		for i, f := range fields {
			if f == name {
				field = i
			}
		}
		switch {
		case r.err != nil:
		case field < 0:
			r.fail(at, "unknown field "+quote(name))
		case seen&(1<<field) != 0:
			r.fail(at, "repeated field "+quote(name))
		case r.peek() != ':':
			r.fail(r.at, "a colon is expected")
		default:
			seen |= 1 << field
			r.at++
			read(field)
		}
	}
}

// array reads an array, calling read for every element.
func (r *jsonReader) array(read func()) {
	r.open('[', "an array")
	for first := true; r.more(']', first); first = false {
		read()
	}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (r *jsonReader) peek() byte {
	for r.err == nil && r.at < len(r.b) {
		switch c := r.b[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) open(c byte, what string) {
	if r.peek() != c {
		r.fail(r.at, what+" is expected")
		return
	}
	r.at++
}

// more reads up to the next element and reports whether there is one.
func (r *jsonReader) more(end byte, first bool) bool {
	c := r.peek()
	if r.err != nil {
		return false
	}
	if c == end {
		r.at++
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		r.fail(r.at, "a comma or "+quote(string(rune(end)))+" is expected")
		return false
	}
	r.at++
	return true
}

func (r *jsonReader) boolean() bool {
	r.peek()
	for _, word := range []string{"true", "false"} {
		if rest := r.b[r.at:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			r.at += len(word)
			return word == "true"
		}
	}
	r.fail(r.at, "true or false is expected")
	return false
}

// integer reads an integer between least and most.
func (r *jsonReader) integer(least, most int64) int64 {
	r.peek()
	start, at := r.at, r.at
	if at < len(r.b) && r.b[at] == '-' {
		at++
	}
	digits := at
	for at < len(r.b) && r.b[at] >= '0' && r.b[at] <= '9' {
		at++
	}
	switch {
	case at == digits:
		r.fail(start, "an integer is expected")
		return 0
	case r.b[digits] == '0' && at > digits+1:
		r.fail(start, "an integer begins with a zero")
		return 0
	case at < len(r.b) && (r.b[at] == '.' || r.b[at] == 'e' || r.b[at] == 'E'):
		r.fail(start, "a number is not an integer")
		return 0
	}
	// 20 characters hold every int64; longer ones are not copied to find out.
	v, err := int64(0), error(nil)
	if at-start <= 20 {
		v, err = strconv.ParseInt(string(r.b[start:at]), 10, 64)
	}
	if at-start > 20 || err != nil || v < least || v > most {
		r.fail(start, "an integer is not between "+strconv.FormatInt(least, 10)+" and "+strconv.FormatInt(most, 10))
		return 0
	}
	r.at = at
	return v
}

// text reads a string that is text in the sense of ABI.md, section 2.
func (r *jsonReader) text() string {
	if r.peek() != '"' {
		r.fail(r.at, "a string is expected")
		return ""
	}
	start := r.at + 1
	at := start
	for at < len(r.b) && r.b[at] != '"' && r.b[at] != '\\' && r.b[at] >= ' ' {
		at++
	}
	var buf []byte
	escaped := at < len(r.b) && r.b[at] == '\\'
	if escaped {
		buf = append(buf, r.b[start:at]...)
	}
	for ; at < len(r.b) && r.b[at] != '"'; at++ {
		c := r.b[at]
		if c < ' ' {
			r.fail(at, "a control character in a string")
			return ""
		}
		if c != '\\' {
			buf = append(buf, c)
			continue
		}
		char, size := unescape(r.b[at:])
		if size == 0 {
			r.fail(at, "an escape that stands for no character")
			return ""
		}
		buf = utf8.AppendRune(buf, char)
		at += size - 1
	}
	if at >= len(r.b) {
		r.fail(start-1, "a string without an end")
		return ""
	}
	if !escaped {
		buf = r.b[start:at]
	}
	if !utf8.Valid(buf) {
		r.fail(start, "a string that is not UTF-8")
		return ""
	}
	r.at = at + 1
	return string(buf)
}

// unescape returns the character that b begins with an escape of, and the
// escape's size; 0 if it stands for none, or for NUL.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		char, ok := hex4(b[2:])
		if !ok || char == 0 {
			return 0, 0
		}
		if !utf16.IsSurrogate(char) {
			return char, 6
		}
		if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
			return 0, 0
		}
		low, ok := hex4(b[8:])
		if char = utf16.DecodeRune(char, low); !ok || char == utf8.RuneError {
			return 0, 0
		}
		return char, 12
	}
	return 0, 0
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var v rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

// A jsonWriter appends a document. Fields are written in the order of the
// calls, without white space, and left out when empty.
type jsonWriter struct {
	b     []byte
	comma bool
}

func (w *jsonWriter) open(c byte) {
	w.separate()
	w.b = append(w.b, c)
	w.comma = false
}

func (w *jsonWriter) close(c byte) {
	w.b = append(w.b, c)
	w.comma = true
}

func (w *jsonWriter) separate() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

func (w *jsonWriter) name(name string) {
	w.separate()
	w.b = appendQuoted(w.b, name)
	w.b = append(w.b, ':')
	w.comma = false
}

func (w *jsonWriter) text(name, value string) {
	if value == "" {
		return
	}
	w.name(name)
	w.b = appendQuoted(w.b, value)
	w.comma = true
}

func (w *jsonWriter) integer(name string, value int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, value, 10)
	w.comma = true
}

func (w *jsonWriter) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.name(name)
	w.open('[')
	for _, v := range values {
		w.separate()
		w.b = appendQuoted(w.b, v)
	}
	w.close(']')
}

func (w *jsonWriter) integers(name string, values []int) {
	if len(values) == 0 {
		return
	}
	w.name(name)
	w.open('[')
	for _, v := range values {
		w.separate()
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	}
	w.close(']')
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

// quote returns s as it is shown in an error: short, and in quotes.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = cut(s, most) + "…"
	}
	return string(appendQuoted(nil, s))
}

// cut returns at most size bytes of s, and no part of a character.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}
