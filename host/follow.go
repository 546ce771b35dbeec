package host

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A backfill holds the runner's lock for a chunk at a time, so that another runner
// can get in between two. The fence then sees to it that each row is visited once;
// but two that took turns would begin their guests anew for each chunk. So whoever
// finds that another one has gone on from the checkpoint lets it, and watches.

var (
	// followPoll is how often a runner looks whether the other one goes on.
	followPoll = 250 * time.Millisecond

	// standstill is how long the checkpoint may stand still until the other runner
	// is taken for dead. If it is not, it is the one that is overtaken then.
	standstill = 5 * time.Second
)

// chunksOf is the number of chunks that are committed of a migration.
func chunksOf(units []Unit) (n int64) {
	for _, u := range units {
		n += u.Chunks
	}
	return n
}

// letPass waits while another runner is at work on the backfill that this one was
// at, if that is why it came to err. It returns nil when the ledger has to be read
// again, and whether it has waited.
func (u *run) letPass(ctx context.Context, step Step, err error) (waited bool, _ error) {
	var at Unit
	sum, since, began := u.reached, time.Now(), time.Now()
	for {
		ledger, readErr := u.conn.Ledger(ctx)
		if readErr != nil && !errors.Is(readErr, ErrLocked) {
			return waited, readErr
		}
		reason := readErr
		if readErr == nil {
			units := ledger.pending(step)
			unit, found := underWay(units)
			if !found || stopped(unit) || !waited && chunksOf(units) <= u.reached {
				return waited, nil
			}
			if n := chunksOf(units); n != sum || !unit.Updated.Equal(at.Updated) {
				sum, since = n, time.Now()
			}
			if at = unit; !waited {
				waited = true
				u.emit(Event{
					Kind: EventWaiting, Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug,
					Text: atWork(unit).Error(),
				})
			}
			reason = atWork(unit)
		}
		if time.Since(since) >= standstill {
			return waited, nil
		}
		if wait := u.cfg.LockWait; wait > 0 && time.Since(began) >= wait {
			return waited, u.failure(ctx, step, fmt.Errorf("waited %s: %w", wait, reason))
		}
		if err := pause(ctx, followPoll); err != nil {
			return waited, err
		}
	}
}

// An atWork is the ErrLocked of a runner that lets another one go on with a backfill,
// between whose chunks the lock is free.
type atWork Unit

func (a atWork) Error() string {
	return fmt.Sprintf("another runner is at work on backfill %q, and stands at %d rows", a.Name, a.Affected)
}

func (a atWork) Is(target error) bool { return target == ErrLocked }
