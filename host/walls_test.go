package host_test

import (
	"context"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A walled database stands in for the walls of the dialects: what names secret is
// refused.
type walled struct{ host.Database }

func (w walled) Connect(ctx context.Context) (host.Conn, error) {
	conn, err := w.Database.Connect(ctx)
	if w.Dialect() != "" {
		return conn, err
	}
	return walledConn{conn}, err
}

type walledConn struct{ host.Conn }

func (c walledConn) Confine(_ context.Context, with host.Confinement) (host.Confined, error) {
	return confinedConn{c.Conn, with.Grants}, nil
}

type confinedConn struct {
	host.Conn
	grants *policy.Grants
}

func (c confinedConn) refuse(sql string) error {
	if strings.Contains(sql, "secret") {
		return &policy.Refusal{Line: c.grants.Line, Reason: "select secret", Needs: `uses = [{table = "secret", verbs = ["select"]}]`, At: 15}
	}
	return nil
}

func (c confinedConn) Begin(ctx context.Context, f host.Fence) (host.Tx, error) {
	tx, err := c.Conn.Begin(ctx, f)
	return confinedTx{tx, c}, err
}

func (c confinedConn) Outside(context.Context, host.Fence, host.Statement, host.Unit, bool) (int64, error) {
	return 0, &policy.Refusal{Line: c.grants.Line, Reason: "run a statement outside transactions"}
}

func (c confinedConn) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) error {
	return c.Conn.Apply(ctx, tx.(confinedTx).Tx, operations)
}

func (c confinedConn) Owned(context.Context) ([]host.Owned, error) {
	return []host.Owned{{Kind: "table", Name: "acme_t"}}, nil
}

func (c confinedConn) Purge(ctx context.Context, entry host.Entry) ([]host.Owned, error) {
	ledger, err := c.Conn.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := c.Conn.Begin(ctx, host.Fence{Line: entry.Key.Line, Heads: ledger.Heads[entry.Key.Line]})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(ctx, host.Statement{SQL: "DROP TABLE acme_t", Ordinal: 1}); err != nil {
		return nil, err
	}
	if err := tx.Record(ctx, entry, nil); err != nil {
		return nil, err
	}
	return []host.Owned{{Kind: "table", Name: "acme_t"}}, tx.Commit(ctx)
}

func (c confinedConn) Close() error { return nil }

type confinedTx struct {
	host.Tx
	c confinedConn
}

func (t confinedTx) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	if err := t.c.refuse(stmt.SQL); err != nil {
		return 0, err
	}
	return t.Tx.Exec(ctx, stmt)
}

func (t confinedTx) Defer(ctx context.Context, stmt host.Statement) error {
	if err := t.c.refuse(stmt.SQL); err != nil {
		return err
	}
	return t.Tx.Defer(ctx, stmt)
}

func (t confinedTx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (int64, error) {
	if err := t.c.refuse(stmt.SQL); err != nil {
		return 0, err
	}
	return t.Tx.ExecBatch(ctx, stmt, rows)
}

func (t confinedTx) Query(ctx context.Context, stmt host.Statement) (host.Rows, error) {
	if err := t.c.refuse(stmt.SQL); err != nil {
		return nil, err
	}
	return t.Tx.Query(ctx, stmt)
}
