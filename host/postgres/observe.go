package postgres

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// observedTx implements host.ObservedTx. The server counts the rows that a
// transaction changes, so after each statement it is known which tables it wrote
// to. Where there is one that nobody watches yet, the statement is undone, the
// table gets triggers that see the rows in transition tables, and the statement
// runs again. So only tables that are written to are locked against writers. So it is
// with what takes a table's rows away as a whole: they are counted in between.
//
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS,
// https://www.postgresql.org/docs/current/plpgsql-trigger.html
type observedTx struct {
	host.Tx        // what statements go through
	t       *tx    // the transaction beneath
	role    string // of a plugin, which is left while the triggers are made
	samples int
	ready   bool                // the triggers' function is there
	watched map[string]string   // by oid: the table's name, "" if it cannot have triggers
	last    look                // what the server has said last
	read    bool                // a query has run since: it may have called what writes
	unseen  map[string]counters // changes that no trigger saw
	reasons map[string]string   // why tables have no triggers
	marks   []observedMark      // of the savepoints that are set
}

// An observedMark is what there was before a savepoint.
type observedMark struct {
	name    string
	ready   bool
	watched map[string]string
	unseen  map[string]counters
}

// Observe implements host.Conn.
func (c *conn) Observe(ctx context.Context, tx host.Tx, samples int) (host.ObservedTx, error) {
	if c.tx == nil {
		return nil, errors.New("no transaction is open that could be observed")
	}
	return observe(ctx, tx, c.tx, "", samples)
}

// Observe implements host.Conn.
func (w *confined) Observe(ctx context.Context, tx host.Tx, samples int) (host.ObservedTx, error) {
	if w.tx == nil {
		return nil, errors.New("no transaction is open that could be observed")
	}
	return observe(ctx, tx, w.tx.t, w.quarters.role, samples)
}

func observe(ctx context.Context, tx host.Tx, t *tx, role string, samples int) (host.ObservedTx, error) {
	o := &observedTx{
		Tx: tx, t: t, role: role, samples: samples,
		watched: map[string]string{}, unseen: map[string]counters{}, reasons: map[string]string{},
	}
	counts := false
	t.put(item{sql: "SELECT pg_catalog.current_setting('track_counts')", row: func(v [][]byte) error {
		counts = string(v[0]) == "on"
		return nil
	}})
	var err error
	if o.last, err = o.counted(ctx); err == nil && !counts {
		err = errors.New("the server's setting track_counts is off: without it nobody knows which tables a statement writes to")
	}
	return o, err
}

const observedSavepoint = "sandpiper_observed"

// watch runs something that may change rows, twice if need be.
func (o *observedTx) watch(ctx context.Context, do func() error) error {
	if err := o.settle(ctx); err != nil {
		return err
	}
	written := o.t.written
	var before map[string]held
	for again := true; ; again = false {
		if err := o.Tx.Savepoint(ctx, host.SavepointSet, observedSavepoint); err != nil {
			return err
		}
		if err := do(); err != nil {
			if o.t.err == nil { // refused before it was sent
				return errors.Join(err, o.Tx.Savepoint(ctx, host.SavepointRelease, observedSavepoint))
			}
			return err
		}
		now, err := o.counted(ctx)
		if err != nil {
			return err
		}
		changed, moved := since(o.last.rows, now.rows), o.last.moved(now)
		fresh := slices.DeleteFunc(slices.Concat(slices.Sorted(maps.Keys(changed)), moved), func(oid string) bool {
			_, known := o.watched[oid]
			return known
		})
		if again && len(fresh)+len(moved) > 0 {
			if err := o.undo(ctx); err != nil {
				return err
			}
			o.t.written = written // what was undone was not written
			for _, oid := range fresh {
				if err := o.attach(ctx, oid); err != nil {
					return err
				}
			}
			if before, err = o.hold(ctx, moved); err != nil {
				return err
			}
			if o.last, err = o.counted(ctx); err != nil {
				return err
			}
			continue
		}
		for _, oid := range moved {
			if o.watched[oid] != "" { // TRUNCATE has made the server's counters begin anew
				delete(changed, oid)
			}
			if err := o.lose(ctx, oid, before, now); err != nil {
				return err
			}
		}
		o.note(changed, madeByStatement)
		o.last = now
		if err := o.Tx.Savepoint(ctx, host.SavepointRelease, observedSavepoint); err != nil || len(moved) == 0 {
			return err
		}
		o.last, err = o.counted(ctx) // with the savepoint the server forgets what it counted before TRUNCATE
		return err
	}
}

