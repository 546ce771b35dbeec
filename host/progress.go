package host

import (
	"context"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Progress is what a look at a database says of the migrations that have committed
// something and are not done.
type Progress struct {
	Sight
	Migrations []MigrationProgress // by line and revision
}

// A Sight is what a connection sees of other runners, without getting in their way.
type Sight struct {
	Now  time.Time // by the database's clock
	Lock LockState
}

// LockState says whether another runner holds the lock.
type LockState string

// The states of the lock.
const (
	LockUnknown LockState = ""     // the dialect cannot tell without taking it
	LockFree    LockState = "free" // now: between two chunks it is
	LockHeld    LockState = "held" // a runner is at work
)

// A MigrationProgress is how far a migration is.
type MigrationProgress struct {
	Key       chain.Key
	Slug      string // "" if the Runner does not have the revision
	Direction chain.Direction
	Phase     string    // the newest that has begun, "" if it has none
	Began     time.Time // when its first run began, by that runner's clock
	Updated   time.Time // when it last committed something, or a run said that it ends, by the database's clock
	Stopped   bool      // a run has said that it ends, in the middle of a backfill
	Committed int       // calls, sections and backfills that are done
	Backfills []BackfillProgress
}

// A BackfillProgress is how far a backfill is.
type BackfillProgress struct {
	Name     string
	Complete bool
	Done     int64 // rows visited
	Total    int64 // rows to visit, as last counted; 0 if unknown
	Skipped  int   // rows behind Last that others held, which are visited at the end
	Chunks   int64
	Updated  time.Time // of its newest checkpoint
	Pace     *Pace     // of the run that has set it; nil before there is one

	// The key of the last row visited, nil before the first chunk.
	Columns []string
	Last    []abi.Value
}

// State says whether somebody is at work on a migration, as far as a look can tell.
type State string

// The states of a migration that is not done.
const (
	StateRunning     State = "running"
	StateInterrupted State = "interrupted" // a run has said so when it ended
	StateSilent      State = "silent"      // it was interrupted, or is at something long
)

// silentAfter is how long ago the last checkpoint may be of a migration that is
// under way for sure: the chunks of a backfill take Config.ChunkTime, and its pauses
// may be longer.
const silentAfter = 5 * time.Second

// State says whether a migration is under way: a runner holds the lock, or has just
// committed something of it and not said that it ends. silent is how long it has not.
func (p *Progress) State(m *MigrationProgress) (state State, silent time.Duration) {
	silent = max(p.Now.Sub(m.Updated), 0)
	switch {
	case p.Lock == LockHeld:
		return StateRunning, silent
	case m.Stopped:
		return StateInterrupted, silent
	case silent <= silentAfter:
		return StateRunning, silent
	default:
		return StateSilent, silent
	}
}

// A sighted Conn sees other runners.
type sighted interface {
	Sight(ctx context.Context) (Sight, error)
}

// Progress looks how far migrations are that are under way, or were interrupted. It
// reads, takes no lock, and waits where another program keeps it from reading.
func (r *Runner) Progress(ctx context.Context) (*Progress, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	p := &Progress{Sight: Sight{Now: time.Now()}}
	if c, ok := conn.(sighted); ok {
		if p.Sight, err = c.Sight(ctx); err != nil {
			return nil, err
		}
	}
	ledger, err := r.patientLedger(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, pending := range ledger.Progress {
		p.Migrations = append(p.Migrations, r.progressOf(pending))
	}
	return p, nil
}

func (r *Runner) progressOf(pending Pending) MigrationProgress {
	m := MigrationProgress{Key: pending.Key, Direction: pending.Direction, Committed: pending.Parts()}
	if rev, ok := r.Graph().Revision(pending.Key); ok {
		m.Slug = rev.Slug
	}
	// What is damaged here ends the next run, with an error that says so.
	_, _, m.Began, _ = beginning(pending.Units)
	for _, u := range pending.Units {
		if u.Updated.After(m.Updated) {
			m.Updated = u.Updated
		}
		switch u.Kind {
		case UnitPhase:
			m.Phase = u.Name
		case UnitBackfill:
			b := BackfillProgress{Name: u.Name, Complete: !u.Begun, Done: u.Affected, Total: u.Total, Chunks: u.Chunks, Updated: u.Updated}
			if at, err := readCheckpoint(u); err == nil && at != nil {
				m.Stopped = m.Stopped || u.Begun && at.Stopped
				b.Skipped = len(at.Skipped)
				if b.Pace = &at.Pace; at.Last != nil {
					b.Columns, b.Last = at.Key, at.Last
				}
			}
			m.Backfills = append(m.Backfills, b)
		}
	}
	return m
}
