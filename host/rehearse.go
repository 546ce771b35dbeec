package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Rehearsal is the SQL of a plan.
type Rehearsal struct {
	Plan       Plan
	Statements []RehearsedStatement // of a plugin the first 16 MiB, and then how many more
	Effects    []StepEffects        // of the steps that ran, where they were asked for
}

// A RehearsedStatement is one statement of a Rehearsal.
type RehearsedStatement struct {
	Step       int    // index into Plan.Steps
	SQL        string // as sent
	Params     []abi.Value
	Rows       int    // parameter rows, for batches
	Autocommit bool   // commits by itself in a real run
	NotRun     string // why it was shown and not run; "" if it ran
	Backfill   string // that it is, by name: a real run does it chunk by chunk
	Refused    bool   // by the walls of a plugin: no run sends it
	Own        bool   // asked by the runner, for a backfill, and not by the guest
}

// Rehearse runs what Upgrade or Downgrade would run in one transaction that is
// rolled back, and tells what SQL was sent. Statements that cannot run inside
// a transaction are shown and not run; so is what then cannot run without them.
//
// The steps of a plugin are rehearsed behind its walls, where the plan has no
// others, and in this process, whatever Config.Worker says: nothing of them is
// committed. They are named and not run in other plans, and before the plugin's
// first upgrade has made its role and schema.
func (r *Runner) Rehearse(ctx context.Context, dir chain.Direction, target string) (Rehearsal, error) {
	return r.rehearsal(ctx, dir, target, nil)
}

// rehearsal rehearses. It tells effects if samples are given.
func (r *Runner) rehearsal(ctx context.Context, dir chain.Direction, target string, samples *int) (_ Rehearsal, err error) {
	u := r.newRun(dir, target)
	if u.conn, err = r.db.Connect(ctx); err != nil {
		return Rehearsal{}, err
	}
	defer func() {
		u.closeGuests()
		if closeErr := u.conn.Close(); err == nil {
			err = closeErr
		}
	}()
	stage, err := u.stage(ctx, samples)
	if err != nil {
		return stage.out, err
	}
	defer func() {
		if clearErr := stage.clear(); err == nil {
			err = clearErr
		}
	}()
	plan := stage.out.Plan
	for i, step := range plan.Steps {
		stage.step = i
		if p := u.pluginOf(step); p != stage.plugin {
			stage.omit(p, step, u.onlyPlugin(plan) == p)
			continue
		}
		err := u.rehearse(ctx, stage, step)
		stage.tellBeyond()
		paused := errors.As(err, new(*PausedError))
		if err == nil || paused {
			if err = stage.effects(ctx); err != nil {
				err = u.failure(ctx, step, err)
			}
		}
		if err != nil {
			return stage.out, err
		}
		if paused {
			break
		}
	}
	return stage.out, nil
}

// stage plans, and opens a stage for the steps. Where another runner stands in the way
// it waits, and plans anew from where that one has brought the database.
func (u *run) stage(ctx context.Context, samples *int) (s *stage, err error) {
	w := waiting{runner: u.Runner}
	for {
		s = &stage{Conn: u.conn, samples: samples}
		if err = u.set(ctx, s); err == nil {
			return s, nil
		}
		if err = errors.Join(err, s.clear()); !contested(err) {
			return s, err
		}
		if u.stale++; errors.Is(err, ErrMoved) && u.stale < maxStale {
			err = pause(ctx, time.Millisecond)
		} else {
			err = w.pause(ctx, err)
		}
		if err != nil {
			return s, err
		}
	}
}

// set plans and opens the stage, unless nothing is to do.
func (u *run) set(ctx context.Context, s *stage) (err error) {
	if u.ledger, err = u.conn.Ledger(ctx); err != nil {
		return err
	}
	plan, err := u.Runner.plan(u.ledger, u.dir, u.target)
	s.out.Plan = plan
	if err != nil || len(plan.Steps) == 0 {
		return err
	}
	if p := u.onlyPlugin(plan); p != nil {
		u.warm()
		how := u.confinement(p)
		how.Existing = true
		confined, err := u.conn.Confine(ctx, how)
		if err == nil {
			s.Conn, s.confined, s.plugin = confined, confined, p
		} else if !errors.Is(err, ErrNotReady) {
			return err
		}
	}
	return s.open(ctx, u.ledger)
}

// onlyPlugin returns the plugin that all steps of a plan are of, nil if there is no
// such plugin.
func (u *run) onlyPlugin(plan Plan) *Plugin {
	p := u.pluginOf(plan.Steps[0])
	for _, s := range plan.Steps {
		if u.pluginOf(s) != p {
			return nil
		}
	}
	return p
}

// omit names a step of a plugin that is not run. alone says that the plan has no
// others.
func (s *stage) omit(p *Plugin, step Step, alone bool) {
	s.held = true
	line := p.Grants.Line
	how := fmt.Sprintf("sandpiper plan %s@heads --sql", line)
	if step.Direction == chain.Downgrade {
		how = fmt.Sprintf("sandpiper plan --downgrade %s@base --sql", line)
	}
	why := fmt.Sprintf("a plugin is rehearsed in a plan without others: `%s`, once what comes before it is done", how)
	if alone {
		why = "a rehearsal makes nothing, and the plugin's role, schema and privileges are not there yet as its grants have them: its next upgrade makes them"
	}
	s.note(Statement{SQL: Comment(fmt.Sprintf("plugin %s, revision %s (%s)", line, step.Revision.ID, step.Revision.Slug))}, 0, false, why)
}

