package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// A standing is an object in the plugin's schema.
type standing struct {
	kind, name string
	owned      bool // it is the plugin's
}

// objects lists relations and types. Types that come with a relation, and arrays,
// are left out: they have their names from something that is in the list. What is
// part of something else is dropped with that.
//
// https://www.postgresql.org/docs/current/catalog-pg-class.html,
// https://www.postgresql.org/docs/current/catalog-pg-type.html,
// https://www.postgresql.org/docs/current/catalog-pg-depend.html
const objects = `SELECT o.*, n.nspname AS schema, pg_catalog.pg_get_userbyid(o.ownerid) AS owner,
  EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> o.oid) AS part
FROM (
  SELECT 'pg_catalog.pg_class'::regclass AS classid, c.oid, c.relnamespace AS namespace, c.relname AS name, c.relowner AS ownerid,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence'
      WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
    CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE'
      WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS word
  FROM pg_catalog.pg_class c WHERE c.relkind <> 't'
  UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, y.oid, y.typnamespace, y.typname, y.typowner, 'type', 'TYPE'
  FROM pg_catalog.pg_type y WHERE y.typrelid = 0 AND y.typelem = 0
) o JOIN pg_catalog.pg_namespace n ON n.oid = o.namespace AND n.nspname <> 'pg_toast'`

// recorded says that a plugin without a role owns an object; $1 is its schema,
// $2 its line.
func (w *confined) recorded() string {
	return `o.schema = $1 AND EXISTS (SELECT FROM ` + w.c.table(ownedTable) + ` r WHERE r.line = $2 AND r.kind = o.kind AND r.name = o.name)`
}

// readStanding reads what stands in the plugin's schema.
func (t *confinedTx) readStanding(ctx context.Context) (all []standing, err error) {
	q := &t.w.quarters
	owned, who := `o.owner = $2`, q.role
	if q.role == "" {
		owned, who = t.w.recorded(), q.line()
	}
	t.t.put(item{
		sql:    `SELECT o.kind, o.name, ` + owned + ` FROM (` + objects + `) o WHERE o.schema = $1`,
		values: [][]byte{[]byte(q.home), []byte(who)},
		row: func(v [][]byte) error {
			all = append(all, standing{string(v[0]), string(v[1]), isTrue(v[2])})
			return nil
		},
	})
	return all, t.t.flush(ctx)
}

// ownedTable is the table, beside the ledger, of what plugins without a role own.
const ownedTable = "sandpiper_owned"

// createOwned creates it; %s is its qualified name.
const createOwned = `CREATE TABLE IF NOT EXISTS %s (
  line text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (line, kind, name)
)`

// recordOwned writes down what a plugin without a role owns at the end of its
// transaction: what was its own before, or was not there. What somebody else has
// made under its names meanwhile counts as the plugin's: there is no role to
// tell them apart.
func (t *confinedTx) recordOwned(ctx context.Context) error {
	now, err := t.readStanding(ctx)
	if err != nil {
		return err
	}
	q := &t.w.quarters
	var kinds, names []string
	for _, o := range now {
		if q.grants.NamesPart(o.name) && !t.foreign[o.name] {
			kinds, names = append(kinds, o.kind), append(names, o.name)
		}
	}
	table, line := t.w.c.table(ownedTable), []byte(q.line())
	t.t.put(item{role: roleLedger, sql: `DELETE FROM ` + table + ` WHERE line = $1 AND kind <> 'schema'`, values: [][]byte{line}})
	t.t.put(item{role: roleLedger, sql: `INSERT INTO ` + table + ` SELECT $1, * FROM unnest($2::text[], $3::text[])`,
		values: [][]byte{line, textArray(kinds), textArray(names)}})
	return nil
}

// Owned implements host.Confined.
func (w *confined) Owned(ctx context.Context) ([]host.Owned, error) {
	if err := w.asRunner(ctx); err != nil {
		return nil, err
	}
	if w.tx != nil {
		if err := w.tx.t.flush(ctx); err != nil {
			return nil, err
		}
	}
	things, err := w.things(ctx)
	if err != nil {
		return nil, fmt.Errorf("list what plugin %s owns: %w", w.quarters.line(), err)
	}
	return ownedOf(things), nil
}

// A thing is something that the plugin owns.
type thing struct {
	host.Owned
	word      string // of DROP: "TABLE"
	qualified string
	part      bool // goes with something else
}

func ownedOf(things []thing) []host.Owned {
	owned := make([]host.Owned, len(things))
	for i, t := range things {
		owned[i] = t.Owned
	}
	slices.SortFunc(owned, func(a, b host.Owned) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return owned
}

// things lists what the plugin owns, the newest first, and at the end its schema
// and its role. A role that an administrator has made may have more than the
// plugin's: of that, only what the grants name in its schema is the plugin's.
func (w *confined) things(ctx context.Context) (things []thing, err error) {
	q := &w.quarters
	var owned, houses string
	var values [][]byte
	switch {
	case q.role == "" && !w.records:
		return nil, nil
	case q.role == "":
		owned, values = w.recorded(), [][]byte{[]byte(q.home), []byte(q.line())}
		houses = `SELECT 'schema', r.name, 'SCHEMA', pg_catalog.quote_ident(r.name), false
  FROM ` + w.c.table(ownedTable) + ` r JOIN pg_catalog.pg_namespace n ON n.nspname = r.name
  WHERE r.kind = 'schema' AND r.name = $1 AND r.line = $2`
	default:
		owned, values = `o.owner = $2`, [][]byte{[]byte(q.home), []byte(q.role)}
		if !q.made {
			owned += ` AND o.schema = $1`
		}
		houses = `SELECT 'schema', n.nspname, 'SCHEMA', pg_catalog.quote_ident(n.nspname), false FROM pg_catalog.pg_namespace n
  WHERE n.nspname = $1 AND n.nspname <> ` + quoteText(q.shared) + ` AND pg_catalog.pg_get_userbyid(n.nspowner) = $2`
		if q.made {
			houses += `
UNION ALL SELECT 'role', r.rolname, 'ROLE', pg_catalog.quote_ident(r.rolname), false FROM pg_catalog.pg_roles r WHERE r.rolname = $2`
		}
	}
	add := func(v [][]byte) error {
		t := thing{host.Owned{Kind: string(v[0]), Name: string(v[1])}, string(v[2]), string(v[3]), isTrue(v[4])}
		if q.made || t.Kind == "schema" || q.grants.NamesPart(t.Name) {
			things = append(things, t)
		}
		return nil
	}
	err = w.c.main.do(ctx,
		item{sql: `SELECT o.kind, CASE WHEN o.schema = $1 THEN '' ELSE o.schema || '.' END || o.name, o.word,
    pg_catalog.quote_ident(o.schema) || '.' || pg_catalog.quote_ident(o.name), o.part
  FROM (` + objects + `) o WHERE ` + owned + ` ORDER BY o.oid DESC`, values: values, row: add},
		item{sql: houses, values: values, row: add})
	return things, err
}
