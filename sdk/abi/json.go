package abi

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A JSONReader reads the documents of ABI.md, section 6, and nothing more
// general: objects whose fields are known beforehand, arrays, strings, numbers
// and booleans. Since every document asks for just the shape it knows, nothing
// is ever nested deeper than the shape is, and an unknown field is refused
// before its value is looked at.
//
// The first error sticks: what is read after it is empty, and loops end.
type JSONReader struct {
	what string
	b    []byte
	at   int
	err  error
}

// NewJSONReader returns a reader of b. Errors call the document what.
func NewJSONReader(what string, b []byte) *JSONReader { return &JSONReader{what: what, b: b} }

// Err returns the first error, a *MalformedError.
func (r *JSONReader) Err() error { return r.err }

// At returns the offset of what is read next.
func (r *JSONReader) At() int { return r.at }

// Fail notes an error at an offset.
func (r *JSONReader) Fail(at int, reason string) {
	if r.err == nil {
		r.err = &MalformedError{r.what, at, reason}
	}
}

// Document reads the only object of the document, of at most limit bytes, with
// read, as Object does.
func (r *JSONReader) Document(limit int, fields []string, read func(field int)) error {
	if len(r.b) > limit {
		r.Fail(limit, "it is larger than "+strconv.Itoa(limit>>20)+" MiB")
	}
	r.Object(fields, read)
	if r.Peek() != 0 || r.at != len(r.b) {
		r.Fail(r.at, "something follows the document")
	}
	return r.err
}

// Object reads an object, calling read for every field with its index in fields.
func (r *JSONReader) Object(fields []string, read func(field int)) {
	var seen uint64
	r.Members(r.Text, func(at int, name string) {
		field := -1
		for i, f := range fields {
			if f == name {
				field = i
			}
		}
		switch {
		case field < 0:
			r.Fail(at, "unknown field "+quote(name))
		case seen&(1<<field) != 0:
			r.Fail(at, "repeated field "+quote(name))
		default:
			seen |= 1 << field
			read(field)
		}
	})
}

// Members reads an object of any members: each name with name, which is Text or
// Characters, and then its value with read, which is told where the name was.
func (r *JSONReader) Members(name func() string, read func(at int, name string)) {
	r.open('{', "an object")
	for first := true; r.more('}', first); first = false {
		at := r.at
		n := name()
		if r.err == nil && r.Peek() != ':' {
			r.Fail(r.at, "a colon is expected")
		}
		if r.err == nil {
			r.at++
			read(at, n)
		}
	}
}

// Array reads an array, calling read for every element.
func (r *JSONReader) Array(read func()) {
	r.open('[', "an array")
	for first := true; r.more(']', first); first = false {
		read()
	}
}

// Peek skips white space and returns the next byte, or 0 at the end.
func (r *JSONReader) Peek() byte {
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

func (r *JSONReader) open(c byte, what string) {
	if r.Peek() != c {
		r.Fail(r.at, what+" is expected")
		return
	}
	r.at++
}

// more reads up to the next element and reports whether there is one.
func (r *JSONReader) more(end byte, first bool) bool {
	c := r.Peek()
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
		r.Fail(r.at, "a comma or "+quote(string(rune(end)))+" is expected")
		return false
	}
	r.at++
	return true
}

// Boolean reads true or false.
func (r *JSONReader) Boolean() bool {
	r.Peek()
	for _, word := range []string{"true", "false"} {
		if rest := r.b[r.at:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			r.at += len(word)
			return word == "true"
		}
	}
	r.Fail(r.at, "true or false is expected")
	return false
}

// Integer reads an integer between least and most.
func (r *JSONReader) Integer(least, most int64) int64 {
	r.Peek()
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
		r.Fail(start, "an integer is expected")
		return 0
	case r.b[digits] == '0' && at > digits+1:
		r.Fail(start, "an integer begins with a zero")
		return 0
	case at < len(r.b) && (r.b[at] == '.' || r.b[at] == 'e' || r.b[at] == 'E'):
		r.Fail(start, "a number is not an integer")
		return 0
	}
	// 20 characters hold every int64; longer ones are not copied to find out.
	v, err := int64(0), error(nil)
	if at-start <= 20 {
		v, err = strconv.ParseInt(string(r.b[start:at]), 10, 64)
	}
	if at-start > 20 || err != nil || v < least || v > most {
		r.Fail(start, "an integer is not between "+strconv.FormatInt(least, 10)+" and "+strconv.FormatInt(most, 10))
		return 0
	}
	r.at = at
	return v
}

// Text reads a string that is text in the sense of ABI.md, section 2.
func (r *JSONReader) Text() string {
	r.Peek()
	at := r.at
	s := r.Characters()
	if r.err == nil && strings.IndexByte(s, 0) >= 0 {
		r.Fail(at, "a NUL in a string")
	}
	return s
}

// Characters reads any string, also one that has a NUL in it.
func (r *JSONReader) Characters() string {
	if r.Peek() != '"' {
		r.Fail(r.at, "a string is expected")
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
			r.Fail(at, "a control character in a string")
			return ""
		}
		if c != '\\' {
			buf = append(buf, c)
			continue
		}
		char, size := unescape(r.b[at:])
		if size == 0 {
			r.Fail(at, "an escape that stands for no character")
			return ""
		}
		buf = utf8.AppendRune(buf, char)
		at += size - 1
	}
	if at >= len(r.b) {
		r.Fail(start-1, "a string without an end")
		return ""
	}
	if !escaped {
		buf = r.b[start:at]
	}
	if !utf8.Valid(buf) {
		r.Fail(start, "a string that is not UTF-8")
		return ""
	}
	r.at = at + 1
	return string(buf)
}

// unescape returns the character that b begins with an escape of, and the
// escape's size; 0 if it stands for none.
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
		if !ok {
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

// Null reads null, if that comes next.
func (r *JSONReader) Null() bool {
	if r.Peek() != 'n' || !strings.HasPrefix(string(r.b[r.at:min(len(r.b), r.at+4)]), "null") {
		return false
	}
	r.at += 4
	return true
}

// maxNumber is how many characters a number may have.
const maxNumber = 2048

// Number reads a number and returns its text, so that nothing of it is lost.
func (r *JSONReader) Number() string {
	r.Peek()
	rest := r.b[r.at:min(len(r.b), r.at+maxNumber+1)]
	n := numberSize(rest)
	if n == 0 || n > maxNumber {
		r.Fail(r.at, "a number is expected")
		return ""
	}
	r.at += n
	return string(rest[:n])
}

// numberSize returns the size of the number that b begins with, 0 if it begins
// with none (RFC 8259, section 6).
func numberSize(b []byte) int {
	at := 0
	digits := func() bool {
		start := at
		for at < len(b) && b[at] >= '0' && b[at] <= '9' {
			at++
		}
		return at > start
	}
	is := func(chars string) bool { return at < len(b) && strings.IndexByte(chars, b[at]) >= 0 }
	if is("-") {
		at++
	}
	zero := is("0")
	if start := at; !digits() || zero && at > start+1 {
		return 0
	}
	if is(".") {
		if at++; !digits() {
			return 0
		}
	}
	if is("eE") {
		if at++; is("+-") {
			at++
		}
		if !digits() {
			return 0
		}
	}
	return at
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
