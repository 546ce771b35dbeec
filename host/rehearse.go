package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Rehearsal is the SQL of a plan.
type Rehearsal struct {
	Plan       Plan
	Statements []RehearsedStatement
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
}

// Rehearse runs what Upgrade or Downgrade would run in one transaction that is
// rolled back, and tells what SQL was sent. Statements that cannot run inside
// a transaction are shown and not run; so is what then cannot run without them.
//
// The steps of a plugin are rehearsed behind its walls, where the plan has no
// others, and in this process, whatever Config.Worker says: nothing of them is
// committed. They are named and not run in other plans, and before the plugin's
// first upgrade has made its role and schema.
func (r *Runner) Rehearse(ctx context.Context, dir chain.Direction, target string) (_ Rehearsal, err error) {
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
	if u.ledger, err = r.patientLedger(ctx, u.conn); err != nil {
		return Rehearsal{}, err
	}
	plan, err := u.Runner.plan(u.ledger, dir, target)
	if err != nil || len(plan.Steps) == 0 {
		return Rehearsal{Plan: plan}, err
	}
	stage := &stage{Conn: u.conn, out: Rehearsal{Plan: plan}}
	if p := u.onlyPlugin(plan); p != nil {
		u.warm()
		how := u.confinement(p)
		how.Existing = true
		confined, err := u.conn.Confine(ctx, how)
		if err == nil {
			defer confined.Close()
			stage.Conn, stage.plugin = confined, p
		} else if !errors.Is(err, ErrNotReady) {
			return Rehearsal{Plan: plan}, err
		}
	}
	defer stage.clear()
	for w := (waiting{runner: r}); ; {
		err := stage.open(ctx, u.ledger)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrLocked) {
			return Rehearsal{Plan: plan}, err
		}
		if err := w.pause(ctx, err); err != nil {
			return Rehearsal{Plan: plan}, err
		}
	}
	for i, step := range plan.Steps {
		stage.step = i
		if p := u.pluginOf(step); p != stage.plugin {
			stage.omit(p, step, u.onlyPlugin(plan) == p)
			continue
		}
		err := u.rehearse(ctx, stage, step)
		if errors.As(err, new(*PausedError)) {
			break
		}
		if err != nil {
			return stage.out, err
		}
	}
	return stage.out, nil
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
	restart, err := checkpointed(step, versionOf(step, module), pending, u.cfg.Checkpoint)
	if err != nil {
		return u.failure(step, err)
	}
	if restart != nil {
		pending = replaced(pending, *restart)
	}
	ctx, cancel := u.limited(ctx, stage.plugin)
	defer cancel()
	s := newSession(stage, step, begin, pending)
	s.seed, s.version, s.rehearsed = seed, versionOf(step, module), true
	s.cfg = &Config{ChunkTime: u.cfg.ChunkTime}
	s.advanced, s.completed = stage.chunk, stage.backfill
	s.naming = u.namingFor(step.Revision.Line)
	s.judge = body.judge()
	s.until = u.cfg.until()
	seen := len(stage.out.Statements)
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
	if err := stage.excuse(body, step.Direction, seen, s.pos, err); err != nil {
		return u.failure(step, err)
	}
	return nil
}

// A stage is a connection whose transactions are all savepoints of one
// transaction that is never committed.
type stage struct {
	Conn
	tx     Tx
	out    Rehearsal
	step   int
	held   bool    // something was shown and not run
	plugin *Plugin // whose walls are around it, nil if there are none

	chunks int                 // of the open backfill, so far
	unseen *RehearsedStatement // of another chunk than the first one: shown if it fails
}

const stageSavepoint = "rehearsal"

func (s *stage) open(ctx context.Context, ledger *Ledger) error {
	fence := Fence{}
	if first := s.out.Plan.Steps[0]; ledger.Exists {
		fence = Fence{Line: first.Revision.Line, Heads: first.Before}
	}
	tx, err := s.Conn.Begin(ctx, fence)
	if err != nil {
		return err
	}
	// A dialect may ask for the lock only when an answer is needed.
	if err := tx.Savepoint(ctx, SavepointSet, stageSavepoint); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	s.tx = tx
	return nil
}

func (s *stage) clear() {
	if s.tx != nil {
		s.tx.Rollback()
	}
}

func (s *stage) note(stmt Statement, rows int, autocommit bool, notRun string) {
	noted := RehearsedStatement{
		Step: s.step, SQL: stmt.SQL, Params: stmt.Params, Rows: rows, Autocommit: autocommit, NotRun: notRun,
	}
	if s.chunks > 0 {
		s.unseen = &noted
		return
	}
	s.out.Statements = append(s.out.Statements, noted)
}

// chunk is told of each chunk of a backfill. The statements of the first one are
// shown, and those of the others are the same.
func (s *stage) chunk() { s.chunks++ }

// backfill is told of the end of a backfill.
func (s *stage) backfill(name string) {
	more := s.chunks - 1
	if s.chunks, s.unseen = 0, nil; more > 0 {
		s.note(Statement{SQL: Comment(fmt.Sprintf("backfill %q: %d more chunks of the same statements", name, more))}, 0, true, "")
	}
}

