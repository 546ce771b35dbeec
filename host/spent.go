package host

import (
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// spent is what the attempts at a step have used of its limits: they hold over all of
// them, in this process or in a Worker, so that a guest gains nothing by running into
// lock timeouts. A worker that dies ends the run, and the next run, which a person
// begins, begins with nothing spent; the rows written are in the ledger (Written).
type spent struct {
	key  chain.Key
	used GuestUsage
	time time.Duration // the database's included

	moved bool // something was committed
}

// spentOn returns what the step has used so far.
func (u *run) spentOn(step Step) *spent {
	if u.spent.key != step.Revision.Key {
		u.spent = spent{key: step.Revision.Key}
	}
	return &u.spent
}

// add counts an attempt. One that found the lock taken and has committed nothing costs
// nothing: to wait for another runner is not the migration's doing.
func (s *spent) add(used GuestUsage, took time.Duration, moved bool, err error) {
	s.moved = s.moved || moved
	if moved || !contested(err) {
		s.used, s.time = used, s.time+took
	}
}
