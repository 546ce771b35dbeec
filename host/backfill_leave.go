package host

import (
	"context"
	"time"
)

// leaveWithin bounds how long a run that ends takes to say so.
const leaveWithin = time.Second

// stopped reports whether the last run that was at work on a backfill has said that it
// ends.
func stopped(u Unit) bool {
	at, err := readCheckpoint(u)
	return err == nil && at != nil && at.Stopped
}

// leave marks the backfill of a step that the run ends in the middle of, so that a look
// at it does not have to guess whether somebody is at work. A run that is killed leaves
// no mark, nor does one whose connection is lost; one that has been overtaken has no
// business to. Whoever goes on takes the mark away.
func (u *run) leave(step Step) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	ledger, err := u.conn.Ledger(ctx)
	if err != nil {
		return
	}
	units := ledger.pending(step)
	unit, found := underWay(units)
	if !found || chunksOf(units) != u.reached {
		return
	}
	at, err := readCheckpoint(unit)
	if err != nil || at == nil || at.Stopped {
		return
	}
	at.Stopped = true
	if unit.Checkpoint, err = at.bytes(); err != nil {
		return
	}
	tx, err := u.conn.Begin(ctx, fenceOf(step, units))
	if err != nil {
		return
	}
	defer tx.Rollback()
	if err := tx.Progress(ctx, step.Revision.Key, step.Direction, []Unit{unit}); err == nil {
		_ = tx.Commit(ctx) // it is known by the clock then, as where there is no mark
	}
}
