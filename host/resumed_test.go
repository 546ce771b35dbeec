package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A migration that several runs have done began with the first of them, and took as
// long as all of them were at work; whoever looks on hears what the earlier ones left.
func TestTimesOfAResumedMigration(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(12)...)
		const work = 200 * time.Millisecond // of each of the first two runs, in a chunk
		var first *host.Event
		for runs := range 2 {
			ctx, stop := context.WithCancel(t.Context())
			worked := false
			g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
				if !worked {
					worked = true
					time.Sleep(work)
				}
				return g.note(ctx, calls, row)
			}
			r := g.runnerOn(f.open(), host.Config{OnEvent: func(e host.Event) {
				switch {
				case e.Kind == host.EventStarted && runs == 0:
					first = &e
				case e.Kind == host.EventChunk:
					stop()
				}
			}})
			if _, err := r.Upgrade(ctx, "heads"); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			stop()
		}
		g.visit = nil
		between := time.Now()
		var resumed *host.Resumption
		var last, applied host.Event
		r := g.runnerOn(f.open(), host.Config{OnEvent: func(e host.Event) {
			switch e.Kind {
			case host.EventStarted:
				resumed = e.Resumed
			case host.EventChunk:
				last = e
			case host.EventApplied:
				applied = e
			}
		}})
		result, err := r.Upgrade(t.Context(), "heads")
		if err != nil {
			t.Fatal(err)
		}
		g.wantVisited(12)
		history, err := r.History(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if first.Resumed != nil {
			t.Errorf("the first run is said to be resumed: %+v", first.Resumed)
		}
		if resumed == nil || resumed.Worked < 2*work || resumed.Committed != 1 || !resumed.Began.Equal(history[0].Started) || !resumed.Began.Before(between) {
			t.Fatalf("resumed %+v, and the ledger says it began at %v", resumed, history[0].Started)
		}
		for what, took := range map[string]time.Duration{"ledger": history[0].Duration, "result": result.Applied[0].Duration, "event": applied.Took} {
			if took < resumed.Worked+last.Elapsed.Truncate(time.Microsecond) {
				t.Errorf("the %s says that it took %v: the runs before took %v, and the last one %v up to its last chunk", what, took, resumed.Worked, last.Elapsed)
			}
		}
		if applied.Elapsed >= applied.Took {
			t.Errorf("the last run alone is said to have taken %v of %v", applied.Elapsed, applied.Took)
		}
	})
}
