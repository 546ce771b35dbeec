package chain

import (
	"fmt"
	"strings"
)

// CheckExpression says what keeps a text from being one expression: a
// parenthesis or quote that is not closed or was not opened, a semicolon, a
// comma outside of parentheses, a comment that would swallow what stands behind
// it. It is put between other SQL, and must not reach beyond its place.
func CheckExpression(d Dialect, expr string) error {
	depth, last := 0, Token{}
	for t := range Tokens(d, expr) {
		switch {
		case t.Kind == Unterminated:
			return fmt.Errorf("%q is not one expression: a quote or a comment is not closed", expr)
		case t.Is(";"), t.Is(",") && depth == 0:
			return fmt.Errorf("%q is not one expression: there is a %q in it", expr, t.Text)
		case t.Is("("), t.Is("["):
			depth++
		case t.Is(")"), t.Is("]"):
			if depth--; depth < 0 {
				return fmt.Errorf("%q is not one expression: a parenthesis is closed that was not opened", expr)
			}
		}
		last = t
	}
	switch {
	case depth > 0:
		return fmt.Errorf("%q is not one expression: a parenthesis is not closed", expr)
	case last.Kind == Comment && strings.HasPrefix(last.Text, "--"):
		return fmt.Errorf("%q is not one expression: it ends in a comment", expr)
	}
	return nil
}

// CheckTrigger says what keeps a text from being the CREATE TRIGGER statement of
// a trigger of that name.
//
// https://www.postgresql.org/docs/current/sql-createtrigger.html,
// https://sqlite.org/lang_createtrigger.html
func CheckTrigger(d Dialect, sql, name string) error {
	var words []Token
	for t := range Tokens(d, sql) {
		if !t.Blank() {
			words = append(words, t)
		}
		if len(words) == 12 {
			break
		}
	}
	next := func(texts ...string) bool {
		for _, text := range texts {
			if len(words) > 0 && words[0].Is(text) {
				words = words[1:]
				return true
			}
		}
		return false
	}
	ok := next("CREATE")
	if ok && next("OR") {
		ok = next("REPLACE")
	}
	for next("CONSTRAINT", "TEMP", "TEMPORARY") {
	}
	if ok = ok && next("TRIGGER"); !ok {
		return fmt.Errorf("its SQL is no CREATE TRIGGER statement")
	}
	if next("IF") && next("NOT") {
		next("EXISTS")
	}
	for len(words) > 2 && words[1].Is(".") { // a schema
		words = words[2:]
	}
	if len(words) == 0 {
		return fmt.Errorf("its SQL does not say what the trigger is called")
	}
	got, _ := words[0].Name(d)
	if words[0].Kind == String && d == SQLite { // which SQLite takes for a name
		got = strings.ReplaceAll(words[0].Text[1:len(words[0].Text)-1], "''", "'")
	}
	if got != name && !(d == SQLite && strings.EqualFold(got, name)) {
		return fmt.Errorf("its SQL makes a trigger called %q", got)
	}
	return nil
}
