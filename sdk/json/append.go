package json

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns the value as Append writes it.
func (v *Value) Text() string { return string(v.Append(nil)) }

// Append appends the value without white space, the members of objects in their
// order, and numbers as they were read. Nothing is escaped that need not be. What
// is not there is null.
func (v *Value) Append(dst []byte) []byte {
	return compact.value(dst, v)
}

// AppendSorted is Append with the members of objects in the order of their names,
// byte by byte. Two texts of the same members and values become the same bytes if
// their numbers are written alike.
func (v *Value) AppendSorted(dst []byte) []byte {
	return sorted.value(dst, v)
}

// AppendPython appends what Python writes for the value that it has read, with
// json.dumps(value, sort_keys=True): members in the order of their names, a space
// after commas and colons, nothing but ASCII, and floats as Python's repr has
// them: 1e2 becomes 100.0, and 1e999, like Python's, Infinity, which is not JSON.
// https://docs.python.org/3/library/json.html#json.dumps
func (v *Value) AppendPython(dst []byte) []byte {
	return python.value(dst, v)
}

// A form is a way of writing values.
type form struct {
	sorted, ascii, floats bool
	comma, colon          string
}

var (
	compact = form{comma: ",", colon: ":"}
	sorted  = form{comma: ",", colon: ":", sorted: true}
	python  = form{comma: ", ", colon: ": ", sorted: true, ascii: true, floats: true}
)

func (f form) value(dst []byte, v *Value) []byte {
	switch v.Kind() {
	case KindString:
		return f.string(dst, v.text)
	case KindNumber:
		return f.number(dst, v.text)
	case KindBool:
		return append(dst, v.text...)
	case KindArray:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, f.comma...)
			}
			dst = f.value(dst, item)
		}
		return append(dst, ']')
	case KindObject:
		members := v.members
		if f.sorted {
			members = slices.Clone(members)
			slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
		}
		dst = append(dst, '{')
		for i, m := range members {
			if i > 0 {
				dst = append(dst, f.comma...)
			}
			dst = f.string(dst, m.name)
			dst = append(dst, f.colon...)
			dst = f.value(dst, m.value)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// escapes are the characters that have an escape of one letter.
var escapes = map[rune]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

func (f form) string(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is not written yet and can be as it is
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' && c != utf8.RuneError && (!f.ascii || c < 0x7f) {
			continue
		}
		size := utf8.RuneLen(c)
		if c == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:]) // 1 where s is not UTF-8
		}
		dst = append(dst, s[start:i]...)
		start = i + size
		letter, short := escapes[c]
		switch {
		case short:
			dst = append(dst, '\\', letter)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			dst = appendEscape(appendEscape(dst, high), low)
		case c < ' ' || f.ascii:
			dst = appendEscape(dst, c)
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
}

func (f form) number(dst []byte, text string) []byte {
	if !f.floats {
		return append(dst, text...)
	}
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			text = "0" // Python's integers have no sign of zero
		}
		return append(dst, text...)
	}
	float, _ := strconv.ParseFloat(text, 64) // out of range, it is an infinity
	switch {
	case math.IsInf(float, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(float, -1):
		return append(dst, "-Infinity"...)
	}
	return appendFloat(dst, float)
}

// appendFloat appends a float as Python's repr writes it: as briefly as it can be
// read again, and with an exponent if that is below -4 or above 15.
// https://docs.python.org/3/library/string.html#format-specification-mini-language
func appendFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if slices.Contains(dst[start:], '.') {
		return dst
	}
	return append(dst, ".0"...)
}
