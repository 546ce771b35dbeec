package host

import (
	"context"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Movers are what changes keys of a table that no statement names: its triggers, and
// foreign keys that hand a change on to it.
type Movers struct {
	Found   bool
	Deleted int64 // rows of the table, by whatever the connection has run so far
}

// A tellsMovers is a Tx that knows of them.
type tellsMovers interface {
	Movers(ctx context.Context, table string, key []string) (Movers, error)
}

// movers asks the database what else may change keys.
func (g *keyGuard) movers(ctx context.Context, f *fill) (Movers, error) {
	tx, ok := f.s.tx.(tellsMovers)
	if !ok {
		return Movers{}, nil
	}
	return tx.Movers(ctx, g.table, g.key)
}

// restless reports whether the rows of each chunk are counted, whatever the
// statements in it say. Where they are not, the database is asked once for each run of
// a backfill, and again behind a statement that may have made a trigger.
func (g *keyGuard) restless(ctx context.Context, f *fill) (bool, error) {
	if g.asked && !g.found {
		return false, nil
	}
	m, err := g.movers(ctx, f)
	if err != nil {
		return false, err
	}
	g.asked, g.found, g.deleted = true, m.Found, m.Deleted
	return g.found, nil
}

// changesMovers reports whether a statement may make or take away what changes keys.
func changesMovers(sql string) bool {
	return containsFold(sql, "trigger") || containsFold(sql, "references")
}

// moved is how many of the rows of a chunk that have left their places were not
// deleted.
func (g *keyGuard) moved(ctx context.Context, f *fill, gone int64) (int64, error) {
	if gone <= 0 || !g.found {
		return gone, nil
	}
	m, err := g.movers(ctx, f)
	if err != nil {
		return 0, err
	}
	gone -= m.Deleted - g.deleted
	if gone <= 0 || f.s.judge != nil || g.dialect != chain.PostgreSQL {
		return gone, nil
	}
	// Others may have deleted rows between the two counts: what this transaction has
	// moved, it has written somewhere else.
	elsewhere, err := f.ask(ctx, f.sql.writtenElsewhere(f.chunk))
	if len(elsewhere) == 0 {
		gone = 0
	}
	return gone, err
}

// writtenElsewhere asks for a row that the transaction, or a savepoint of it, has
// written and that is none of a chunk's. All of them would have to be read to find
// none, so that it is asked where there is a suspicion alone.
//
// https://www.postgresql.org/docs/current/ddl-system-columns.html
func (f *fillSQL) writtenElsewhere(c *chunk) Statement {
	q := f.selecting("1")
	q.conditions(fmt.Sprintf("NOT (%s)", q.of(f.rows, c)),
		"pg_catalog.age("+f.rows+".xmin) <= pg_catalog.age(CAST(CAST(pg_catalog.txid_current() % 4294967296 AS text) AS xid))")
	q.sql.WriteString(" LIMIT 1")
	return q.statement()
}
