package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
)

// A file is what a table keeps its rows in. Neither counters nor triggers of rows see
// what becomes of them where the table gets another file, or goes with it: by TRUNCATE,
// by DROP, by what writes the table anew, whatever runs these, and by CASCADE.
//
// https://www.postgresql.org/docs/current/storage-file-layout.html
type file struct {
	node  string
	table string // for people
	sql   string
}

// filesItem asks which files tables have.
func (o *observedTx) filesItem(files map[string]file) item {
	return item{
		sql: `SELECT c.oid, c.relfilenode, CASE WHEN n.nspname = $1 THEN c.relname ELSE n.nspname || '.' || c.relname END,
				pg_catalog.format('%I.%I', n.nspname, c.relname)
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.relname NOT LIKE 'sandpiper\_%'
				AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
		values: [][]byte{[]byte(o.t.c.schema)},
		row: func(v [][]byte) error {
			files[string(v[0])] = file{node: string(v[1]), table: string(v[2]), sql: string(v[3])}
			return nil
		},
	}
}

// moved returns the tables, by oid, that have another file later, or none.
func (l look) moved(later look) (oids []string) {
	for oid, f := range l.files {
		if later.files[oid].node != f.node {
			oids = append(oids, oid)
		}
	}
	slices.Sort(oids)
	return oids
}

// held is what a table held before its file was taken away.
type held struct {
	rows    int64
	samples []byte
	net     int64  // rows inserted less rows deleted so far, by its triggers
	why     string // it is not known
}

// countHeld reads one.
const countHeld = `SELECT (%s), (%s), coalesce(nullif(pg_catalog.current_setting($1 || '_INSERT', true), ''), '0')::bigint
	- coalesce(nullif(pg_catalog.current_setting($1 || '_DELETE', true), ''), '0')::bigint`

// hold counts the rows of tables before a statement takes their files away.
func (o *observedTx) hold(ctx context.Context, oids []string) (map[string]held, error) {
	all := map[string]held{}
	for _, oid := range oids {
		var h held
		refused, err := o.attempt(ctx, func() (err error) {
			h, err = o.heldBy(ctx, oid, o.last.files[oid].sql, o.samples)
			return err
		})
		if err != nil {
			return nil, err
		}
		if refused != nil {
			h.why = "its rows cannot be counted: " + refused.Error()
		}
		all[oid] = h
	}
	return all, nil
}

// heldBy asks what a table holds that has no name in SQL if it is gone.
func (o *observedTx) heldBy(ctx context.Context, oid, sql string, samples int) (h held, err error) {
	rows, sample := "0", "NULL::json"
	if sql != "" {
		rows, sample = "SELECT pg_catalog.count(*) FROM ONLY "+sql, sampled("ONLY "+sql, strconv.Itoa(samples))
	}
	err = o.asRunner(ctx, []item{{
		sql:    fmt.Sprintf(countHeld, rows, sample),
		values: [][]byte{[]byte("sandpiper.observed_" + oid)},
		row: func(v [][]byte) (err error) {
			h.samples = slices.Clone(v[1])
			if h.rows, err = strconv.ParseInt(string(v[0]), 10, 64); err == nil {
				h.net, err = strconv.ParseInt(string(v[2]), 10, 64)
			}
			return err
		},
	}})
	return h, err
}

// lose notes what became of the rows of a table that has another file, or is gone.
func (o *observedTx) lose(ctx context.Context, oid string, all map[string]held, now look) error {
	table := o.last.files[oid].table
	before, counted := all[oid]
	if !counted {
		before.why = "the statement has not moved the table when it ran first"
	}
	if before.why != "" {
		o.miss(oid, counters{table: table}, before.why)
		return nil
	}
	after, err := o.heldBy(ctx, oid, now.files[oid].sql, 0)
	if err != nil {
		return err
	}
	lost := before.rows + after.net - before.net - after.rows
	switch {
	case lost <= 0 && after.rows > 0:
		o.miss(oid, counters{table: table, changed: [3]int64{0, after.rows, 0}}, madeAnew)
	case lost > 0 && o.watched[oid] == "":
		o.miss(oid, counters{table: table, changed: [3]int64{0, 0, lost}}, cmp.Or(o.reasons[oid], madeByStatement))
	case lost > 0: // as if its triggers had seen them
		return o.asRunner(ctx, []item{
			{
				sql:    `SELECT pg_catalog.set_config($1, (coalesce(nullif(pg_catalog.current_setting($1, true), ''), '0')::bigint + $2::bigint)::text, true)`,
				values: [][]byte{[]byte("sandpiper.observed_" + oid + "_DELETE"), []byte(strconv.FormatInt(lost, 10))},
			},
			{sql: `INSERT INTO pg_temp.sandpiper_effects VALUES ($1::oid, 'DELETE', $2::json)`, values: [][]byte{[]byte(oid), before.samples}},
		})
	}
	return nil
}

// missMoved notes that nobody has counted the rows whose files were taken away since
// the server was last asked.
func (o *observedTx) missMoved(now look, why string) {
	for _, oid := range o.last.moved(now) {
		o.miss(oid, counters{table: o.last.files[oid].table}, why)
	}
}
