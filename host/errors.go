package host

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Errors that a dialect returns and the engine acts on.
var (
	// ErrLocked: another runner holds the lock. The engine waits and tries again.
	ErrLocked = errors.New("another runner holds the lock")

	// ErrInUse is an ErrLocked of which nobody knows whether a runner or
	// another program is behind it.
	ErrInUse error = inUse{}

	// ErrMoved: the fence does not hold, since another runner has moved the
	// database on. The engine reads the ledger again and plans anew.
	ErrMoved = errors.New("another runner has moved the database on")

	// ErrLockTimeout: a statement waited longer for a lock of the database
	// than lock_timeout allows. The engine rolls back and tries again.
	ErrLockTimeout = errors.New("timed out waiting for a database lock")

	// ErrNotReady: what a plugin needs to be confined is not there, and was not to
	// be made (see Confinement.Existing).
	ErrNotReady = errors.New("the plugin's role, schema and privileges are not there yet: its first upgrade makes them")

	// ErrDependent: something that was to be dropped or changed has others that
	// depend on it. The Detail of the SQLError names them.
	ErrDependent = errors.New("something depends on it")

	// ErrDiskFull: there is no room for what the database has to write.
	ErrDiskFull = errors.New("the disk is full")

	// ErrInTransaction: the statement cannot run inside a transaction.
	ErrInTransaction = errors.New("the statement cannot run inside a transaction")
)

type inUse struct{}

func (inUse) Error() string {
	return "another runner, or another program, holds a lock on the database"
}

func (inUse) Is(target error) bool { return target == ErrLocked }

// A SQLError is the database's refusal of one statement.
type SQLError struct {
	Code     string // SQLSTATE, or SQLite's name of the extended result code
	Message  string
	Detail   string
	Hint     string
	Position int // 1-based character in SQL, 0 if unknown
	SQL      string
	Ordinal  int    // of the Statement
	Backfill string // whose own question the statement is, "" if the migration has sent it
	Err      error  // the driver's error, and one of the sentinels above where it fits
}

// Error returns the message, the code, and the detail where there is one.
func (e *SQLError) Error() string {
	var b strings.Builder
	if e.Backfill != "" {
		fmt.Fprintf(&b, "backfill %q: ", e.Backfill)
	}
	b.WriteString(e.Message)
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	return b.String()
}

// Unwrap returns the driver's error.
func (e *SQLError) Unwrap() error { return e.Err }

// Errno is the errno a guest gets.
func (e *SQLError) Errno() abi.Errno { return abi.ErrnoSQL }

// A RefusedError is a call of a plugin that its grants do not cover. Nothing of it
// was sent to the database.
type RefusedError struct {
	Refusal *policy.Refusal
	SQL     string // the statement, "" of a schema operation
	Ordinal int    // 1-based number of the call within the run of the guest
}

// Error says what was refused, and what would allow it.
func (e *RefusedError) Error() string { return e.Refusal.Error() }

// Unwrap returns the refusal.
func (e *RefusedError) Unwrap() error { return e.Refusal }

// Errno is the errno a guest gets.
func (e *RefusedError) Errno() abi.Errno { return abi.ErrnoDenied }

// asRefused returns the error of a call as a RefusedError where the walls of a
// plugin have refused it, nil where it is another one.
func asRefused(err error, stmt Statement) error {
	var refusal *policy.Refusal
	if !errors.As(err, &refusal) {
		return nil
	}
	return &RefusedError{refusal, stmt.SQL, stmt.Ordinal}
}

// InTheWay says what it is that keeps a plugin from dropping or changing what it
// owns, "" if an error is about something else.
func InTheWay(err error) string {
	var refusal *policy.Refusal
	var failed *SQLError
	switch {
	case errors.As(err, &refusal):
		return refusal.InWay
	case errors.Is(err, ErrDependent) && errors.As(err, &failed):
		return "what depends on it (" + strings.ReplaceAll(strings.TrimSpace(cmp.Or(failed.Detail, failed.Message)), "\n", "; ") + ")"
	}
	return ""
}