// rehearse runs one step on the stage.
func (u *run) rehearse(ctx context.Context, stage *stage, step Step) error {
	body := u.catalog.bodies[step.Revision.Key]
	module, number, err := body.load()
	if err != nil {
		return err
	}
	guest, err := u.guest(ctx, module)
	if err != nil {
		return err
	}
	defer u.release(body, module)
	pending := u.ledger.pending(step)
	begin, seed, started, err := beginning(pending)
	if err != nil {
		return err
	}
	restart, err := checkpointed(versionOf(step, module), pending, u.cfg.Checkpoint)
	if err != nil {
		return u.failure(ctx, step, err)
	}
	if restart != nil {
		pending = replaced(pending, *restart)
	}
	ctx, cancel := u.limited(ctx, stage.plugin, 0)
	defer cancel()
	s := newSession(stage, step, begin, pending)
	s.seed, s.version, s.rehearsed = seed, versionOf(step, module), true
	s.cfg = &Config{ChunkTime: u.cfg.ChunkTime, Checkpoint: u.cfg.Checkpoint}
	s.advanced, s.completed = stage.chunk, stage.backfill
	s.naming = u.namingFor(step.Revision.Line)
	s.judge = body.judge()
	s.until = u.cfg.until()
	about := Event{Revision: step.Revision.ID, Line: step.Revision.Line, Slug: step.Revision.Slug, Action: Action(step.Direction.String())}
	s.event = func(e Event) {
		if e.Kind == EventLog { // what else happens on a stage does not happen
			u.emit(e.of(about))
		}
	}
	_, err = guest.Run(ctx, GuestRun{
		Step: number, Direction: step.Direction, Started: started, Seed: seed, Context: step.context(stage, started),
	}, s)
	if s.fatal != nil {
		err = s.fatal
	}
	if err == nil {
		err = s.finish(ctx, Entry{Key: step.Revision.Key, Seed: hex.EncodeToString(seed[:])})
	}
	if closeErr := s.close(); err == nil {
		err = closeErr
	}
	if err = overdue(ctx, err); err == nil || errors.As(err, new(*PausedError)) {
		return err
	}
	if err := stage.excuse(body, step.Direction, s.pos, err); err != nil {
		return u.failure(ctx, step, err)
	}
	return nil
}

// Offline tells what the SQL files between two revisions send, without a
// database: up from the first to the second, or down where that is the way.
// Revisions in modules cannot be told without running them, nor schema operations
// without looking at the database.
func (r *Runner) Offline(from, to string) (Rehearsal, error) {
	out := Rehearsal{Plan: Plan{Dialect: r.db.Dialect(), Target: to}}
	at, err := r.Graph().Resolve(from, nil)
	if err != nil {
		return out, err
	}
	heads := map[string][]string{}
	for _, key := range at.Keys {
		heads[key.Line] = append(heads[key.Line], key.ID)
	}
	steps, err := r.Graph().Plan(heads, chain.Upgrade, to)
	if err != nil || len(steps) == 0 {
		if down, downErr := r.Graph().Plan(heads, chain.Downgrade, to); downErr == nil {
			steps, err = down, nil
		}
	}
	if err != nil {
		return out, err
	}
	for i, s := range steps {
		out.Plan.Direction = s.Direction
		out.Plan.Steps = append(out.Plan.Steps, Step{Revision: s.Revision, Direction: s.Direction, Before: s.Before, After: s.After})
		if err := r.checkBody(s.Revision, s.Direction); err != nil {
			return out, err
		}
		statements, err := r.catalog.bodies[s.Revision.Key].statements(s.Direction)
		if err != nil {
			return out, fmt.Errorf("revision %s %w; use `sandpiper plan --sql` with a database", s.Revision.Key, err)
		}
		for _, statement := range statements {
			statement.Step = i
			out.Statements = append(out.Statements, statement)
		}
	}
	return out, nil
}

// statements are what a SQL file that is parsed sends.
func (b *body) statements(dir chain.Direction) (statements []RehearsedStatement, err error) {
	if b.module != nil {
		return nil, fmt.Errorf("is in %s: what a module sends is known only by running it", b.path)
	}
	autocommit := false
	for _, item := range source.Items(b.parsed, dir) {
		switch item.Kind {
		case chain.ItemAutocommitBegin, chain.ItemAutocommitEnd:
			autocommit = item.Kind == chain.ItemAutocommitBegin
		case chain.ItemOperation:
			return nil, fmt.Errorf("(%s) is made of schema operations: what they send depends on what is in the database", b.path)
		case chain.ItemPhase:
		case chain.ItemBackfill:
			statements = append(statements, RehearsedStatement{SQL: source.Whole(b.parsed.Dialect, item), Autocommit: true, NotRun: "offline", Backfill: item.Backfill.Name})
		default:
			statements = append(statements, RehearsedStatement{SQL: item.SQL, Autocommit: autocommit, NotRun: "offline"})
		}
	}
	return statements, nil
}
