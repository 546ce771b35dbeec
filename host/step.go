package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An attempt is one try at a step.
type attempt struct {
	step  Step
	body  *body
	next  *Step     // what comes after it; may be nil
	about Event     // what its events have in common
	clock time.Time // when its guest began

	resumed *Resumption // nil: nothing was left by earlier runs
}

// worked is how long runs have been at work on the migration.
func (a *attempt) worked() time.Duration {
	d := time.Since(a.clock)
	if a.resumed != nil {
		d += a.resumed.Worked
	}
	return d.Truncate(time.Microsecond)
}

// step runs one migration, and readies the next one meanwhile. Its error is a
// *RunError, unless it is one that the run can try again after.
func (u *run) step(ctx context.Context, step Step, next *Step, about Event) (err error) {
	ctx, end := startSpan(ctx, "migration", stepAttributes(step)...)
	defer func() {
		// One that waits for another runner, or is tried again, has not failed.
		if failed := (*RunError)(nil); !errors.As(err, &failed) || errors.As(err, new(*PausedError)) {
			end(nil)
			return
		}
		end(err)
	}()

	pending := u.ledger.pending(step)
	u.reached = chunksOf(pending)
	a := &attempt{step: step, body: u.catalog.bodies[step.Revision.Key], next: next, about: about, resumed: resumption(pending)}
	if _, _, err := a.body.load(); err != nil {
		return err
	}
	var entry Entry
	switch plugin := a.body.plugin(); {
	case plugin == nil:
		if err = u.walls.close(); err == nil {
			entry, err = u.migrate(ctx, u.conn, a)
		}
	case u.cfg.Worker != nil:
		entry, err = u.delegate(ctx, plugin, a)
	default:
		entry, err = u.confined(ctx, plugin, a)
	}
	if err != nil {
		u.walls.close() // what it says of its end, the error of the step says better
		return u.fail(ctx, step, about, err)
	}
	u.ledger.record(step, entry)
	entry.Duration = a.worked()
	u.result.Applied = append(u.result.Applied, entry)
	about.Kind, about.Elapsed, about.Took = EventApplied, time.Since(a.clock), entry.Duration
	u.emit(about)
	return nil
}

// migrate runs the guest of a step on a connection, from start to commit.
func (u *run) migrate(ctx context.Context, conn Conn, a *attempt) (entry Entry, err error) {
	step := a.step
	module, number, err := a.body.load()
	if err != nil {
		return entry, err
	}
	guest, err := u.guest(ctx, module)
	if err != nil {
		return entry, err
	}
	defer u.release(a.body, module)
	u.lookAhead(ctx, a.next)

	pending := u.ledger.pending(step)
	begin, seed, started, err := beginning(pending)
	if err != nil {
		return entry, err
	}
	a.clock = time.Now()
	if pending, err = u.resumable(ctx, conn, a, versionOf(step, module), pending); err != nil {
		return entry, err
	}
	s := u.session(ctx, conn, a, begin, pending)
	s.seed, s.version = seed, versionOf(step, module)
	s.event(Event{Kind: EventStarted, Resumed: a.resumed})

	entry = Entry{
		Key: step.Revision.Key, Action: Action(step.Direction.String()), Slug: step.Revision.Slug,
		Digest: step.Revision.Digest, Module: module.digest, Seed: hex.EncodeToString(seed[:]),
		Started: started, Runner: Version,
	}
	if p := module.plugin; p != nil {
		entry.Signer, entry.Grants = p.Signer, p.Grants.String()
	}
	spent, since := u.spentOn(step), a.clock
	outer := ctx
	ctx, cancel := u.limited(outer, module.plugin, spent.time)
	defer func() { cancel() }()
	used, from := spent.used, s.fence
	defer func() {
		moved := s != nil && (s.fence.Done != from.Done || s.fence.Chunks != from.Chunks)
		spent.add(used, time.Since(since), moved, err)
	}()
	for anew := true; ; anew = false {
		var ran error
		used, ran = guest.Run(ctx, GuestRun{
			Step: number, Direction: step.Direction, Started: started, Seed: seed,
			Context: step.context(conn, started), Anew: anew, Used: used,
		}, s)
		entry.Fuel = used.Fuel
		u.meters.sent(step, s.ordinal-s.known)
		if errors.Is(ran, ErrSuperseded) && s.fatal == nil {
			s.fatal = errLeave
		}
		if err = ran; s.fatal != errLeave {
			break
		}
		if s, err = u.renewed(ctx, a, s); err != nil {
			return entry, overdue(ctx, err)
		}
		if w, ok := guest.(waiter); ok {
			w.Wait(outer)
		}
		cancel()
		since = time.Now() // the time of what is done again does not count
		ctx, cancel = u.limited(outer, module.plugin, spent.time)
	}
	if s.fatal != nil {
		err = s.fatal
	}
	if err == nil {
		entry.Duration, entry.Reason = a.worked(), s.begunBy()
		err = s.finish(ctx, entry)
	}
	if closeErr := s.close(); err == nil && closeErr != nil {
		err = closeErr
	}
	return entry, overdue(ctx, err)
}

