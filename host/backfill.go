package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var errBeingBuilt = refuse(abi.ErrnoUnsupported, "being built")

// BackfillBegin implements Calls.
func (s *session) BackfillBegin(context.Context, *abi.Backfill) (bool, error) {
	return false, errBeingBuilt
}

// BackfillNext implements Calls.
func (s *session) BackfillNext(context.Context, bool) (Chunk, error) { return Chunk{}, errBeingBuilt }

// BackfillRun implements Calls.
func (s *session) BackfillRun(context.Context, *abi.Backfill) (int64, error) {
	return 0, errBeingBuilt
}
