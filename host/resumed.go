package host

import "time"

// A Resumption is what earlier runs have left of a migration that a run goes on with.
type Resumption struct {
	Began     time.Time     // when the first of them began it, by its clock
	Worked    time.Duration // how long they were at work, as far as the checkpoints of its backfills tell
	Committed int           // calls, sections and backfills
}

// resumption returns nil where nothing is left of earlier runs.
func resumption(units []Unit) *Resumption {
	if len(units) == 0 {
		return nil
	}
	r := &Resumption{Worked: worked(units), Committed: Pending{Units: units}.Parts()}
	_, _, r.Began, _ = beginning(units) // what is damaged there ends the run
	return r
}

// worked is how long runs were at work on a migration until the newest checkpoint of
// its backfills. What came behind it, and what had none, is not known.
func worked(units []Unit) (d time.Duration) {
	for _, u := range units {
		if u.Kind != UnitBackfill {
			continue
		}
		if at, err := readCheckpoint(u); err == nil && at != nil {
			d = max(d, at.Worked)
		}
	}
	return d
}
