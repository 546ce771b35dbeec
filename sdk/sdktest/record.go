package sdktest

import (
	"fmt"
	"reflect"

	"github.com/sandpiper-db/sandpiper/sdk"
)

// A unit is one call of a migration, or one whole section, with its answer.
type unit struct {
	kind, text string // "exec" and its SQL, "section" and its name …
	params     [][]sdk.Value
	affected   int64
	err        error
	place      place // of a backfill
}

func (u unit) String() string { return fmt.Sprintf("%s %q", u.kind, u.text) }

func (u unit) same(v unit) bool {
	return u.kind == v.kind && u.text == v.text && reflect.DeepEqual(u.params, v.params)
}

// A record is the units of a run. It begins with those that an earlier run
// committed, which are answered from here and not done again (ABI.md, section 8).
type record struct {
	units     []unit
	committed int // units that no rollback can undo
	replay    []unit
	ended     error // why the run is ending: its calls differ from those of the earlier run, or it was to be cut
}

// newRecord returns the record of a run that resumes after units.
func newRecord(units []unit) *record {
	return &record{units: units[:0:0], replay: units}
}

// next returns the recorded answer of a call, if there is one.
func (r *record) next(u unit) (recorded unit, ok bool, err error) {
	if r.ended != nil {
		return unit{}, false, refuse(sdk.ErrCancelled, "the run is ending: %v", r.ended)
	}
	if len(r.replay) == 0 {
		return unit{}, false, nil
	}
	recorded = r.replay[0]
	if !recorded.same(u) {
		r.differ(u.String())
		return unit{}, false, refuse(sdk.ErrCancelled, "the run is ending: %v", r.ended)
	}
	r.replay = r.replay[1:]
	r.add(recorded, true)
	return recorded, true, nil
}

// differ says that the migration does not do what it did in an earlier run.
func (r *record) differ(now string) {
	r.ended = fmt.Errorf("call %d is %s, in an earlier run it was %v: the migration was changed after "+
		"a part of it was committed, or it is not deterministic", len(r.units)+1, now, r.replay[0])
}

func (r *record) add(u unit, committed bool) {
	r.units = append(r.units, u)
	if committed {
		r.committed = len(r.units)
	}
}

// safe returns the units that a run which failed has left in the database.
func (r *record) safe() []unit {
	return append(r.units[:r.committed:r.committed], r.replay...)
}
