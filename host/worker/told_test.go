package worker

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// A backfill of millions of chunks is no flood; what is not about a chunk is, in
// whatever kind of event it comes.
func TestChunksAreNoFlood(t *testing.T) {
	name := strings.Repeat("b", 60)
	for _, c := range []struct {
		event  host.Event
		events int
		ended  bool
	}{
		{host.Event{Kind: host.EventChunk, Backfill: name, Rows: 1}, 2_000_000, false},
		{host.Event{Kind: host.EventChunk, Backfill: strings.Repeat(name, 1000)}, 2_000, true},
		{host.Event{Kind: host.EventChunk, Backfill: name, Text: strings.Repeat(name, 1000)}, 2_000, true},
		{host.Event{Kind: host.EventThrottled, Backfill: name}, 2_000_000, true},
		{host.Event{Kind: host.EventWaiting, Text: "the lock is another runner's"}, 1, false},
	} {
		told := newTold(host.WorkOrder{})
		var err error
		for i := 0; i < c.events && err == nil; i++ {
			e := c.event
			err = told.event(&e, nil, func(host.Event) {})
		}
		if (err != nil) != c.ended {
			t.Errorf("%d of %s, %d bytes: %v", c.events, c.event.Kind, len(c.event.Backfill)+len(c.event.Text), err)
		}
	}
}
