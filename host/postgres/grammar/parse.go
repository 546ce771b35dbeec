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
func Parse(sql string) ([]Node, error) {
	switch {
	case strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql):
		return nil, ErrText // the parser would end at the NUL
	case len(sql) > maxText || deep(sql) || strings.Count(sql, "/*") > maxComments:
		return nil, ErrTooLarge
	}
	return parse(sql)
}

// Reparse is Parse for what Deparse has written: a text without comments, whose
// tree is known not to be deep. It may be longer, since names are qualified in it.
func Reparse(sql string) ([]Node, error) {
	if len(sql) > 2*maxText {
		return nil, ErrTooLarge
	}
	return parse(sql)
}

func parse(sql string) ([]Node, error) {
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

// maxMessages is how deep the message of a tree may nest. To read it back takes
// 320 bytes of the parser's stack for each level, and that has 64 KiB; what
// overflows it goes unnoticed, and leaves a parser that makes nonsense.
const maxMessages = 100

// Deparse writes a statement as text. The error is ErrTooLarge where it nests too
// deeply: that allows less than Parse.
func Deparse(statement Node) (string, error) {
	if messages(statement.tree) > maxMessages {
		return "", ErrTooLarge
	}
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
