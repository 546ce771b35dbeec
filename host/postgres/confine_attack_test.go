package postgres_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What the role and the transaction stop by themselves, with no verdict on
// statements before them, at the latest before the ledger is written.
var stopped = [][]string{
	// What others own.
	{"SELECT secret FROM public.flow_run"},
	{"TABLE public.flow_run"},
	{"INSERT INTO public.flow_run VALUES (9)"},
	{"UPDATE public.other_t SET id = 1"},
	{"DELETE FROM public.acme_tools_keys"},
	{"TRUNCATE public.other_t"},
	{"LOCK TABLE public.flow_run"},
	{"COPY public.flow_run TO '/tmp/x'"},
	{"WITH d AS (DELETE FROM public.flow_run RETURNING *) SELECT * FROM d"},
	{"MERGE INTO public.other_t t USING (SELECT 1 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id)"},
	{"SELECT nextval('public.flow_run_id_seq')"},
	{"SELECT setval('public.flow_run_id_seq', 1)"},
	{"ALTER TABLE acme_t ADD z bigint DEFAULT nextval('public.flow_run_id_seq')", "INSERT INTO acme_t DEFAULT VALUES"},
	{"CREATE VIEW acme_w AS SELECT secret FROM public.flow_run", "SELECT * FROM acme_w"},
	{"CREATE TABLE acme_i () INHERITS (public.flow_run)"},
	{"CREATE TABLE acme_fk (r int REFERENCES public.flow_run (id))"},
	{"ALTER TABLE public.flow_run RENAME TO acme_stolen"},
	{"ALTER TABLE public.other_t ADD x int"},
	{"DROP TABLE public.other_t"},
	{"DROP TABLE acme_t, public.other_t"},
	{"CREATE INDEX acme_x ON public.flow_run (name)"},
	{"CREATE TRIGGER acme_g AFTER INSERT ON public.flow_run EXECUTE FUNCTION suppress_redundant_updates_trigger()"},
	{"CREATE RULE acme_r AS ON INSERT TO public.flow_run DO NOTHING"},
	{"CREATE POLICY acme_p ON public.flow_run"},
	{"COMMENT ON TABLE public.flow_run IS 'mine'"},
	{"SELECT query_to_xml('SELECT * FROM public.flow_run', true, true, '')"},
	{"ANALYZE public.flow_run", "SELECT most_common_vals FROM pg_stats WHERE tablename = 'flow_run' AND 1 / (SELECT count(*) FROM pg_stats WHERE tablename = 'flow_run') = 1"},

	// The ledger.
	{"SELECT * FROM public.sandpiper_history"},
	{"INSERT INTO public.sandpiper_heads VALUES ('default', 'ffffffffffff')"},
	{"DELETE FROM public.sandpiper_history"},
	{"DROP TABLE public.sandpiper_progress"},
	{"ALTER TABLE public.sandpiper_heads DISABLE TRIGGER ALL"},
	{"CREATE TABLE public.sandpiper_owned (line text)"}, // the runner owns schema public: nobody else creates in it

	// The server, and other roles.
	{"SELECT rolpassword FROM pg_authid"},
	{"SELECT pg_read_file('PG_VERSION')"},
	{"SELECT ('PG_VERSION'::text).pg_read_file"},
	{"SELECT pg_ls_dir('.')"},
	{"SELECT lo_import('/etc/passwd')"},
	{"COPY acme_t (n) FROM PROGRAM 'id'"},
	{"COPY acme_t TO '/tmp/x'"},
	{"LOAD 'auto_explain'"},
	{"CREATE EXTENSION plpython3u"},
	{"CREATE SCHEMA acme_s"},
	{"CREATE SCHEMA acme_s AUTHORIZATION CURRENT_USER"},
	{"CREATE ROLE acme_r"},
	{"ALTER ROLE CURRENT_USER SUPERUSER"},
	{"ALTER SYSTEM SET work_mem = '1MB'"},
	{"ALTER DATABASE postgres SET work_mem = '1MB'"},
	{"CREATE EVENT TRIGGER acme_e ON ddl_command_end EXECUTE FUNCTION acme_f()"},
	{"CREATE FUNCTION acme_f() RETURNS int LANGUAGE c AS 'x'"},
	{"CREATE FOREIGN DATA WRAPPER acme_w"},
	{"SET session_replication_role = replica"},
	{"SET log_statement = 'none'"},
	{"SET temp_file_limit = -1"},
	{"ALTER TABLE acme_t DISABLE TRIGGER ALL", "ALTER TABLE acme_t OWNER TO postgres"},
	{"ALTER TABLE acme_t OWNER TO pg_database_owner"},
	{"ALTER SCHEMA acme OWNER TO postgres"},
	{"REASSIGN OWNED BY CURRENT_USER TO postgres"},
	{"GRANT pg_read_all_data TO CURRENT_USER"},

	// The transaction, and who it acts as.
	{"COMMIT"}, {"COMMIT AND CHAIN"}, {"ROLLBACK"}, {"ABORT AND CHAIN"}, {"END"}, {"SAVEPOINT s"}, {"RELEASE s"},
	{"PREPARE TRANSACTION 'x'"},
	{"SELECT 1; COMMIT"},
	{"SELECT 1\x00; COMMIT"},
	{"DO $$ BEGIN COMMIT; END $$"},
	{"RESET ROLE"}, {"SET LOCAL ROLE NONE"}, {"SET ROLE NONE"}, {"SET SESSION AUTHORIZATION DEFAULT"},
	{"SELECT set_config('role', 'none', true)"},
	{"SELECT set_config('sandpiper.transaction', 'x', true)"},
	{"DO $$ BEGIN PERFORM set_config('role', 'none', true); END $$"},

	// What would run later, as somebody else.
	{"DECLARE c CURSOR WITH HOLD FOR SELECT secret FROM public.flow_run", "FETCH c"},
	{`CREATE FUNCTION acme_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.sandpiper_history; RETURN NULL; END'`,
		"CREATE CONSTRAINT TRIGGER acme_g AFTER INSERT ON acme_t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme_f()",
		"INSERT INTO acme_t VALUES (7)"},
	{`CREATE FUNCTION acme_f() RETURNS int LANGUAGE sql AS 'DELETE FROM public.sandpiper_history; SELECT 1'`,
		"CREATE INDEX acme_x ON acme_t (acme_f())"},
}

