package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var errBeingBuilt = refuse(abi.ErrnoUnsupported, "being built")

// Phase implements Calls.
func (s *session) Phase(context.Context, abi.Phase) error { return errBeingBuilt }
