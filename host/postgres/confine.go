package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A confined is a connection behind the walls of a plugin. The transactions are
// those of the connection; what a plugin sends in them is judged statement by
// statement (wall.go) and runs as the plugin's role (confine_role.go).
type confined struct {
	c        *conn
	quarters quarters
	judge    *policy.Judge
	check    func(host.Statement) (checked, error) // the verdict on a statement
	allowed  func(schema.Request) *policy.Refusal  // and on an operation
	path     string                                // the search_path of the plugin's statements
	temp     bool                                  // temp_file_limit can be lowered
	existing bool                                  // nothing is to be made
	leaving  bool                                  // the plugin is on its way out
	records  bool                                  // there is a table of what plugins without a role own
	tx       *confinedTx                           // the open transaction, if any
	written  host.Written                          // by the migration, in the transactions before
}

// Quarters are where a plugin lives.
type quarters struct {
	grants *policy.Grants
	role   string // "" if it runs as the connection's
	made   bool   // the role is one that Sandpiper makes
	unused string // the role that it would run as, if it runs as the connection's
	home   string // the schema of what it owns
	shared string // the schema of what others own: the ledger's
}

func (q *quarters) line() string { return q.grants.Line }

// Confine implements host.Conn.
func (c *conn) Confine(ctx context.Context, how host.Confinement) (host.Confined, error) {
	if c.tx != nil {
		return nil, errors.New("a transaction is open on this connection")
	}
	if c.schema == "" {
		return nil, errors.New("no schema of the search_path exists, so there is no place for a plugin: create one of them, " +
			"or name one in the URL (?search_path=NAME)")
	}
	w := &confined{c: c, quarters: c.quartersOf(how)}
	w.existing, w.leaving = how.Existing, how.Leaving
	w.judge = &policy.Judge{Grants: how.Grants, Dialect: chain.PostgreSQL, Foreign: w.foreign}
	w.check = newWall(w.judge, w.quarters.home, w.quarters.shared).check
	w.allowed, w.path = w.judge.Operation, serversOwn
	if err := w.provision(ctx); err != nil {
		return nil, fmt.Errorf("make room for plugin %s: %w", how.Grants.Line, err)
	}
	// The plugin's time is not for the start of the parser.
	if err := grammar.Ready(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// Server implements host.Conn.
func (w *confined) Server() string { return w.c.Server() }

// Ledger implements host.Conn. Inside a transaction the plugin's part of it ends
// there: the ledger is the runner's.
func (w *confined) Ledger(ctx context.Context) (*host.Ledger, error) {
	if err := w.asRunner(ctx); err != nil {
		return nil, err
	}
	return w.c.Ledger(ctx)
}

// History implements host.Conn.
func (w *confined) History(ctx context.Context, limit int) ([]host.Entry, error) {
	if err := w.asRunner(ctx); err != nil {
		return nil, err
	}
	return w.c.History(ctx, limit)
}

func (w *confined) asRunner(ctx context.Context) error {
	if w.tx == nil {
		return nil
	}
	return w.tx.leave(ctx)
}

// CreateLedger implements host.Conn.
func (w *confined) CreateLedger(ctx context.Context) error { return w.c.CreateLedger(ctx) }

// RunsOutside implements host.Conn. Nothing of a plugin's does: inside a
// transaction the wall refuses it and says why.
func (w *confined) RunsOutside(string) bool { return false }

// Outside implements host.Conn.
func (w *confined) Outside(context.Context, host.Fence, host.Statement, host.Unit, bool) (int64, error) {
	return 0, w.refuseOutside("run a statement outside a transaction, where no role and no time limit holds it: without CONCURRENTLY it runs inside one")
}

// Render implements host.Conn.
func (w *confined) Render(operation host.Operation) (host.Statement, error) {
	return host.Statement{}, w.refuseOutside(fmt.Sprintf("%s outside a transaction, where no role and no time limit holds it: without concurrently it runs inside one",
		operation.Operation.Kind()))
}

func (w *confined) refuseOutside(reason string) error {
	return &policy.Refusal{Line: w.quarters.line(), Reason: reason}
}

// Apply implements host.Conn. Each operation is judged as data, and then each
// statement that is made of it.
func (w *confined) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) error {
	if w.tx == nil {
		return errors.New("schema operations without an open transaction on this connection")
	}
	for _, operation := range operations {
		if err := w.apply(ctx, tx, operation); err != nil {
			return err
		}
	}
	return nil
}

func (w *confined) apply(ctx context.Context, tx host.Tx, operation host.Operation) error {
	if err := w.tx.ready(ctx); err != nil {
		return err
	}
	if refused := w.allowed(operation.Request); refused != nil {
		return refused
	}
	timed, cancel := w.tx.timed(ctx)
	defer cancel()
	undo := w.tx.mark()
	if err := w.c.Apply(timed, tx, []host.Operation{operation}); err != nil {
		return undo(w.tx.explain(ctx, err))
	}
	return nil
}

// Objects implements host.Conn.
func (w *confined) Objects(ctx context.Context) ([]host.Object, error) { return w.c.Objects(ctx) }

// Confine implements host.Conn.
func (w *confined) Confine(context.Context, host.Confinement) (host.Confined, error) {
	return nil, fmt.Errorf("the connection is behind the walls of plugin %s already", w.quarters.line())
}

// Reset implements host.Conn.
func (w *confined) Reset(context.Context) error {
	return fmt.Errorf("the connection is behind the walls of plugin %s: it drops nothing of others", w.quarters.line())
}

// Close takes the walls away. An open transaction is rolled back; the connection
// stays open.
func (w *confined) Close() error {
	if w.tx == nil {
		return nil
	}
	return w.tx.Rollback()
}
