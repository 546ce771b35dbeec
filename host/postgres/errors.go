package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// SQLSTATEs that mean something here.
//
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeUnsupported       = "0A000"
	codeTooLong           = "22001"
	codeOutOfRange        = "22003"
	codeUntranslatable    = "22P05" // text that has no form in the server's encoding
	codeInvalidText       = "22P02" // what a failed assertion of the runner raises
	codeNotNull           = "23502"
	codeForeignKey        = "23503"
	codeUnique            = "23505"
	codeCheck             = "23514"
	codeExclusion         = "23P01"
	codeActiveTransaction = "25001" // cannot run inside a transaction block
	codeReadOnly          = "25006"
	codeAborted           = "25P02"
	codeDependent         = "2BP01" // dependent objects still exist
	codeInvalidEnd        = "2D000" // COMMIT or ROLLBACK in a procedure that was called in a transaction
	codeUndefinedSchema   = "3F000"
	codeSerialization     = "40001"
	codeDeadlock          = "40P01"
	codePrivilege         = "42501"
	codeUndefinedColumn   = "42703"
	codeDuplicateObject   = "42710"
	codeUndefinedObject   = "42704"
	codeTypeMismatch      = "42804"
	codeWrongObjectType   = "42809"
	codeUndefinedFunction = "42883" // or operator
	codeUndefinedTable    = "42P01"
	codeDiskFull          = "53100"
	codeLockTimeout       = "55P03"
	codeCancelled         = "57014"
)

// A refusal is a call that is refused before the server sees it.
type refusal struct {
	errno abi.Errno
	text  string
}

func (e *refusal) Error() string    { return e.text }
func (e *refusal) Errno() abi.Errno { return e.errno }

// A lostError is a connection that ended before the server answered.
type lostError struct {
	committing bool
	err        error
}

func (e *lostError) Error() string {
	if e.committing {
		// The engine looks itself and says what it found; others are told where to look.
		return fmt.Sprintf("the connection was lost before the server confirmed the commit; the ledger tells whether it "+
			"happened (`sandpiper current`): %v", e.err)
	}
	return fmt.Sprintf("the connection was lost; the server rolls back the open transaction: %v", e.err)
}

func (e *lostError) Unwrap() error { return e.err }

// Is makes it a host.ErrDiskFull where the server has ended for want of room: it does
// where it cannot write its log (https://www.postgresql.org/docs/current/disk-full.html).
func (e *lostError) Is(target error) bool {
	var last *pgconn.PgError
	return target == host.ErrDiskFull && errors.As(e.err, &last) && last.Code == codeDiskFull
}

// explain turns the failure of a round trip into the error of a call.
func (l *link) explain(ctx context.Context, items []item, failed *failure) error {
	var refused *pgconn.PgError
	isRefused := failed.index >= 0 && errors.As(failed.err, &refused)
	if ctx.Err() != nil && (!isRefused || refused.Code == codeCancelled) {
		return &interruptedError{err: ctx.Err(), cause: context.Cause(ctx), unknown: !isRefused && holds(items, roleCommit)}
	}
	var large *pgproto3.ExceededMaxBodyLenErr
	if errors.As(failed.err, &large) {
		return &refusal{abi.ErrnoLimit, fmt.Sprintf("the server sent a row of %d bytes, and at most %d are taken: read large values in parts "+
			"(substr); the connection is closed, the server rolls back the open transaction", large.ActualBodyLen, large.MaxExpectedBodyLen)}
	}
	if !isRefused {
		if !l.pg.IsClosed() && failed.index >= 0 {
			return failed.err // of a row function
		}
		return &lostError{committing: holds(items, roleCommit), err: failed.err}
	}
	it := &items[failed.index]
	switch it.role {
	case roleLock:
		if refused.Code == codeInvalidText {
			return host.ErrLocked
		}
		return fmt.Errorf("take the runner's lock: %w", sqlError(refused, it))
	case roleFence:
		switch refused.Code {
		case codeInvalidText, codeUndefinedTable, codeUndefinedSchema: // without a ledger nothing is applied
			return host.ErrMoved
		}
		return fmt.Errorf("check the ledger: %w", sqlError(refused, it))
	case roleLedger:
		if refused.Code == codeInvalidText {
			return errEnded
		}
		return ledgerFailed("write the ledger", sqlError(refused, it))
	}
	return sqlError(refused, it)
}

func holds(items []item, r role) bool {
	for i := range items {
		if items[i].role == r {
			return true
		}
	}
	return false
}

// errEnded: a guest found a way to end the runner's transaction.
var errEnded = errors.New("a statement of the migration ended the runner's transaction: what it did is not recorded; " +
	"remove whatever begins or ends transactions from the migration")

// An interruptedError is a call whose context ended.
type interruptedError struct {
	err     error // the context's
	cause   error // and why it ended
	unknown bool  // a commit was under way and was not answered
}

func (e *interruptedError) Error() string {
	if e.unknown {
		return fmt.Sprintf("interrupted while committing (%v): `sandpiper current` tells whether it happened", e.cause)
	}
	return fmt.Sprintf("interrupted: %v", e.cause)
}

func (e *interruptedError) Unwrap() []error { return []error{e.err, e.cause} }

// sqlError makes the engine's error of the server's.
func sqlError(refused *pgconn.PgError, it *item) *host.SQLError {
	e := &host.SQLError{
		Code:     refused.Code,
		Message:  refused.Message,
		Detail:   refused.Detail,
		Hint:     refused.Hint,
		Position: int(refused.Position),
		SQL:      it.sql,
		Ordinal:  it.ordinal,
		Err:      refused,
	}
	// The server names the parameter in its context alone.
	if _, number, ok := strings.Cut(refused.Where, "parameter $"); ok && e.Detail == "" {
		e.Detail = "in parameter " + number[:len(number)-len(strings.TrimLeft(number, "0123456789"))]
	}
	switch refused.Code {
	case codeLockTimeout, codeDeadlock, codeSerialization:
		e.Err = fmt.Errorf("%w: %w", host.ErrLockTimeout, refused)
	case codeDependent:
		e.Err = fmt.Errorf("%w: %w", host.ErrDependent, refused)
	case codeActiveTransaction, codeInvalidEnd:
		if it.role == roleGuest && !isSet(it.sql) {
			e.Err = fmt.Errorf("%w: %w", host.ErrInTransaction, refused)
		}
	case codeReadOnly:
		if e.Hint == "" {
			e.Hint = "The server is a standby or default_transaction_read_only is on: connect to the primary."
		}
	}
	return e
}

// withoutCascade takes the server's advice to say CASCADE out of an error: a plugin
// may not, and what it would take along is somebody else's.
func withoutCascade(err error) error {
	var refused *host.SQLError
	if errors.Is(err, host.ErrDependent) && errors.As(err, &refused) {
		refused.Hint = ""
	}
	return err
}

// codeOf returns the SQLSTATE of an error, or "".
func codeOf(err error) string {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
