package sqlite

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
)

// Objects implements host.Conn.
func (c *conn) Objects(ctx context.Context) ([]host.Object, error) { return nil, nil }
