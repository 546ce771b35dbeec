package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A StepwiseTest is what Runner.Stepwise tests. The zero value is the whole
// chain, with the rows that it makes itself.
type StepwiseTest struct {
	// From is the revision that the test begins after: what leads to it is
	// applied and not tested. Defaults to "base".
	From string

	// To is where it ends. Defaults to "heads".
	To string

	// Seeds are rows, inserted after their revision is tested. With them the
	// test looks at rows as well as at the schema.
	Seeds []Seed

	// MayLose are revisions that delete or change rows on purpose, besides
	// those of which a seed says so.
	MayLose []chain.Key

	// Anew makes another scratch database, for what comes after a finding; the
	// one before it is not used any more. Defaults to dropping everything in
	// the schema, which leaves what migrations have made elsewhere.
	Anew func(context.Context) (Database, error)

	// Undo has the revisions undone before the test leaves a database, as far
	// as that can be done: what they have made on its server, such as a role,
	// does not go with it and would stand in the way of the next test. Defaults
	// to leaving the database as it is.
	Undo bool
}

// A StepwiseReport is what a stepwise test has seen.
type StepwiseReport struct {
	Applied      int // revisions before From, which were applied and not tested
	Tested       int // up, down and up again
	Irreversible int // applied, for there is no downgrade to test
	Untested     int // revisions that the test did not get to
	Seeded       int // seeds that were run
	Findings     []Finding

	// Unseen are the other schemas that a revision has made something in,
	// sorted: the test is about the one that the connection works in.
	Unseen []string
}

// A Finding is a step that did not do what it must.
type Finding struct {
	Revision    chain.Revision
	Stage       Stage
	Differences []Difference // the schema as it must be, against the schema as it is
	Losses      []Loss
	Err         error // the step failed, most often with a *RunError
}

// A Stage is a part of the test of a revision.
type Stage string

// The stages, in their order. StageRepeated is in the database that is made anew
// after a finding; the last two come after all revisions are tested, if there are
// seeds.
const (
	StageUpgrade      Stage = "upgrade"
	StageDowngrade    Stage = "downgrade"
	StageAgain        Stage = "second upgrade"
	StageRepeated     Stage = "repeated upgrade"
	StageDowngradeAll Stage = "downgrade with all rows"
	StageUpgradeAll   Stage = "upgrade with all rows"
)

// Stepwise tests a chain on a scratch database, which must be empty and is left
// with what the test did. Each revision is applied, undone and applied again:
// after the downgrade the schema must be what it was before, after the second
// upgrade what it was after the first. An irreversible revision is only applied. A
// downgrade may leave an extension: others may have come to use it.
//
// With seeds no upgrade may make a table's rows fewer, and after the downgrade the
// content of every table must be what it was before both. When all revisions are
// tested they are undone and applied once more, back to the last irreversible one,
// with all rows in place.
//
// What does not hold is a finding and no error. After one the database is made
// anew, and the test goes on with the next revision.
func (r *Runner) Stepwise(ctx context.Context, test StepwiseTest) (_ StepwiseReport, err error) {
	t := &stepwise{
		counting: r.counting(), seeds: map[chain.Key][]Seed{}, mayLose: map[chain.Key]bool{},
		rows: len(test.Seeds) > 0, anew: test.Anew, undo: test.Undo,
	}
	for _, key := range test.MayLose {
		t.mayLose[key] = true
	}
	for _, s := range test.Seeds {
		t.seeds[s.Revision] = append(t.seeds[s.Revision], s)
		if s.MayLose != "" {
			t.mayLose[s.Revision] = true
		}
	}
	before, under, err := r.stepwisePlan(test.From, test.To)
	if err != nil {
		return t.report, err
	}
	if err := t.connect(ctx); err != nil {
		return t.report, err
	}
	defer func() { err = errors.Join(err, t.conn.Close()) }()
	if err := t.refuseUsed(ctx); err != nil {
		return t.report, err
	}
	if r.cfg.OnEvent != nil {
		r.cfg.OnEvent(Event{Kind: EventPlanned, Steps: len(before) + len(under)})
	}
	t.total = len(before) + len(under)
	t.report.Untested = t.total
	defer t.undoAll(ctx)
	for i, step := range slices.Concat(before, under) {
		do := t.revision
		if i < len(before) {
			do = t.apply
		}
		t.at++
		t.report.Untested--
		if goOn, err := do(ctx, step); err != nil || !goOn {
			return t.report, err
		}
	}
	if t.rows && len(t.report.Findings) == 0 {
		err = t.allAgain(ctx)
	}
	return t.report, err
}

