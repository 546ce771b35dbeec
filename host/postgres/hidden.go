package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
)

// Hidden implements host.Tx.
func (t *tx) Hidden(ctx context.Context, stmt host.Statement) (string, error) {
	if err := t.usable(); err != nil {
		return "", err
	}
	by, role, err := t.hiddenBy(ctx, stmt)
	if by == "" || err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, as role %s; %s", by, quoteIdent(role), unhidden(role, "…")), nil
}

// hiddenBy has the server itself say whether row security holds for a query: with
// row_security off it refuses what would be filtered, in its own words, which name the
// table. The query is planned with it on before, so that whatever else is wrong with it
// is no matter of this. Where the setting is off already the server refuses by itself.
// The locks of the tables stay, and with them what was found.
//
// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-ROW-SECURITY
func (t *tx) hiddenBy(ctx context.Context, stmt host.Statement) (by, role string, err error) {
	it, err := guestItem(stmt)
	if err != nil {
		return "", "", t.spoil(err)
	}
	on := false
	t.put(item{sql: "SELECT pg_catalog.current_setting('row_security'), CURRENT_USER", row: func(v [][]byte) error {
		on, role = string(v[0]) == "on", string(v[1])
		return nil
	}})
	t.put(it)
	if err := t.flush(ctx); err != nil || !on {
		return "", role, err
	}
	t.put(item{sql: "SET LOCAL row_security = off"})
	t.put(it)
	t.put(item{sql: "SET LOCAL row_security = on"})
	err = t.flush(ctx)
	var refused *host.SQLError
	if errors.As(err, &refused) && refused.Code == codePrivilege {
		return refused.Message, role, nil
	}
	return "", role, err
}

// Hidden implements host.Tx. The role of a plugin cannot have BYPASSRLS.
func (t *confinedTx) Hidden(ctx context.Context, stmt host.Statement) (string, error) {
	stmt, err := t.judged(ctx, stmt)
	if err != nil {
		return "", err
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	by, _, err := t.t.hiddenBy(timed, stmt)
	if by != "" {
		by += "; do without it meanwhile (ALTER TABLE … DISABLE ROW LEVEL SECURITY), or have a migration that is no plugin's visit the rows"
	}
	return by, t.explain(ctx, err)
}
