package worker

import (
	"errors"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// told is what a child has told of one step. Its events are taken for what they
// say and not for whom they are of.
type told struct {
	order   host.WorkOrder
	since   time.Time
	started bool
	bytes   int64
	charged time.Time // when a chunk was last charged for
}

// What a child may tell: the sandbox lets a guest log 4 MiB, and progress comes at
// most every 20 ms. Chunks are charged for as often: each of them is a commit, and
// there may be millions of small ones. Statements are told where a person has asked
// for them, all of them.
const (
	maxTold       = 64 << 20
	maxToldSecond = 16 << 10
	eventSize     = 128 // beside its text
	progressEvery = 20 * time.Millisecond
)

func newTold(o host.WorkOrder) *told { return &told{order: o, since: time.Now()} }

// starts reports whether the event says that the guest begins, for the first time.
func (t *told) starts(e *host.Event) bool {
	first := !t.started && e.Kind == host.EventStarted
	t.started = t.started || first
	return first
}

// event passes an event on, with the error that it tells of.
func (t *told) event(e *host.Event, failure *fault, events func(host.Event)) error {
	t.charge(e, failure)
	if !t.order.Statements && !t.order.Results && t.bytes > maxTold+maxToldSecond*int64(time.Since(t.since)/time.Second) {
		return errors.New("it told of more than a migration has to tell")
	}
	switch e.Kind {
	case host.EventStarted, host.EventProgress, host.EventLog, host.EventSection, host.EventStatement, host.EventRan,
		host.EventChunk, host.EventThrottled, host.EventPhase, host.EventWaiting:
	default:
		return errors.New("it told of what is not for it to tell")
	}
	r := t.order.Step.Revision
	e.Revision, e.Line, e.Slug, e.Action = r.ID, r.Line, r.Slug, host.Action(t.order.Step.Direction.String())
	if e.Err = nil; failure != nil {
		e.Err = errors.New(failure.Text)
	}
	events(*e)
	return nil
}

// charge counts what an event takes. A chunk that has a name and numbers, as it
// should, is counted every 20 ms.
func (t *told) charge(e *host.Event, failure *fault) {
	size := eventSize + int64(len(e.Text)) + int64(len(e.Section)) + int64(len(e.Backfill)) + int64(len(e.Phase))
	if failure != nil {
		size += int64(len(failure.Text))
	}
	if e.Kind == host.EventChunk && size <= 2*eventSize {
		now := time.Now()
		if now.Sub(t.charged) < progressEvery {
			return
		}
		t.charged = now
	}
	t.bytes += size
}
