package sqlite

import (
	"errors"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"
)

// syntax is an empty database, in which statements are compiled to see whether
// they can be read.
var syntax struct {
	sync.Mutex
	sq *sqlite3.Conn
}

// maxSyntax is how long a statement may be: longer ones are rows.
const maxSyntax = 1 << 20

// Syntax returns what SQLite's parser says of a statement that it cannot read, and
// the byte where it stopped, -1 where it does not say; "" if it can. Names are not
// looked up: there is nothing in the database that it is compiled for.
func Syntax(sql string) (message string, at int) {
	word := verb(sql)
	if word == "PRAGMA" || strings.IndexByte(sql, 0) >= 0 || len(sql) > maxSyntax {
		return "", -1 // a pragma is obeyed when it is compiled
	}
	room := ""
	if word == "ALTER" {
		room = alterRoom
	}
	syntax.Lock()
	defer syntax.Unlock()
	if syntax.sq == nil {
		sq, err := sqlite3.Open(":memory:")
		if err != nil {
			return "", -1
		}
		syntax.sq = sq
	}
	stmt, _, err := syntax.sq.Prepare(sql + room)
	if err == nil {
		_ = stmt.Close() // it has not run
		return "", -1
	}
	var refused *sqlite3.Error
	if !errors.As(err, &refused) {
		return "", -1
	}
	// https://sqlite.org/src/file/src/parse.y has these three of its own.
	text := strings.TrimPrefix(refused.Error(), "sqlite3: SQL logic error: ")
	text, _, _ = strings.Cut(text, "\n")
	if !strings.HasSuffix(text, ": syntax error") && text != "incomplete input" && !strings.HasPrefix(text, "unrecognized token") {
		return "", -1
	}
	at = -1
	if rest := refused.SQL(); rest != "" {
		at = len(sql) + len(room) - len(rest)
	}
	return text, min(at, len(sql))
}