// noteRefused says of the newest statement that the walls of a plugin refused it.
func (s *stage) noteRefused(err error) error {
	if err != nil && s.unseen != nil {
		s.out.Statements, s.unseen = append(s.out.Statements, *s.unseen), nil
	}
	if denied := asRefused(err, Statement{}); denied != nil {
		last := &s.out.Statements[len(s.out.Statements)-1]
		last.NotRun, last.Refused = denied.Error(), true
	}
	return err
}

// excuse sorts the error of a step: where something before it was not run,
// what is left of a file is shown and not run either; what a module would have
// sent nobody knows.
func (s *stage) excuse(b *body, dir chain.Direction, seen, replayed int, err error) error {
	var refused *SQLError
	if !errors.As(err, &refused) || !s.held && refused.Code != unsafeNewEnumValue {
		return err
	}
	shown := s.out.Statements[seen:]
	reason := fmt.Sprintf("needs what was not run or not committed before it: %v", refused)
	if b.module != nil {
		reason += "; what the module sends after it is not known"
	}
	if n := len(shown); n > 0 {
		shown[n-1].NotRun = reason
	}
	s.held = true
	if b.module != nil {
		return nil
	}
	skip, autocommit := refused.Ordinal, false
	for _, item := range source.Items(b.parsed, dir) {
		switch item.Kind {
		case chain.ItemAutocommitBegin, chain.ItemAutocommitEnd:
			autocommit = item.Kind == chain.ItemAutocommitBegin
		case chain.ItemOperation:
			if skip--; skip < 0 {
				s.note(Statement{SQL: Comment(item.Document)}, 0, autocommit, "follows a statement that was not run")
			}
		case chain.ItemPhase:
		case chain.ItemBackfill:
			if skip--; skip < 0 {
				s.note(Statement{SQL: source.Whole(item)}, 0, true, "follows a statement that was not run; a run does it chunk by chunk")
			}
		default:
			if skip--; skip < 0 {
				s.note(Statement{SQL: item.SQL}, 0, autocommit, "follows a statement that was not run")
			}
		}
	}
	return nil
}

// unsafeNewEnumValue is PostgreSQL's SQLSTATE for the use of an enum value in
// the transaction that added it, which a real run does in two.
const unsafeNewEnumValue = "55P04"

// Confine implements Conn: what is confined would not act on the stage.
func (s *stage) Confine(context.Context, Confinement) (Confined, error) {
	return nil, errors.New("a rehearsal cannot be confined once it has begun")
}

// Begin implements Conn.
func (s *stage) Begin(ctx context.Context, _ Fence) (Tx, error) {
	if err := s.tx.Savepoint(ctx, SavepointSet, stageSavepoint); err != nil {
		return nil, err
	}
	return &stageTx{Tx: s.tx, stage: s}, nil
}

// Outside implements Conn: the statement is shown and not run, and of a plugin it is
// refused as in a real run.
func (s *stage) Outside(ctx context.Context, fence Fence, stmt Statement, unit Unit, begun bool) (int64, error) {
	if s.plugin != nil {
		return s.Conn.Outside(ctx, fence, stmt, unit, begun)
	}
	s.held = true
	s.note(stmt, 0, true, "cannot run inside a transaction, so it could not be rolled back")
	return 0, nil
}

// A stageTx is what a session takes for a transaction.
type stageTx struct {
	Tx
	stage *stage
	over  bool
}

func (t *stageTx) Exec(ctx context.Context, stmt Statement) (int64, error) {
	t.stage.note(stmt, 0, false, "")
	affected, err := t.Tx.Exec(ctx, stmt)
	return affected, t.stage.noteRefused(err)
}

func (t *stageTx) Defer(ctx context.Context, stmt Statement) error {
	_, err := t.Exec(ctx, stmt)
	return err
}

func (t *stageTx) ExecBatch(ctx context.Context, stmt Statement, rows *abi.RowReader) (int64, error) {
	t.stage.note(stmt, countRows(rows), false, "")
	affected, err := t.Tx.ExecBatch(ctx, stmt, rows)
	return affected, t.stage.noteRefused(err)
}

// countRows counts what is in a rowset, without taking it from its reader. A
// malformed row ends the count: the database call will tell of it.
func countRows(rows *abi.RowReader) int {
	n := 0
	if r, err := abi.NewRowReader(rows.Bytes()); err == nil {
		for ; err == nil; n++ {
			_, err = r.Next()
		}
		n--
	}
	return n
}

func (t *stageTx) Query(ctx context.Context, stmt Statement) (Rows, error) {
	t.stage.note(stmt, 0, false, "")
	result, err := t.Tx.Query(ctx, stmt)
	return result, t.stage.noteRefused(err)
}

func (t *stageTx) Progress(context.Context, chain.Key, chain.Direction, []Unit) error { return nil }

func (t *stageTx) Record(context.Context, Entry, []string) error { return nil }

func (t *stageTx) Commit(ctx context.Context) error {
	t.over = true
	return t.Tx.Savepoint(ctx, SavepointRelease, stageSavepoint)
}

func (t *stageTx) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	return t.Tx.Savepoint(context.Background(), SavepointRollback, stageSavepoint)
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
			statements = append(statements, RehearsedStatement{SQL: source.Whole(item), Autocommit: true, NotRun: "offline", Backfill: item.Backfill.Name})
		default:
			statements = append(statements, RehearsedStatement{SQL: item.SQL, Autocommit: autocommit, NotRun: "offline"})
		}
	}
	return statements, nil
}
