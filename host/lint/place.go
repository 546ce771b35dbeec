package lint

import (
	"strings"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// place returns the line and the column of a byte of a statement. Of a statement
// that a template has made, or an operation, only the beginning is known.
func place(s chain.Statement, at int) (line, column int) {
	if s.Column == 0 || at <= 0 || at > len(s.SQL) {
		return s.Line, s.Column
	}
	before := s.SQL[:at]
	if n := strings.LastIndexByte(before, '\n'); n >= 0 {
		return s.Line + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[n+1:])
	}
	return s.Line, s.Column + utf8.RuneCountInString(before)
}

// byteOf returns the byte that a character begins at, which is counted from 1.
func byteOf(sql string, character int) int {
	for i := range sql {
		if character--; character <= 0 {
			return i
		}
	}
	return len(sql)
}

// endLine returns the last line of a statement.
func endLine(s chain.Statement) int { return s.Line + strings.Count(s.SQL, "\n") }
