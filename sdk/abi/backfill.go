package abi

// A Backfill is what backfill_begin and backfill_run are given: which rows are
// visited, in chunks, in the order of a key (ABI.md, section 6.5).
type Backfill struct {
	// Name tells the backfills of a migration apart: 1 to MaxSectionName bytes.
	Name string

	// Table is visited, or else the rows of Query, a SELECT that returns the
	// columns of Key among others. One of the two is set.
	Table string
	Query string

	// Key are the columns that order the rows: unique together, none of them NULL.
	// Empty, it is Table's primary key.
	Key []string

	// Columns are what the guest reads beside the key.
	Columns []string

	// Where is a condition on the rows that are visited; empty, all of them are.
	Where string

	// Batch is how many rows the first chunk has, and MaxBatch how many any may
	// have. 0 leaves it to the host.
	Batch    int64
	MaxBatch int64

	// Inserted says what becomes of rows whose key lies beyond the last one that
	// there was when the backfill first began: InsertedExclude, which is meant by
	// "", or InsertedInclude. Rows that come into being behind the cursor are
	// never visited.
	Inserted string

	// Lock says how the rows of a chunk are locked while they are worked on, where
	// the database locks rows: LockRows, which is meant by "" for a table, LockSkip
	// or LockNone, which is meant by "" for a query.
	Lock string

	// Uncounted leaves out the count of the rows to visit, and with it the
	// progress in percent.
	Uncounted bool

	// Statement is run once for each chunk, by backfill_run alone. It holds
	// ${chunk}, or ${chunk ALIAS}, where the condition on the key belongs.
	Statement string
}

// The values of Backfill.Inserted.
const (
	InsertedExclude = "exclude"
	InsertedInclude = "include"
)

// The values of Backfill.Lock.
const (
	LockRows = "rows" // rows that another transaction holds are waited for
	LockSkip = "skip" // rows that another transaction holds are visited last
	LockNone = "none"
)

// A Load is what bulk_load is given: where the rows go (ABI.md, section 6.6).
type Load struct {
	Table   string
	Columns []string // of the rowset, in its order
}

// Phase is a part of a migration that a run may end after (ABI.md, section 9).
type Phase int32

// The phases, in the order in which a migration may have them.
const (
	PhaseExpand   Phase = 0 // what old and new programs both can live with
	PhaseBackfill Phase = 1 // the data
	PhaseContract Phase = 2 // what only new programs can live with
)

var phases = [...]string{PhaseExpand: "expand", PhaseBackfill: "backfill", PhaseContract: "contract"}

// String returns the phase's name, such as "expand".
func (p Phase) String() string {
	if p >= 0 && int(p) < len(phases) {
		return phases[p]
	}
	return "unknown"
}

// ParsePhase returns the phase of a name.
func ParsePhase(name string) (Phase, bool) {
	for p, n := range phases {
		if n == name {
			return Phase(p), true
		}
	}
	return 0, false
}
