package host

import (
	"context"
	"sync"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Handle is a run in the background.
type Handle struct {
	queue  *queue
	events chan Event
	read   sync.Once
	done   chan struct{}
	result Result
	err    error
}

// Start begins Upgrade or Downgrade in the background, for programs that must
// not block. The run does not wait for anybody to read the events. Cancel ctx
// to end it; Wait returns when it is over and rolled back.
func (r *Runner) Start(ctx context.Context, dir chain.Direction, target string) *Handle {
	h := &Handle{queue: newQueue(), events: make(chan Event), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		defer h.queue.close()
		h.result, h.err = r.run(ctx, dir, target, h.queue.put)
	}()
	return h
}

// Events returns the events of the run, in order, from its beginning. The
// channel is closed after the last one: whoever calls Events reads until then.
func (h *Handle) Events() <-chan Event {
	h.read.Do(func() { go h.queue.pump(h.events) })
	return h.events
}

// Done is closed when the run is over.
func (h *Handle) Done() <-chan struct{} { return h.done }

// Wait returns what Upgrade or Downgrade would have returned.
func (h *Handle) Wait() (Result, error) {
	<-h.done
	return h.result, h.err
}

// maxQueued bounds the events that wait for a reader. Beyond it, logs, chunks
// and progress are left out; what happens to migrations never is.
const maxQueued = 4096

// A queue holds events between a run and whoever reads them.
type queue struct {
	mu     sync.Mutex
	events []Event
	closed bool
	wake   chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) put(e Event) {
	q.mu.Lock()
	chatter := e.Kind == EventLog || e.Kind == EventProgress || e.Kind == EventStatement || e.Kind == EventChunk
	if n := len(q.events); e.Kind == EventProgress && n > 0 && q.events[n-1].Kind == EventProgress {
		q.events[n-1] = e // the newest progress is all a reader needs
	} else if !chatter || n < maxQueued {
		q.events = append(q.events, e)
	}
	q.mu.Unlock()
	q.notify()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.notify()
}

func (q *queue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what is queued, and whether more may come.
func (q *queue) take() (events []Event, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	events, q.events = q.events, nil
	return events, !q.closed
}

// pump hands the events on until the last one is read.
func (q *queue) pump(out chan<- Event) {
	defer close(out)
	for {
		events, more := q.take()
		for _, e := range events {
			out <- e
		}
		if len(events) == 0 {
			if !more {
				return
			}
			<-q.wake
		}
	}
}
