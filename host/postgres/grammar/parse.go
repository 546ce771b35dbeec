package grammar

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/wasilibs/go-pgquery/parser"
)

// A SyntaxError is SQL that the server would not read.
type SyntaxError struct {
	Message  string // the server's
	Position int    // 1-based character, 0 if it is not known
}

// Error returns the server's message.
func (e *SyntaxError) Error() string { return e.Message }

// ErrTooLarge is the error of SQL that is not read because of its size or depth.
var ErrTooLarge = errors.New("too large or nested too deeply to be read")

// ErrText is the error of what is not text to PostgreSQL.
var ErrText = errors.New("not text: it holds a NUL, or is not UTF-8")

const (
	// maxText is how long a text may be. Its tree takes some hundred times as much.
	maxText = 128 << 10

	// maxComments is how many comments may begin: the parser's time grows with
	// the square of how deep they nest.
	maxComments = 100
)

// Parse returns the statements of a text. Errors are ErrTooLarge, ErrText and
// those of type *SyntaxError, but for a parser that has failed.
func Parse(sql string) ([]Node, error) { return parse(sql, maxDepth) }

// Reparse is Parse for what Deparse has written, which may be twice as deep as
// what a person has: names are qualified, and tables put in parentheses.
func Reparse(sql string) ([]Node, error) { return parse(sql, 2*maxDepth) }

func parse(sql string, depth int) ([]Node, error) {
	switch {
	case strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql):
		return nil, ErrText // the parser would end at the NUL
	case len(sql) > maxText || deeper(sql, depth) || strings.Count(sql, "/*") > maxComments:
		return nil, ErrTooLarge
	}
	made, err := ask(func() (string, error) { return parser.ParseToJSON(sql) })
	var refused *parser.Error
	switch {
	case errors.As(err, &refused):
		return nil, &SyntaxError{refused.Message, refused.Cursorpos}
	case err != nil:
		return nil, err
	}
	root, err := decode(made)
	if err != nil {
		return nil, err
	}
	statements := nodeOf(root).List("stmts")
	for i, s := range statements {
		statements[i] = s.Node("stmt")
	}
	return statements, nil
}

// Deparse writes a statement as text.
func Deparse(statement Node) (string, error) {
	raw := Make("RawStmt")
	raw.Set("stmt", statement)
	root := Make("ParseResult")
	root.Set("stmts", raw)
	message := encode(nil, root.tree)
	sql, err := ask(func() (string, error) { return parser.DeparseFromProtobuf(message) })
	if err != nil {
		return "", fmt.Errorf("write a statement anew: %w", err)
	}
	return sql, nil
}
