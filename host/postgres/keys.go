package postgres

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Keys implements host.Tx.
func (t *tx) Keys(context.Context, string) ([]host.Key, error) {
	return nil, &refusal{abi.ErrnoUnsupported, "being built"}
}