// attacked makes a confined connection with table acme_t of the plugin's.
func attacked(t *testing.T) (*lodge, host.Confined) {
	t.Helper()
	l := newLodge(t, "CREATEROLE")
	l.plug(l.unwalled(abi.Capabilities{}), "CREATE TABLE acme_t (id int PRIMARY KEY, n text, s text)", "INSERT INTO acme_t VALUES (1, 'a', 'b'), (2, 'c', 'd')")
	return l, l.unwalled(brief)
}

// brief are grants of little time, which some attacks use up.
var brief = abi.Capabilities{Seconds: 2}

// unwalled confines the lodge's connection by its role alone.
func (l *lodge) unwalled(allowed abi.Capabilities) host.Confined {
	l.t.Helper()
	c := l.confine(host.Confinement{Grants: grants(l.t, allowed)})
	postgres.WithoutWall(c)
	return c
}

// untouched describes what is not the plugin's.
const untouched = `SELECT concat_ws(' ', (SELECT string_agg(f::text, ' ' ORDER BY id) FROM flow_run f), (SELECT last_value FROM flow_run_id_seq),
	(SELECT count(*) FROM other_t), (SELECT count(*) FROM acme_tools_keys), (SELECT string_agg(h::text, ' ' ORDER BY id) FROM sandpiper_history h),
	(SELECT string_agg(h::text, ' ') FROM sandpiper_heads h),
	(SELECT string_agg(concat_ws(' ', relname, relkind, relowner, relnatts, relhastriggers, relhasrules, relacl), ', ' ORDER BY oid)
	    FROM pg_class c WHERE relnamespace = 'public'::regnamespace),
	(SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg%temp%'))`

func TestTheRoleAloneStops(t *testing.T) {
	l, c := attacked(t)
	before := l.admin(untouched)
	for _, sqls := range stopped {
		err := plug(t.Context(), c, []string{acme.ID}, "bbbbbbbbbbbb", exec(sqls...))
		if err == nil {
			t.Errorf("%s: it ran", strings.Join(sqls, "; "))
			l, c = attacked(t)
			before = l.admin(untouched)
			continue
		}
		if after := l.admin(untouched); after != before {
			t.Errorf("%s: what is not the plugin's was\n%s\nand is\n%s", strings.Join(sqls, "; "), before, after)
		}
		if strings.Contains(err.Error(), "the connection is closed") {
			l.conn = connect(t, l.url)
			c = l.unwalled(brief)
		}
	}
	// And an honest migration still works.
	if err := plug(t.Context(), l.unwalled(abi.Capabilities{}), []string{acme.ID}, "bbbbbbbbbbbb", exec("ALTER TABLE acme_t ADD x int")); err != nil {
		t.Error(err)
	}
}

// A plugin that gets out of its role or its transaction, by a way that no
// statement shows, is found out before the ledger is written.
func TestStrayedIsFoundOut(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT set_config('role', 'none', true)", "has left its role"},
		{"SELECT set_config('sandpiper.transaction', 'x', true)", "has ended the runner's transaction"},
	} {
		l, confined := attacked(t)
		err := plug(t.Context(), confined, []string{acme.ID}, "bbbbbbbbbbbb", exec(c.sql, "INSERT INTO acme_t VALUES (3)"))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "the connection is closed") {
			t.Errorf("%s: got %v, want an error that says %q", c.sql, err, c.want)
		}
		l.want("SELECT count(*) FROM acme.acme_t", "2")
		l.want("SELECT revision FROM sandpiper_heads", acme.ID)
	}
}

