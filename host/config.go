package host

import (
	"log/slog"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Config is how a Runner behaves. The zero value works.
type Config struct {
	// Naming is how indexes and constraints of schema operations are called
	// that have no name, in the line main. Defaults to schema.DefaultNaming,
	// field by field.
	Naming schema.Naming

	// Path is where the migrations are within the Runner's file system: a
	// folder that holds versions/postgresql and versions/sqlite, or one
	// .wasm file. Defaults to ".".
	Path string

	// LockWait is how long to wait for another runner to finish. Defaults to
	// no limit: the context decides.
	LockWait time.Duration

	// LockTimeoutRetries is how often a migration is tried again after a
	// statement of it waited too long for a database lock. Defaults to 10; a
	// negative value means never.
	LockTimeoutRetries int

	// TimeLimit is how long one migration may take: the guest, the database, what
	// it has put off and the commit. Defaults to no limit; a plugin has that of its
	// grants besides.
	TimeLimit time.Duration

	// Phase, if set, ends an upgrade after that phase of the first migration that
	// has a later one. Defaults to all phases.
	Phase *abi.Phase

	// ChunkTime is how long a chunk of a backfill should take: more rows or fewer
	// are asked for accordingly. What a chunk takes for itself may be more than half of
	// that: its rows take as long again then. Defaults to 200 ms.
	ChunkTime time.Duration

	// MaxRate, if set, is how many rows a second a backfill visits at most.
	MaxRate int64

	// MaxLag, if set, is how far the replicas of a PostgreSQL server may be behind:
	// a backfill pauses between chunks where they are further. Defaults to not
	// looking.
	MaxLag time.Duration

	// Checkpoint says what to do about a backfill that an earlier run has begun.
	// Defaults to going on from its checkpoint, and to refusing that of another
	// version of the migration with a *CheckpointError.
	Checkpoint CheckpointChoice

	// AllowChanged lets a run go on although the source of an applied
	// revision has changed since. Defaults to refusing.
	AllowChanged bool

	// Statements makes a run tell of every statement, in an event of its own.
	// Defaults to not telling.
	Statements bool

	// Results makes a run tell of every statement and, in another event, of its
	// result. Statements that a migration puts off are then sent one by one, each
	// for the price of a round trip. Defaults to not telling.
	Results bool

	// Logger receives what guests log and what the runner does. Defaults to
	// discarding it.
	Logger *slog.Logger

	// OnEvent, if set, is called with every event of a run, in order, from
	// the goroutine that runs the migrations. If it panics, the run ends with an
	// *OnEventError.
	OnEvent func(Event)

	// Plugins are modules of others, with what they are allowed. Their lines
	// must not be in the Runner's file system. Defaults to none.
	Plugins []Plugin

	// Elsewhere are lines whose revisions this Runner does not have, and that
	// its own may depend on all the same, such as those of plugins that it is not
	// given. Such a Runner reads migrations, and runs and plans none. Defaults to
	// none.
	Elsewhere []string

	// Lost are lines of plugins that were the project's and are not among its
	// revisions: what the database has of them is unknown, and not somebody
	// else's. Defaults to none.
	Lost []string

	// Worker runs the steps of plugins, on the Runner's database: package worker
	// does it in processes of their own. Defaults to running them in this
	// process. That has the same checks, meter, verdicts and grants, and lacks
	// what only a process has: what gets past them (a bug in a compiler, memory
	// that is counted nowhere, a call that does not come back) then ends or
	// stops this process and not the plugin alone, and what it could read is all
	// that this process knows.
	Worker Worker

	// Before, if set, is called once before the first step of a run that has
	// something to do, with the plan. An error ends the run before anything
	// is changed. The command line asks for confirmation and makes backups here.
	Before func(Plan) error
}

// CheckpointChoice is what to do about the checkpoint of an earlier run.
type CheckpointChoice string

// The choices.
const (
	CheckpointRefuse  CheckpointChoice = ""
	CheckpointAccept  CheckpointChoice = "accept"  // go on from it, whatever version of the migration has set it
	CheckpointRestart CheckpointChoice = "restart" // begin the backfill anew
)

// An Event is something that happened in a run.
type Event struct {
	Kind     EventKind
	Step     int // 1-based number of the migration within the run's plan
	Steps    int // migrations in the plan
	Revision string
	Line     string
	Slug     string
	Action   Action
	Section  string        // Section: its name
	Backfill string        // Chunk, Throttled: its name
	Done     int64         // Progress, Chunk
	Total    int64         // Progress, Chunk; 0 if unknown
	Rows     int64         // Chunk: how many it had; Ran: how many were affected, or read by a query
	Took     time.Duration // Chunk: from its beginning to its commit; Ran: until it was answered; Applied: by all runs, see Entry.Duration
	Paused   time.Duration // Chunk: how long the backfill paused before it
	Together int           // Ran: how many statements Took is of, since they were sent together
	Phase    string        // Phase, Paused: its name
	Level    LogLevel      // Log
	Text     string        // Log: the guest's line; Statement, Ran: the SQL; Waiting, Retrying: why
	Call     int           // Statement, Ran: 1-based number of the call of the migration that sends it
	Elapsed  time.Duration // since this run began the migration
	Err      error         // Failed, Ran
	Resumed  *Resumption   // Started: what earlier runs have left of the migration; nil if they have left nothing
}

// EventKind says what an Event tells.
type EventKind string

// The kinds of events.
const (
	EventPlanned   EventKind = "planned"   // the plan is known; Steps is set. Comes again where another runner moved the database on.
	EventWaiting   EventKind = "waiting"   // another runner holds the lock
	EventStarted   EventKind = "started"   // a migration begins
	EventProgress  EventKind = "progress"  // a migration says how far it is
	EventChunk     EventKind = "chunk"     // a chunk of a backfill is committed
	EventThrottled EventKind = "throttled" // a backfill pauses; Text says why. Comes again now and then while it waits for a replica
	EventPhase     EventKind = "phase"     // a phase begins
	EventPaused    EventKind = "paused"    // the run ends after a phase, as asked; Phase is that phase
	EventLog       EventKind = "log"       // a migration logs
	EventSection   EventKind = "section"   // a section is committed
	EventStatement EventKind = "statement" // a statement is about to be sent
	EventRan       EventKind = "ran"       // a statement was answered, or failed. Those that a schema operation puts off are known to have run when what follows was answered
	EventRetrying  EventKind = "retrying"  // rolled back and tried again, after a lock timeout
	EventApplied   EventKind = "applied"   // a migration is committed
	EventFailed    EventKind = "failed"    // a migration failed and is rolled back
)