// stepwisePlan returns the steps up to from, and those after it up to to.
func (r *Runner) stepwisePlan(from, to string) (before, under []Step, err error) {
	heads := map[string][]string{}
	at := chain.Target{}
	if from != "" {
		if at, err = r.Graph().Resolve(from, nil); err != nil {
			return nil, nil, err
		}
	}
	if len(at.Keys) > 0 {
		if before, err = r.stepsTo(heads, from); err != nil {
			return nil, nil, err
		}
	}
	if to == "" {
		to = "heads"
	}
	if under, err = r.stepsTo(heads, to); err == nil && len(under) == 0 {
		err = &chain.TargetError{Target: to, Msg: "no revision leads there that could be tested"}
	}
	if err != nil {
		return nil, nil, err
	}
	all := slices.Concat(before, under)
	errs := inParallel(len(all), func(i int) error { return r.checkBody(all[i].Revision, chain.Upgrade) })
	return before, under, errors.Join(errs...)
}

// stepsTo plans an upgrade from heads, and moves these on.
func (r *Runner) stepsTo(heads map[string][]string, target string) (steps []Step, err error) {
	plan, err := r.Graph().Plan(heads, chain.Upgrade, target)
	for _, s := range plan {
		heads[s.Revision.Line] = s.After
		steps = append(steps, Step{Revision: s.Revision, Direction: s.Direction, Before: s.Before, After: s.After})
	}
	return steps, err
}

// undo is the step that undoes an upgrade which nothing has followed.
func (s Step) undo() Step {
	s.Direction, s.Before, s.After = chain.Downgrade, s.After, s.Before
	return s
}

// A stepwise is a stepwise test under way.
type stepwise struct {
	*counting
	seeds   map[chain.Key][]Seed
	mayLose map[chain.Key]bool
	rows    bool // look at rows
	anew    func(context.Context) (Database, error)
	undo    bool
	conn    Conn
	known   []Object // the schema, where nothing was run since it was compared; for the next look
	done    []tried
	report  StepwiseReport
}

// run runs one step, and reports by a finding that it failed. What is wrong with
// the test itself is an error.
func (t *stepwise) run(ctx context.Context, step Step, stage Stage) (found bool, err error) {
	err = t.runOnly(ctx, t.conn, step)
	var failed *RunError
	if !errors.As(err, &failed) {
		return false, err
	}
	// It has looked at the database as at one that is to be used again.
	failed.State, failed.Next = "a scratch database; no other was touched", "run `sandpiper test` again"
	if ctx.Err() != nil {
		return false, err
	}
	t.report.Findings = append(t.report.Findings, Finding{Revision: step.Revision, Stage: stage, Err: failed})
	return true, nil
}

// A tried is a step that is applied, and the schema before and after it.
type tried struct {
	step          Step
	before, after []Object
}

func (t *stepwise) connect(ctx context.Context) error {
	conn, err := t.db.Connect(ctx)
	if err == nil {
		t.conn = conn
	}
	return err
}

// refuseUsed refuses a database that holds anything: whatever it is would be
// lost.
func (t *stepwise) refuseUsed(ctx context.Context) error {
	ledger, err := t.patientLedger(ctx, t.conn)
	if err != nil {
		return err
	}
	objects, err := t.conn.Objects(ctx)
	if err == nil && (ledger.Exists || len(objects) > 0) {
		err = fmt.Errorf("%s is not empty: a stepwise test needs a scratch database, which it leaves in ruins", t.db)
	}
	return err
}

// apply upgrades without a test, and inserts the seeds. goOn is false where
// nothing after it can be applied.
func (t *stepwise) apply(ctx context.Context, step Step) (goOn bool, err error) {
	if found, err := t.run(ctx, step, StageUpgrade); err != nil || found {
		return false, err
	}
	t.report.Applied++
	t.done = append(t.done, tried{step: step})
	t.report.Seeded += len(t.seeds[step.Revision.Key])
	return true, t.insertSeeds(ctx, step.Revision.Key)
}

