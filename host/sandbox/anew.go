package sandbox

import (
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// A run that began in the interpreter is ended for one that is compiled at the
// boundary of a chunk, where nothing is done again. Elsewhere what the transaction
// has done is rolled back and done again, so that happens only where it is little:
// there a run that goes on for longer pays for it, and one that ends soon after has
// lost no more than this.
const doneAgain = 3 * time.Second

// superseded reports whether the guest had better be started anew.
func (in *instance) superseded() bool { return in.run.Anew && in.tiers.superseded(in.code) }

// outrun ends a run that is superseded and has little to do again. In a backfill
// the next chunk is soon enough, and what a section logs would be logged again.
func (in *instance) outrun() {
	if in.started && !in.backfill && !in.section && in.ended == nil && in.superseded() && time.Since(in.fresh) < doneAgain {
		in.startAnew()
		panic(errEnded)
	}
}

// startAnew makes the outcome of the run that it has to be started anew.
func (in *instance) startAnew() {
	in.ended = &host.GuestError{Kind: host.GuestCancelled, Message: host.ErrSuperseded.Error(), Err: host.ErrSuperseded}
}

// overflowed reports whether a run came to the interpreter's limit of calls in each
// other, which is far below the compiler's.
func (in *instance) overflowed(err error) bool {
	return err != nil && in.ended == nil && strings.HasPrefix(err.Error(), "wasm error: stack overflow")
}
