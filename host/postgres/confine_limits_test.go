package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Rows and time are bounded, and the error says by how much.
func TestConfinedLimits(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c, short := l.unwalled(abi.Capabilities{Rows: 10}), l.unwalled(abi.Capabilities{Rows: 10, Seconds: 1})
	ctx := t.Context()
	const table = "CREATE TABLE acme_t (a int)"
	for name, do := range map[string]func(host.Tx) error{
		"one":        exec(table, "INSERT INTO acme_t SELECT generate_series(1, 11)"),
		"several":    exec(table, "INSERT INTO acme_t SELECT generate_series(1, 6)", "UPDATE acme_t SET a = 1"),
		"in a WITH":  exec(table, "WITH w AS (INSERT INTO acme_t SELECT generate_series(1, 11) RETURNING a) SELECT count(*) FROM w"),
		"as a table": exec("CREATE TABLE acme_s AS SELECT generate_series(1, 11) a"),
		"deferred": func(tx host.Tx) error {
			if err := exec(table)(tx); err != nil {
				return err
			}
			return tx.Defer(ctx, host.Statement{SQL: "INSERT INTO acme_t SELECT generate_series(1, 11)"})
		},
		"returned": func(tx host.Tx) error {
			if err := exec(table)(tx); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, host.Statement{SQL: "INSERT INTO acme_t SELECT generate_series(1, 11) RETURNING a"})
			if err != nil {
				return err
			}
			return rows.Close()
		},
	} {
		err := plug(ctx, c, nil, acme.ID, do)
		var refused *policy.Refusal
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "more than 10 rows in one migration: it has written 1") || !strings.HasPrefix(refused.Needs, "rows = 1") {
			t.Errorf("%s: got %v, want a refusal that says how many rows of how many", name, err)
		}
	}
	for name, sql := range map[string]string{
		"a statement": "SELECT pg_sleep(600)",
		"a constraint": `DO $$ BEGIN CREATE TABLE acme_s (a int); CREATE FUNCTION acme_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
			CREATE CONSTRAINT TRIGGER acme_g AFTER INSERT ON acme_s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme_f(); INSERT INTO acme_s VALUES (1); END $$`,
	} {
		began := time.Now()
		err := plug(ctx, short, nil, acme.ID, exec(sql))
		var refused *policy.Refusal
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "longer than 1s") || refused.Needs != "seconds = 2" {
			t.Errorf("%s: got %v, want a refusal that says how long", name, err)
		}
		if took := time.Since(began); took > patience {
			t.Errorf("%s took %s", name, took)
		}
	}
	l.want("SELECT count(*) FROM pg_class WHERE relname LIKE 'acme\\_%' AND relname <> 'acme_tools_keys'", "0")
	l.plug(c, table, "INSERT INTO acme_t SELECT generate_series(1, 10)")
}

// The rows of one transaction are not those of the one before it, which the server
// counts with them for a while.
func TestConfinedRowsAreOfOneTransaction(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Rows: 10})})
	l.plug(c, "CREATE TABLE acme_t (a int)")
	for range 5 {
		for _, end := range []func(host.Tx) error{func(tx host.Tx) error { return tx.Commit(t.Context()) }, host.Tx.Rollback} {
			tx, err := c.Begin(t.Context(), host.Fence{})
			if err != nil {
				t.Fatal(err)
			}
			if err := exec("INSERT INTO acme_t VALUES (1), (2), (3), (4), (5), (6), (7), (8)")(tx); err != nil {
				t.Fatal(err)
			}
			if err := end(tx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Nothing of a plugin's runs outside a transaction.
func TestConfinedRunsNothingOutside(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
	l.plug(c, "CREATE TABLE acme_t (a int)")
	const sql = "CREATE INDEX CONCURRENTLY acme_i ON acme_t (a)"
	_, err := c.Outside(t.Context(), host.Fence{Line: "acme"}, host.Statement{SQL: sql, Ordinal: 1}, host.Unit{Position: 1}, false)
	_, renderErr := c.Render(host.Operation{Request: schema.Request{Operation: &schema.CreateIndex{
		Table: "acme_t", Name: "acme_i", Columns: schema.IndexOn("a"), Concurrently: true}}})
	for _, err := range []error{err, renderErr} {
		var refused *policy.Refusal
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "without concurrently") && !strings.Contains(err.Error(), "without CONCURRENTLY") {
			t.Errorf("got %v, want a refusal that says what to do", err)
		}
	}
	if c.RunsOutside(sql) {
		t.Error("a statement of a plugin's is sent outside its transaction")
	}
	if err := c.Reset(t.Context()); err == nil {
		t.Error("a plugin resets the database")
	}
	l.want("SELECT count(*) FROM pg_class WHERE relname = 'acme_i'", "0")
}
