package sqlite

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Load implements host.Tx.
func (t *tx) Load(context.Context, host.Statement, *abi.Load, *abi.RowReader) (int64, error) {
	return 0, errors.New("being built")
}
