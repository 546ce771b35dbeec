package host

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Movers are what changes keys of a table that no statement names: its triggers, foreign
// keys that hand a change on to it, and expressions that columns of a key are computed by.
type Movers struct {
	Found   bool
	Deleted int64 // rows of the table, by whatever the connection has run so far
}

// others are the movers of a table, and the rows of a chunk before they do anything.
type others struct {
	Movers
	asked   bool
	counted bool
	rows    int64
}

// count counts the rows of a chunk before its first statement, where there are movers.
// Where there are none, the database is asked once for each run of a backfill, and
// again behind a statement that may have made a trigger.
func (g *keyGuard) count(ctx context.Context, f *fill) (err error) {
	o := &g.others
	if o.counted || o.asked && !o.Found {
		return nil
	}
	if o.Movers, err = f.s.tx.Movers(ctx, g.table, g.key); err != nil {
		return err
	}
	if o.asked = true; o.Found {
		o.rows, err = f.number(ctx, f.sql.held(f.chunk))
		o.counted = err == nil
	}
	return err
}

// changesMovers reports whether a statement may make or take away what changes keys.
func changesMovers(sql string) bool {
	return containsFold(sql, "trigger") || containsFold(sql, "references")
}

// recount counts the rows of a chunk before its commit. Those that were deleted are
// not to be there; others have moved.
func (g *keyGuard) recount(ctx context.Context, f *fill) error {
	o := &g.others
	if !o.counted {
		return nil
	}
	o.counted = false
	rows, err := f.number(ctx, f.sql.held(f.chunk))
	if err != nil || rows >= o.rows {
		return f.s.sorted(err)
	}
	m, err := f.s.tx.Movers(ctx, g.table, g.key)
	moved := o.rows - rows - (m.Deleted - o.Deleted)
	if err != nil || moved <= 0 {
		return f.s.sorted(err)
	}
	if g.dialect == chain.PostgreSQL && f.s.judge == nil {
		// Others may have deleted rows between the two counts: what this transaction
		// has moved, it has written somewhere else.
		elsewhere, err := f.ask(ctx, f.sql.writtenElsewhere(f.chunk))
		if err != nil || len(elsewhere) == 0 {
			return f.s.sorted(err)
		}
	}
	return f.s.die(refuse(abi.ErrnoState, "backfill %q: a trigger or a foreign key of the table changes the keys of the rows that are visited, or the expression of a generated column does: "+
		"of %d rows of the chunk %d are no longer at their place in the order of (%s), and would be visited again, or never. "+
		"The chunk is rolled back; order by a key that stays as it is, or disable the trigger meanwhile",
		f.unit.Name, o.rows, moved, strings.Join(g.key, ", ")))
}

// held counts the rows at the places of a chunk, whether they still fit or not.
func (f *fillSQL) held(c *chunk) Statement {
	q := f.selecting("count(*)")
	q.conditions(q.of(f.rows, c))
	return q.statement()
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