// A GuestError is a guest that did not complete its migration.
type GuestError struct {
	Kind    GuestErrorKind
	Message string // the guest's own words, or what the sandbox saw
	Stack   string // wasm frames or the guest's panic text, for -v
	Err     error  // the call's error that the guest gave up on, where there was one
}

// GuestErrorKind says how a guest failed.
type GuestErrorKind string

// The ways a guest fails.
const (
	GuestReturned  GuestErrorKind = "returned an error" // sandpiper_run returned non-zero
	GuestTrapped   GuestErrorKind = "trapped"           // unreachable, bad memory access, bad pointer, stack
	GuestPanicked  GuestErrorKind = "panicked"          // proc_exit, with whatever code: the message is its last on stderr
	GuestTimedOut  GuestErrorKind = "ran out of time"   // the wall-clock limit
	GuestCancelled GuestErrorKind = "was cancelled"     // its context ended
	GuestLimited   GuestErrorKind = "spent its budget"  // and did not stop
	GuestRefused   GuestErrorKind = "was refused"       // at load: imports, exports, format
	GuestLost      GuestErrorKind = "lost its process"  // in which a Worker ran it
)

// Error returns how the guest failed, and its words.
func (e *GuestError) Error() string {
	if e.Message == "" {
		return "the migration " + string(e.Kind)
	}
	return "the migration " + string(e.Kind) + ": " + e.Message
}

// Unwrap returns the error the guest gave up on.
func (e *GuestError) Unwrap() error { return e.Err }

// A ChangedError is a migration that was changed after part of it was
// committed, so that a resumed run does not send what is recorded.
type ChangedError struct {
	Revision chain.Revision
	Call     int  // 1-based number of the recorded call, section or backfill
	Unit     Unit // what is recorded

	// What was sent in its place: the number of the call, 0 if there was none, and its
	// SQL. Of what is recorded nothing but a digest is known.
	Statement int
	SQL       string
}

// Error names the call and says what may be changed and what may not.
func (e *ChangedError) Error() string {
	what := fmt.Sprintf("call %d", e.Call)
	switch e.Unit.Kind {
	case UnitSection, UnitBackfill, UnitPhase:
		what = fmt.Sprintf("%s %q", e.Unit.Kind, e.Unit.Name)
	}
	now := "nothing comes in its place now"
	if e.Statement > 0 {
		now = fmt.Sprintf("statement %d, which comes in its place now, is another one", e.Statement)
	}
	return fmt.Sprintf("revision %s was changed after part of it was committed: %s is recorded as done (by its digest alone), and %s", e.Revision.Key, what, now)
}

// An EditedError is a set of applied revisions whose source has changed since.
type EditedError struct {
	Edited []Edited
}

// Edited is one applied revision whose source has changed.
type Edited struct {
	Revision chain.Revision
	Applied  string // digest when it was applied
}

