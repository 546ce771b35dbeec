package host

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A run is one Upgrade or Downgrade under way.
type run struct {
	*Runner
	dir    chain.Direction
	target string
	only   *Step // what to run in the place of what leads to the target; may be nil
	conn   Conn
	ledger *Ledger
	plan   Plan
	walls  walls
	guests map[*module]*loading
	queue  func(Event) // of a Handle; may be nil
	meters *meters
	result Result
	asked  bool // Config.Before has been called

	waiting   time.Time // since when another runner has held the lock
	timeouts  int       // lock timeouts of the current step, or of its chunk
	paces     paces     // of its backfills
	followers followers // of the server
	spent     spent     // of the limits of the current step
	reached   int64     // chunks of it that are committed, as far as this run knows
	stale     int       // times in a row that the fence did not hold and the ledger had not changed

	cancel   context.CancelFunc // ends the run; nil where that cannot be
	panicked *OnEventError      // why it was called, nil if it was not
}

// The pauses between two tries, each with jitter so that runners that wait
// for the same thing do not meet again.
const (
	lockPause     = 20 * time.Millisecond  // another runner holds the lock
	timeoutPause  = 100 * time.Millisecond // a statement waited too long, times the number of tries
	maxStale      = 50                     // see run.stale
	verdictWithin = 5 * time.Second        // for looking at a database after a failure
)

func (r *Runner) newRun(dir chain.Direction, target string) *run {
	return &run{Runner: r, dir: dir, target: target, meters: newMeters(r.db.Dialect()), guests: map[*module]*loading{}, paces: paces{}}
}

func (r *Runner) run(ctx context.Context, dir chain.Direction, target string, queue func(Event)) (result Result, err error) {
	u := r.newRun(dir, target)
	u.queue = queue
	ctx, u.cancel = context.WithCancel(ctx)
	defer u.cancel()
	ctx, end := startSpan(ctx, dir.String(), runAttributes(r, target)...)
	defer func() { end(err) }()

	if r.cfg.MaxLag > 0 && r.db.Dialect() != chain.PostgreSQL {
		return Result{}, errors.New("--max-lag is about the replicas of a PostgreSQL server, and SQLite has none: do without")
	}
	if u.conn, err = r.db.Connect(ctx); err != nil {
		return Result{}, err
	}
	defer func() {
		u.closeGuests()
		if closeErr := u.conn.Close(); err == nil {
			err = closeErr
		}
	}()
	err = u.blamed(u.toTarget(ctx))
	if u.ledger != nil {
		u.result.Heads = u.ledger.Heads
	}
	return u.result, err
}

// runOnly runs one step, on a database that is where the step begins.
func (r *Runner) runOnly(ctx context.Context, conn Conn, step Step) error {
	u := r.newRun(step.Direction, step.Revision.Key.String())
	u.only, u.conn = &step, conn
	defer u.closeGuests()
	return u.toTarget(ctx)
}

