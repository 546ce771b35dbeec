package postgres_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// scratchOf makes a scratch database, and a function that says whether it is
// there.
func scratchOf(t *testing.T, rawURL string, opts ...postgres.Option) (db host.Database, drop func(context.Context) error, there func() bool) {
	t.Helper()
	db, drop, err := postgres.Scratch(t.Context(), rawURL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(db.String())
	if err != nil {
		t.Fatal(err)
	}
	run := psql(t, rawURL)
	return db, drop, func() bool {
		t.Helper()
		if path := u.Query().Get("search_path"); path != "" {
			return run("SELECT count(*) FROM pg_namespace WHERE quote_ident(nspname) = '"+strings.Trim(path, `"`)+"'") == "1"
		}
		return run("SELECT count(*) FROM pg_database WHERE datname = '"+u.Path[1:]+"'") == "1"
	}
}

// in runs SQL on a database, and returns the first text of a query.
func in(t *testing.T, db host.Database, query string, sqls ...string) (first string) {
	t.Helper()
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := exec(sqls...)(tx); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(t.Context(), host.Statement{SQL: query})
	if err != nil {
		t.Fatal(err)
	}
	row, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	first = string(row[0].Bytes)
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return first
}

// A scratch database is empty, like the one it is made beside, and is dropped
// although the context has ended and somebody is connected to it.
func TestScratch(t *testing.T) {
	beside := postgrestest.URL(t)
	psql(t, beside)(`CREATE TABLE mine (a integer); CREATE SCHEMA "App; 1";
		DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO "App; 1", public', current_database()); END $$`)
	db, drop, there := scratchOf(t, beside)
	if schema := in(t, db, "SELECT current_schema()::text", "CREATE TABLE t (a integer)"); schema != "App; 1" {
		t.Errorf("the schema is %s", schema)
	}
	want := psql(t, beside)("SELECT concat(pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database()")
	if got := in(t, db, "SELECT concat(pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database()"); got != want {
		t.Errorf("the locale is %s, want %s", got, want)
	}
	if found := in(t, db, "SELECT coalesce(to_regclass('public.mine')::text, 'none')"); found != "none" {
		t.Errorf("it is not empty: %s", found)
	}
	conn, err := db.Connect(t.Context()) // and left open
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := drop(ended); err != nil {
		t.Error(err)
	}
	if there() {
		t.Error("the scratch database is still there")
	}
	if err := drop(t.Context()); err != nil {
		t.Errorf("dropped once more: %v", err)
	}
}

// What a killed run has left is dropped, unless it is young or somebody is
// connected to it.
func TestScratchOfKilledRuns(t *testing.T) {
	beside := postgrestest.URL(t)
	run := psql(t, beside)
	names := map[string]bool{ // whether it stays
		"sandpiper_scratch_1000000000_old" + randomName():                                                false,
		"sandpiper_scratch_1000000001_used" + randomName():                                               true,
		"sandpiper_scratch_" + run("SELECT extract(epoch FROM now())::bigint") + "_young" + randomName(): true,
		"sandpiper_scratch_mine" + randomName():                                                          true,
	}
	for name := range names {
		run("CREATE DATABASE " + name + " TEMPLATE template0")
		t.Cleanup(func() { run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
		if strings.Contains(name, "used") {
			u, err := url.Parse(beside)
			if err != nil {
				t.Fatal(err)
			}
			u.Path = "/" + name
			psql(t, u.String())
		}
	}
	_, drop, _ := scratchOf(t, beside)
	if err := drop(t.Context()); err != nil {
		t.Error(err)
	}
	for name, stays := range names {
		if there := run("SELECT count(*) FROM pg_database WHERE datname = '"+name+"'") == "1"; there != stays {
			t.Errorf("%s: there is %t, want %t", name, there, stays)
		}
	}
}

// A role that may not create databases is told so, and gets a schema if that was
// asked for: with what extensions brought, and without anything else of the
// database's.
func TestScratchSchema(t *testing.T) {
	beside := postgrestest.URL(t)
	run := psql(t, beside)
	role := "modest_" + randomName()
	run("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'")
	t.Cleanup(func() { run("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	run(`CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION pg_trgm; CREATE TABLE real (a integer);
		GRANT USAGE ON SCHEMA ext TO PUBLIC; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ` + role + `', current_database()); END $$`)
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "secret")

	_, _, err = postgres.Scratch(t.Context(), u.String())
	if err == nil || !strings.Contains(err.Error(), "ALTER ROLE "+role+" CREATEDB") || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}

	db, drop, err := postgres.Scratch(t.Context(), u.String(), postgres.ScratchSchema())
	if err != nil {
		t.Fatal(err)
	}
	if found := in(t, db, "SELECT coalesce(to_regclass('real')::text, 'none')", "CREATE TABLE t (a citext)"); found != "none" {
		t.Error("the schema sees the tables of the database")
	}
	if err := drop(t.Context()); err != nil {
		t.Error(err)
	}
	if n := run(`SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sandpiper\_scratch\_%'`); n != "0" {
		t.Errorf("%s schemas are left", n)
	}
	if n := run(`SELECT count(*) FROM real`); n != "0" {
		t.Error("the real table is gone")
	}
}

// The handle for database/sql works where the database does.
func TestSQL(t *testing.T) {
	db, drop, _ := scratchOf(t, postgrestest.URL(t))
	defer func() {
		if err := drop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	in(t, db, "SELECT 'x'", "CREATE TABLE t (a integer)", "INSERT INTO t VALUES (7)")
	handle, err := postgres.SQL(wrapped{db})
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	var n int
	var application string
	err = handle.QueryRowContext(t.Context(), "SELECT a, current_setting('application_name') FROM t WHERE a > $1", 5).Scan(&n, &application)
	if err != nil || n != 7 || application != "sandpiper" {
		t.Errorf("got %d, %q, %v", n, application, err)
	}
	if _, err := postgres.SQL(wrapped{nil}); err == nil {
		t.Error("nothing is a database of PostgreSQL")
	}
}

type wrapped struct{ host.Database }

func (w wrapped) Unwrap() host.Database { return w.Database }

func randomName() string { return strings.ToLower(rand.Text()) }

// The search_path of a URL is no SQL: a name in it needs no quotes.
func TestScratchSearchPath(t *testing.T) {
	beside := postgrestest.URL(t)
	psql(t, beside)(`CREATE SCHEMA "my-app"`)
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", "my-app")
	u.RawQuery = query.Encode()
	db, drop, _ := scratchOf(t, u.String())
	defer drop(context.Background())
	if schema := in(t, db, "SELECT current_schema()::text"); schema != "my-app" {
		t.Errorf("the schema is %s", schema)
	}
}

// What is in other schemas is told, and neither what is empty nor an extension.
func TestOtherSchemas(t *testing.T) {
	url := postgrestest.URL(t)
	psql(t, url)(`CREATE SCHEMA app; CREATE SCHEMA "Types"; CREATE SCHEMA empty; CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
		CREATE TABLE app.t (a integer); CREATE TYPE "Types".mood AS ENUM ('ok'); CREATE TABLE public.here (a integer);
		ALTER DEFAULT PRIVILEGES IN SCHEMA empty GRANT SELECT ON TABLES TO PUBLIC`)
	got, err := connect(t, url).(interface {
		OtherSchemas(context.Context) ([]string, error)
	}).OtherSchemas(t.Context())
	slices.Sort(got)
	if want := []string{"Types", "app"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