// Error names the first file, and how many more there are.
func (e *EditedError) Error() string {
	first := e.Edited[0]
	text := fmt.Sprintf("%s was changed after it was applied", first.Revision.Source)
	if n := len(e.Edited) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// A PendingError is a migration that an earlier run left half done, where
// something else was asked for.
type PendingError struct {
	Pending Pending
	Known   bool // the chain has the revision
}

// Error names the revision and what has been committed of it.
func (e *PendingError) Error() string {
	return fmt.Sprintf("the %s of revision %s is half done: %s", e.Pending.Direction, e.Pending.Key, e.Pending.committed())
}

// A LedgerFormError is a ledger whose tables are not as this version of
// Sandpiper makes them: a table or a column is missing.
type LedgerFormError struct {
	What string // what is missing, in the database's words
	Err  error  // the database's refusal, nil where nothing was asked yet
}

// Error says what is missing, and what to do. A ledger that is read as if it were
// empty would have everything run again.
func (e *LedgerFormError) Error() string {
	return fmt.Sprintf("the ledger is damaged, or an older version of Sandpiper made it: %s; restore it from a backup, "+
		"add what is missing as a new database has it after `sandpiper stamp base`, or drop the sandpiper_ tables and stamp the revision the schema is at", e.What)
}

// Unwrap returns the database's refusal.
func (e *LedgerFormError) Unwrap() error { return e.Err }

// An IrreversibleError is a downgrade through a revision that has none.
type IrreversibleError struct {
	Revision chain.Revision
}

// Error names the revision and its file.
func (e *IrreversibleError) Error() string {
	return fmt.Sprintf("revision %s (%s) is irreversible: it has no downgrade", e.Revision.Key, e.Revision.Source)
}

// A RunError is a run that stopped at a migration. What was applied before it
// stays applied. Where it is an ErrLocked nothing failed: the run gave up waiting.
type RunError struct {
	Applied   []Entry // by this run
	Failed    chain.Revision
	Direction chain.Direction
	Source    string // file of the failed statement, if known
	Line      int    // line in Source, 0 if unknown
	Statement int    // 1-based number of the statement, 0 if unknown
	SQL       string // the statement
	State     string // what state the database is in
	Next      string // what to do next
	Err       error
}

// Error says what failed and where, in one line.
func (e *RunError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of revision %s", e.Direction, e.Failed.Key)
	if e.Failed.Slug != "" {
		fmt.Fprintf(&b, " (%s)", e.Failed.Slug)
	}
	if e.Source != "" {
		fmt.Fprintf(&b, " at %s", e.Source)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
	}
	if e.Statement > 0 {
		fmt.Fprintf(&b, ", statement %d", e.Statement)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *RunError) Unwrap() error { return e.Err }

// contested reports whether another runner stood in the way, so that reading
// the ledger again and trying again is right.
func contested(err error) bool { return errors.Is(err, ErrLocked) || errors.Is(err, ErrMoved) }

// A CheckpointError is a backfill that was begun by another version of the
// migration, or on a table that was ordered otherwise.
type CheckpointError struct {
	Revision chain.Revision
	Backfill string // its name
	Was, Is  string // the digests of the two
	Done     int64  // rows visited

	// Elsewhere says that the two visit other rows, or in another order, so that
	// the one cannot go on from the other's checkpoint.
	Elsewhere bool

	// Column is the one of the key that the database orders otherwise now, and Before
	// and Now say how: "" where there is none. The versions may be the same then.
	Column, Before, Now string

	// Unkeyed are the columns of the key where the table has no such key any more.
	Unkeyed []string
}

// Error says what was begun by what, and what to do.
func (e *CheckpointError) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("backfill %q of %s visits rows in the order of column %s, which was %s when it visited %d rows, and is %s now: "+
			"it cannot go on from its checkpoint, since other rows come behind it in that order; `--checkpoint restart` visits all rows anew",
			e.Backfill, e.Revision.Key, quoteName(e.Column), e.Before, e.Done, cmp.Or(e.Now, "gone"))
	}
	if len(e.Unkeyed) > 0 {
		return fmt.Sprintf("backfill %q of %s visits rows in the order of (%s), which was a key of its table when it began, and is none now that it has visited %d rows: "+
			"several rows may have the same, so that some could be passed over; it goes on from its checkpoint once there is a primary key or unique index of these columns again, and `--checkpoint restart` visits all rows anew",
			e.Backfill, e.Revision.Key, strings.Join(e.Unkeyed, ", "), e.Done)
	}
	if e.Elsewhere {
		return fmt.Sprintf("backfill %q of %s visits another table or query, or orders it by another key, than the version of the migration that has visited %d rows (%s): "+
			"it cannot go on from there; `--checkpoint restart` visits all rows anew",
			e.Backfill, e.Revision.Key, e.Done, chain.ShortDigest(e.Was))
	}
	return fmt.Sprintf("backfill %q of %s stands at a checkpoint of another version of the migration: %d rows were visited by %s, and this is %s; "+
		"`--checkpoint accept` goes on from there, `--checkpoint restart` visits all rows again",
		e.Backfill, e.Revision.Key, e.Done, chain.ShortDigest(e.Was), chain.ShortDigest(e.Is))
}
