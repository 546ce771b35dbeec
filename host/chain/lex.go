package chain

import (
	"iter"
	"strings"
)

// A Kind is what a Token is.
type Kind uint8

// The kinds of tokens.
const (
	Space        Kind = iota // white space
	Comment                  // -- to the end of the line, or /* */
	Word                     // a keyword or a bare identifier
	Quoted                   // an identifier in "", and on SQLite in `` or []
	String                   // a string, with its quotes; dollar quotes too
	Number                   // a number
	Param                    // $1; on SQLite ?, ?1, :a, @a, #a and $a too
	Punct                    // any other single byte
	Unterminated             // a string, identifier or comment that runs to the end of the text
)

// A Token is a piece of SQL. The Texts of all tokens in turn are the SQL.
type Token struct {
	Kind Kind
	Text string
	Pos  int // byte offset in the SQL
}

// Blank reports whether the database sees nothing of the token.
func (t Token) Blank() bool { return t.Kind == Space || t.Kind == Comment }

// Is reports whether the token is the keyword or the punctuation given, in any
// case of ASCII letters.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Punct) && len(t.Text) == len(text) && strings.EqualFold(t.Text, text)
}

// Name returns the identifier that a Word or Quoted token names, as the
// database stores it: unquoted, and with PostgreSQL's bare words in lower case.
// It returns false for other tokens.
//
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS,
// https://sqlite.org/lang_keywords.html
func (t Token) Name(d Dialect) (string, bool) {
	switch {
	case t.Kind == Word && d == SQLite:
		return t.Text, true
	case t.Kind == Word:
		return asciiLower(t.Text), true
	case t.Kind == Quoted && len(t.Text) >= 2:
		inner, quote := t.Text[1:len(t.Text)-1], t.Text[:1]
		if quote == "[" {
			return inner, true
		}
		return strings.ReplaceAll(inner, quote+quote, quote), true
	}
	return "", false
}

// asciiLower folds A to Z, as PostgreSQL does in a multi-byte encoding.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Tokens returns the tokens of SQL as the dialect's own lexer cuts them, blank
// ones included. Strings are read with standard_conforming_strings on. It never
// fails: what is not closed is one Unterminated token at the end, and bytes no
// SQL has are Puncts.
//
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html,
// https://sqlite.org/src/file/src/tokenize.c
func Tokens(d Dialect, sql string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		l := lexer{dialect: d, src: sql}
		for t, ok := l.next(); ok; t, ok = l.next() {
			if !yield(t) {
				return
			}
		}
	}
}

// A lexer cuts src into tokens. The dialect may be changed between two tokens.
type lexer struct {
	dialect Dialect
	src     string
	pos     int
}

// next returns the next token, and false at the end of the text.
func (l *lexer) next() (Token, bool) {
	start := l.pos
	if start >= len(l.src) {
		return Token{}, false
	}
	kind, n := l.scan(l.src[start:])
	l.pos += n
	return Token{kind, l.src[start:l.pos], start}, true
}

// scan returns the kind and the length of the token that s begins with; s is
// not empty. Everything is decided by the first bytes, and what is looked at is
// consumed, so that lexing is linear. The two exceptions are looked at twice:
// the tag of what turns out to be no dollar quote, and the gap after E”.
func (l *lexer) scan(s string) (Kind, int) {
	c := s[0]
	lite := l.dialect == SQLite
	switch {
	case isSpace(c):
		return Space, span(s, isSpace)
	case strings.HasPrefix(s, "--"):
		return Comment, lineComment(s, lite)
	case strings.HasPrefix(s, "/*"):
		return blockComment(s, !lite)
	case c == '\'':
		return quoted(s, String)
	case c == '"', c == '`' && lite:
		return quoted(s, Quoted)
	case c == '[' && lite:
		return until(s, 1, "]", Quoted)
	case isDigit(c), c == '.' && len(s) > 1 && isDigit(s[1]):
		return Number, number(s)
	case isWordStart(c):
		n := span(s, isWord)
		if n == 1 && (c == 'e' || c == 'E') && !lite && strings.HasPrefix(s[1:], "'") {
			return escaped(s)
		}
		return Word, n
	case c == '$' && !lite:
		return dollar(s)
	case lite && strings.IndexByte("?:@#$", c) >= 0:
		if n := span(s[1:], isWord); n > 0 || c == '?' {
			return Param, 1 + n
		}
	}
	return Punct, 1
}