// To roll back to a savepoint does not leave the role, and does not undo what the
// transaction is pinned to.
func TestConfinedSavepoints(t *testing.T) {
	l, c := attacked(t)
	err := plug(t.Context(), c, []string{acme.ID}, "bbbbbbbbbbbb", func(tx host.Tx) error {
		for range 2 {
			if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
				return err
			}
			if err := exec("SELECT secret FROM public.flow_run")(tx); err == nil {
				return errors.New("it reads what is not its own")
			}
			if err := tx.Savepoint(t.Context(), host.SavepointRollback, "s"); err != nil {
				return err
			}
		}
		return exec("INSERT INTO acme_t VALUES (3, current_user, current_setting('search_path'))")(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	l.want("SELECT n || ' ' || s FROM acme.acme_t WHERE id = 3", l.admin(myRole)+` "acme", pg_temp`)
}

// The settings that a plugin's transaction is pinned to end with it, and do not
// depend on what the session or the database has.
func TestConfinedSettings(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	l.admin(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database());
		EXECUTE format('ALTER DATABASE %I SET DateStyle = German', current_database());
		EXECUTE format('ALTER DATABASE %I SET transform_null_equals = on', current_database()); END $$`)
	l.conn = connect(t, l.url)
	c := l.unwalled(abi.Capabilities{Seconds: 7})
	// Some of the plugin's time may be over.
	const read = `SELECT string_agg(CASE s WHEN 'statement_timeout' THEN (current_setting(s)::interval BETWEEN '1ms' AND '7s')::text ELSE current_setting(s) END, '|' ORDER BY n) FROM unnest(ARRAY['standard_conforming_strings', 'DateStyle',
		'transform_null_equals', 'search_path', 'statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'row_security', 'role']) WITH ORDINALITY u (s, n)`
	text := func(conn host.Conn) (got string) {
		tx, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		rows, err := tx.Query(t.Context(), host.Statement{SQL: read})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		row, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		return string(row[0].Bytes)
	}
	if got, want := text(c), `on|ISO, MDY|off|"acme", pg_temp|true|7s|2s|on|`+l.admin(myRole); got != want {
		t.Errorf("the plugin's transaction has %s, want %s", got, want)
	}
	if got, want := text(l.conn), `on|German, DMY|on|"$user", public|false|0|2s|on|none`; got != want {
		t.Errorf("afterwards the runner's has %s, want %s", got, want)
	}
}

// A server process that dies in the middle leaves nothing of a plugin's.
func TestConfinedKilled(t *testing.T) {
	for _, n := range []int{0, 1, 4, len(honest)} {
		l := newLodge(t, "CREATEROLE")
		c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
		err := plug(t.Context(), c, nil, acme.ID, func(tx host.Tx) error {
			if err := exec(honest[:n]...)(tx); err != nil {
				return err
			}
			terminate(l.admin, "usename = '"+l.host+"'")
			return exec(honest[n:]...)(tx)
		})
		if err == nil {
			t.Errorf("killed after %d statements: the migration succeeds", n)
		}
		l.want("SELECT count(*) FROM pg_class WHERE relname LIKE 'acme\\_%' AND relname <> 'acme_tools_keys'", "0")
		l.want("SELECT count(*) FROM sandpiper_heads", "0")
		l.conn = connect(t, l.url)
		l.plug(l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})}), honest...)
	}
}

// The attacks that a folder holds (statements.tsv), with the role alone: which of
// them it stops is logged, and none reaches what is not the plugin's but by
// leaving its role, which is found out.
func TestAttacksOnTheRole(t *testing.T) {
	folder := os.Getenv("SANDPIPER_ATTACKS")
	if folder == "" {
		t.Skip("SANDPIPER_ATTACKS names no folder of attacks")
	}
	text, err := os.ReadFile(filepath.Join(folder, "statements.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	l, c := attacked(t)
	before := l.admin(untouched)
	var stops, attacks int
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if fields[0] != "pg" || strings.Contains(fields[2], "@") {
			continue
		}
		sqls := strings.Split(strings.ReplaceAll(fields[2], "flow_run", "public.flow_run"), " ;; ")
		as := c
		if fields[3] == "allow" {
			as = l.unwalled(abi.Capabilities{})
		}
		err := plug(t.Context(), as, []string{acme.ID}, "bbbbbbbbbbbb", exec(sqls...))
		switch {
		case fields[3] == "allow" && err != nil:
			t.Errorf("%s: %v", fields[1], err)
		case fields[3] == "deny" && err != nil:
			attacks, stops = attacks+1, stops+1
		case fields[3] == "deny":
			attacks++
			t.Logf("the role alone does not stop %s: %s", fields[1], fields[2])
		}
		after := l.admin(untouched)
		if err != nil && after == before && !strings.Contains(err.Error(), "the connection is closed") {
			continue
		}
		if fields[3] == "deny" && err != nil && after != before {
			t.Errorf("%s: refused (%v), but what is not the plugin's has changed", fields[1], err)
		}
		l, c = attacked(t)
		before = l.admin(untouched)
	}
	t.Logf("the role alone stops %d of %d", stops, attacks)
}
