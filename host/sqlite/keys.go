package sqlite

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
)

// Keys implements host.Tx.
func (t *tx) Keys(context.Context, string) ([]host.Key, error) {
	return nil, errors.New("being built")
}
