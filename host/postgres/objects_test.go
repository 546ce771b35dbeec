package postgres_test

import (
	"errors"
	"net/url"
	"os"
	osexec "os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// objectsOf reads what the schema of a database holds.
func objectsOf(t testing.TB, url string) []host.Object {
	t.Helper()
	objects, err := connect(t, url).Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// sqlOf is the SQL of objects, and fails if one has none.
func sqlOf(t testing.TB, objects []host.Object) string {
	t.Helper()
	var b strings.Builder
	for _, o := range objects {
		if o.SQL == "" {
			t.Errorf("%s %s is not written", o.Kind, o.Name)
		}
		b.WriteString(o.SQL + "\n\n")
	}
	return b.String()
}

// load runs SQL as psql does.
func load(t testing.TB, url, sql string) {
	t.Helper()
	statements, err := chain.Split(chain.PostgreSQL, sql)
	if err != nil {
		t.Fatal(err)
	}
	run := psql(t, url)
	for _, s := range statements {
		run(s.SQL)
	}
}

// A schema with a bit of everything is written, loaded into an empty database,
// and read back the same.
func TestObjectsLoad(t *testing.T) {
	nasty, err := os.ReadFile("testdata/nasty.sql")
	if err != nil {
		t.Fatal(err)
	}
	full := postgrestest.URL(t)
	load(t, full, string(nasty))
	first := objectsOf(t, full)
	sql := sqlOf(t, first)

	empty := postgrestest.URL(t)
	psql(t, empty)("SET check_function_bodies = off;\n" + sql)
	second := objectsOf(t, empty)
	for _, d := range host.CompareObjects(first, second) {
		t.Errorf("%s %s %s: in %s\nhad %q\nhas %q", d.Kind, d.Table, d.Name, d.In, d.Had, d.Has)
	}
	wantSQL(t, second, first)
	t.Run("pg_dump", func(t *testing.T) { wantLines(t, dumpOf(t, empty), dumpOf(t, full)) })
}

// wantSQL wants objects with the same SQL in the same order.
func wantSQL(t testing.TB, got, want []host.Object) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i].SQL != want[i].SQL {
			t.Errorf("object %d is\n%s\nwant\n%s", i, got[i].SQL, want[i].SQL)
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d objects, want %d", len(got), len(want))
	}
}

// wantLines wants the same lines, in whatever order.
func wantLines(t testing.TB, got, want []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("it lacks %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("it has, and should not, %s", line)
		}
	}
}

// dumpOf is what PostgreSQL's own program makes of a database, as sorted lines.
// Which columns of a child a parent declares is left out (see create).
func dumpOf(t testing.TB, url string) []string {
	t.Helper()
	program, err := osexec.LookPath("pg_dump")
	if err != nil {
		t.Fatal("pg_dump, to compare with, is missing: it comes with PostgreSQL's client programs")
	}
	dump := osexec.Command(program, "--schema-only", "--exclude-table=derived*", "--exclude-table=joined", url)
	var stderr strings.Builder
	dump.Stderr = &stderr
	out, err := dump.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, &stderr)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// withPath is a URL with a search_path.
