package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Whatever ends a run up to a phase, the next one is to be up to that phase too.
func TestNextRepeatsThePhase(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		broken := strings.Replace(addSlug, "times = times + 1", "times = times + CASE WHEN r.id = 555 THEN NULL ELSE 1 END", 1)
		backfill := abi.PhaseBackfill
		for name, c := range map[string]struct {
			file string
			cfg  host.Config
			stop bool
			want string
		}{
			"stopped":         {addSlug, host.Config{Phase: &backfill}, true, "run `sandpiper upgrade --phase backfill` again to go on"},
			"stopped without": {addSlug, host.Config{}, true, "run `sandpiper upgrade` again to go on"},
			"refused":         {broken, host.Config{Phase: &backfill}, false, "mend the statement, and run `sandpiper upgrade --phase backfill` again"},
			"late": {addSlug, host.Config{Phase: &backfill, TimeLimit: time.Nanosecond}, false,
				"if it should have more time, raise --time-limit, or time_limit of sandpiper.toml, and run `sandpiper upgrade --phase backfill` again"},
		} {
			f := base.fresher()
			f.withRuns(false)
			f.put(rev2, rev1, c.file)
			if _, err := f.runner(host.Config{}).Upgrade(t.Context(), rev1); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			c.cfg.OnEvent = func(e host.Event) {
				if e.Kind == host.EventChunk && c.stop {
					cancel()
				}
			}
			_, err := f.runner(c.cfg).Upgrade(ctx, "heads")
			cancel()
			var failed *host.RunError
			if !errors.As(err, &failed) || failed.Next != c.want {
				t.Errorf("%s: got %+v, want the next thing to be %q", name, failed, c.want)
			}
		}
	})
}

// A commit of a chunk that is refused takes back that chunk, and says so: those before
// it stay.
func TestChunkThatIsNotCommitted(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for at, want := range map[string]struct {
			message, state string
			committed      int64
		}{
			"2": {`chunk 1 of backfill "t", id <= 4, is rolled back, nothing of the backfill is committed: `, "standing at 0 of 10 rows", 0},
			"9": {`chunk 3 of backfill "t", 8 < id <= 10, is rolled back, the 8 rows before it are committed: `, "standing at 8 of 10 rows", 8},
		} {
			f := base.fresher()
			f.write(rev1, "CREATE TABLE p (id INTEGER PRIMARY KEY);\nINSERT INTO p VALUES (1);\n"+
				"CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);\n"+
				"INSERT INTO t (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10);\n")
			f.write(rev2, "-- +backfill table=t batch=4 max_batch=4\nUPDATE t SET p = CASE WHEN id = "+at+" THEN 99 ELSE 1 END WHERE ${chunk};\n-- +backfill end\n")
			_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
			var failed *host.RunError
			if !errors.As(err, &failed) || !strings.Contains(failed.Err.Error(), want.message) || strings.Contains(failed.Err.Error(), "nothing was committed") {
				t.Errorf("got %v, want %q", err, want.message)
				continue
			}
			if !strings.Contains(failed.State, want.state) {
				t.Errorf("the state is %q, want %q", failed.State, want.state)
			}
			f.wantCount(want.committed, "SELECT count(p) FROM t")
		}
	})
}
