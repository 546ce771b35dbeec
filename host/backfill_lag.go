package host

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Replica is a server that follows the one that a Conn is connected to.
type Replica struct {
	Name string        // and its address
	Lag  time.Duration // how long ago it was where the server is now, or UnknownLag
}

// UnknownLag is the Lag of a replica that has a way to go while nobody can say how
// long.
const UnknownLag = time.Duration(1<<63 - 1)

// followers are the replicas that backfills of a run have seen, by name.
type followers struct {
	seen map[string]SeenReplica // nil before the first look
}

// A SeenReplica is what was seen of the replicas of one name: they are all called
// walreceiver where nobody has given them names. Nothing else tells them apart that
// stays the same when they connect again. So they are counted, and as many have to stay
// as there were at least within countedWithin of the first look at the name: the server
// keeps the connection of one that has lost it for a while, beside its new one. For the
// same reason more may come later, and go.
type SeenReplica struct {
	Many  int
	First time.Time // when the name was first seen
	Last  time.Time // when so many were there
}

// A backfill looks at the replicas this often while it waits. The first time it
// looks again at once, and tells nobody: a replica needs a moment to say that it has
// what was just committed.
const (
	lagGlance = 20 * time.Millisecond
	lagPoll   = 500 * time.Millisecond
)

// goneWithin is how long a replica that is gone is waited for: it may have lost its
// connection, and be back.
var goneWithin = 30 * time.Second

// countedWithin is how long the number of replicas of one name may still fall: as long
// as the server keeps, by default, a connection that was lost before the backfill began.
//
// https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-WAL-SENDER-TIMEOUT
var countedWithin = time.Minute

// tellAgain is how often a backfill says why it still waits: who shows it may have had a
// line to spare for something else.
var tellAgain = 5 * time.Second

// follow waits until no replica is further behind than it may be.
func (f *fill) follow(ctx context.Context) error {
	var told lagReason
	var last time.Time // that it was
	for looks := 1; ; looks++ {
		replicas, err := f.s.conn.Replicas(ctx)
		if err != nil {
			return err
		}
		if f.s.followers.seen == nil && len(replicas) == 0 {
			f.s.emit(Event{Kind: EventLog, Level: LogWarn, Text: "no replica follows this server, so that there is no lag to wait for (--max-lag); one that comes later is heeded"})
		}
		why, err := f.s.followers.behind(replicas, f.s.cfg.MaxLag, time.Now())
		if why.kind == lagNone || err != nil {
			return err
		}
		wait := lagGlance
		if looks > 1 {
			wait = lagPoll
			if why.replica != told.replica || why.kind != told.kind || time.Since(last) >= tellAgain {
				told, last = why, time.Now()
				f.s.emit(Event{Kind: EventThrottled, Backfill: f.unit.Name, Text: why.String()})
			}
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// A lagReason is why a backfill has to wait for a replica. The zero value says that
// it need not.
type lagReason struct {
	replica string
	kind    lagKind
	lag     time.Duration
	most    time.Duration
}

type lagKind int

const (
	lagNone lagKind = iota
	lagBehind
	lagCatchingUp
	lagGone
)

func (r lagReason) String() string {
	switch r.kind {
	case lagGone:
		return fmt.Sprintf("replica %s is gone, and waited for up to %v", r.replica, goneWithin)
	case lagCatchingUp:
		return fmt.Sprintf("replica %s is catching up", r.replica)
	}
	return fmt.Sprintf("replica %s is %v behind, and may be %v", r.replica, r.lag.Round(time.Millisecond), r.most)
}

// behind says for which replica a backfill has to wait: for one that is gone, else
// for the one that is furthest behind. The error is that one is gone for too long.
func (f *followers) behind(replicas []Replica, most time.Duration, now time.Time) (why lagReason, err error) {
	if f.seen == nil {
		f.seen = map[string]SeenReplica{}
	}
	there := map[string]int{}
	for _, r := range replicas {
		there[r.Name]++
		if r.Lag > most && r.Lag > why.lag {
			why = lagReason{replica: r.Name, kind: lagBehind, lag: r.Lag, most: most}
		}
	}
	if why.lag == UnknownLag {
		why.kind = lagCatchingUp
	}
	for name, many := range there {
		seen, known := f.seen[name]
		switch {
		case !known:
			seen = SeenReplica{many, now, now}
		case many >= seen.Many:
			seen.Last = now
		case seen.Last.Sub(seen.First) < countedWithin: // it may have fallen within that time
			seen.Many, seen.Last = many, now
		}
		f.seen[name] = seen
	}
	for _, name := range slices.Sorted(maps.Keys(f.seen)) {
		seen := f.seen[name]
		gone := now.Sub(seen.Last)
		if seen.Many > 1 {
			name = fmt.Sprintf("%s, one of %d of that name,", name, seen.Many)
		}
		if gone > goneWithin {
			return lagReason{}, fmt.Errorf("replica %s is gone since %v: the backfill waits for it no longer (--max-lag); "+
				"bring it back and run again, or run again without it, and drop its replication slot if it has one", name, gone.Round(time.Second))
		}
		if gone > 0 {
			why = lagReason{replica: name, kind: lagGone}
		}
	}
	return why, nil
}
