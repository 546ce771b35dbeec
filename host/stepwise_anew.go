package host

import (
	"context"
	"slices"
)

// rebuild makes the database anew, up to the newest revision that is applied.
// goOn is false where a revision cannot be applied once more.
func (t *stepwise) rebuild(ctx context.Context) (goOn bool, err error) {
	t.undoAll(ctx)
	t.conn.Close() // what failed may have broken it
	if t.anew != nil {
		t.db, err = t.anew(ctx)
	}
	if err == nil {
		err = t.connect(ctx)
	}
	if err == nil && t.anew == nil {
		if err = t.purgeAll(ctx, t.conn); err == nil {
			err = t.conn.Reset(ctx)
		}
	}
	if err != nil {
		return false, err
	}
	for _, d := range t.done {
		if found, err := t.run(ctx, d.step, StageRepeated); err != nil || found {
			return false, err
		}
		if err := t.insertSeeds(ctx, d.step.Revision.Key); err != nil {
			return false, err
		}
	}
	return true, nil
}

// undoAll undoes what is applied, if that was asked for, until something cannot be
// undone. Nothing of it is tested, so that nobody is told of it.
func (t *stepwise) undoAll(ctx context.Context) {
	if !t.undo || ctx.Err() != nil {
		return
	}
	tell := t.cfg.OnEvent
	t.cfg.OnEvent = nil
	defer func() { t.cfg.OnEvent = tell }()
	t.conn.Close()
	if t.connect(ctx) != nil {
		return
	}
	ledger, err := t.conn.Ledger(ctx)
	for _, d := range slices.Backward(t.done) {
		if err == nil && !slices.Equal(ledger.Heads[d.step.Revision.Line], d.step.After) {
			continue // the newest one, whose downgrade was the last thing to run
		}
		if err == nil {
			err = t.runOnly(ctx, t.conn, d.step.undo())
		}
		if err == nil {
			ledger, err = t.conn.Ledger(ctx)
		}
		if err != nil {
			return
		}
	}
}
