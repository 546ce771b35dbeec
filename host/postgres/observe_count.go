package postgres

import (
	"cmp"
	"context"
	"strconv"
)

// counters are the rows of a table that a transaction has changed.
type counters struct {
	table   string
	changed [3]int64 // inserted, updated, deleted
	seen    int64    // by triggers of the table, and of those that it is part of
	why     string   // they were not seen
}

// Why changes were not seen, where a table could have triggers.
const (
	madeByStatement = "the table was made by the statement that wrote the rows"
	madeByQuery     = "a query wrote the rows"
	movedByQuery    = "a query emptied, dropped or rewrote the table"
	movedAtCommit   = "a deferred trigger empties, drops or rewrites the table at the commit"
	madeAnew        = "the table was written anew by a change of the schema, such as another type of a column"
	madeAtCommit    = "a deferred trigger writes the rows at the commit"
	notFired        = "the table's triggers were off (DISABLE TRIGGER, session_replication_role), or part of the statement was undone"
)

// A look is what the server says of tables at one time.
type look struct {
	rows  map[string]counters // that the transaction has changed so far, by oid
	files map[string]file     // that tables keep their rows in, by oid
}

// counted asks the server, and the triggers, what they have counted. The server does
// not take back what is rolled back, so only what lies between two askings says
// something.
func (o *observedTx) counted(ctx context.Context) (look, error) {
	now := look{map[string]counters{}, map[string]file{}}
	o.t.put(o.filesItem(now.files))
	o.t.put(item{
		sql: `WITH RECURSIVE changed AS (
				SELECT relid, CASE WHEN schemaname = $1 THEN relname ELSE schemaname || '.' || relname END AS name, n_tup_ins, n_tup_upd, n_tup_del
				FROM pg_catalog.pg_stat_xact_user_tables
				WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname NOT LIKE 'sandpiper\_%' AND schemaname NOT LIKE 'pg\_temp%'
			), above (relid, oid) AS (
				SELECT relid, relid FROM changed
				UNION SELECT a.relid, i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.oid
			)
			SELECT c.relid, c.name, c.n_tup_ins, c.n_tup_upd, c.n_tup_del, (
				SELECT pg_catalog.sum(coalesce(nullif(pg_catalog.current_setting('sandpiper.observed_' || a.oid || '_' || e, true), ''), '0')::bigint)
				FROM above a, pg_catalog.unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) e WHERE a.relid = c.relid)
			FROM changed c`,
		values: [][]byte{[]byte(o.t.c.schema)},
		row: func(v [][]byte) (err error) {
			n := counters{table: string(v[1])}
			for i := range n.changed {
				if n.changed[i], err = strconv.ParseInt(string(v[2+i]), 10, 64); err != nil {
					return err
				}
			}
			n.seen, err = strconv.ParseInt(string(v[5]), 10, 64)
			now.rows[string(v[0])] = n
			return err
		},
	})
	return now, o.t.flush(ctx)
}

// since returns the tables that have changed between two askings. TRUNCATE has the
// server count anew.
func since(before, after map[string]counters) map[string]counters {
	changed := map[string]counters{}
	for oid, n := range after {
		for i, was := range before[oid].changed {
			if was <= n.changed[i] {
				n.changed[i] -= was
			}
		}
		n.seen -= before[oid].seen
		if n.changed != [3]int64{} {
			changed[oid] = n
		}
	}
	return changed
}

// note keeps what no trigger saw of changes. made says why, where nobody has looked at
// the table yet.
func (o *observedTx) note(changed map[string]counters, made string) {
	for oid, n := range changed {
		switch {
		case o.watched[oid] == "":
			o.miss(oid, n, cmp.Or(o.reasons[oid], made))
		case n.seen == 0:
			o.miss(oid, n, notFired)
		}
	}
}

func (o *observedTx) miss(oid string, n counters, why string) {
	was := o.unseen[oid]
	for i := range n.changed {
		n.changed[i] += was.changed[i]
	}
	n.why = cmp.Or(was.why, why)
	o.unseen[oid] = n
}

// settle notes what queries have written since the server was last asked. They are not
// run twice, as statements are: most of them write nothing, and have many rows.
func (o *observedTx) settle(ctx context.Context) error {
	if !o.read {
		return nil
	}
	now, err := o.counted(ctx)
	if err != nil {
		return err
	}
	o.note(since(o.last.rows, now.rows), madeByQuery)
	o.missMoved(now, movedByQuery)
	o.last, o.read = now, false
	return nil
}
