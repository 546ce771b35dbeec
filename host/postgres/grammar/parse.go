package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

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

// maxText is how long a text may be. Its tree takes some hundred times as much.
const maxText = 128 << 10

// one keeps calls apart: each one at the same time would compile a parser of its
// own. broken is what the parser failed with.
var (
	one    sync.Mutex
	broken error
)

// Parse returns the statements of a text. Errors are ErrTooLarge and those of
// type *SyntaxError, but for a parser that has failed.
func Parse(sql string) ([]Node, error) {
	if len(sql) > maxText || deep(sql) {
		return nil, ErrTooLarge
	}
	text, err := run(sql)
	var refused *parser.Error
	switch {
	case errors.As(err, &refused):
		return nil, &SyntaxError{refused.Message, refused.Cursorpos}
	case err != nil:
		return nil, err
	}
	var tree struct {
		Stmts []struct{ Stmt map[string]any }
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("read what the PostgreSQL parser has made: %w", err)
	}
	nodes := make([]Node, len(tree.Stmts))
	for i, s := range tree.Stmts {
		nodes[i] = nodeOf(s.Stmt)
	}
	return nodes, nil
}

// run calls the parser, which panics where it fails.
func run(sql string) (tree string, err error) {
	one.Lock()
	defer one.Unlock()
	if broken != nil {
		return "", broken
	}
	defer func() {
		if r := recover(); r != nil {
			broken = fmt.Errorf("the PostgreSQL parser failed: %v", r)
			err = broken
		}
	}()
	return parser.ParseToJSON(sql)
}
