package sdk

import (
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Errno says what kind of an error a call ended with. errors.Is finds it in
// every error of the host: errors.Is(err, sdk.ErrDenied).
type Errno = abi.Errno

// The kinds of errors (ABI.md, section 4).
const (
	ErrSQL         = abi.ErrnoSQL         // the database refused the statement
	ErrArgument    = abi.ErrnoArgument    // a malformed argument
	ErrHandle      = abi.ErrnoHandle      // rows that are closed already
	ErrState       = abi.ErrnoState       // not allowed here
	ErrLimit       = abi.ErrnoLimit       // a budget of the host is spent
	ErrDenied      = abi.ErrnoDenied      // the grants do not cover it
	ErrDoomed      = abi.ErrnoDoomed      // an earlier error spoilt the transaction
	ErrCancelled   = abi.ErrnoCancelled   // the run is ending
	ErrUnsupported = abi.ErrnoUnsupported // this database cannot do that
)

// An Error is what the host or the database says of a call that failed.
type Error struct {
	Errno    Errno
	Code     string // SQLSTATE on PostgreSQL, the extended result code's name on SQLite
	Message  string
	Detail   string
	Hint     string
	Position int // 1-based character in the statement, 0 if unknown
}

// Error returns the message, with the code and the detail where there are any.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Errno.Error()
	}
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap returns the errno, for errors.Is.
func (e *Error) Unwrap() error { return e.Errno }

func argumentError(text string) error {
	return &Error{Errno: ErrArgument, Message: text}
}

// wrongArgument names an argument by its place, counted from 1.
func wrongArgument(i int, reason string) error {
	return argumentError("argument " + strconv.Itoa(i+1) + " of the statement " + reason)
}
