package host

import "context"

// rebuild makes the database anew, up to the newest revision that is applied.
// goOn is false where a revision cannot be applied once more.
func (t *stepwise) rebuild(ctx context.Context) (goOn bool, err error) {
	t.conn.Close() // what failed may have broken it
	if t.anew != nil {
		t.db, err = t.anew(ctx)
	}
	if err == nil {
		err = t.connect(ctx)
	}
	if err == nil && t.anew == nil {
		err = t.conn.Reset(ctx)
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