// lineComment returns the length of a -- comment, without the line's end.
// SQLite's comments go on after a lone carriage return, PostgreSQL's do not.
func lineComment(s string, lite bool) int {
	ends := "\r\n"
	if lite {
		ends = "\n"
	}
	if n := strings.IndexAny(s, ends); n >= 0 {
		return n
	}
	return len(s)
}

// blockComment scans /* */, which nests on PostgreSQL and not on SQLite.
func blockComment(s string, nests bool) (Kind, int) {
	if !nests {
		return until(s, 2, "*/", Comment)
	}
	depth := 0
	for i := 0; i+1 < len(s); {
		switch s[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				return Comment, i
			}
		default:
			i++
		}
	}
	return Unterminated, len(s)
}

// until scans to the first end at or after from.
func until(s string, from int, end string, kind Kind) (Kind, int) {
	if n := strings.Index(s[from:], end); n >= 0 {
		return kind, from + n + len(end)
	}
	return Unterminated, len(s)
}

// quoted scans what is closed by the byte it opens with, which stands for
// itself where it is doubled.
func quoted(s string, kind Kind) (Kind, int) {
	for i := 1; ; {
		n := strings.IndexByte(s[i:], s[0])
		if n < 0 {
			return Unterminated, len(s)
		}
		i += n + 1
		if i == len(s) || s[i] != s[0] {
			return kind, i
		}
		i++
	}
}

// escaped scans PostgreSQL's E'…', where a backslash takes the next byte with
// it. A second string on a later line continues the first one, and has the same
// rules though it has no E of its own.
func escaped(s string) (Kind, int) {
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			if i+1 < len(s) && s[i+1] == '\'' {
				i++
				continue
			}
			more := continuation(s[i+1:])
			if more == 0 {
				return String, i + 1
			}
			i += more
		}
	}
	return Unterminated, len(s)
}

// continuation returns the length of white space with a newline in it, line
// comments included, and the quote after it; 0 where there is none.
func continuation(s string) int {
	newline := false
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'' && newline:
			return i + 1
		case isSpace(s[i]):
			newline = newline || s[i] == '\n' || s[i] == '\r'
			i++
		case strings.HasPrefix(s[i:], "--"):
			i += lineComment(s[i:], false)
		default:
			return 0
		}
	}
	return 0
}

// dollar scans what a dollar sign begins on PostgreSQL: $1, $tag$…$tag$, or
// nothing. The dollar signs inside identifiers never come here.
func dollar(s string) (Kind, int) {
	if n := span(s[1:], isDigit); n > 0 {
		return Param, 1 + n
	}
	n := 1
	if n < len(s) && isWordStart(s[n]) {
		n += span(s[n:], func(c byte) bool { return c != '$' && isWord(c) })
	}
	if n == len(s) || s[n] != '$' {
		return Punct, 1
	}
	return until(s, n+1, s[:n+1], String)
}

// number returns the length of a number. What follows at once, as in 1e or 1a,
// is another token.
func number(s string) int {
	digits := func(c byte) bool { return isDigit(c) || c == '_' }
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		if n := span(s[2:], func(c byte) bool {
			return digits(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		}); n > 0 {
			return 2 + n
		}
	}
	n := span(s, digits)
	if n < len(s) && s[n] == '.' {
		n += 1 + span(s[n+1:], digits)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		sign := n + 1
		if sign < len(s) && (s[sign] == '+' || s[sign] == '-') {
			sign++
		}
		if exp := span(s[sign:], isDigit); exp > 0 {
			n = sign + exp
		}
	}
	return n
}

// span returns how many bytes s begins with that are in the class.
func span(s string, class func(byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWordStart and isWord are the bytes of identifiers, the same on both
// databases: letters, underscores, everything beyond ASCII; then digits and $.
func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
func isWord(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }
