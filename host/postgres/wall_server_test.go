package postgres

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// house is the database of testdata/wall.txt, in the section "shared".
const house = `
CREATE TABLE flow_run (id int PRIMARY KEY, name text, secret text);
INSERT INTO flow_run VALUES (1, 'a', 's1'), (2, 'b', 's2');
CREATE TABLE other_t (id int PRIMARY KEY);
INSERT INTO other_t VALUES (1), (3);
CREATE TABLE log (id int PRIMARY KEY, line text);
CREATE FUNCTION app_ok(text) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE TABLE acme_t (id int PRIMARY KEY, n text, s text);
INSERT INTO acme_t VALUES (1, 'x', 'sx'), (2, 'y', 'sy');
CREATE INDEX acme_t_idx ON acme_t (n);
CREATE TABLE acme_u (id int PRIMARY KEY, m text);
INSERT INTO acme_u VALUES (1, 'm1'), (3, 'm3');
CREATE TABLE acme_s (id serial PRIMARY KEY, n text);
CREATE TABLE acme_a (id int, tags text[]);
INSERT INTO acme_a VALUES (1, '{a,b}');
CREATE TABLE acme_pp (id int, at date) PARTITION BY RANGE (at);
CREATE VIEW acme_view AS SELECT id, n FROM acme_s;
CREATE SEQUENCE acme_seq;
CREATE TYPE acme_e AS ENUM ('a', 'b');
CREATE TYPE acme_e2 AS ENUM ('a');
CREATE FUNCTION app_secret_for(acme_t) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM flow_run LIMIT 1';
CREATE FUNCTION app_any(anyelement) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM flow_run LIMIT 1';`

// state is a text that differs where two databases do: columns, constraints,
// indexes, enums, comments, and all rows.
const state = `SELECT concat_ws(E'\n',
  (SELECT string_agg(format('%s %s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)), E'\n' ORDER BY attrelid::regclass::text, attnum)
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relnamespace = 'public'::regnamespace AND attnum > 0),
  (SELECT string_agg(conname || pg_get_constraintdef(oid), E'\n' ORDER BY conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  (SELECT string_agg(pg_get_indexdef(indexrelid), E'\n' ORDER BY indexrelid::regclass::text) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace),
  (SELECT string_agg(enumtypid::regtype || enumlabel, ' ' ORDER BY enumtypid::regtype::text, enumsortorder) FROM pg_enum),
  (SELECT string_agg(description, ' ' ORDER BY description) FROM pg_description WHERE objoid >= 16384),
  (SELECT string_agg(seqrelid::regclass || format('%s', (seqstart, seqincrement, seqmax, seqtypid::regtype)), ' ' ORDER BY seqrelid::regclass::text) FROM pg_sequence),
  (SELECT string_agg(oid::regclass || query_to_xml(format('SELECT * FROM %s t ORDER BY t::text', oid::regclass), true, false, '')::text, E'\n' ORDER BY oid::regclass::text)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')))`

// A probe runs statements on a database that is afterwards as before.
type probe struct {
	t  *testing.T
	pg *pgconn.PgConn
}

func newProbe(t *testing.T, setup string) *probe {
	pg, err := pgconn.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Close(context.Background()) })
	p := &probe{t, pg}
	p.must(setup)
	return p
}

func (p *probe) must(sql string) string {
	p.t.Helper()
	results, err := p.pg.Exec(p.t.Context(), sql).ReadAll()
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

// run runs a statement and returns its rows and what it left behind.
func (p *probe) run(path, sql string, look bool) (rows, left string, err error) {
	p.t.Helper()
	p.must("BEGIN; SELECT setval('public.acme_seq', 1), setval('public.acme_s_id_seq', 1); SET LOCAL search_path = " + path)
	defer p.must("ROLLBACK")
	params := make([][]byte, strings.Count(sql, "$1")+strings.Count(sql, "$2"))
	if strings.Contains(sql, "$$") {
		params = nil
	}
	result := p.pg.ExecParams(p.t.Context(), sql, params, nil, nil, nil).Read()
	if result.Err != nil {
		return "", "", result.Err
	}
	for _, row := range result.Rows {
		rows += fmt.Sprintf("%q\n", row)
	}
	if look {
		left = p.must("SET LOCAL search_path = public; " + state)
	}
	return rows + result.CommandTag.String(), left, nil
}

// What is sent for a statement runs where nothing is found without its schema, and
// does what the statement would have done.
func TestWallRuns(t *testing.T) {
	p := newProbe(t, house)
	w := wallOf(t, "shared")
	for _, line := range readWalled(t) {
		if line.section[:3] == "own" || line.answer[0] != '=' || strings.Contains(line.sql, "pg_catalog.app_ok") {
			continue
		}
		c, err := w.check(host.Statement{SQL: line.sql})
		if err != nil {
			t.Error(err)
			continue
		}
		rows, left, err := p.run("pg_catalog, pg_temp", c.sql, c.facts.Kind != "SELECT")
		if err != nil {
			t.Errorf("%s\nis sent as %s\n%v", line.sql, c.sql, err)
			continue
		}
		wantRows, wantLeft, err := p.run("public", line.sql, c.facts.Kind != "SELECT")
		if err != nil {
			t.Errorf("%s: %v", line.sql, err)
			continue
		}
		narrowed := strings.Contains(c.sql, `"T"`) // to the columns of a grant
		if !narrowed && rows != wantRows {
			t.Errorf("%s\nis sent as %s\nand returns\n%s\ninstead of\n%s", line.sql, c.sql, rows, wantRows)
		}
		if left != wantLeft {
			t.Errorf("%s\nis sent as %s\nand leaves\n%s\ninstead of\n%s", line.sql, c.sql, left, wantLeft)
		}
	}
}

// Names with a dot in them that stand for calls call nothing.
func TestWallFunctionalNotation(t *testing.T) {
	p := newProbe(t, house)
	w := wallOf(t, "shared")
	for _, sql := range []string{
		"SELECT t.app_secret_for FROM acme_t t",
		"SELECT t.app_any FROM acme_t t",
		"SELECT acme_t.app_secret_for FROM acme_t WHERE acme_t.app_any IS NOT NULL",
		"UPDATE acme_t SET n = acme_t.app_secret_for",
		"UPDATE acme_t SET n = 'q' RETURNING acme_t.app_secret_for",
		"DELETE FROM acme_t RETURNING acme_t.app_any",
		"INSERT INTO acme_t AS t VALUES (9) ON CONFLICT (id) DO UPDATE SET n = excluded.app_secret_for RETURNING t.app_any",
		"ALTER TABLE acme_t ADD CHECK (acme_t.app_secret_for IS NULL)",
		"CREATE INDEX ON acme_t ((acme_t.app_any))",
		"CREATE VIEW acme_w AS SELECT t.app_secret_for FROM acme_t t",
		"SELECT u.pg_try_advisory_lock FROM generate_series(7, 7) u",
		"SELECT u.nextval FROM unnest(ARRAY['public.acme_seq']) u",
		"SELECT u.current_setting FROM unnest(ARRAY['data_directory']) u",
		"SELECT u.pg_read_file FROM (SELECT 'PG_VERSION') u",
		"SELECT u.nextval FROM (VALUES ('public.acme_seq')) u",
		"WITH u AS (SELECT 'PG_VERSION') SELECT u.pg_read_file FROM u",
		"SELECT u.nextval FROM ROWS FROM (unnest(ARRAY['public.acme_seq'])) u",
		"SELECT u.pg_sleep FROM acme_t t, LATERAL unnest(ARRAY[0.1]) u",
		"SELECT u.regclass FROM unnest(ARRAY['flow_run']) u",
		"SELECT j.nextval FROM (acme_t CROSS JOIN unnest(ARRAY['public.acme_seq']) u) j",
		"DELETE FROM acme_t USING generate_series(7, 7) u WHERE u.pg_try_advisory_lock",
		"SELECT u.app_any FROM generate_series(7, 7) u",
	} {
		c, err := w.check(host.Statement{SQL: sql})
		if err != nil {
			continue
		}
		if rows, _, err := p.run("pg_catalog, pg_temp", c.sql, false); err == nil {
			t.Errorf("%s\nis sent as %s\nand returns %s", sql, c.sql, rows)
		}
	}
}

// rowFunctions are what a.b may call where a is a row: the functions of pg_catalog
// that take a row of any type, up to PostgreSQL 18. They make text, JSON, numbers
// or sizes of it.
const rowFunctions = `any_out anycompatible_out anycompatiblenonarray_out anyelement_out anynonarray_out concat hash_record
	json_build_array json_build_object jsonb_build_array jsonb_build_object json_scalar num_nonnulls num_nulls pg_collation_for
	pg_column_compression pg_column_size pg_column_toast_chunk_id pg_typeof quote_literal quote_nullable record_out record_send
	row_to_json to_json to_jsonb`

// The server has no other function that a.b may call.
func TestFunctionsOfRows(t *testing.T) {
	p := newProbe(t, "")
	got := p.must(`SELECT string_agg(DISTINCT proname, ' ') FROM pg_proc
		WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND pronargs >= 1 AND pronargs - pronargdefaults <= 1
		AND proargtypes[0]::regtype::text IN ('record', '"any"', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')`)
	for _, name := range strings.Fields(got) {
		if !slices.Contains(strings.Fields(rowFunctions), name) {
			t.Errorf("%s takes a row of any type: see what it does", name)
		}
	}
}

// TestWallOnAttacks runs the PostgreSQL part of a corpus that SANDPIPER_ATTACKS names the
// folder of: what is not refused must run if it is honest, and otherwise be
// refused by the server or stopped by its limit.
func TestWallOnAttacks(t *testing.T) {
	folder := os.Getenv("SANDPIPER_ATTACKS")
	if folder == "" {
		t.Skip("SANDPIPER_ATTACKS is not set")
	}
	file, err := os.Open(folder + "/statements.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	grants, err := policy.New("acme", abi.Capabilities{Owns: []string{"acme_*"}}, policy.Claim{Line: "tools", Pattern: "acme_tools_*"})
	if err != nil {
		t.Fatal(err)
	}
	p := newProbe(t, house)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Split(lines.Text(), "\t")
		if columns[0] != "pg" {
			continue
		}
		err := p.attack(newWall(&policy.Judge{Grants: grants, Dialect: chain.PostgreSQL}, "public", "public"), strings.Split(strings.ReplaceAll(columns[2], "@NUL@", "\x00"), " ;; "))
		if allow := columns[3] == "allow"; allow != (err == nil) {
			t.Errorf("%s: %v; it should be %s", columns[1], err, columns[3])
		}
	}
}

// attack sends what the wall makes of statements, in one transaction.
func (p *probe) attack(w *wall, statements []string) error {
	p.must("BEGIN; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL statement_timeout = '200ms'")
	defer p.must("ROLLBACK")
	for _, sql := range statements {
		c, err := w.check(host.Statement{SQL: sql})
		if err != nil {
			return err
		}
		if r := p.pg.ExecParams(p.t.Context(), c.sql, nil, nil, nil, nil).Read(); r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// The operator classes that the wall knows are those of the server.
func TestClassesAreTheServers(t *testing.T) {
	p := newProbe(t, "SELECT 1")
	for _, name := range strings.Fields(p.must("SELECT string_agg(DISTINCT opcname, ' ') FROM pg_opclass WHERE opcnamespace = 'pg_catalog'::regnamespace")) {
		if !classes()[name] {
			t.Errorf("%s is not among them", name)
		}
	}
}
