package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// An ObservedTx is a transaction that tells what is done to rows in it.
type ObservedTx interface {
	Tx

	// Effects returns what was done to the rows of tables since the transaction
	// began, or since the last call, sorted by table. What a savepoint undid is left
	// out, and so are the tables of the ledger.
	Effects(ctx context.Context) ([]TableEffects, error)

	// Check returns the error that Commit would return, of what is looked at only
	// then: foreign keys, deferred constraints. After an error only Rollback is of use.
	Check(ctx context.Context) error
}

// TableEffects are what was done to the rows of one table: by statements, by
// triggers, by foreign keys. Rows that go with DROP TABLE or TRUNCATE count as deleted,
// and as updated those of a table that PostgreSQL writes anew. Not counted are what a
// change of the schema does otherwise, such as to drop a column, what CREATE TABLE AS
// writes on SQLite, and the rows of temporary and foreign tables.
type TableEffects struct {
	Table                      string
	Inserted, Updated, Deleted int64
	Samples                    []RowSample

	// Unseen says why there are no samples of some or all of the rows; "" if there
	// is nothing to say. Where nothing is counted, it says why not.
	Unseen string
}

// A RowSample is one row before and after.
type RowSample struct {
	Before []Field // nil if the row was inserted
	After  []Field // nil if it was deleted
}

// A Field is a column of a row, as text for people. Long values are cut.
type Field struct {
	Column string
	Value  string
	Null   bool
}

// MaxSample is how many characters of a value a Field holds.
const MaxSample = 200

// StepEffects are what a step of a plan does to rows.
type StepEffects struct {
	Step   int // index into Plan.Steps
	Tables []TableEffects
}

// Effects is Rehearse, and tells what each step does to the rows of tables, with
// so many samples per table and kind of change. Of the statements it tells those that
// were not run. On PostgreSQL nobody else can
// write to the tables that the steps write to until it is over.
func (r *Runner) Effects(ctx context.Context, dir chain.Direction, target string, samples int) (Rehearsal, error) {
	return r.rehearsal(ctx, dir, target, &samples)
}
