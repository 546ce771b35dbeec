package postgres

import (
	"context"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// movers looks for triggers of a table and of its partitions, for foreign keys of its
// key that follow what they refer to, and for columns of it that are computed from
// others. The rows that the transaction has deleted are
// counted by the server; those that went from one partition to another are not among
// the table's own.
//
// https://www.postgresql.org/docs/current/catalog-pg-trigger.html,
// https://www.postgresql.org/docs/current/catalog-pg-constraint.html,
// https://www.postgresql.org/docs/current/catalog-pg-attribute.html
const movers = `SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE NOT g.tgisinternal AND g.tgenabled <> 'D'
    AND (g.tgrelid = t.oid OR g.tgrelid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(t.oid) p)))
  OR EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
    WHERE k.conrelid = t.oid AND k.contype = 'f' AND k.confupdtype IN ('c', 'n', 'd')
      AND a.attname = ANY (SELECT pg_catalog.unnest(pg_catalog.string_to_array($2, E'\n'))))
  OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attgenerated <> ''
      AND a.attname = ANY (SELECT pg_catalog.unnest(pg_catalog.string_to_array($2, E'\n')))),
  coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted(t.oid), 0)
FROM (SELECT pg_catalog.to_regclass($1) AS oid) t`

// written is the end of a SELECT from a table that leaves the rows that the transaction,
// or a savepoint of it, has written. A row that is seen is of a transaction that has
// committed, or of this one, which is in progress. txid_status tells, and fails for a
// number that is not given out yet: from the snapshot's end on it is not asked, since
// others' rows of there are not seen. Numbers come round after 2^32 transactions and rows
// keep theirs: one that is far ahead is from the time before.
//
// https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT,
// https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
const written = `
AND (SELECT CASE WHEN x.ahead NOT BETWEEN 0 AND 100000 THEN false
    WHEN x.own + x.ahead >= pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) THEN true
    ELSE pg_catalog.txid_status(x.own + x.ahead) = 'in progress' END
  FROM (SELECT pg_catalog.txid_current() AS own, CAST(pg_catalog.age(CAST(CAST(pg_catalog.txid_current() % 4294967296 AS text) AS xid)) AS bigint) - pg_catalog.age(xmin) AS ahead) AS x)
LIMIT 1`

// Movers tells what else than statements changes the keys of a table.
func (t *tx) Movers(ctx context.Context, table string, key []string) (host.Movers, error) {
	if err := t.usable(); err != nil {
		return host.Movers{}, err
	}
	return t.moversOf(ctx, quoteIdent(table), key)
}

func (t *tx) moversOf(ctx context.Context, resolved string, key []string) (m host.Movers, err error) {
	t.put(item{sql: movers, values: [][]byte{[]byte(resolved), []byte(strings.Join(key, "\n"))}, row: func(v [][]byte) (err error) {
		m.Found = isTrue(v[0])
		m.Deleted, err = strconv.ParseInt(string(v[1]), 10, 64)
		return err
	}})
	return m, t.flush(ctx)
}

// Movers tells what else than statements changes the keys of a table.
func (t *confinedTx) Movers(ctx context.Context, table string, key []string) (host.Movers, error) {
	if err := t.ready(ctx); err != nil {
		return host.Movers{}, err
	}
	if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select"}); refused != nil {
		return host.Movers{}, refused
	}
	timed, cancel := t.timed(ctx)
	defer cancel()
	m, err := t.t.moversOf(timed, t.resolved(table), key)
	return m, t.explain(ctx, err)
}
