package sqlite

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
)

// Confine implements host.Conn.
func (c *conn) Confine(context.Context, host.Confinement) (host.Confined, error) {
	return nil, errors.New("being built")
}