// undo goes back to before what was run.
func (o *observedTx) undo(ctx context.Context) error {
	if err := o.Tx.Savepoint(ctx, host.SavepointRollback, observedSavepoint); err != nil {
		return err
	}
	return o.Tx.Savepoint(ctx, host.SavepointRelease, observedSavepoint)
}

// attach has triggers watch a table, and the tables that it is a partition of or
// inherits from: a statement fires those of the table that it names. Where that cannot
// be, the rows are counted and not shown.
func (o *observedTx) attach(ctx context.Context, oid string) error {
	tables := map[string][2]string{} // in SQL, and for people
	refused, err := o.attempt(ctx, func() error {
		var items []item
		if !o.ready {
			items = append(items, item{sql: makeEffects}, item{sql: makeObserver})
		}
		items = append(items, item{
			sql: `WITH RECURSIVE above (oid) AS (
				SELECT $1::oid UNION SELECT i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.oid
			)
			SELECT c.oid, n.nspname, c.relname, CASE WHEN n.nspname = $2 THEN c.relname ELSE n.nspname || '.' || c.relname END
			FROM above JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
			values: [][]byte{[]byte(oid), []byte(o.t.c.schema)},
			row: func(v [][]byte) error {
				if o.watched[string(v[0])] == "" {
					tables[string(v[0])] = [2]string{quoteIdent(string(v[1])) + "." + quoteIdent(string(v[2])), string(v[3])}
				}
				return nil
			},
		})
		if err := o.asRunner(ctx, items); err != nil {
			return err
		}
		var triggers []item
		for _, oid := range slices.Sorted(maps.Keys(tables)) {
			triggers = append(triggers, makeTriggers(tables[oid][0], o.samples)...)
		}
		return o.asRunner(ctx, triggers)
	})
	switch {
	case err != nil:
		return err
	case refused == nil:
		o.ready = true
		for oid, table := range tables {
			o.watched[oid] = table[1]
		}
	case len(tables) > 0: // it was there
		o.watched[oid], o.reasons[oid] = "", "no trigger can watch the table: "+refused.Error()
	}
	return nil
}

// attempt does something of the runner's. What the server refuses is undone.
func (o *observedTx) attempt(ctx context.Context, do func() error) (refused, err error) {
	if err := o.t.Savepoint(ctx, host.SavepointSet, observedSavepoint); err != nil {
		return nil, err
	}
	if refused = do(); refused != nil {
		if codeOf(refused) == "" {
			return nil, refused
		}
		if err := o.t.Savepoint(ctx, host.SavepointRollback, observedSavepoint); err != nil {
			return nil, err
		}
	}
	return refused, o.t.Savepoint(ctx, host.SavepointRelease, observedSavepoint)
}

// asRunner sends what is the runner's own, as itself.
func (o *observedTx) asRunner(ctx context.Context, items []item) error {
	if o.role != "" {
		o.t.put(item{sql: "RESET ROLE"})
	}
	for _, it := range items {
		o.t.put(it)
	}
	if o.role != "" {
		o.t.put(item{sql: "SELECT pg_catalog.set_config('role', $1, true)", values: [][]byte{[]byte(o.role)}})
	}
	return o.t.flush(ctx)
}

// Exec implements host.Tx.
func (o *observedTx) Exec(ctx context.Context, stmt host.Statement) (affected int64, err error) {
	if stmt.Lock != "" {
		return o.Tx.Exec(ctx, stmt)
	}
	err = o.watch(ctx, func() error {
		affected, err = o.Tx.Exec(ctx, stmt)
		return err
	})
	return affected, err
}

// Defer implements host.Tx. Nothing is put off: what a statement changes has to be
// known after it.
func (o *observedTx) Defer(ctx context.Context, stmt host.Statement) error {
	_, err := o.Exec(ctx, stmt)
	return err
}

// ExecBatch implements host.Tx.
func (o *observedTx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (affected int64, err error) {
	err = o.watch(ctx, func() error {
		again, err := abi.NewRowReader(rows.Bytes())
		if err == nil {
			affected, err = o.Tx.ExecBatch(ctx, stmt, again)
		}
		return err
	})
	return affected, err
}

// Load implements host.Tx. What is put off is sent before the rows are counted.
func (o *observedTx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (affected int64, err error) {
	err = o.watch(ctx, func() error {
		again, err := abi.NewRowReader(rows.Bytes())
		if err == nil {
			affected, err = o.Tx.Load(ctx, stmt, to, again)
		}
		return err
	})
	return affected, err
}

// Query implements host.Tx. A query that may write runs to its end first.
func (o *observedTx) Query(ctx context.Context, stmt host.Statement) (rows host.Rows, err error) {
	if reads(stmt.SQL) {
		o.read = true
		return o.Tx.Query(ctx, stmt)
	}
	err = o.watch(ctx, func() error {
		if rows, err = o.Tx.Query(ctx, stmt); err != nil {
			return err
		}
		return o.t.settle(ctx)
	})
	return rows, err
}

// reads reports whether a query begins like one that only reads.
func reads(sql string) bool {
	for _, t := range tokensOf(sql, 1) {
		return t.Kind == chain.Word && isOneOf(t, "SELECT|VALUES|TABLE|SHOW|EXPLAIN")
	}
	return false
}

// Savepoint implements host.Tx. The triggers' rows are rolled back by the server.
func (o *observedTx) Savepoint(ctx context.Context, op host.SavepointOp, name string) (err error) {
	if op == host.SavepointSet { // what queries wrote before stays
		if err := o.settle(ctx); err != nil {
			return err
		}
	}
	if err := o.Tx.Savepoint(ctx, op, name); err != nil {
		return err
	}
	if op == host.SavepointSet {
		o.marks = append(o.marks, observedMark{name, o.ready, maps.Clone(o.watched), maps.Clone(o.unseen)})
		return nil
	}
	at := len(o.marks) - 1
	for at >= 0 && o.marks[at].name != name {
		at--
	}
	if op == host.SavepointRollback { // what was made for watching is gone too
		m := observedMark{watched: map[string]string{}, unseen: map[string]counters{}}
		if at >= 0 {
			m = o.marks[at]
		}
		o.ready, o.watched, o.unseen, o.read = m.ready, maps.Clone(m.watched), maps.Clone(m.unseen), false
		at++
		o.last, err = o.counted(ctx)
	}
	o.marks = o.marks[:max(at, 0)]
	return err
}

// Effects implements host.ObservedTx.
func (o *observedTx) Effects(ctx context.Context) ([]host.TableEffects, error) {
	if err := o.settle(ctx); err != nil {
		return nil, err
	}
	if err := o.atCommit(ctx); err != nil {
		return nil, err
	}
	tables := map[string]*host.TableEffects{}
	of := func(name string) *host.TableEffects {
		if tables[name] == nil {
			tables[name] = &host.TableEffects{Table: name}
		}
		return tables[name]
	}
	if o.ready {
		if err := o.seen(ctx, of); err != nil {
			return nil, err
		}
	}
	for _, n := range o.unseen {
		effects := of(n.table)
		effects.Inserted += n.changed[0]
		effects.Updated += n.changed[1]
		effects.Deleted += n.changed[2]
		effects.Unseen = n.why
	}
	o.unseen, o.marks = map[string]counters{}, nil
	var err error
	if o.last, err = o.counted(ctx); err != nil {
		return nil, err
	}
	var all []host.TableEffects
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		all = append(all, *tables[name])
	}
	return all, nil
}

// seen adds what the triggers have seen.
func (o *observedTx) seen(ctx context.Context, of func(table string) *host.TableEffects) error {
	var items []item
	for _, oid := range slices.Sorted(maps.Keys(o.watched)) {
		name := o.watched[oid]
		if name == "" {
			continue
		}
		for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
			items = append(items, countedItem(oid, event, func(n int64) {
				switch event {
				case "INSERT":
					of(name).Inserted += n
				case "UPDATE":
					of(name).Updated += n
				case "DELETE":
					of(name).Deleted += n
				}
			}))
		}
	}
	items = append(items,
		item{sql: `SELECT relation, before, after FROM pg_temp.sandpiper_effects ORDER BY ctid`, row: func(v [][]byte) error {
			return take(of(o.watched[string(v[0])]), v[1], v[2])
		}},
		item{sql: `DELETE FROM pg_temp.sandpiper_effects`})
	return o.asRunner(ctx, items)
}