// toTarget plans and runs until nothing is left to do. Each time another
// runner gets in between, the ledger is read again and the rest planned anew.
func (u *run) toTarget(ctx context.Context) error {
	for {
		err := u.replan(ctx)
		if errors.Is(err, ErrLocked) { // even for reading
			if _, err := u.retry(ctx, Step{}, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if len(u.plan.Steps) == 0 {
			u.pauseAtWaiting()
			return nil
		}
		if !u.asked && u.cfg.Before != nil {
			if err := u.cfg.Before(u.plan); err != nil {
				return err
			}
		}
		u.asked = true
		if !u.ledger.Exists {
			err := u.conn.CreateLedger(ctx)
			if errors.Is(err, ErrLocked) {
				if _, err := u.retry(ctx, Step{}, err); err != nil {
					return err
				}
				continue
			}
			if err != nil {
				return err
			}
		}
		again, err := u.steps(ctx)
		if err == nil && !again {
			u.pauseAtWaiting()
		}
		if err != nil || !again {
			return err
		}
	}
}

// replan reads the ledger and plans what is left.
func (u *run) replan(ctx context.Context) error {
	ledger, err := u.conn.Ledger(ctx)
	if err != nil {
		return err
	}
	plan, err := u.stepsFrom(ledger)
	if err != nil {
		return err
	}
	first := u.ledger == nil
	u.ledger = ledger
	if first {
		// A target such as +1 counts from where the database was at the
		// start, however often the plan is made.
		u.target = absolute(plan, u.target)
	}
	if first || len(plan.Steps) != len(u.plan.Steps) {
		u.emit(Event{Kind: EventPlanned, Steps: len(u.result.Applied) + len(plan.Steps)})
	}
	u.plan = plan
	if u.cfg.Worker == nil && slices.ContainsFunc(plan.Steps, func(s Step) bool { return u.pluginOf(s) != nil }) {
		u.warm()
	}
	return nil
}

// stepsFrom plans from where the ledger says the database is.
func (u *run) stepsFrom(ledger *Ledger) (Plan, error) {
	if u.only == nil {
		return u.Runner.plan(ledger, u.dir, u.target)
	}
	line := u.only.Revision.Line
	if at := ledger.Heads[line]; !slices.Equal(at, u.only.Before) {
		return Plan{}, fmt.Errorf("%s is at %s of line %s and should be at %s: somebody else is at work on it",
			u.db, formatHeads(at), line, formatHeads(u.only.Before))
	}
	return Plan{Direction: u.dir, Target: u.target, Steps: []Step{*u.only}}, u.checkBody(u.only.Revision, u.dir)
}

// absolute returns the target that a plan reaches, if the one given is
// relative to the database's heads.
func absolute(plan Plan, target string) string {
	if !strings.HasPrefix(target, "+") && !strings.HasPrefix(target, "-") || len(plan.Steps) == 0 {
		return target
	}
	last := plan.Steps[len(plan.Steps)-1]
	switch {
	case plan.Direction == chain.Upgrade:
		return last.Revision.Line + "@" + last.Revision.ID
	case len(last.After) == 0:
		return last.Revision.Line + "@base"
	default:
		return last.Revision.Line + "@" + last.After[0]
	}
}

// steps runs the plan. again says that the ledger has to be read anew.
func (u *run) steps(ctx context.Context) (again bool, err error) {
	defer func() {
		if closeErr := u.walls.close(); err == nil {
			err = closeErr
		}
	}()
	for i, step := range u.plan.Steps {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		var next *Step
		if i+1 < len(u.plan.Steps) {
			next = &u.plan.Steps[i+1]
		}
		about := u.about(step, len(u.plan.Steps)-i)
		err := u.step(ctx, step, next, about)
		if paused := (*PausedError)(nil); errors.As(err, &paused) {
			u.pauseAt(about, step, paused.Next, len(u.plan.Steps)-i-1+len(u.plan.Waiting))
			return false, nil
		}
		if err == nil {
			u.waiting, u.timeouts, u.stale, u.paces, u.spent = time.Time{}, 0, 0, paces{}, spent{}
			continue
		}
		return u.retry(ctx, step, err)
	}
	return false, nil
}

// about is what the events of a step have in common. left is how many steps are,
// with this one.
func (u *run) about(step Step, left int) Event {
	return Event{
		Step: len(u.result.Applied) + 1, Steps: len(u.result.Applied) + left,
		Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug,
		Action: Action(step.Direction.String()),
	}
}

// retry decides what an error means: pause and try again, or give up.
func (u *run) retry(ctx context.Context, step Step, err error) (again bool, _ error) {
	if contested(err) && ctx.Err() == nil && step.Revision.ID != "" {
		if waited, err := u.letPass(ctx, step, err); waited || err != nil {
			return err == nil, err
		}
	}
	switch {
	case ctx.Err() != nil:
		if contested(err) {
			err = ctx.Err()
		}
	case errors.Is(err, ErrLocked):
		if u.waiting.IsZero() {
			u.waiting = time.Now()
			u.emit(Event{Kind: EventWaiting, Text: err.Error()})
		}
		if wait := u.cfg.LockWait; wait > 0 && time.Since(u.waiting) >= wait {
			return false, u.failure(ctx, step, fmt.Errorf("waited %s: %w", wait, err))
		}
		return true, pause(ctx, lockPause)
	case errors.Is(err, ErrMoved):
		if u.stale++; u.stale < maxStale {
			return true, pause(ctx, time.Millisecond)
		}
	case errors.Is(err, ErrLockTimeout):
		u.paces.halve()
		if u.timeouts++; u.timeouts <= u.cfg.LockTimeoutRetries {
			u.emit(Event{
				Kind: EventRetrying, Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug,
				Text: err.Error(),
			})
			return true, pause(ctx, timeoutPause*time.Duration(u.timeouts))
		}
	}
	return false, err
}

// pause sleeps for d and up to as much again.
func pause(ctx context.Context, d time.Duration) error {
	return sleep(ctx, d+mathrand.N(d))
}

func (u *run) emit(e Event) {
	if e.Kind == EventChunk { // in this process or by a Worker: what was in the way is not any more
		u.reached++
		u.waiting, u.timeouts, u.stale = time.Time{}, 0, 0
	}
	u.logEvent(e)
	u.meters.event(e)
	u.tell(e)
	if u.queue != nil {
		u.queue(e)
	}
}
