package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Step is one revision to run in one direction.
type Step struct {
	Revision  chain.Revision
	Direction chain.Direction
	Before    []string // the line's heads before the step, sorted
	After     []string // and after it
	Resumes   bool     // part of it was committed by an earlier run
	Changed   bool     // and that one had another version of the file or module (see Pending.Changed)
	Commits   []string // where it commits in the middle by itself: why, as far as its file says

	// Phases are those of an upgrade, as far as its file and the record of an
	// earlier run say. Nil: it has none, and runs whole.
	Phases []StepPhase
}

// A Plan is what a run would do.
type Plan struct {
	Database  string // URL without the password
	Dialect   chain.Dialect
	Direction chain.Direction
	Target    string
	Steps     []Step
	Waiting   []Step // of an upgrade up to a phase, what comes after it: not run
}

// Plan says what Upgrade or Downgrade would do now. It takes no lock and
// changes nothing.
func (r *Runner) Plan(ctx context.Context, dir chain.Direction, target string) (Plan, error) {
	ledger, err := r.ledger(ctx)
	if err != nil {
		return Plan{}, err
	}
	return r.plan(ledger, dir, target)
}

// plan is pure: what the ledger says, against the graph.
func (r *Runner) plan(ledger *Ledger, dir chain.Direction, target string) (Plan, error) {
	plan := Plan{Database: r.db.String(), Dialect: r.db.Dialect(), Direction: dir, Target: target}
	if len(r.cfg.Elsewhere) > 0 {
		return plan, fmt.Errorf("the migrations of %s are not at hand: nothing is run without them", strings.Join(r.cfg.Elsewhere, ", "))
	}
	if err := r.checkEdited(ledger); err != nil {
		return plan, err
	}
	steps, err := r.Graph().Plan(ledger.Heads, dir, target)
	if err != nil {
		return plan, r.unknownOfPlugin(err)
	}
	errs := inParallel(len(steps), func(i int) error { return r.checkBody(steps[i].Revision, dir) })
	for i, s := range steps {
		if errs[i] != nil {
			return plan, errs[i]
		}
		plan.Steps = append(plan.Steps, Step{
			Revision: s.Revision, Direction: dir, Before: s.Before, After: s.After,
			Commits: r.catalog.bodies[s.Revision.Key].commits(dir),
		})
	}
	if err := r.checkPending(ledger, &plan); err != nil {
		return plan, err
	}
	if dir == chain.Upgrade {
		r.holdBack(ledger, &plan)
	}
	return plan, nil
}

// checkBody finds what would stop a step before anything runs: a file that
// cannot be read, an operation that the dialect cannot do, a downgrade that is
// not there.
func (r *Runner) checkBody(rev chain.Revision, dir chain.Direction) error {
	body := r.catalog.bodies[rev.Key]
	if body.module == nil {
		if _, err := body.parse(); err != nil {
			return err
		}
	}
	if dir == chain.Downgrade {
		irreversible, err := body.irreversible()
		if err != nil {
			return err
		}
		if irreversible {
			return &IrreversibleError{rev}
		}
	}
	return nil
}

// checkEdited finds applied revisions whose source is not what was applied.
func (r *Runner) checkEdited(ledger *Ledger) error {
	if r.cfg.AllowChanged {
		return nil
	}
	if edited := r.edited(ledger); len(edited) > 0 {
		return &EditedError{edited}
	}
	return nil
}

func (r *Runner) edited(ledger *Ledger) []Edited {
	var edited []Edited
	for key, applied := range ledger.Applied {
		rev, ok := r.Graph().Revision(key)
		if ok && rev.Digest != "" && applied.Digest != "" && rev.Digest != applied.Digest {
			edited = append(edited, Edited{rev, applied.Digest})
		}
	}
	sort.Slice(edited, func(i, j int) bool { return edited[i].Revision.Source < edited[j].Revision.Source })
	return edited
}

// checkPending lets a half-done migration be finished, and nothing else run on
// its line before that.
func (r *Runner) checkPending(ledger *Ledger, plan *Plan) error {
	for _, p := range ledger.Progress {
		if len(p.Units) == 0 {
			continue
		}
		first := -1
		for i, s := range plan.Steps {
			if s.Revision.Line == p.Key.Line {
				first = i
				break
			}
		}
		if first < 0 && (plan.Direction == p.Direction || len(plan.Steps) > 0) {
			continue // nothing runs on that line
		}
		if _, known := r.Graph().Revision(p.Key); first < 0 {
			if known {
				return &PendingError{p, known}
			}
			continue
		}
		s := &plan.Steps[first]
		if s.Revision.Key != p.Key || s.Direction != p.Direction {
			_, known := r.Graph().Revision(p.Key)
			return &PendingError{p, known}
		}
		s.Resumes, s.Changed = true, r.changedSince(p)
	}
	return nil
}

// changedSince reports whether a half-done migration stands in the middle of a backfill
// that another version of its file or module has begun.
func (r *Runner) changedSince(p Pending) bool {
	rev, known := r.Graph().Revision(p.Key)
	unit, found := underWay(p.Units)
	if !known || !found || unit.Affected == 0 {
		return false
	}
	// What cannot be read ends the run, with an error that says so.
	at, err := readCheckpoint(unit)
	if err != nil || at == nil {
		return false
	}
	module, _, err := r.catalog.bodies[p.Key].load()
	return err == nil && at.Version != versionOf(Step{Revision: rev}, module)
}

// pending returns what earlier runs have committed of a step.
func (l *Ledger) pending(step Step) []Unit { return l.half(step).Units }

// half returns the half-done run of a step, of which nothing is committed if there
// is none.
func (l *Ledger) half(step Step) Pending {
	for _, p := range l.Progress {
		if p.Key == step.Revision.Key && p.Direction == step.Direction {
			return p
		}
	}
	return Pending{}
}

// unknownOfPlugin tells of a database at a revision that nobody has which plugin it
// belongs to: that is one whose module was replaced by an older one, or another.
func (r *Runner) unknownOfPlugin(err error) error {
	var unknown *chain.UnknownError
	if !errors.As(err, &unknown) {
		return err
	}
	for _, p := range r.cfg.Plugins {
		if slices.ContainsFunc(unknown.Keys, func(k chain.Key) bool { return k.Line == p.Grants.Line }) {
			unknown.Plugin = p.Grants.Line
		}
	}
	return err
}
