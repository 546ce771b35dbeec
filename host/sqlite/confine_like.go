package sqlite

import (
	"bytes"
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// LIKE and GLOB take time that grows with the product of text and pattern. These
// stand in for them, with the same results, and look at the clock
// (patternCompare in SQLite's func.c).

// An item of a pattern stands for one character, or for any number of them.
type item struct {
	kind itemKind
	char rune
	set  []span // of a set: any of these
	not  bool   // of a set: any but these
}

type itemKind uint8

const (
	oneChar itemKind = iota // this one
	anyChar
	anySet
	anyText
	nothing // no character is like this
)

type span struct{ from, to rune }

// like implements LIKE: like(pattern, text) and like(pattern, text, escape).
func like(ctx sqlite3.Context, arg ...sqlite3.Value) {
	escape := rune(-1)
	if !comparable(ctx, arg) {
		return
	}
	if len(arg) == 3 {
		if arg[2].Type() == sqlite3.NULL {
			return
		}
		text, _, _ := bytes.Cut(content(arg[2]), []byte{0})
		char, size := decode(text)
		if size == 0 || size < len(text) {
			ctx.ResultError(errors.New("ESCAPE expression must be a single character"))
			return
		}
		escape = char
	}
	if anyNull(arg) {
		return
	}
	compare(ctx, likePattern(cut(arg[0]), escape), cut(arg[1]), true)
}

// glob implements GLOB: glob(pattern, text).
func glob(ctx sqlite3.Context, arg ...sqlite3.Value) {
	if comparable(ctx, arg) && !anyNull(arg) {
		compare(ctx, globPattern(cut(arg[0])), cut(arg[1]), false)
	}
}

// comparable reports whether there are a text and a pattern to compare. Blobs are
// like nothing in this SQLite (SQLITE_LIKE_DOESNT_MATCH_BLOBS).
func comparable(ctx sqlite3.Context, arg []sqlite3.Value) bool {
	if arg[0].Type() == sqlite3.BLOB || arg[1].Type() == sqlite3.BLOB {
		ctx.ResultInt(0)
		return false
	}
	if len(arg[0].RawText()) > ctx.Conn().Limit(sqlite3.LIMIT_LIKE_PATTERN_LENGTH, -1) {
		ctx.ResultError(errors.New("LIKE or GLOB pattern too complex"))
		return false
	}
	return true
}

// cut returns the text up to a NUL.
func cut(v sqlite3.Value) []byte {
	text, _, _ := bytes.Cut(v.RawText(), []byte{0})
	return text
}

// decode returns the first character as SQLite reads it, and its length
// (sqlite3Utf8Read in SQLite's utf.c).
func decode(s []byte) (char rune, size int) {
	if len(s) == 0 {
		return 0, 0
	}
	c := uint32(s[0])
	if c < 0xc0 {
		return rune(c), 1
	}
	for mask := uint32(0x20); mask > 0 && c&mask == mask; mask >>= 1 {
		c &^= mask
	}
	c &= 0x1f
	for size = 1; size < len(s) && inside(s[size]); size++ {
		c = c<<6 + uint32(s[size]&0x3f)
	}
	if c < 0x80 || c&0xfffff800 == 0xd800 || c&0xfffffffe == 0xfffe {
		c = 0xfffd
	}
	return rune(c), size
}

func likePattern(pattern []byte, escape rune) (items []item) {
	for len(pattern) > 0 {
		char, size := decode(pattern)
		pattern = pattern[size:]
		switch {
		case char == escape && len(pattern) == 0:
			items = append(items, item{kind: nothing})
		case char == escape:
			char, size = decode(pattern)
			pattern = pattern[size:]
			items = append(items, item{char: char})
		case char == '%':
			items = append(items, item{kind: anyText})
		case char == '_':
			items = append(items, item{kind: anyChar})
		default:
			items = append(items, item{char: char})
		}
	}
	return items
}

func globPattern(pattern []byte) (items []item) {
	for len(pattern) > 0 {
		char, size := decode(pattern)
		pattern = pattern[size:]
		switch char {
		case '*':
			items = append(items, item{kind: anyText})
		case '?':
			items = append(items, item{kind: anyChar})
		case '[':
			var set item
			set, pattern = globSet(pattern)
			items = append(items, set)
		default:
			items = append(items, item{char: char})
		}
	}
	return items
}

// globSet reads a set behind its bracket. One without an end is like nothing.
func globSet(pattern []byte) (item, []byte) {
	set := item{kind: anySet}
	next := func() rune {
		char, size := decode(pattern)
		pattern = pattern[size:]
		return char
	}
	char := next()
	if char == '^' {
		set.not = true
		char = next()
	}
	if char == ']' {
		set.set = append(set.set, span{']', ']'})
		char = next()
	}
	prior := rune(0)
	for char != 0 && char != ']' {
		if char == '-' && len(pattern) > 0 && pattern[0] != ']' && prior > 0 {
			char = next()
			set.set = append(set.set, span{prior, char})
			prior = 0
		} else {
			set.set = append(set.set, span{char, char})
			prior = char
		}
		char = next()
	}
	if char == 0 {
		set.kind = nothing
	}
	return set, pattern
}

// is reports whether the item stands for a character.
func (i *item) is(char rune, fold bool) bool {
	switch i.kind {
	case anyChar:
		return true
	case anySet:
		for _, s := range i.set {
			if s.from <= char && char <= s.to {
				return !i.not
			}
		}
		return i.not
	case oneChar:
		return char == i.char || fold && char < 0x80 && i.char < 0x80 && lower(char) == lower(i.char)
	}
	return false
}

func lower(char rune) rune {
	if 'A' <= char && char <= 'Z' {
		return char + 'a' - 'A'
	}
	return char
}

// compare compares a text with a pattern. Where they part, the last anyText takes
// one character more.
func compare(ctx sqlite3.Context, items []item, text []byte, fold bool) {
	at, again, from := 0, -1, []byte(nil)
	for n := 1; len(text) > 0; n++ {
		if n%(1<<14) == 0 && interrupted(ctx) {
			return
		}
		char, size := decode(text)
		switch {
		case at < len(items) && items[at].kind == anyText:
			again, from = at, text
			at++
		case at < len(items) && items[at].is(char, fold):
			at++
			text = text[size:]
		case again < 0:
			ctx.ResultInt(0)
			return
		default:
			_, size = decode(from)
			from = from[size:]
			at, text = again+1, from
		}
	}
	for at < len(items) && items[at].kind == anyText {
		at++
	}
	ctx.ResultBool(at == len(items))
}
