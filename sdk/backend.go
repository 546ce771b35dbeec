package sdk

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// A Backend is what a [Tx] talks to. In a module it is the host, and each
// method is a function of ABI.md, section 3; in a test it is what package
// sdktest makes of a database. Errors are of type *[Error].
type Backend interface {
	// Context returns what the run is told of itself.
	Context() (*abi.Context, error)

	// Exec runs one statement. If deferred, the result is not wanted and the
	// error may come from a later call.
	Exec(sql string, params []abi.Value, deferred bool) (affected int64, err error)

	// ExecBatch runs one statement for every row of a rowset (ABI.md, section 5.3).
	ExecBatch(sql string, rowset []byte) (affected int64, err error)

	// Load puts the rows of a rowset into a table: a document of ABI.md, section
	// 6.6. The error may come from a later call.
	Load(document, rowset []byte) (affected int64, err error)

	// Query runs one statement and opens its rows.
	Query(sql string, params []abi.Value) (Cursor, error)

	// Schema does a schema operation: a document of ABI.md, section 6.4. The
	// error may come from a later call.
	Schema(document []byte) error

	// Savepoint sets, releases or rolls back to a savepoint (abi.Savepoint…).
	Savepoint(op int32, name string) error

	// SectionBegin begins a section (abi.Section…), unless an earlier run has
	// committed it.
	SectionBegin(kind int32, name string) (done bool, err error)

	// SectionEnd commits the section.
	SectionEnd() error

	// BackfillBegin begins a backfill (a document of ABI.md, section 6.5), unless
	// an earlier run has completed it.
	BackfillBegin(document []byte) (done bool, err error)

	// BackfillNext commits the chunk before and opens the rows of the next one. It
	// returns io.EOF after the last one.
	BackfillNext() (Cursor, error)

	// BackfillRun does a backfill of one statement.
	BackfillRun(document []byte) (affected int64, err error)

	// Phase begins a phase.
	Phase(p Phase) error

	// Random fills b with random bytes.
	Random(b []byte) error

	// Progress says how far the migration is.
	Progress(done, total int64) error

	// Log writes a line to the host's log (abi.Log…).
	Log(level int32, text string) error
}

// A Cursor is the open rows of a query.
type Cursor interface {
	// Columns returns the columns.
	Columns() ([]abi.Column, error)

	// Next returns the next rows, one or more of them (ABI.md, section 5.2), or
	// io.EOF after the last one. They are not written to any more.
	Next() ([]byte, error)

	// Close closes the rows. It is safe to call twice, and after the last row.
	Close() error
}

// Pieces is a Cursor that gives out large values in pieces.
type Pieces interface {
	Cursor

	// NextWithin is Next for rows of at most limit bytes. Of a larger row, which
	// comes alone, the values of more than [Whole] bytes are empty, and left are
	// their sizes. It is nil otherwise.
	NextWithin(limit int) (rows []byte, left []int64, err error)

	// Piece reads bytes of a value of the row at hand that was left out, from
	// offset on, and returns how many.
	Piece(column int, offset int64, b []byte) (int, error)
}

// Whole is the size of values that no [Pieces] leaves out.
const Whole = 1 << 10
