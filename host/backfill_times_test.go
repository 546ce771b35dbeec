package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Times that are infinite or long ago are keys like others, and a checkpoint may be set
// at each of them.
func TestBackfillByOddTimes(t *testing.T) {
	base := onPostgres(t)
	for kind, keys := range map[string][]string{
		"timestamptz": {"-infinity", "4713-01-01 00:00:00+00 BC", "0001-06-01 12:30:00+00 BC", "2026-01-01 00:00:00+00", "294246-12-31 23:59:59.999999+00", "infinity"},
		"timestamp":   {"-infinity", "4713-01-01 00:00:00 BC", "0001-06-01 12:30:00 BC", "2026-01-01 00:00:00", "294246-12-31 23:59:59.999999", "infinity"},
		"date":        {"-infinity", "4713-01-01 BC", "0001-06-01 BC", "2026-01-01", "5874897-12-31", "infinity"},
		"time":        {"00:00:00", "23:59:59.999999", "24:00:00"},
	} {
		g := base.fresher().toFill(abi.Backfill{Table: "t", Columns: []string{"was"}, Batch: 1, MaxBatch: 1},
			"SET TIME ZONE 'UTC'", "CREATE TABLE t (id "+kind+" PRIMARY KEY, was text)", "INSERT INTO t SELECT k::"+kind+", k FROM unnest(ARRAY['"+strings.Join(keys, "', '")+"']) k")
		var visited []string
		g.visit = func(_ context.Context, _ host.Calls, row []abi.Value) error {
			visited = append(visited, string(row[1].Bytes))
			return nil
		}
		var err error
		for range len(keys) + 2 { // each chunk is another run's, which begins at its checkpoint
			ctx, stop := context.WithCancel(t.Context())
			r := g.runnerOn(base.open(), host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventChunk {
					stop()
				}
			}})
			_, err = r.Upgrade(ctx, "heads")
			stop()
			if !errors.Is(err, context.Canceled) {
				break
			}
		}
		if err != nil || !slices.Equal(visited, keys) {
			t.Errorf("%s: visited %q, want %q; %v", kind, visited, keys, err)
		}
	}
}

// A time that cannot be sent back ends the backfill before it, and the error says what
// to do.
func TestBackfillByATooLateTime(t *testing.T) {
	base := onPostgres(t)
	for last, done := range map[string]int64{"infinity": 2, "294247-01-10 04:00:54.775807+00": 0} {
		g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 1, MaxBatch: 1},
			"CREATE TABLE t (id timestamptz PRIMARY KEY, done int NOT NULL DEFAULT 0)",
			"INSERT INTO t VALUES ('2026-01-01'), ('294247-01-10 04:00:54.775806+00'), ('294247-01-10 04:00:54.775808+00'), ('"+last+"') ON CONFLICT DO NOTHING")
		visited := int64(0)
		g.visit = func(context.Context, host.Calls, []abi.Value) error {
			visited++
			return nil
		}
		err := g.upgrade(host.Config{})
		if err == nil || !strings.Contains(err.Error(), `backfill "fill": no checkpoint can be set at a row, in the order of (id): column "id" holds a time after the year 294246, which does not fit`) ||
			!strings.Contains(err.Error(), "Mend that row, or order by another key") {
			t.Errorf("up to %s: got %v", last, err)
		}
		if visited != done {
			t.Errorf("up to %s: %d rows were visited", last, visited)
		}
	}
}
