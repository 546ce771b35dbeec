package sandbox

import (
	"context"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// A run that began in the interpreter is ended for one that is compiled. What its
// transaction has done is rolled back and done again: what the guest has computed
// in a tenth of the time, which is always worth it, and what the database did in
// the same. Only the latter is bounded: it took no longer than this, or than what the
// guest has computed meanwhile. So a run that would have ended soon after takes twice
// its time at most, and what waits for the database alone is not done again.
var doneAgain = 3 * time.Second

// now is the clock by which that is measured.
var now = time.Now

// A provisional run is one in the interpreter, while there will be something better.
type provisional struct {
	half  time.Time     // of its time is over then; zero without a limit
	since time.Time     // when what a new start would do again began
	again time.Duration // of that the host's, which a new start would take again
	mark  int64         // fuel used when the chunk or the section under way began
	kept  int64         // fuel of those that are committed, which nobody runs again
	ended bool          // for a new start
}

// provide looks at how a run begins. Half of its time is for the interpreter at most,
// so that what ends there has ended in time, and whatever does not has all of its
// time when it is compiled.
func (in *instance) provide(ctx context.Context) {
	if !in.run.Anew || !in.tiers.passing(in.code) {
		return
	}
	in.interim = &provisional{since: now()}
	if deadline, ok := ctx.Deadline(); ok {
		in.interim.half = now().Add(time.Until(deadline) / 2)
	}
}

// superseded reports whether the guest had better be started anew.
func (in *instance) superseded() bool {
	p := in.interim
	switch {
	case p == nil:
		return false
	case !p.half.IsZero() && now().After(p.half):
		return in.tiers.passing(in.code)
	}
	computed := now().Sub(p.since) - p.again
	return p.again < max(doneAgain, computed) && in.tiers.superseded(in.code)
}

// outrun ends a run that is superseded.
func (in *instance) outrun() {
	if in.started && in.ended == nil && in.superseded() {
		in.startAnew()
		panic(errEnded)
	}
}

// startAnew makes the outcome of the run that it has to be started anew.
func (in *instance) startAnew() {
	in.interim.ended = true
	in.ended = &host.GuestError{Kind: host.GuestCancelled, Message: host.ErrSuperseded.Error(), Err: host.ErrSuperseded}
}

// leaveAtChunk reports whether the run is to end when the chunk is committed, where
// nothing is done again.
func (in *instance) leaveAtChunk() bool {
	p := in.interim
	return p != nil && (in.superseded() || in.tiers.superseded(in.code))
}

// uncommitted notes that what a new start would do again begins here. committed
// says that what came since the last time is not done again.
func (in *instance) uncommitted(committed bool) {
	p := in.interim
	if p == nil {
		return
	}
	used := in.fuel.used()
	if committed {
		p.kept += used - p.mark
	}
	p.mark, p.since, p.again = used, now(), 0
}

// left is what a run has used that will not be used again: what the next run uses of
// fuel comes on top, so that both together use what one does, whatever tier it is
// in. The time is all the next one's: what was lost is not the migration's fault,
// and there is only one run that can lose it.
func (in *instance) left() host.GuestUsage {
	used := in.used
	if p := in.interim; p != nil && p.ended {
		used.Fuel, used.Time = in.run.Used.Fuel+p.kept, in.run.Used.Time
	}
	return used
}

// overflowed reports whether a run came to the interpreter's limit of calls in each
// other, which is far below the compiler's.
func (in *instance) overflowed(err error) bool {
	return err != nil && in.ended == nil && strings.HasPrefix(err.Error(), "wasm error: stack overflow")
}
