package postgres

import (
	"context"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// WithoutWall takes the verdicts away from a confined connection, so that tests
// see what the role alone stops.
func WithoutWall(c host.Confined) {
	w := c.(*confined)
	w.path = quoteIdent(w.quarters.home) + ", pg_temp" // nobody qualifies names
	w.allowed = func(schema.Request) *policy.Refusal { return nil }
	w.check = func(stmt host.Statement) (checked, error) {
		return checked{stmt.SQL, &policy.Facts{}}, nil
	}
}

// ApplyJudged is Apply on a connection without a wall, with the verdicts that a
// plugin's operations and statements get.
func ApplyJudged(ctx context.Context, c host.Confined, tx host.Tx, operations []host.Operation) error {
	w := c.(*confined)
	allowed, check, path := w.allowed, w.check, w.path
	defer func() {
		w.allowed, w.check, w.path, w.tx.t.warden.path = allowed, check, path, path
		if w.tx.t.err == nil {
			w.tx.t.put(searchPathItem(path))
		}
	}()
	w.allowed = w.judge.Operation
	w.check = newWall(w.judge, w.quarters.home, w.quarters.shared).check
	w.path, w.tx.t.warden.path = serversOwn, serversOwn
	w.tx.t.put(searchPathItem(serversOwn))
	return w.Apply(ctx, tx, operations)
}