func withPath(t testing.TB, rawURL, path string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", path)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}

// Names of the schema are bare, so that it can be loaded under another name;
// those of other schemas are not.
func TestObjectsOfAnotherSchema(t *testing.T) {
	server := postgrestest.URL(t)
	psql(t, server)(`CREATE SCHEMA "My App"; CREATE SCHEMA ext; CREATE SCHEMA "else"; CREATE EXTENSION citext SCHEMA ext;
		CREATE TABLE public.shared (id integer PRIMARY KEY); CREATE TABLE public.unrelated (a integer); CREATE TABLE ext.also_unrelated (a integer)`)
	app := withPath(t, server, `"My App", ext`)
	load(t, app, `
		COMMENT ON SCHEMA "My App" IS 'what it''s for';
		CREATE TYPE state AS ENUM ('on');
		CREATE TABLE a (id serial PRIMARY KEY, name citext, s state DEFAULT 'on', shared integer REFERENCES public.shared);
		CREATE INDEX a_name ON a (name);
		CREATE FUNCTION f(x a) RETURNS state LANGUAGE sql AS 'SELECT x.s';
		CREATE VIEW v AS SELECT name, f(a) FROM a JOIN public.shared USING (id);
		CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
		CREATE TRIGGER touched BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch();
		CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM a WHERE a.name = old.name;
		CREATE STATISTICS st ON id, shared FROM a;
		CREATE AGGREGATE total (integer) (sfunc = int4pl, stype = integer)`)
	first := objectsOf(t, app)
	sql := sqlOf(t, first)
	for _, word := range []string{"My App", "unrelated", "COMMENT ON EXTENSION"} {
		if strings.Contains(sql, word) {
			t.Errorf("%s is in the SQL:\n%s", word, sql)
		}
	}
	if !strings.Contains(sql, "REFERENCES public.shared(id)") {
		t.Errorf("the table of another schema is not named as such:\n%s", sql)
	}
	other := withPath(t, server, `"else", ext`)
	load(t, other, sql)
	wantSQL(t, objectsOf(t, other), first)
	if got := psql(t, server)(`SELECT obj_description('"else"'::regnamespace)`); got != "what it's for" {
		t.Errorf("the comment on the schema is %q", got)
	}
}

// TestObjectsInherited: what parents declare is not declared again, so that the
// SQL of what was loaded is the SQL that it was loaded from.
func TestObjectsInherited(t *testing.T) {
	full := postgrestest.URL(t)
	psql(t, full)(`CREATE TABLE p (id bigserial PRIMARY KEY, g integer GENERATED ALWAYS AS (1) STORED);
		CREATE TABLE c () INHERITS (p);
		CREATE TABLE again (g integer NOT NULL, more integer) INHERITS (p);
		CREATE TABLE joined (id bigint NOT NULL, g integer GENERATED ALWAYS AS (1) STORED); ALTER TABLE joined INHERIT p;
		CREATE TABLE turned (g integer GENERATED ALWAYS AS (1) STORED, id bigint NOT NULL); ALTER TABLE turned INHERIT p`)
	first := objectsOf(t, full)
	empty := postgrestest.URL(t)
	psql(t, empty)(sqlOf(t, first))
	wantSQL(t, objectsOf(t, empty), first)
	local := "SELECT string_agg(concat(attrelid::regclass, '.', attname), ' ' ORDER BY attrelid::regclass::text, attname) FROM pg_attribute WHERE attislocal AND attnum > 0 AND attrelid::regclass::text IN ('c', 'again', 'joined', 'turned')"
	if got, want := psql(t, empty)(local), psql(t, full)(local); got != want {
		t.Errorf("columns declared by a child: %s, want %s", got, want)
	}
}

// TestObjectsWait: who holds a table is not waited for in silence.
func TestObjectsWait(t *testing.T) {
	url := postgrestest.URL(t)
	run, conn := psql(t, url), connect(t, url)
	run("CREATE TABLE t (a integer DEFAULT 1)")
	run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
	if _, err := conn.Objects(t.Context()); !errors.Is(err, host.ErrInUse) || !errors.Is(err, host.ErrLocked) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	run("ROLLBACK")
	if got, err := conn.Objects(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

// What there is no SQL for is named all the same.
func TestObjectsUnwritten(t *testing.T) {
	server := postgrestest.URL(t)
	psql(t, server)(`CREATE COLLATION german (provider = libc, locale = 'C');
		CREATE TABLE t (a integer, b text COLLATE german);
		INSERT INTO t VALUES (1), (1);
		CREATE TYPE pair AS (a integer);
		CREATE FUNCTION eq(a pair, b pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
		CREATE OPERATOR === (leftarg = pair, rightarg = pair, function = eq);
		CREATE OPERATOR FAMILY fam USING btree;
		CREATE FUNCTION as_int(p pair) RETURNS integer LANGUAGE sql AS 'SELECT p.a';
		CREATE CAST (pair AS integer) WITH FUNCTION as_int(pair);
		CREATE TEXT SEARCH CONFIGURATION words (copy = simple);
		CREATE FOREIGN DATA WRAPPER wrapper; CREATE SERVER remote FOREIGN DATA WRAPPER wrapper; CREATE FOREIGN TABLE far (a integer) SERVER remote;
		CREATE FUNCTION egg() RETURNS integer LANGUAGE sql RETURN 1;
		CREATE FUNCTION hen() RETURNS integer LANGUAGE sql RETURN egg();
		CREATE OR REPLACE FUNCTION egg() RETURNS integer LANGUAGE sql RETURN hen()`)
	if attempt(t, server, "CREATE UNIQUE INDEX CONCURRENTLY unfinished ON t (a)") == nil {
		t.Fatal("the index was built")
	}
	var got []string
	for _, o := range objectsOf(t, server) {
		if o.SQL == "" {
			got = append(got, o.String())
		}
	}
	want := []string{
		"cast (pair AS integer)", "collation german", "foreign table far", "function egg()", "index unfinished on t",
		"operator ===(pair,pair)", "operator family fam USING btree", "text search configuration words",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("not written: %q, want %q", got, want)
	}
}