// revision tests one revision. goOn is false where those after it cannot be.
func (t *stepwise) revision(ctx context.Context, step Step) (goOn bool, err error) {
	before, err := t.look(ctx, true)
	if err != nil {
		return false, err
	}
	after, found, err := t.move(ctx, step, StageUpgrade, before, nil)
	if err != nil || found && t.last().Err != nil {
		return false, err
	}
	if err := t.lookAside(ctx); err != nil {
		return false, err
	}
	t.done = append(t.done, tried{step, before.objects, after.objects})
	irreversible, err := t.catalog.bodies[step.Revision.Key].irreversible()
	switch {
	case err != nil:
		return false, err
	case irreversible:
		t.report.Irreversible++
	default:
		t.report.Tested++
		undone := look{}
		if !found {
			undone, found, err = t.move(ctx, step.undo(), StageDowngrade, after, &before)
		}
		if err == nil && !found {
			_, found, err = t.move(ctx, step, StageAgain, undone, &after)
		}
	}
	if !found && len(t.seeds[step.Revision.Key]) == 0 {
		t.known = after.objects
	}
	if err != nil {
		return false, err
	}
	t.report.Seeded += len(t.seeds[step.Revision.Key])
	if found {
		return t.rebuild(ctx)
	}
	return true, t.insertSeeds(ctx, step.Revision.Key)
}

func (t *stepwise) last() *Finding { return &t.report.Findings[len(t.report.Findings)-1] }

// move runs one step, looks at what came of it, and reports whether there is a
// finding. was is the database before it; must, if there is one, as it must be now.
func (t *stepwise) move(ctx context.Context, step Step, stage Stage, was look, must *look) (is look, found bool, err error) {
	if found, err = t.run(ctx, step, stage); err != nil || found {
		return is, found, err
	}
	finding := Finding{Revision: step.Revision, Stage: stage}
	back := stage == StageDowngrade // to what was there, with the rows
	if is, err = t.look(ctx, back); err != nil {
		return is, false, err
	}
	if must != nil {
		finding.Differences = slices.DeleteFunc(CompareObjects(must.objects, is.objects), func(d Difference) bool {
			return d.Kind == ObjectExtension && d.In == InSecond && step.Direction == chain.Downgrade
		})
	}
	switch {
	case t.mayLose[step.Revision.Key]:
	case back:
		finding.Losses = changed(*must, is)
	case step.Direction == chain.Upgrade: // a downgrade takes away what the upgrade has added
		finding.Losses = fewer(was, is)
	}
	if found = len(finding.Differences)+len(finding.Losses) > 0; found {
		t.report.Findings = append(t.report.Findings, finding)
	}
	return is, found, nil
}

// allAgain undoes all tested revisions down to the last irreversible one, and
// applies them once more, with all rows in place.
func (t *stepwise) allAgain(ctx context.Context) error {
	tested := t.done[t.report.Applied:]
	for i, d := range slices.Backward(tested) {
		irreversible, err := t.catalog.bodies[d.step.Revision.Key].irreversible()
		if err != nil {
			return err
		}
		if irreversible {
			tested = tested[i+1:]
			break
		}
	}
	was, err := t.look(ctx, false)
	for _, d := range slices.Backward(tested) {
		found := false
		if err == nil {
			was, found, err = t.move(ctx, d.step.undo(), StageDowngradeAll, was, &look{objects: d.before})
		}
		if err != nil || found {
			return err
		}
	}
	for _, d := range tested {
		found := false
		if err == nil {
			was, found, err = t.move(ctx, d.step, StageUpgradeAll, was, &look{objects: d.after})
		}
		if err != nil || found {
			return err
		}
	}
	return err
}

// counting is a runner whose events count the revisions of a stepwise test.
type counting struct {
	*Runner
	at, total int
}

func (r *Runner) counting() *counting {
	c := &counting{}
	own := *r
	own.cfg.Before = nil // it is about a person's database
	own.cfg.Phase = nil
	own.cfg.Worker = nil // it works on the Runner's
	own.scratch = true
	if tell := r.cfg.OnEvent; tell != nil {
		own.cfg.OnEvent = func(e Event) {
			if e.Kind != EventPlanned {
				e.Step, e.Steps = c.at, c.total
				tell(e)
			}
		}
	}
	c.Runner = &own
	return c
}
