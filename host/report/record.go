package report

import (
	"time"

	"github.com/sandpiper-db/sandpiper/host/draw"
)

// A Record is what is kept of a run. Times within it are counted from Started.
type Record struct {
	Version    int                 `json:"sandpiper_record"` // of this form: 1
	Runner     string              `json:"runner"`           // version of Sandpiper
	Command    string              `json:"command"`          // upgrade; "" of the ledger
	Target     string              `json:"target,omitempty"`
	Database   string              `json:"database"` // its URL without the password
	Dialect    string              `json:"dialect"`
	Started    time.Time           `json:"started"`
	Took       time.Duration       `json:"took_ns"`
	Planned    int                 `json:"planned"` // migrations
	Outcome    Outcome             `json:"outcome"`
	Phase      string              `json:"phase,omitempty"` // after which it was paused
	Failure    *Failure            `json:"failure,omitempty"`
	Waited     time.Duration       `json:"waited_ns,omitempty"` // for other runners
	Migrations []*Migration        `json:"migrations"`          // in the order in which they began
	Heads      map[string][]string `json:"heads,omitempty"`     // afterwards
	Chain      *draw.Picture       `json:"chain,omitempty"`
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	Complete Outcome = "complete"
	Paused   Outcome = "paused" // after a phase, as asked
	Failed   Outcome = "failed"
	GaveUp   Outcome = "gave up" // waiting for another runner: nothing failed
	Stopped  Outcome = "interrupted"
	Ledger   Outcome = "ledger" // the record is no run's: it is what the ledger says
)

// A Failure is what ended a run, for people.
type Failure struct {
	Head    string `json:"head,omitempty"` // what failed
	Message string `json:"message"`
	Where   string `json:"where,omitempty"`
	SQL     string `json:"sql,omitempty"`
	Hint    string `json:"hint,omitempty"`
	State   string `json:"state,omitempty"` // of the database
	Next    string `json:"next,omitempty"`

	Outcome Outcome `json:"-"` // GaveUp or Stopped where nothing failed
}

// A Migration is one migration of a run.
type Migration struct {
	Line     string        `json:"line"`
	Revision string        `json:"revision"`
	Slug     string        `json:"slug"`
	Action   string        `json:"action"`
	Began    time.Duration `json:"began_ns"`
	Took     time.Duration `json:"took_ns"`
	State    State         `json:"state"`
	Error    string        `json:"error,omitempty"`
	Retries  int           `json:"retries,omitempty"` // after lock timeouts
	Resumed  *Resumed      `json:"resumed,omitempty"` // nil: it was begun by this run

	Statements     []*Statement  `json:"statements,omitempty"`      // those that took longest, in the order they first ran in
	StatementCount int           `json:"statement_count,omitempty"` // runs of all statements
	StatementTime  time.Duration `json:"statement_time_ns,omitempty"`
	Rows           int64         `json:"rows,omitempty"` // that all statements affected or read

	Backfills []*Backfill `json:"backfills,omitempty"`
	Marks     []Moment    `json:"marks,omitempty"`
	Logs      []Log       `json:"logs,omitempty"` // the first
	LogCount  int         `json:"log_count,omitempty"`
	Entry     *Entry      `json:"entry,omitempty"` // of the ledger; nil if it has none

	texts map[string]*Statement // while it is under way, by the text that was sent
}

// State is what became of a migration.
type State string

// The states.
const (
	Running State = "running" // and the record ends
	Applied State = "applied"
	Broken  State = "failed"
	Halfway State = "paused"
	Cut     State = "interrupted"
	Left    State = "left" // to another runner, which went on with it
)

// Resumed is what earlier runs had left of a migration.
type Resumed struct {
	Began     time.Time     `json:"began"`
	Worked    time.Duration `json:"worked_ns,omitempty"` // as far as it is known
	Committed int           `json:"committed"`           // parts
}

// A Statement is one that ran, once or more often.
type Statement struct {
	Call     int           `json:"call"` // that sent it first
	SQL      string        `json:"sql"`
	At       time.Duration `json:"at_ns"`    // when it first began
	Until    time.Duration `json:"until_ns"` // when it last ended
	Runs     int           `json:"runs"`
	Took     time.Duration `json:"took_ns"` // all runs
	Longest  time.Duration `json:"longest_ns"`
	Together int           `json:"together,omitempty"` // how many shared the time of a run, of which each has its part
	Rows     int64         `json:"rows"`
	Error    string        `json:"error,omitempty"` // of the last one that failed
}

// A Backfill is what a run did of a backfill.
type Backfill struct {
	Name   string        `json:"name"`
	Before int64         `json:"before,omitempty"` // rows that earlier runs had done
	Done   int64         `json:"done"`
	Total  int64         `json:"total,omitempty"` // 0 if unknown
	Rows   int64         `json:"rows"`            // by this run
	Chunks int           `json:"chunks"`
	Slices []Slice       `json:"slices"`
	Paused time.Duration `json:"paused_ns,omitempty"`
	Reason string        `json:"reason,omitempty"` // of the last pause
}

// A Slice is one chunk, or several that follow each other.
type Slice struct {
	At     time.Duration `json:"at_ns"`
	Took   time.Duration `json:"took_ns"` // from the first one's beginning to the last one's end
	Rows   int64         `json:"rows"`
	Chunks int           `json:"chunks"`
}

// A Moment is what happened at a time of a migration.
type Moment struct {
	At   time.Duration `json:"at_ns"`
	Text string        `json:"text"`
}

// A Log is what a migration has logged.
type Log struct {
	At    time.Duration `json:"at_ns"`
	Level string        `json:"level"`
	Text  string        `json:"text"`
}

// An Entry is a line of the ledger.
type Entry struct {
	ID      int64         `json:"id,omitempty"`
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took_ns"`
	Runner  string        `json:"runner"`
	Digest  string        `json:"digest,omitempty"`
	Module  string        `json:"module,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Signer  string        `json:"signer,omitempty"`
	Fuel    int64         `json:"fuel,omitempty"`
}

// What is kept at most.
const (
	maxStatements = 50   // of a migration, with different texts
	maxTexts      = 1000 // of a migration that is under way
	maxLogs       = 200  // of a migration
	maxMarks      = 200  // of a migration
	maxBackfills  = 100  // of a migration
	maxSlices     = 240  // of a backfill; even
	maxText       = 4 << 10
	maxKept       = 16 << 20 // of all texts together
	maxMigrations = 20_000
)
