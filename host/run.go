package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
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
	guests map[*module]*loading
	queue  func(Event) // of a Handle; may be nil
	result Result
	asked  bool // Config.Before has been called

	waiting  time.Time // since when another runner has held the lock
	timeouts int       // lock timeouts of the current step
	stale    int       // times in a row that the fence did not hold and the ledger had not changed
}

// The pauses between two tries, each with jitter so that runners that wait
// for the same thing do not meet again.
const (
	lockPause     = 20 * time.Millisecond  // another runner holds the lock
	timeoutPause  = 100 * time.Millisecond // a statement waited too long, times the number of tries
	maxStale      = 50                     // see run.stale
	verdictWithin = 5 * time.Second        // for looking at a database after a failure
)

func (r *Runner) run(ctx context.Context, dir chain.Direction, target string, queue func(Event)) (result Result, err error) {
	u := &run{Runner: r, dir: dir, target: target, queue: queue, guests: map[*module]*loading{}}
	ctx, end := startSpan(ctx, dir.String(), runAttributes(r, target)...)
	defer func() { end(err) }()

	if u.conn, err = r.db.Connect(ctx); err != nil {
		return Result{}, err
	}
	defer func() {
		u.closeGuests()
		if closeErr := u.conn.Close(); err == nil {
			err = closeErr
		}
	}()
	err = u.toTarget(ctx)
	if u.ledger != nil {
		u.result.Heads = u.ledger.Heads
	}
	return u.result, err
}

