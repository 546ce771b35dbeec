package diff

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// replaceable reports whether CREATE OR REPLACE makes one function of another:
// what it returns and what its parameters are called may not change, nor may one
// lose its default.
//
// https://www.postgresql.org/docs/current/sql-createfunction.html
func replaceable(was, o host.Object) bool {
	before, defaultsBefore, ok := signature(was.SQL)
	after, defaults, also := signature(o.SQL)
	return ok && also && before == after && defaults >= defaultsBefore
}

// signature returns the beginning of the statement that creates a function or a
// procedure, up to its language, without the defaults of parameters, and how many
// of these there are.
func signature(sql string) (text string, defaults int, ok bool) {
	if !strings.HasPrefix(sql, "CREATE FUNCTION ") && !strings.HasPrefix(sql, "CREATE PROCEDURE ") {
		return "", 0, false
	}
	var b strings.Builder
	depth, skipping := 0, false
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
			skipping = skipping && depth > 0
		case t.Is(",") && depth == 1:
			skipping = false
		case t.Is("DEFAULT") && depth == 1:
			skipping = true
			defaults++
		case t.Is("LANGUAGE") && depth == 0:
			return b.String(), defaults, true
		}
		if !skipping && !t.Blank() {
			b.WriteString(t.Text + " ")
		}
	}
	return "", 0, false
}
