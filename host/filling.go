package host

import (
	"cmp"
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// filling is what a session knows of its run, to do backfills and to do a guest's
// run again.
type filling struct {
	seed      [32]byte
	version   string                   // the digest of what runs
	accepted  []string                 // other versions that have begun backfills gone on with
	cfg       *Config                  // how fast
	paces     paces                    // how fast so far
	followers *followers               // whose lag is heeded
	fillSpan  func(name string) func() // starts the span of a backfill, returns its end
	advanced  func()                   // a chunk is committed
	completed func(name string)        // a backfill is
	rehearsed bool                     // nothing is committed

	// What a guest told in a run that is done again, it tells again, but for what it
	// told in chunks and sections that are committed.
	told  int // so far
	muted int // that the run before has passed on
}

func newFilling() filling {
	return filling{
		cfg:   &Config{ChunkTime: defaultChunkTime},
		paces: paces{}, followers: &followers{},
		fillSpan: func(string) func() { return func() {} },
		advanced: func() {}, completed: func(string) {},
	}
}

// versionOf is the digest by which a checkpoint knows the migration again.
func versionOf(step Step, m *module) string { return cmp.Or(step.Revision.Digest, m.digest) }

// again reports whether an event was passed on by a run that this one does again.
func (s *session) again(e Event) bool {
	if e.Kind != EventLog && e.Kind != EventProgress {
		return false
	}
	s.told++
	return s.told <= s.muted
}

// passed notes that the section, or a chunk of the backfill, is committed: it will
// not be told again, and all that was is.
func (s *session) passed() { s.told, s.muted = s.section.told, 0 }

// watch has the guard of an open backfill look at a statement.
func (s *session) watch(ctx context.Context, sql string) error {
	if s.section == nil || s.section.fill == nil {
		return nil
	}
	return s.section.fill.guard.watch(ctx, s.section.fill, sql)
}

// open says what is missing at the end of a migration.
func (o *openSection) open() error {
	if o.fill != nil {
		return refuse(abi.ErrnoState, "the migration ended inside %s: backfill_next has to be called until it returns END", o)
	}
	return refuse(abi.ErrnoState, "the migration ended inside %s: section_end is missing", o)
}

// underWay returns the backfill of a half-done migration that is not at its end.
func underWay(units []Unit) (Unit, bool) {
	for _, u := range units {
		if u.Kind == UnitBackfill && u.Begun {
			return u, true
		}
	}
	return Unit{}, false
}

// checkpointed looks at the checkpoint that an earlier run has left. It is given up
// where that is the operator's choice, and one of another version of the migration
// where no row was visited: then it returns the unit to record. The backfill itself
// refuses it otherwise, once what comes before it is known to be the same (see
// fill.standing).
func checkpointed(version string, units []Unit, choice CheckpointChoice) (restart *Unit, err error) {
	u, found := underWay(units)
	if !found {
		return nil, nil
	}
	at, err := readCheckpoint(u)
	switch {
	case err != nil || at == nil:
		return nil, err
	case choice == CheckpointRestart:
	case at.Version == version || u.Affected > 0:
		return nil, nil
	default: // nothing is visited twice or left out
	}
	u.Checkpoint, u.Affected, u.Total = nil, 0, 0
	u.Chunks++ // so that whoever stands at the old checkpoint is told
	return &u, nil
}
