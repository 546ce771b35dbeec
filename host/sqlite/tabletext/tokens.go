package tabletext

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A token is a token and where it ends.
type token struct {
	chain.Token
	end int
}

// tokens returns the tokens of a text that are not blank, a blob x'…' as one.
func tokens(sql string) []token {
	var list []token
	for t := range chain.Tokens(chain.SQLite, sql) {
		if t.Blank() {
			continue
		}
		end := t.Pos + len(t.Text)
		if n := len(list); n > 0 && t.Kind == chain.String && list[n-1].end == t.Pos && list[n-1].Is("x") {
			last := &list[n-1]
			last.Kind, last.Text, last.end = chain.String, sql[last.Pos:end], end
			continue
		}
		list = append(list, token{t, end})
	}
	return list
}

// name returns the name that a token stands for. SQLite takes a string for a
// name where only a name makes sense.
func (t token) name() (string, bool) {
	if t.Kind == chain.String && t.Text[0] == '\'' {
		return strings.ReplaceAll(t.Text[1:len(t.Text)-1], "''", "'"), true
	}
	return t.Name(chain.SQLite)
}

// Normal returns an expression in a form in which two that differ in white
// space, comments, the case of words and the quotes of names are the same.
func Normal(sql string) string { return NormalIn(sql, "") }

// NormalIn is Normal without the name of a table before the names of columns.
func NormalIn(sql, table string) string {
	var b strings.Builder
	list := tokens(sql)
	for i := 0; i < len(list); i++ {
		if table != "" && qualifies(list, i, table) {
			i++ // and the dot
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if name, ok := list[i].Name(chain.SQLite); ok {
			b.WriteString(Fold(name))
		} else {
			b.WriteString(list[i].Text)
		}
	}
	return b.String()
}

// qualifies reports whether a token is the name of a table before a dot.
func qualifies(list []token, i int, table string) bool {
	name, ok := list[i].Name(chain.SQLite)
	return ok && SameName(name, table) && i+1 < len(list) && list[i+1].Is(".") && (i == 0 || !list[i-1].Is("."))
}

// Commented reports whether there is a comment in a text.
func Commented(sql string) bool {
	for t := range chain.Tokens(chain.SQLite, sql) {
		if t.Kind == chain.Comment {
			return true
		}
	}
	return false
}

// Closed reports whether an expression closes every parenthesis, quote and
// comment that it opens, and no other, so that what stands around it stays
// around it.
func Closed(sql string) bool {
	depth := 0
	for t := range chain.Tokens(chain.SQLite, sql) {
		switch {
		case t.Kind == chain.Unterminated, t.Is(";"):
			return false
		case t.Is("("):
			depth++
		case t.Is(")"):
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// Parenthesized returns an expression in parentheses. A comment to the end of
// the line does not take the last one in.
func Parenthesized(sql string) string {
	last := chain.Token{}
	for t := range chain.Tokens(chain.SQLite, sql) {
		last = t
	}
	if last.Kind == chain.Comment && strings.HasPrefix(last.Text, "--") {
		return "(" + sql + "\n)"
	}
	return "(" + sql + ")"
}