// session makes the session of an attempt, whose events are those of the run.
func (u *run) session(ctx context.Context, conn Conn, a *attempt, begin Unit, pending []Unit) *session {
	s := newSession(conn, a.step, begin, pending)
	s.naming = u.namingFor(a.step.Revision.Line)
	s.judge = a.body.judge()
	s.until = u.cfg.until()
	s.started = a.clock
	if a.resumed != nil {
		s.worked = a.resumed.Worked
	}
	s.event = func(e Event) { u.emit(e.of(a.about)) }
	if u.cfg.Statements || u.cfg.Results {
		s.observer = &observer{tell: s.emit, results: u.cfg.Results}
	}
	span := func(what string, attributes ...attribute.KeyValue) func() {
		_, end := startSpan(ctx, what, attributes...)
		return func() { end(nil) }
	}
	s.span = func(name string) func() { return span("section", sectionAttributes(name)...) }
	s.fillSpan = func(name string) func() { return span("backfill", backfillAttributes(name)...) }
	s.cfg, s.paces, s.followers = &u.cfg, u.paces, &u.followers
	return s
}

// renewed makes the session of a guest that is run again, which resumes from what
// the one before has committed.
func (u *run) renewed(ctx context.Context, a *attempt, s *session) (*session, error) {
	if err := s.close(); err != nil {
		return nil, err
	}
	ledger, err := s.conn.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	again := u.session(ctx, s.conn, a, s.begin, ledger.pending(a.step))
	again.seed, again.version, again.muted = s.seed, s.version, s.told
	return again, nil
}

// resumable looks at what an earlier run has left of a migration. Where a backfill
// is begun anew, that is recorded first.
func (u *run) resumable(ctx context.Context, conn Conn, a *attempt, version string, pending []Unit) ([]Unit, error) {
	restart, err := checkpointed(version, pending, u.choice(a.step))
	if restart == nil || err != nil {
		return pending, err
	}
	s := newSession(conn, a.step, Unit{}, pending)
	tx, err := conn.Begin(ctx, s.fence)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if err := tx.Progress(ctx, a.step.Revision.Key, a.step.Direction, []Unit{*restart}); err != nil {
		return nil, err
	}
	u.reached++ // as checkpointed does
	return replaced(pending, *restart), tx.Commit(ctx)
}

// choice is what to do about a checkpoint that an attempt at a step finds: one that
// this run has set itself is not given up.
func (u *run) choice(step Step) CheckpointChoice {
	if u.cfg.Checkpoint == CheckpointRestart && u.spentOn(step).moved {
		return CheckpointRefuse
	}
	return u.cfg.Checkpoint
}

// replaced returns units with one in the place of that of its position.
func replaced(units []Unit, with Unit) []Unit {
	units = slices.Clone(units)
	for i := range units {
		if units[i].Position == with.Position {
			units[i] = with
		}
	}
	return units
}

// of says which migration an event is of.
func (e Event) of(about Event) Event {
	e.Step, e.Steps, e.Revision, e.Line, e.Slug, e.Action = about.Step, about.Steps, about.Revision, about.Line, about.Slug, about.Action
	return e
}

// context is what the guest may know of its run (ABI.md, 6.1).
func (s Step) context(conn Conn, started time.Time) abi.Context {
	return abi.Context{
		ABI: abi.Version, Dialect: string(s.Revision.Dialect), Line: s.Revision.Line,
		Revision: s.Revision.ID, Direction: s.Direction.String(),
		Started: started.UnixMicro(), Server: conn.Server(),
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

// fenceOf returns the fence of a step of which the units are recorded.
func fenceOf(step Step, pending []Unit) Fence {
	fence := Fence{Line: step.Revision.Line, Heads: step.Before, Revision: step.Revision.ID, Direction: step.Direction}
	for _, u := range pending {
		if !u.Begun {
			fence.Done++
		}
		fence.Chunks += u.Chunks
		fence.Written += u.written()
		if u.Kind == UnitBegin {
			fence.Begin = u.Name
		}
	}
	return fence
}
