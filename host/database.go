package host

import (
	"context"
	"maps"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Database is one database that migrations run on. The adapters (packages
// postgres and sqlite) make them from a URL.
type Database interface {
	// Dialect says which chain of revisions is meant for this database.
	Dialect() chain.Dialect

	// String returns the database's URL without its password.
	String() string

	// Connect opens a connection for one runner. It creates nothing in the
	// database.
	Connect(ctx context.Context) (Conn, error)
}

// A Conn is one runner's connection. It is used by one goroutine at a time.
type Conn interface {
	// Server returns the version of the database, such as "15.18".
	Server() string

	// Ledger reads what is applied, without a lock; while a transaction is open,
	// inside it, with the lock held. A database that has no ledger yet has an
	// empty one; nothing is created. A ledger that lacks a table or a column is
	// a *LedgerFormError.
	Ledger(ctx context.Context) (*Ledger, error)

	// History reads the newest limit entries of the history, newest first;
	// all of them if limit is 0.
	History(ctx context.Context, limit int) ([]Entry, error)

	// CreateLedger creates the ledger's tables where they are missing. Any
	// number of runners may call it at once. It returns ErrLocked where
	// another program keeps it from that.
	CreateLedger(ctx context.Context) error

	// Begin starts a transaction under the runner's lock and checks fence
	// inside it. The dialect may put off sending anything until an answer is
	// needed: ErrLocked and ErrMoved may come from Begin or from any later
	// call on the transaction.
	Begin(ctx context.Context, fence Fence) (Tx, error)

	// RunsOutside reports whether the statement is known to refuse to run
	// inside a transaction.
	RunsOutside(sql string) bool

	// Outside runs one statement outside any transaction, under the lock
	// where the dialect can hold one. unit is recorded as begun before and as
	// done after. Where began is true an earlier run has recorded it as begun
	// and died: Outside finds out what became of it, and does what is left.
	Outside(ctx context.Context, fence Fence, stmt Statement, unit Unit, began bool) (affected int64, err error)

	// Apply runs schema operations in an open transaction, in their order.
	// Whatever it sends goes through tx, which may stand before a transaction
	// of this connection and watch. All of them are for this dialect, and
	// their Mode is not schema.Outside. Operations that follow each other on
	// one table may be done as one. A *SQLError has the Ordinal of the
	// operation that failed.
	Apply(ctx context.Context, tx Tx, operations []Operation) error

	// Render returns the one statement of an operation whose Mode is
	// schema.Outside.
	Render(operation Operation) (Statement, error)

	// Observe has an open transaction of this connection tell what is done to
	// rows in it. What runs in it goes through the transaction that is returned,
	// which takes so many samples of each kind of change to a table. It is for
	// transactions that are rolled back.
	Observe(ctx context.Context, tx Tx, samples int) (ObservedTx, error)

	// Objects reads what users made in the schema that the connection works
	// in, in an order in which their SQL can be run. Two schemas that hold the
	// same return the same, byte for byte, but for SQL that the database keeps
	// as it was written. It returns ErrInUse where another program keeps it
	// from reading.
	Objects(ctx context.Context) ([]Object, error)

	// Replicas says how far the servers are behind that follow this one. It is an
	// error where the database cannot have any.
	Replicas(ctx context.Context) ([]Replica, error)

	// Confine puts the connection behind the walls of a plugin. On PostgreSQL it
	// makes the plugin's role and schema, and its privileges what the grants say.
	Confine(ctx context.Context, c Confinement) (Confined, error)

	// Reset drops everything in the schema that the connection works in, the
	// ledger included, under the lock.
	Reset(ctx context.Context) error

	// Close closes the connection. An open transaction is rolled back.
	Close() error
}

// Tables tells of tables what a backfill has to know of those that it visits.
type Tables interface {
	// Keys returns the keys of a table, the primary one first: sets of columns that
	// are unique together, without conditions and expressions; and behind them those
	// that would be some, but for what Unfit says. A table that is not there is a
	// *SQLError, and so is a view.
	Keys(ctx context.Context, table string) ([]Key, error)

	// Movers tells what else than statements changes the key of a table. Where there
	// is something, the rows that are deleted from the table are counted from then on.
	Movers(ctx context.Context, table string, key []string) (Movers, error)

	// Order tells how the rows of a table are ordered by columns of it. That stays so
	// until the transaction ends, whatever others do.
	Order(ctx context.Context, table string, columns []string) (Order, error)

	// Hidden tells of a SELECT without parameters what Order.Hidden does of a table:
	// why it may not see all rows of the tables that it reads. It is not run.
	Hidden(ctx context.Context, stmt Statement) (why string, err error)
}

// A Tx is one transaction. After an error from any call but Query's rows only
// Rollback (of the transaction or to a savepoint) is useful.
type Tx interface {
	Tables

	// Exec runs one statement and returns the number of rows affected: those that
	// it has locked, if it is a SELECT that locks them.
	Exec(ctx context.Context, stmt Statement) (affected int64, err error)

	// Defer runs one statement whose result nobody waits for. Its error may
	// come from any later call.
	Defer(ctx context.Context, stmt Statement) error

	// ExecBatch runs one statement once for every row of rows, and returns
	// the sum of the rows affected.
	ExecBatch(ctx context.Context, stmt Statement, rows *abi.RowReader) (affected int64, err error)

	// Load puts rows into a table, whose columns are named in the order of the
	// rows' values: with COPY on PostgreSQL. Its error may come from any later
	// call; stmt has no SQL, and is for errors. affected is the number of rows.
	Load(ctx context.Context, stmt Statement, to *abi.Load, rows *abi.RowReader) (affected int64, err error)

	// Query runs one statement and returns its rows, which must be closed
	// before the next Exec, ExecBatch, Query, Record or Commit is sent; the
	// dialect takes care of that where the guest did not (SQLite can keep
	// several open, PostgreSQL reads ahead what is left).
	Query(ctx context.Context, stmt Statement) (Rows, error)

	// Savepoint sets, releases or rolls back to a savepoint.
	Savepoint(ctx context.Context, op SavepointOp, name string) error

	// Progress records units as done.
	Progress(ctx context.Context, revision chain.Key, dir chain.Direction, units []Unit) error

	// Record writes the ledger at the end of a migration: it appends entry to
	// the history, sets the heads of its line, and removes its progress.
	Record(ctx context.Context, entry Entry, heads []string) error

	// Commit commits. It returns nil only if the database has said so.
	Commit(ctx context.Context) error

	// Rollback rolls back, whatever state the transaction is in, and even
	// when ctx of the other calls is done. Safe to call after Commit.
	Rollback() error
}

// A Key is a set of columns that identifies a row.
type Key struct {
	Columns  []string
	Primary  bool
	Nullable bool   // a column of it may hold NULL, as SQLite's primary keys may
	Unfit    string // why its columns do not order all rows of the table, and what to do about it; "" if they do
	Refused  error  // what keeps a plugin from reading its columns; nil if nothing does
}

// UnfitCollation is the Unfit of a key whose index compares texts otherwise than ORDER BY.
const UnfitCollation = "its index compares texts in another way than the column is ordered, to which texts may be equal that the index tells apart: " +
	"make a unique index with the collation of the column"

// HintKeyless is the Hint of the SQLError of something that is no table.
const HintKeyless = "a backfill visits tables in the order of a key: name the table that the rows are of, or, from Go, visit a query of it and name columns that are unique together"

// Rows are the open rows of a query.
type Rows interface {
	// Columns returns the columns, whose types are those of every row.
	Columns() []abi.Column

	// Next returns the next row, or io.EOF after the last one. The slice and
	// the bytes in it are valid until the following call.
	Next() ([]abi.Value, error)

	// Close closes the rows. Safe to call twice.
	Close() error
}

// EncodedRows are Rows that may be had in the form in which guests read them, where
// the dialect has them in that form: nobody decodes then what is encoded again.
type EncodedRows interface {
	Rows

	// NextEncoded is Next for a row as abi.AppendRow writes it. ok is false where
	// the rows are not in that form, and none was taken: that is so for all of them.
	NextEncoded() (row []byte, ok bool, err error)
}

// nextEncoded is NextEncoded of rows that may not have it.
func nextEncoded(rows Rows) (row []byte, ok bool, err error) {
	if encoded, has := rows.(EncodedRows); has {
		return encoded.NextEncoded()
	}
	return nil, false, nil
}

// A Statement is one SQL statement: a guest's, as it was sent, or the runner's own.
type Statement struct {
	SQL     string
	Params  []abi.Value
	Lock    string // how the rows of a SELECT are locked, where the dialect locks rows: abi.LockRows, abi.LockSkip; "" not at all
	Own     bool   // the runner asks, for a backfill, and not the guest
	Written bool   // of a SELECT from a table: only the rows that the transaction has written, and the first answer; for PostgreSQL, where others write meanwhile
	Ordinal int    // 1-based number of the call within the run of the guest
}

// An Operation is one schema operation as a guest sent it, with the names that
// the guest left to the naming convention.
type Operation struct {
	schema.Request
	Ordinal int // 1-based number of the call within the run of the guest
}

// SavepointOp is what to do with a savepoint, with the values of ABI.md.
type SavepointOp uint8

// The operations on savepoints.
const (
	SavepointSet      SavepointOp = 0
	SavepointRelease  SavepointOp = 1
	SavepointRollback SavepointOp = 2
)

// A Fence says what must be true in the database for a transaction to go on.
// It is checked inside the transaction, under the lock, so that two runners
// never apply the same revision, whatever a pooler between them does. The zero
// Fence asks for the lock alone and does not need the ledger to exist.
type Fence struct {
	Line  string
	Heads []string // the line's heads, sorted: no more, no fewer

	// Revision and Direction, if set, name the migration that is under way,
	// Done is the number of its units that are recorded as done, and Chunks the
	// sum of the chunks of its units. Begin, if set, is the name of its UnitBegin:
	// numbers come again when a migration is begun again.
	Revision  string
	Direction chain.Direction
	Done      int
	Chunks    int64
	Begin     string

	// Written is how many rows earlier runs of the migration have written, as far
	// as that was recorded. It is not checked: it is for Written.
	Written int64
}

// A Ledger is what the database says of its own history.
type Ledger struct {
	Exists   bool                // the tables are there
	Heads    map[string][]string // line → sorted ids
	Applied  map[chain.Key]Applied
	Progress []Pending // migrations that began and are not done
}

// Replay takes one entry of the history into Applied. Entries come in the order
// of their ids.
func (l *Ledger) Replay(action Action, key chain.Key, applied Applied) {
	switch action {
	case ActionUpgrade, ActionStamp:
		l.Applied[key] = applied
	case ActionRepair:
	case ActionPurge: // of a whole line
		maps.DeleteFunc(l.Applied, func(k chain.Key, _ Applied) bool { return k.Line == key.Line })
	case ActionRehash:
		if was, ok := l.Applied[key]; ok {
			l.Applied[key] = Applied{Digest: applied.Digest, At: was.At}
		}
	default:
		delete(l.Applied, key)
	}
}

// Applied is the newest upgrade or stamp of a revision.
type Applied struct {
	Digest string // of the newest rehash since, if there is one
	At     time.Time
}

// Pending is a migration that has committed something and is not done.
type Pending struct {
	Key       chain.Key
	Direction chain.Direction
	Units     []Unit // by position

	// Changed says that it stands in the middle of a backfill that another version of
	// its file or module has begun, so that an upgrade has to be told what to do about
	// the checkpoint. The ledger alone cannot tell: it is set by Runner.Current.
	Changed bool
}

// A Unit is something of a migration that is committed by itself: a call, a section, or
// what has been done of a backfill; or it records how the migration began, or a refusal.
type Unit struct {
	Position int      // 1-based
	Kind     UnitKind // what was done
	Name     string   // of a section, a backfill or a phase; of other kinds see there
	Digest   string   // sha256 of what was sent, in hex
	Affected int64    // rows affected, for calls and sections; of a backfill, rows visited
	Begun    bool     // begun outside a transaction and not known to be done; of a backfill: not at its end

	// Of a backfill.
	Checkpoint []byte    // where it stands; what is in it is package host's business
	Chunks     int64     // that are committed
	Total      int64     // rows to visit, as counted when it first began and where more came; 0 if unknown
	Updated    time.Time // when the unit was last recorded, by the database's clock; ignored when written
}

// UnitKind says what a Unit is.
type UnitKind string

// The kinds of units.
const (
	UnitBegin   UnitKind = "begin" // always the first; Name holds the guest's seed and start time
	UnitExec    UnitKind = "exec"
	UnitBatch   UnitKind = "batch"
	UnitLoad    UnitKind = "load"
	UnitSchema  UnitKind = "schema"
	UnitSection UnitKind = "section"
	UnitSave    UnitKind = "savepoint"

	// UnitBackfill is a backfill: it is recorded anew with each chunk.
	UnitBackfill UnitKind = "backfill"

	// UnitPhase is the beginning of a phase; Name is the phase.
	UnitPhase  UnitKind = "phase"
	UnitFailed UnitKind = "failed" // a call that the database refused, undone by a savepoint; Name holds code and message

	// UnitRefused is a call that the grants of a plugin did not cover, and that was
	// not sent; Name holds why. A resumed run gives the same answer.
	UnitRefused UnitKind = "refused"
)

// An Entry is one line of the append-only history.
type Entry struct {
	ID       int64 // given by the database, ascending
	Key      chain.Key
	Action   Action
	Slug     string
	Digest   string        // of the revision's source, "" where it has none
	Module   string        // sha256 of the module that ran, "sha256:…"
	Seed     string        // of the guest's random source, hex
	Started  time.Time     // when its first run began; UTC, microseconds
	Duration time.Duration // how long runs were at work on it: the last one, and those before as far as Resumption.Worked knows; microseconds
	Runner   string        // version of Sandpiper
	Reason   string        // why, as a person gave it; of a rehash or a repair. Of an upgrade: which other versions of the migration have begun it
	Signer   string        // of a plugin: the key that signed its module, "" if nobody did
	Grants   string        // of a plugin: what it was allowed, as policy.Grants.String
	Fuel     int64         // that the guest used; 0 where it is not metered
}

// Action is what was done to a revision.
type Action string

// The actions in a history.
const (
	ActionUpgrade   Action = "upgrade"
	ActionDowngrade Action = "downgrade"
	ActionStamp     Action = "stamp"   // recorded as applied, not run
	ActionUnstamp   Action = "unstamp" // recorded as not applied, not run
	ActionRehash    Action = "rehash"  // the digest of what is applied was changed, nothing was run
	ActionPurge     Action = "purge"   // what a plugin owned was dropped, and no revision of its line is applied; the entry names none
	ActionRepair    Action = "repair"  // the heads were put right, or a half-done run was given up; nothing was run
)
