package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A postgresVictim is a database of a name that stays the same, since the name of
// a plugin's role depends on it.
type postgresVictim struct {
	name, schema string // the schema of what the plugin owns
	target       string
	server       string
	eyes         *pgx.Conn // what looks at it, nil if nobody does
}

func newPostgresVictim(t *testing.T, schema string) *postgresVictim {
	t.Helper()
	base := postgresDatabase(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	v := &postgresVictim{name: u.Path[1:] + "_victim", schema: schema, server: base}
	u.Path = "/" + v.name
	v.target = u.String()
	v.do(t, "CREATE DATABASE "+v.name)
	t.Cleanup(func() {
		if v.eyes != nil {
			_ = v.eyes.Close(context.Background())
		}
		for _, name := range []string{v.name, v.name + "_kept"} {
			v.do(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		}
	})
	return v
}

// do runs statements on another database of the server.
func (v *postgresVictim) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := query(v.server, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func (v *postgresVictim) dialect() chain.Dialect { return chain.PostgreSQL }
func (v *postgresVictim) url() string            { return v.target }

func (v *postgresVictim) host() (before, after string) {
	return `
		CREATE TABLE flow_run (id bigserial PRIMARY KEY, name text, secret text);
		INSERT INTO flow_run (name, secret) VALUES ('alpha', 'hush'), ('beta', 'quiet');
		CREATE TABLE other_t (id int);
		INSERT INTO other_t VALUES (7);
		CREATE TABLE acme_tools_keys (k text);
		INSERT INTO acme_tools_keys VALUES ('key');
		CREATE TYPE app_kind AS ENUM ('x', 'y');
		CREATE TABLE app_state (k text PRIMARY KEY, v text, hidden text);
		INSERT INTO app_state VALUES ('a', '1', 'hush');
		CREATE TABLE app_log (id serial PRIMARY KEY, msg text, kind app_kind);
		CREATE FUNCTION app_admin() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT max(secret) FROM public.flow_run$$;
		CREATE FUNCTION app_check(text) RETURNS bool LANGUAGE sql AS $$SELECT true$$;
		CREATE FUNCTION app_trigger() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.flow_run; RETURN NEW; END$$;
		CREATE EXTENSION dblink;
		CREATE EXTENSION file_fdw;
		CREATE EXTENSION xml2;
		CREATE SERVER fs FOREIGN DATA WRAPPER file_fdw;`,
		fmt.Sprintf(`
		CREATE VIEW host_v AS SELECT id FROM %[1]s.acme_t;
		CREATE FUNCTION app_secret_for(%[1]s.acme_t) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT max(secret) FROM public.flow_run$$;`, v.schema)
}

func (v *postgresVictim) keep(t *testing.T) {
	v.closeEyes(t)
	v.do(t, "CREATE DATABASE "+v.name+"_kept TEMPLATE "+v.name)
}

func (v *postgresVictim) restore(t *testing.T) {
	v.closeEyes(t)
	v.do(t, "DROP DATABASE "+v.name+" WITH (FORCE)", "CREATE DATABASE "+v.name+" TEMPLATE "+v.name+"_kept")
}

func (v *postgresVictim) closeEyes(t *testing.T) {
	if v.eyes != nil {
		if err := v.eyes.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v.eyes = nil
}

// look reads what the catalogs say, all rows, and what is the server's.
func (v *postgresVictim) look(t *testing.T) (facts []fact) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if v.eyes == nil {
		var err error
		if v.eyes, err = pgx.Connect(ctx, v.target); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(sql string) (rows [][]string) {
		results, err := v.eyes.PgConn().Exec(ctx, sql).ReadAll()
		if err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
		for _, values := range results[len(results)-1].Rows {
			row := make([]string, len(values))
			for i, b := range values {
				row[i] = string(b)
			}
			rows = append(rows, row)
		}
		return rows
	}
	mine := fmt.Sprintf(pluginsRelations, v.schema)
	var union []string
	for _, part := range strings.Split(catalogFacts, "\n\n") {
		what, sql, _ := strings.Cut(strings.TrimSpace(part), ": ")
		union = append(union, fmt.Sprintf("SELECT %s, x.whose, x.text FROM (%s) x (whose, text)", quoted(what, "'"), sql))
	}
	for _, row := range ask(mine + strings.Join(union, " UNION ALL ")) {
		whose := hosts
		switch {
		case row[1] == "t":
			whose = plugins
		case strings.Contains(row[2], "app_log") || strings.Contains(row[2], "app_state"):
			whose = granted
		}
		if row[0] != "table" && row[0] != "sequence" && whose == granted {
			whose = hosts
		}
		facts = append(facts, fact{whose, row[0] + " " + row[2]})
	}
	var reads []string
	for _, row := range ask(mine + `SELECT c.oid IN (SELECT oid FROM mine), n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'S', 'm') AND c.oid >= 16384`) {
		read := "replace(t::text, ',', '|')"
		if row[3] == "S" {
			read = "concat(last_value, is_called)"
		}
		reads = append(reads, fmt.Sprintf("SELECT '%s', %s, %s FROM %s.%s t", row[0], quoted(row[2], "'"), read, quoted(row[1], `"`), quoted(row[2], `"`)))
	}
	for _, row := range ask(strings.Join(reads, " UNION ALL ")) {
		f := rowFact(row[1], strings.Split(strings.Trim(row[2], "()"), "|"))
		switch {
		case row[0] == "t" || row[1] == "sandpiper_history_id_seq":
			f.whose = plugins
		case row[1] == "app_log_id_seq":
			f.whose = granted
		}
		facts = append(facts, f)
	}
	return facts
}

// pluginsRelations are the relations that are the plugin's, those beside its
// tables included.
const pluginsRelations = `WITH tables AS (
		SELECT c.oid, c.reltoastrelid, c.reltype FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = '%s' AND c.relname LIKE 'acme\_%%' AND c.relname NOT LIKE 'acme\_tools\_%%' AND c.relkind IN ('r', 'v', 'm', 'S', 'i')
	), mine AS (
		SELECT oid FROM tables UNION SELECT reltoastrelid FROM tables
		UNION SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM tables UNION SELECT reltoastrelid FROM tables)
			AND indexrelid::regclass::text !~ '^(public\.|acme\.)?(flow|sandpiper)'
	) `

// catalogFacts are queries for whose a fact is, and what it says.
const catalogFacts = `relation: SELECT oid IN (SELECT oid FROM mine), concat_ws(' ', oid::regclass, relkind, relowner::regrole, relacl, relfilenode, relhastriggers, relhasrules,
	relrowsecurity, relforcerowsecurity, relpersistence, relreplident, reloptions, reltablespace) FROM pg_class WHERE oid >= 16384

column: SELECT attrelid IN (SELECT oid FROM mine), concat_ws(' ', attrelid::regclass, attnum, attname, atttypid::regtype, attnotnull, attacl, attoptions,
	(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum)) FROM pg_attribute WHERE attrelid >= 16384

constraint: SELECT conrelid IN (SELECT oid FROM mine) AND (confrelid = 0 OR confrelid IN (SELECT oid FROM mine)), concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE oid >= 16384

trigger: SELECT tgisinternal AND tgrelid IN (SELECT oid FROM mine), concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger

rule: SELECT ev_class IN (SELECT oid FROM mine) AND rulename = '_RETURN', concat_ws(' ', ev_class::regclass, rulename, pg_get_ruledef(oid)) FROM pg_rewrite WHERE oid >= 16384

inheritance: SELECT inhparent IN (SELECT oid FROM mine), concat_ws(' ', inhrelid::regclass, inhparent::regclass) FROM pg_inherits

policy: SELECT false, polname::text FROM pg_policy

function: SELECT false, concat_ws(' ', oid::regprocedure, proowner::regrole, proacl, prosecdef, md5(prosrc)) FROM pg_proc WHERE oid >= 16384

type: SELECT typname ~ '^_?acme_' AND typtype IN ('e', 'c', 'b'), concat_ws(' ', oid::regtype, typtype, typowner::regrole, typacl, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
	FROM pg_type t WHERE oid >= 16384 AND typname NOT LIKE 'pg\_toast%'

schema: SELECT false, concat_ws(' ', nspname, nspowner::regrole, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'

operator: SELECT false, oid::regoperator::text FROM pg_operator WHERE oid >= 16384

cast: SELECT false, concat_ws(' ', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384

collation: SELECT false, collname::text FROM pg_collation WHERE oid >= 16384

statistics: SELECT false, stxname::text FROM pg_statistic_ext

extension: SELECT false, extname::text FROM pg_extension

server: SELECT false, srvname::text FROM pg_foreign_server

user mapping: SELECT false, concat_ws(' ', umuser, umserver) FROM pg_user_mapping

publication: SELECT false, pubname::text FROM pg_publication

event trigger: SELECT false, evtname::text FROM pg_event_trigger

default privilege: SELECT false, concat_ws(' ', defaclrole::regrole, defaclobjtype, defaclacl) FROM pg_default_acl

large object: SELECT false, oid::text FROM pg_largeobject_metadata

prepared: SELECT false, gid FROM pg_prepared_xacts WHERE database = current_database()

comment: SELECT objoid IN (SELECT oid FROM mine), concat_ws(' ', classoid::regclass, objoid, objsubid, description) FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass

shared comment: SELECT false, description FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass AND objoid = 10 OR classoid = 'pg_database'::regclass AND objoid = (SELECT oid FROM pg_database WHERE datname = current_database())

setting: SELECT false, concat_ws(' ', coalesce(r.rolname, ''), setconfig) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))

role: SELECT false, concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls) FROM pg_roles
	WHERE rolname NOT LIKE 'sandpiper\_%' OR shobj_description(oid, 'pg_authid') LIKE '%"' || current_database() || '"%'

member: SELECT false, concat_ws(' ', roleid::regrole, member::regrole) FROM pg_auth_members
	WHERE roleid::regrole::text NOT LIKE 'sandpiper\_%' OR member::regrole::text NOT LIKE 'sandpiper\_%' AND member <> 10

system: SELECT false, concat_ws(' ', (SELECT md5(string_agg(relname, ',' ORDER BY oid)) FROM pg_class WHERE oid < 16384), (SELECT md5(string_agg(proname || prosecdef, ',' ORDER BY oid)) FROM pg_proc WHERE oid < 16384))

configuration: SELECT false, md5(pg_read_file('postgresql.auto.conf'))`
