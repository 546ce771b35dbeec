package host

import (
	"context"
	"errors"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Sandbox makes guests out of modules. Package sandbox is the one there is.
type Sandbox interface {
	// Load checks a module and makes it ready, for runs that keep within limits.
	// Nothing of it runs.
	Load(ctx context.Context, module []byte, limits GuestLimits) (Guest, error)

	// Close frees what the sandbox holds. Guests are closed on their own.
	Close() error
}

// A Guest is a loaded module.
type Guest interface {
	// Run makes a fresh instance and runs one migration in it. It returns nil
	// if the guest says that the migration is complete, else a *GuestError.
	// All errors of calls have been given to the guest as well. What the migration
	// has used, run.Used included, is returned either way.
	Run(ctx context.Context, run GuestRun, calls Calls) (GuestUsage, error)

	// Close frees the module.
	Close() error
}

// A waiter is a Guest that may be made ready while it runs.
type waiter interface {
	// Wait returns when the guest is there in the form that it stays in, or is known
	// to stay as it is.
	Wait(ctx context.Context)
}

// A GuestRun is what a guest is told of what it is for.
type GuestRun struct {
	Step      int32
	Direction chain.Direction
	Context   abi.Context
	Started   time.Time // what the guest's clock starts at
	Seed      [32]byte  // of the guest's random source

	// Anew says that the run may be ended early: because the module is there in a
	// faster form, or needs one. It returns ErrSuperseded then, or passes leave to
	// BackfillNext, and the caller rolls back and runs the guest again, which happens
	// once. Without it a run begins in the fastest form, however long that takes to
	// make.
	Anew bool

	// Used is what earlier runs have used of the migration's limits, where the guest
	// was started anew: of fuel, what is not used again, and of time nothing.
	Used GuestUsage
}

// ErrSuperseded is wrapped by the error of a run that has to be started anew.
var ErrSuperseded = errors.New("the guest is started anew in a faster form")

// A GuestUsage is what runs of a guest used for one migration.
type GuestUsage struct {
	// Fuel is about how many instructions ran, and what calls of the host cost.
	// The same guest with the same answers uses the same fuel.
	Fuel int64

	Calls  int64 // of the host
	Rows   int64 // read
	Bytes  int64 // of statements, parameters and rows
	Logged int64 // bytes
	Time   time.Duration
}

// atLeast returns the larger one of each.
func (u GuestUsage) atLeast(v GuestUsage) GuestUsage {
	return GuestUsage{
		Fuel: max(u.Fuel, v.Fuel), Calls: max(u.Calls, v.Calls), Rows: max(u.Rows, v.Rows),
		Bytes: max(u.Bytes, v.Bytes), Logged: max(u.Logged, v.Logged), Time: max(u.Time, v.Time),
	}
}

// Calls are what a guest may ask of its host (ABI.md, section 3). Errors that
// have a method Errno() abi.Errno reach the guest as that errno; any other
// error reaches it as CANCELLED.
type Calls interface {
	Exec(ctx context.Context, sql string, params []abi.Value, deferred bool) (affected int64, err error)
	ExecBatch(ctx context.Context, sql string, rows *abi.RowReader) (affected int64, err error)
	Query(ctx context.Context, sql string, params []abi.Value) (Rows, error)
	Schema(ctx context.Context, request schema.Request) error
	Savepoint(ctx context.Context, op SavepointOp, name string) error
	SectionBegin(ctx context.Context, kind SectionKind, name string) (done bool, err error)
	SectionEnd(ctx context.Context) error

	// BackfillBegin begins a backfill, in the place of a section. done says that an
	// earlier run has completed it.
	BackfillBegin(ctx context.Context, b *abi.Backfill) (done bool, err error)

	// BackfillNext commits the chunk before, with its checkpoint, and begins the
	// next one. It returns io.EOF when there is none: the backfill is recorded then.
	// leave says that the guest had better be started anew before the next chunk;
	// then the run of the guest ends after the commit, with CANCELLED.
	BackfillNext(ctx context.Context, leave bool) (Chunk, error)

	// BackfillRun runs the statement of a backfill for each of its chunks, and
	// returns the sum of the rows affected, by earlier runs too.
	BackfillRun(ctx context.Context, b *abi.Backfill) (affected int64, err error)

	// Load puts rows into a table. Its error may come from a later call.
	Load(ctx context.Context, to *abi.Load, rows *abi.RowReader) (affected int64, err error)

	// Phase begins a phase, and ends the one before it.
	Phase(ctx context.Context, p abi.Phase) error

	Progress(ctx context.Context, done, total int64)
	Log(ctx context.Context, level LogLevel, text string)
}

// A Chunk is a part of a backfill that is worked on in one transaction.
type Chunk struct {
	// Rows are the chunk's rows: the columns of the key, then the others. They have
	// to be read to their end before the next chunk.
	Rows Rows

	// Seed is of the guest's random source from here on: the same for the same
	// chunk, in whatever run.
	Seed [32]byte
}

// SectionKind is how a section commits, with the values of ABI.md.
type SectionKind uint8

// The kinds of sections.
const (
	SectionTransaction SectionKind = 0
	SectionAutocommit  SectionKind = 1
)

// LogLevel is a guest's log level, with the values of ABI.md.
type LogLevel uint8

// The log levels.
const (
	LogDebug LogLevel = 0
	LogInfo  LogLevel = 1
	LogWarn  LogLevel = 2
	LogError LogLevel = 3
)
