package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

var nameSync = &schema.CreateSync{
	Table: "person",
	Old:   []schema.SyncColumn{{Column: "name", From: schema.Expr("first || ' ' || last")}},
	New: []schema.SyncColumn{
		{Column: "first", From: schema.Expr("split_part(name, ' ', 1)")}, {Column: "last", From: schema.Expr("split_part(name, ' ', 2)")},
	},
}

func TestSyncWhileTwoProgramsWrite(t *testing.T) {
	const rows = 300
	w := newWorkshop(t, "CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL)",
		fmt.Sprintf("INSERT INTO person SELECT i, 'First' || i || ' Last' || i FROM generate_series(1, %d) i", rows))
	w.apply(
		&schema.AddColumn{Table: "person", Column: of("first", schema.BaseText)},
		&schema.AddColumn{Table: "person", Column: of("last", schema.BaseText)},
		nameSync,
	)
	hosttest.TwoPrograms{
		Rows: rows, Writes: 400,
		Backfill: "UPDATE person SET first = split_part(name, ' ', 1), last = split_part(name, ' ', 2) WHERE id > %d AND id <= %d",
		Program: func(t *testing.T) func(string) error {
			pg, err := pgconn.Connect(t.Context(), w.url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { pg.Close(context.Background()) })
			return func(sql string) error {
				_, err := pg.Exec(context.Background(), sql).ReadAll()
				return err
			}
		},
		Value: w.other,
	}.Run(t)
	w.apply(&schema.DropSync{Table: "person", Was: nameSync})
	w.want("SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal) + (SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%Sandpiper%')", "0")
}

// What a program gets back, what it copies in, and a key that becomes larger.
func TestSyncOfPrograms(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a json, s varchar(3) DEFAULT 'x')",
		"INSERT INTO t (a) VALUES ('{\"a\": 0}')", "ALTER TABLE t ADD big bigint, ADD b json NOT NULL DEFAULT '{}', ADD c varchar(2) DEFAULT 'y'")
	w.apply(
		&schema.CreateSync{Table: "t", Old: schema.SyncOn("id"), New: schema.SyncOn("big")},
		&schema.CreateSync{Table: "t", Old: schema.SyncOn("a"), New: []schema.SyncColumn{{Column: "b", From: schema.Expr("coalesce(a, 'null')")}}},
		&schema.CreateSync{Table: "t", Old: []schema.SyncColumn{{Column: "s", From: schema.Expr("c || '!'")}}, New: []schema.SyncColumn{{Column: "c", From: schema.Expr("left(s, 2)")}}},
	)
	w.want(`INSERT INTO t (a) VALUES ('{"a": 1}') RETURNING concat_ws('/', big, b, s, c)`, `2/{"a": 1}/x/x`)
	w.want(`INSERT INTO t (b, c) VALUES ('{"b":  1}', 'q') RETURNING concat_ws('/', id, big, a, s)`, `3/3/{"b":  1}/q!`)
	w.want(`UPDATE t SET b = '{"b": 1}' WHERE id = 3 RETURNING a`, `{"b": 1}`)
	w.want(`UPDATE t SET a = '{"c": 1}' WHERE id = 3 RETURNING concat_ws('/', b, s, c)`, `{"c": 1}/q!/q`)
	w.want(`UPDATE t SET s = s RETURNING concat_ws('/', big, b)`, `1/{"a": 0}`)
	w.other("COPY t (a) FROM PROGRAM 'echo 7'")
	w.want("SELECT concat_ws('/', big, b) FROM t WHERE id = 4", "4/7")
	w.want(`SELECT count(*) FROM t WHERE big IS DISTINCT FROM id OR a::text IS DISTINCT FROM b::text OR left(s, 2) <> c AND s <> c || '!'`, "0")
	if err := attempt(t, w.url, "UPDATE t SET s = 'long'"); err == nil {
		t.Error("a value that is too long was taken")
	}
	if err := attempt(t, w.url, "UPDATE t SET c = 'abc'"); err == nil {
		t.Error("a value that is too long for the new column was taken")
	}
}

