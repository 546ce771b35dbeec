package sqlite

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
)

// Apply implements host.Conn.
func (c *conn) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) error {
	panic("not there yet")
}

// Render implements host.Conn.
func (c *conn) Render(operation host.Operation) (host.Statement, error) {
	panic("not there yet")
}