// runOnly runs one step, on a database that is where the step begins.
func (r *Runner) runOnly(ctx context.Context, conn Conn, step Step) error {
	u := &run{Runner: r, dir: step.Direction, target: step.Revision.Key.String(), only: &step, conn: conn, guests: map[*module]*loading{}}
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
		if err != nil || len(u.plan.Steps) == 0 {
			return err
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
	for i, step := range u.plan.Steps {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		var next *Step
		if i+1 < len(u.plan.Steps) {
			next = &u.plan.Steps[i+1]
		}
		err := u.step(ctx, step, next, Event{
			Step: len(u.result.Applied) + 1, Steps: len(u.result.Applied) + len(u.plan.Steps) - i,
			Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug,
			Action: Action(step.Direction.String()),
		})
		if err == nil {
			u.waiting, u.timeouts, u.stale = time.Time{}, 0, 0
			continue
		}
		return u.retry(ctx, step, err)
	}
	return false, nil
}

// retry decides what an error means: pause and try again, or give up.
func (u *run) retry(ctx context.Context, step Step, err error) (again bool, _ error) {
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
			return false, u.failure(step, fmt.Errorf("waited %s: %w", wait, err))
		}
		return true, pause(ctx, lockPause)
	case errors.Is(err, ErrMoved):
		if u.stale++; u.stale < maxStale {
			return true, pause(ctx, time.Millisecond)
		}
	case errors.Is(err, ErrLockTimeout):
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
	timer := time.NewTimer(d + mathrand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// step runs one migration, and readies the next one meanwhile. Its error is a
// *RunError, unless it is one that the run can try again after.
func (u *run) step(ctx context.Context, step Step, next *Step, about Event) (err error) {
	ctx, end := startSpan(ctx, "migration", stepAttributes(step)...)
	defer func() { end(err) }()

	body := u.catalog.bodies[step.Revision.Key]
	module, number, err := body.load()
	if err != nil {
		return err
	}
	guest, err := u.guest(ctx, module)
	if err != nil {
		return u.fail(ctx, step, about, err)
	}
	defer u.release(body, module)
	u.lookAhead(ctx, next)

	pending := u.ledger.pending(step)
	begin, seed, started, err := beginning(pending)
	if err != nil {
		return u.fail(ctx, step, about, err)
	}
	clock := time.Now()
	s := newSession(u.conn, step, begin, pending)
	s.naming = u.namingFor(step.Revision.Line)
	s.started = clock
	s.event = func(e Event) {
		e.Step, e.Steps, e.Revision, e.Line, e.Slug, e.Action = about.Step, about.Steps, about.Revision, about.Line, about.Slug, about.Action
		u.emit(e)
	}
	if u.cfg.Statements {
		s.observe = func(stmt Statement) { s.emit(Event{Kind: EventStatement, Text: stmt.SQL, Call: stmt.Ordinal}) }
	}
	s.span = func(name string) func() {
		_, end := startSpan(ctx, "section", sectionAttributes(name)...)
		return func() { end(nil) }
	}
	s.event(Event{Kind: EventStarted})

	entry := Entry{
		Key: step.Revision.Key, Action: Action(step.Direction.String()), Slug: step.Revision.Slug,
		Digest: step.Revision.Digest, Module: module.digest, Seed: hex.EncodeToString(seed[:]),
		Started: started, Runner: Version,
	}
	used, err := guest.Run(ctx, GuestRun{
		Step: number, Direction: step.Direction, Started: started, Seed: seed,
		Context: u.context(step, started),
	}, s)
	entry.Fuel = used.Fuel
	if s.fatal != nil {
		err = s.fatal
	}
	if err == nil {
		entry.Duration = time.Since(clock).Truncate(time.Microsecond)
		err = s.finish(ctx, entry)
	}
	if closeErr := s.close(); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return u.fail(ctx, step, about, err)
	}
	u.ledger.record(step, entry)
	entry.Duration = time.Since(clock).Truncate(time.Microsecond)
	u.result.Applied = append(u.result.Applied, entry)
	s.emit(Event{Kind: EventApplied})
	return nil
}

// context is what the guest may know of its run (ABI.md, 6.1).
func (u *run) context(step Step, started time.Time) abi.Context {
	return abi.Context{
		ABI: abi.Version, Dialect: string(step.Revision.Dialect), Line: step.Revision.Line,
		Revision: step.Revision.ID, Direction: step.Direction.String(),
		Started: started.UnixMicro(), Server: u.conn.Server(),
	}
}

// record notes an applied step in what the run knows of the ledger.
func (l *Ledger) record(step Step, entry Entry) {
	key := step.Revision.Key
	if len(step.After) == 0 {
		delete(l.Heads, key.Line)
	} else {
		l.Heads[key.Line] = step.After
	}
	if step.Direction == chain.Upgrade {
		l.Applied[key] = Applied{Digest: entry.Digest, At: entry.Started}
	} else {
		delete(l.Applied, key)
	}
}

// beginning returns what a migration that may commit more than once records
// first: the guest's seed and start time. A resumed run gets the recorded
// ones, so that the guest makes the same calls again.
func beginning(pending []Unit) (unit Unit, seed [32]byte, started time.Time, err error) {
	for _, u := range pending {
		if u.Kind != UnitBegin {
			continue
		}
		text, at, _ := strings.Cut(u.Name, " ")
		b, err := hex.DecodeString(text)
		if err != nil || copy(seed[:], b) != len(seed) {
			return u, seed, started, fmt.Errorf("sandpiper_progress: the record of the migration's beginning is damaged: %q", u.Name)
		}
		started, err = time.Parse(time.RFC3339Nano, at)
		return u, seed, started, err
	}
	rand.Read(seed[:])
	started = time.Now().UTC().Truncate(time.Microsecond)
	name := hex.EncodeToString(seed[:]) + " " + started.Format(time.RFC3339Nano)
	return Unit{Position: 1, Kind: UnitBegin, Name: name, Digest: digestText("begin")}, seed, started, nil
}

// A loading is a guest that is being made ready while the one before it runs.
type loading struct {
	done  chan struct{}
	guest Guest
	err   error
}

// prepare begins to load a module, once per run for those that hold several
// migrations.
func (u *run) prepare(ctx context.Context, m *module) *loading {
	l, ok := u.guests[m]
	if !ok {
		l = &loading{done: make(chan struct{})}
		u.guests[m] = l
		go func() {
			defer close(l.done)
			l.guest, l.err = u.box.Load(ctx, m.bytes, GuestLimits{})
		}()
	}
	return l
}

// guest returns the guest of a module when it is loaded.
func (u *run) guest(ctx context.Context, m *module) (Guest, error) {
	l := u.prepare(ctx, m)
	<-l.done
	return l.guest, l.err
}

// lookAhead begins to load what the step after this one needs.
func (u *run) lookAhead(ctx context.Context, next *Step) {
	if next != nil {
		if m, _, err := u.catalog.bodies[next.Revision.Key].load(); err == nil {
			u.prepare(ctx, m)
		}
	}
}

// release frees a module that no later step needs: that of a SQL file.
func (u *run) release(b *body, m *module) {
	if b.module == nil {
		u.guests[m].close()
		delete(u.guests, m)
		b.assembled = nil
	}
}

func (u *run) closeGuests() {
	for _, l := range u.guests {
		l.close()
	}
}

func (l *loading) close() {
	if <-l.done; l.guest != nil {
		l.guest.Close()
	}
}

func (u *run) emit(e Event) {
	u.logEvent(e)
	if u.cfg.OnEvent != nil {
		u.cfg.OnEvent(e)
	}
	if u.queue != nil {
		u.queue(e)
	}
}
