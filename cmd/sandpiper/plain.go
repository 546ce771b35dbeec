package main

import (
	"strconv"
	"strings"
	"unicode"
)

// plain is a text of a stranger's within a line of ours: quoted where it holds
// what could pass for more than itself, such as a line break, a control character,
// or one that turns the direction of writing.
func plain(s string) string {
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
