package sdktest

import (
	"errors"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
)

// A moment is one at which a run can be cut short.
type moment uint8

const (
	beforeCommit moment = iota // of a chunk, whose work is lost then
	afterCommit                // of a chunk
)

// cuts reports whether the run ends here.
func (r *Runner) cuts(m moment) bool { return r.cutter != nil && r.cutter(m) }

// defaultChunkRows is Runner.ChunkRows where it is not set.
const defaultChunkRows = 3

func (r *Runner) rowsOfChunk() int {
	if r.ChunkRows > 0 {
		return r.ChunkRows
	}
	return defaultChunkRows
}

// CutAfter cuts a run short when so many chunks of backfills are committed from now
// on, as a kill would: its error is [ErrCut]. The run after it resumes. After 0 it
// is cut before the first chunk is committed.
func (r *Runner) CutAfter(chunks int) {
	r.cutter = func(m moment) bool {
		if m == afterCommit {
			chunks--
		}
		if chunks > 0 {
			return false
		}
		r.cutter = nil
		return true
	}
}

// UpgradeCut is Upgrade in as many runs as can be: each chunk of each backfill is
// cut short before its commit, and once more after it. A migration that makes the
// same of a database as with Upgrade resumes as it should.
func (r *Runner) UpgradeCut(t testing.TB) {
	t.Helper()
	if err := r.cut(func() error { return r.Try(sdk.Upgrade) }); err != nil {
		t.Fatal(err)
	}
}

// RunCut is UpgradeCut for one migration, registered or not, and returns its error.
func (r *Runner) RunCut(m sdk.Migration) error {
	return r.cut(func() error { return r.Run(m, sdk.Upgrade) })
}

func (r *Runner) cut(run func() error) error {
	for at := beforeCommit; ; at = 1 - at {
		r.cutter = func(m moment) bool { return m == at }
		err := run()
		r.cutter = nil
		if !errors.Is(err, ErrCut) {
			return err
		}
	}
}

// UpgradePhase is Upgrade up to the end of a phase: it ends before the first later
// phase of a migration. Upgrade goes on from there.
func (r *Runner) UpgradePhase(t testing.TB, p sdk.Phase) {
	t.Helper()
	r.until = &p
	defer func() { r.until = nil }()
	if err := r.Try(sdk.Upgrade); err != nil && !errors.Is(err, errPaused) {
		t.Fatal(err)
	}
}

// RunPhase runs the upgrade of one migration, registered or not, up to the end of
// a phase, and returns its error. Running it again resumes it.
func (r *Runner) RunPhase(m sdk.Migration, p sdk.Phase) error {
	r.until = &p
	defer func() { r.until = nil }()
	if err := r.Run(m, sdk.Upgrade); !errors.Is(err, errPaused) {
		return err
	}
	return nil
}
