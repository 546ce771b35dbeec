package host

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// workGrace is how much longer than the migration's time a Worker gets for a step, to
// start on a machine that is busy, and to end by itself what is overdue: it knows
// when the migration began, and this is for one that does not end it.
const workGrace = 2 * time.Minute

// delegate has the Worker run a step. The connection of this run is idle
// meanwhile, so that what the Worker does has the lock for itself.
func (u *run) delegate(ctx context.Context, p *Plugin, a *attempt) (Entry, error) {
	u.lookAhead(ctx, a.next)
	if !u.waiting.IsZero() {
		// To ask for the lock is cheaper than to have a worker find it taken.
		if err := u.probe(ctx, a.step); err != nil {
			return Entry{}, err
		}
	}
	a.clock = time.Now()
	late, spent := u.limit(p), u.spentOn(a.step)
	ctx, cancel := context.WithTimeoutCause(ctx, late.limit-spent.time+late.limit/2+workGrace, late)
	defer cancel()
	order := WorkOrder{
		Plugin: *p, Step: a.step, Statements: u.cfg.Statements, Results: u.cfg.Results, Phase: u.cfg.Phase,
		Pace: u.cfg.pace(), LockWait: u.cfg.LockWait, Checkpoint: u.choice(a.step),
		State: u.workState(spent.used), Spent: spent.time,
	}
	from := u.reached
	entry, state, err := u.cfg.Worker.Work(ctx, order, u.relay(a.about))
	u.take(state)
	used := state.Used.atLeast(spent.used) // whatever it says
	spent.add(used, time.Since(a.clock), u.reached != from || used != spent.used, err)
	if err != nil {
		return Entry{}, overdue(ctx, err)
	}
	if entry.Key != a.step.Revision.Key || entry.Action != Action(a.step.Direction.String()) {
		return Entry{}, fmt.Errorf("the worker answered for the %s of %s, which it was not asked for", entry.Action, entry.Key)
	}
	return entry, nil
}

// relay passes on what a Worker tells of its migration, and nothing else: that it
// is applied, or has failed, is known when the Worker returns.
func (u *run) relay(about Event) func(Event) {
	return func(e Event) {
		switch e.Kind {
		case EventStarted, EventProgress, EventLog, EventSection, EventStatement, EventRan,
			EventChunk, EventThrottled, EventPhase, EventWaiting:
			u.emit(e.of(about))
		}
	}
}

// probe asks for the lock and for the fence of a step, and lets go of them.
func (u *run) probe(ctx context.Context, step Step) error {
	tx, err := u.conn.Begin(ctx, Fence{Line: step.Revision.Line, Heads: step.Before})
	if err != nil {
		return err
	}
	_, err = u.conn.Ledger(ctx) // the lock may be asked for only now
	if undone := tx.Rollback(); err == nil {
		err = undone
	}
	return err
}

// Work runs one step of a plugin for a Worker, from start to commit, on the
// Runner's database. The Runner's own migrations and plugins are not looked at. Its
// errors are for the run that sent the order to act upon: ErrLocked, ErrMoved and
// ErrLockTimeout among them, and no *RunError. events hears of what happens inside
// the migration: that it starts, its statements and their results, logs, progress,
// sections, chunks and phases.
func (r *Runner) Work(ctx context.Context, order WorkOrder, events func(Event)) (entry Entry, state WorkState, err error) {
	step := order.Step
	own := *r
	own.cfg.OnEvent, own.cfg.Statements, own.cfg.Results, own.cfg.Phase = events, order.Statements, order.Results, order.Phase
	own.cfg.ChunkTime, own.cfg.MaxRate, own.cfg.MaxLag = order.Pace.ChunkTime, order.Pace.MaxRate, order.Pace.MaxLag
	own.cfg.LockWait, own.cfg.Checkpoint = order.LockWait, order.Checkpoint
	own.warm()
	body, err := order.body(r.db.Dialect())
	if err != nil {
		return Entry{}, order.State, err
	}
	u := own.newRun(step.Direction, step.Revision.Key.String())
	spent := u.spentOn(step)
	spent.used, spent.time = order.State.Used, order.Spent
	u.take(order.State)
	u.prepare(ctx, body.module)
	defer u.closeGuests()
	if u.conn, err = r.db.Connect(ctx); err != nil {
		return Entry{}, order.State, err
	}
	defer func() {
		if closeErr := u.conn.Close(); err == nil {
			err = closeErr
		}
	}()
	if u.ledger, err = u.conn.Ledger(ctx); err != nil {
		return Entry{}, order.State, err
	}
	if !slices.Equal(u.ledger.Heads[step.Revision.Line], step.Before) {
		return Entry{}, order.State, ErrMoved
	}
	about := Event{Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug, Action: Action(step.Direction.String())}
	entry, err = u.confined(ctx, &order.Plugin, &attempt{step: step, body: body, about: about, resumed: resumption(u.ledger.pending(step))})
	if closeErr := u.walls.close(); err == nil {
		err = closeErr
	}
	return entry, u.workState(spent.used), err
}

// body finds what the order's step does, in the order's module.
func (o *WorkOrder) body(dialect chain.Dialect) (*body, error) {
	if o.Plugin.Grants == nil {
		return nil, fmt.Errorf("%s: the plugin has no grants", o.Plugin.Path)
	}
	revisions, err := readPlugin(&o.Plugin, dialect)
	if err != nil {
		return nil, err
	}
	for _, f := range revisions {
		if f.revision.Key == o.Step.Revision.Key && f.revision.Module == o.Step.Revision.Module {
			return f.body, nil
		}
	}
	return nil, fmt.Errorf("%s does not hold revision %s of module %s: it is not the file that was planned with", o.Plugin.Path, o.Step.Revision.Key, chain.ShortDigest(o.Step.Revision.Module))
}
