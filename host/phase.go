package host

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A PausedError ends the run of a guest where a phase begins that was not asked
// for. What ran before it is committed. It is for the run that asked: a Worker
// returns it, and an Upgrade makes Result.Paused of it.
type PausedError struct {
	Asked abi.Phase // the last phase that was asked for
	Next  abi.Phase // the one that would have begun
}

// Error says what was asked for and what would have come.
func (e *PausedError) Error() string {
	return fmt.Sprintf("phase %s begins, and the run goes up to phase %s", e.Next, e.Asked)
}

// Errno is the errno that a guest gets.
func (e *PausedError) Errno() abi.Errno { return abi.ErrnoCancelled }

// Phase implements Calls. It commits the gap before the phase with a record that
// the phase is reached, so that a resumed run knows what is behind it. The first
// phase of a migration of which nothing has run has nothing to commit: its record
// goes with what commits next, and a failure leaves nothing behind.
func (s *session) Phase(ctx context.Context, p abi.Phase) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	switch {
	case p < abi.PhaseExpand || p > abi.PhaseContract:
		return refuse(abi.ErrnoArgument, "%d is no phase: they are 0 (expand), 1 (backfill) and 2 (contract)", int32(p))
	case s.step.Direction != chain.Upgrade:
		return refuse(abi.ErrnoState, "phase %s begins in a downgrade: phases are an upgrade's", p)
	case s.section != nil:
		return refuse(abi.ErrnoState, "phase %s begins inside %s: end it first", p, s.section)
	case len(s.savepoints) > 0:
		return refuse(abi.ErrnoState, "phase %s begins while savepoint %q is set", p, s.savepoints[len(s.savepoints)-1])
	case p < s.phases:
		return refuse(abi.ErrnoState, "phase %s begins after phase %s: the order is expand, backfill, contract, and each comes once at most", p, s.phases-1)
	case s.queried:
		return refuse(abi.ErrnoState, "a query before phase %s: read inside a transaction section, since a resumed run could not answer it again", p)
	}
	unit := Unit{Position: s.begin.Position + s.pos + 1, Kind: UnitPhase, Name: p.String(), Digest: digestText("phase\x00" + p.String())}
	_, known, err := s.replay(unit, Statement{})
	if err != nil {
		return err
	}
	paused := p > s.until
	if !known {
		if err := s.reach(ctx, unit, paused); err != nil {
			return err
		}
	}
	if paused {
		return s.die(&PausedError{Asked: s.until, Next: p})
	}
	s.phases = p + 1
	if further := func(u Unit) bool { return u.Kind == UnitPhase }; !slices.ContainsFunc(s.recorded[min(s.pos, len(s.recorded)):], further) {
		s.emit(Event{Kind: EventPhase, Phase: p.String()})
	}
	return nil
}

// reach records that a phase is reached.
func (s *session) reach(ctx context.Context, unit Unit, paused bool) error {
	switch nothing := s.tx == nil && s.fence.Done == 0; {
	case nothing && paused:
		return nil
	case nothing:
		s.unsaved = append(s.unsaved, unit)
	default:
		if err := s.commitUnits(ctx, unit); err != nil {
			return err
		}
	}
	s.pos++
	return nil
}

// Phases is how far a half-done upgrade is.
type Phases struct {
	Done  []abi.Phase // in their order
	Next  abi.Phase   // the one that comes next, or is under way
	Begun bool        // something of Next is committed
}

// Phases returns how far the upgrade is as its record has it, and false if the
// record has no phases. What a migration does before its first phase counts as
// phase expand.
func (p Pending) Phases() (phases Phases, ok bool) {
	phases.Next = abi.PhaseExpand
	for _, u := range p.Units {
		next, known := abi.ParsePhase(u.Name)
		switch {
		case u.Kind == UnitBegin:
		case u.Kind != UnitPhase || !known:
			phases.Begun = true
		default:
			if ok || phases.Begun {
				phases.Done = append(phases.Done, phases.Next)
			}
			phases.Next, phases.Begun, ok = next, false, true
		}
	}
	return phases, ok
}

// String says it for people, such as "expand done, backfill next".
func (p Phases) String() string {
	var words []string
	for _, done := range p.Done {
		words = append(words, done.String()+" done")
	}
	next := p.Next.String() + " next"
	if p.Begun {
		next = p.Next.String() + " under way"
	}
	return strings.Join(append(words, next), ", ")
}

// A StepPhase is a phase of a step, and what becomes of it.
type StepPhase struct {
	Phase abi.Phase
	State PhaseState
}

// PhaseState says what becomes of a phase.
type PhaseState string

// What becomes of phases.
const (
	PhaseDone  PhaseState = "done"  // by an earlier run
	PhaseRuns  PhaseState = "runs"  // or goes on
	PhaseWaits PhaseState = "waits" // was not asked for
)

// until returns the last phase that an upgrade runs.
func (c *Config) until() abi.Phase {
	if c.Phase == nil {
		return abi.PhaseContract
	}
	return *c.Phase
}

// holdBack says of each step of an upgrade what becomes of its phases, as far as
// its file and the ledger tell, and takes what comes after the phase that was
// asked for out of the steps.
func (r *Runner) holdBack(ledger *Ledger, plan *Plan) {
	for i := range plan.Steps {
		s := &plan.Steps[i]
		s.Phases = stepPhases(r.catalog.bodies[s.Revision.Key].phases(), ledger.half(*s), r.cfg.until())
		if _, waits := s.waiting(); !waits {
			continue
		}
		last := i
		if slices.ContainsFunc(s.Phases, func(p StepPhase) bool { return p.State == PhaseRuns }) {
			last++
		}
		plan.Steps, plan.Waiting = plan.Steps[:last:last], plan.Steps[last:]
		return
	}
}

// stepPhases says what becomes of the phases that a file has, and those that the
// record of an earlier run knows.
func stepPhases(ofFile []abi.Phase, earlier Pending, until abi.Phase) []StepPhase {
	standing, resumed := earlier.Phases()
	all := ofFile
	if len(all) == 0 && resumed { // a module says what it has by doing it
		all = append(slices.Clone(standing.Done), standing.Next)
	}
	var phases []StepPhase
	for _, p := range all {
		state := PhaseRuns
		switch {
		case resumed && p < standing.Next:
			state = PhaseDone
		case p > until:
			state = PhaseWaits
		}
		phases = append(phases, StepPhase{p, state})
	}
	return phases
}

// waiting returns the first phase of the step that is not to run.
func (s *Step) waiting() (abi.Phase, bool) {
	for _, p := range s.Phases {
		if p.State == PhaseWaits {
			return p.Phase, true
		}
	}
	return 0, false
}

// pauseAt notes that the run ends at a phase of a step, behind which so many others
// wait.
func (u *run) pauseAt(about Event, step Step, next abi.Phase, behind int) {
	u.result.Paused = &Paused{Revision: step.Revision, Phase: u.cfg.until(), Next: next, Behind: behind}
	about.Kind, about.Phase = EventPaused, u.cfg.until().String()
	u.emit(about)
}

// pauseAtWaiting notes that the run ends where a step would begin with a phase that
// was not asked for, if the plan has such a step.
func (u *run) pauseAtWaiting() {
	if len(u.plan.Waiting) == 0 || u.result.Paused != nil {
		return
	}
	step := u.plan.Waiting[0]
	if next, ok := step.waiting(); ok {
		u.pauseAt(u.about(step, 0), step, next, len(u.plan.Waiting)-1)
	}
}