// The expressions find what the migration found, whatever the search path of who
// writes, and nothing that somebody put in their way.
func TestSyncFindsItsFunctions(t *testing.T) {
	w := newWorkshop(t, "CREATE SCHEMA tools", "CREATE SCHEMA app", "CREATE FUNCTION tools.loud(text) RETURNS text LANGUAGE sql AS $$ SELECT upper($1) || '!' $$",
		"CREATE TABLE app.t (id int, a text, b text)", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = nowhere, tools, app', current_database()); END $$")
	w.conn, w.other = connect(t, w.url), psql(t, w.url)
	w.apply(&schema.CreateSync{Table: "t", Old: schema.SyncOn("a"), New: []schema.SyncColumn{{Column: "b", From: schema.Expr("loud(t.a)")}}})
	w.want("SELECT string_agg(pronamespace::regnamespace::text || ' ' || proname, ',') FROM pg_proc WHERE prosrc LIKE '%Sandpiper%'", "app sync_t__b")
	w.other("SET search_path = pg_temp; CREATE FUNCTION pg_temp.loud(text) RETURNS text LANGUAGE sql AS $$ SELECT 'stolen' $$")
	w.want("INSERT INTO app.t (a) VALUES ('x') RETURNING b", "X!")
	w.other("SET search_path = ''")
	w.want("INSERT INTO app.t (a) VALUES ('y') RETURNING b", "Y!")
	w.apply(&schema.DropSync{Table: "t", Was: &schema.CreateSync{Old: schema.SyncOn("a"), New: schema.SyncOn("b")}})
	w.want("SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%Sandpiper%'", "0")
}

// A partitioned table, an enum, and a default that is one of it.
func TestSyncOfPartitions(t *testing.T) {
	w := newWorkshop(t, "CREATE TYPE state AS ENUM ('ON', 'OFF')", "CREATE TABLE t (id int, a boolean) PARTITION BY RANGE (id)",
		"CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)", "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20)",
		"ALTER TABLE t ADD b state NOT NULL DEFAULT 'OFF'")
	w.apply(&schema.CreateSync{Table: "t", Old: []schema.SyncColumn{{Column: "a", From: schema.Expr("b = 'ON'")}},
		New: []schema.SyncColumn{{Column: "b", From: schema.Expr("CASE WHEN a THEN 'ON' ELSE 'OFF' END::state")}}})
	w.other("INSERT INTO t (id, a) VALUES (1, true), (11, false); INSERT INTO t1 (id, b) VALUES (2, 'ON'); UPDATE t SET id = 12 WHERE id = 1; UPDATE t SET b = 'ON' WHERE id = 11")
	w.want("SELECT string_agg(format('%s %s %s', id, a, b), ',' ORDER BY id) FROM t", "2 t ON,11 t ON,12 t ON")
	w.apply(&schema.DropSync{Name: "sync_t__b", Table: "t"}, &schema.DropSync{Name: "sync_t__b", Table: "t", IfExists: true})
	w.want("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal", "0")
}

// The server itself drops no column that a sync needs, and the types have to fit.
func TestSyncRefused(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (id int, a text, b text, n int)", "CREATE VIEW v AS SELECT a, b FROM t")
	w.apply(&schema.CreateSync{Table: "t", Old: schema.SyncOn("a"), New: schema.SyncOn("b")})
	for _, column := range []string{"a", "b"} {
		if err := attempt(t, w.url, "ALTER TABLE t DROP COLUMN "+column); err == nil || !strings.Contains(err.Error(), "depend") {
			t.Errorf("got %v", err)
		}
	}
	w.refused(w.try(&schema.CreateSync{Table: "t", Old: schema.SyncOn("id"), New: []schema.SyncColumn{{Column: "n", From: schema.Expr("id || 'x'")}}}), 1, "42804", `column "n" is of type integer`)
	w.refused(w.try(&schema.CreateSync{Table: "v", Old: schema.SyncOn("a"), New: schema.SyncOn("b")}), 1, "42809", `"v" is a view`)
	w.other("CREATE FUNCTION sync_t__n() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	w.refused(w.try(&schema.CreateSync{Table: "t", Old: schema.SyncOn("id"), New: schema.SyncOn("n")}), 1, "42723", "sync_t__n")
	w.refused(w.try(&schema.DropSync{Name: "sync_t__n", Table: "t"}), 1, "42704", "sync_t__n", `The table has "sync_t__b"`)
}

// A trigger that would change a row behind the sync is refused by its name; those that
// come before, or change no row, are not, nor is another sync.
func TestSyncFiresLast(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a text, b text, c text, d text)",
		"CREATE FUNCTION up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.a := upper(NEW.a); RETURN NEW; END'",
		"CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION up()",
		"CREATE TRIGGER zzz_after AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION up()",
		"CREATE TRIGGER \"ZZZ\" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION up()")
	one := &schema.CreateSync{Name: "s", Table: "t", Old: schema.SyncOn("a"), New: schema.SyncOn("b")}
	err := w.try(one)
	var refused *host.SQLError
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, "the trigger \"zzz\"") || !strings.Contains(refused.Hint, "before \"zz_s_insert\"") {
		t.Fatalf("got %v", err)
	}
	w.other("ALTER TRIGGER zzz ON t RENAME TO mmm")
	w.apply(one)
	w.apply(&schema.CreateSync{Name: "r", Table: "t", Old: schema.SyncOn("c"), New: schema.SyncOn("d")})
	w.want("INSERT INTO t (a) VALUES ('x') RETURNING a || b", "XX")
}

// A schema that is dumped in the middle of a change has its syncs.
func TestSyncIsDumped(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE person (id int, name text, first text, last text DEFAULT 'it''s')")
	w.apply(nameSync)
	objects, err := w.conn.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url := postgrestest.URL(t)
	there := psql(t, url)
	for _, o := range objects {
		there(o.SQL)
	}
	again, err := connect(t, url).Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := host.CompareObjects(objects, again); len(d) > 0 {
		t.Errorf("%+v", d)
	}
	if got := there("INSERT INTO person (name) VALUES ('A B') RETURNING first || '/' || last"); got != "A/B" {
		t.Errorf("got %s", got)
	}
}
