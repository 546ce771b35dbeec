package host

import (
	"context"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Phase implements Calls.
func (s *session) Phase(context.Context, abi.Phase) error { return errBeingBuilt }
