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
