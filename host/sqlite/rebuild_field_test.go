package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// What went wrong with other tools, on tables of the same shape.

// migrate runs operations, given as documents, as one migration does.
func migrate(ctx context.Context, conn host.Conn, documents ...string) error {
	return in(ctx, conn, func(tx host.Tx) error {
		var list []host.Operation
		for i, d := range documents {
			q, err := schema.Decode([]byte(d))
			if err == nil {
				q = schema.Naming{}.Fill(q)
				err = q.Check(schema.SQLite)
			}
			if err != nil {
				return err
			}
			list = append(list, host.Operation{Request: q, Ordinal: i + 1})
		}
		return conn.Apply(ctx, tx, list)
	})
}

func mustMigrate(t *testing.T, conn host.Conn, documents ...string) {
	t.Helper()
	if err := migrate(t.Context(), conn, documents...); err != nil {
		t.Fatalf("%v%s", err, adviceOf(err))
	}
}

// textsOf returns the SQL of all objects of a kind.
func textsOf(t *testing.T, path, kind string) string {
	t.Helper()
	return rawText(t, path, "SELECT coalesce(group_concat(sql, char(10)), '') FROM (SELECT sql FROM sqlite_schema WHERE type = '"+kind+"' ORDER BY name)")
}

// runsOf is a table of runs with the twelve indexes, of which Alembic's batch
// mode made something else.
var runsOf = []string{
	"CREATE TABLE run (id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, state_id CHAR(36), started DATETIME, ended DATETIME, expected DATETIME, key VARCHAR, created DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL)",
	"CREATE INDEX ix_run__ended_desc ON run (ended DESC)",
	"CREATE INDEX ix_run__expected_desc ON run (expected DESC)",
	"CREATE INDEX ix_run__started_asc ON run (started ASC)",
	"CREATE INDEX ix_run__key_created_desc ON run (\"key\", created DESC)",
	"CREATE INDEX ix_run__state_created_desc ON run (state_id, created DESC)",
	"CREATE UNIQUE INDEX uq_run__state_started_desc ON run (state_id, started DESC)",
	"CREATE UNIQUE INDEX uq_run__state_ended_desc ON run (state_id ASC, ended DESC)",
	"CREATE INDEX ix_run__created_desc_key ON run (created DESC, \"key\")",
	"CREATE INDEX ix_run_name_case_insensitive on run (name COLLATE NOCASE)",
	"CREATE INDEX ix_run_key_case_insensitive on run (\"key\" COLLATE NOCASE, name)",
	"CREATE UNIQUE INDEX uq_run__name_key_case_insensitive ON run (name COLLATE NOCASE, \"key\" COLLATE NOCASE)",
	"CREATE INDEX ix_run__trimmed ON run (name COLLATE RTRIM DESC)",
	"CREATE INDEX ix_run__coalesce_started_expected_asc ON run (coalesce(started, expected) ASC)",
	"CREATE INDEX ix_run__coalesce_started_expected_desc ON run (coalesce(started, expected) DESC)",
	"INSERT INTO run (id, name, state_id, started) VALUES ('a', 'one', 's', '2026-01-01 00:00:00.000000'), ('b', 'two', 's', '2026-01-02 00:00:00.000000'), ('c', 'three', NULL, NULL)",
}

// rebuilds are operations that SQLite has no statement for.
var rebuilds = []struct{ name, document string }{
	{"type", `{"alter_column": {"table": "run", "name": "state_id", "type": "string(40)"}}`},
	{"foreign key", `{"add_constraint": {"table": "run", "constraint": {"foreign_key": ["key"], "references": "run"}}}`},
	{"unique", `{"add_constraint": {"table": "run", "constraint": {"unique": ["id", "name"]}}}`},
	{"default", `{"alter_column": {"table": "run", "name": "name", "default": "none"}}`},
	{"computed default", `{"add_column": {"table": "run", "column": {"name": "token", "type": "uuid", "default": {"function": "uuid"}}}}`},
	{"batch", `{"batch": {"table": "run", "operations": [
		{"alter_column": {"table": "run", "name": "name", "type": "text"}},
		{"drop_constraint": {"table": "run", "was": {"primary_key": ["id"]}}},
		{"add_constraint": {"table": "run", "constraint": {"primary_key": ["id"]}}}]}}`},
}

// TestRebuildKeepsIndexes: Alembic's batch mode creates indexes anew from what
// reflection says of them. On the way it took DESC or ASC from eight indexes and
// NOCASE from four, and left two on expressions out, all without a word.
func TestRebuildKeepsIndexes(t *testing.T) {
	for _, c := range rebuilds {
		t.Run(c.name, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, runsOf...)
			before := textsOf(t, path, "index")
			if n := strings.Count(before, "CREATE "); n != 14 {
				t.Fatalf("the table has %d indexes, want 14", n)
			}
			rows := rawText(t, path, "SELECT group_concat(id || name || ifnull(state_id, '-') || ifnull(started, '-') || created) FROM run")
			mustMigrate(t, conn, c.document)
			if after := textsOf(t, path, "index"); after != before {
				t.Errorf("the indexes are\n%s\nwere\n%s", after, before)
			}
			if after := rawText(t, path, "SELECT group_concat(id || name || ifnull(state_id, '-') || ifnull(started, '-') || created) FROM run"); after != rows {
				t.Errorf("the rows are %s, were %s", after, rows)
			}
		})
	}
}

// TestRebuildKeepsChildren: with foreign keys on, dropping the old table deletes
// its rows, and ON DELETE CASCADE those of its children. Switching foreign keys
// off in the migration does nothing, since it is in a transaction.
func TestRebuildKeepsChildren(t *testing.T) {
	for _, on := range []string{"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"} {
		for _, pragma := range []string{"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF"} {
			t.Run(on+"/"+pragma, func(t *testing.T) {
				path, conn := file(t)
				raw(t, path, "CREATE TABLE parent (id INTEGER PRIMARY KEY, a TEXT)",
					"CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER DEFAULT 0 REFERENCES parent (id) ON DELETE "+on+" ON UPDATE "+on+")",
					"INSERT INTO parent VALUES (0, 'z'), (1, 'a'), (2, 'b')", "INSERT INTO child VALUES (10, 1), (11, 2), (12, 2)")
				child := rawText(t, path, "SELECT sql FROM sqlite_schema WHERE name = 'child'")
				// A migration before it on the same connection, as people write it.
				mustRun(t, conn, pragma, "UPDATE parent SET a = a")
				mustMigrate(t, conn, `{"alter_column": {"table": "parent", "name": "a", "type": "string(5)"}}`)
				if got := rawText(t, path, "SELECT group_concat(id || ':' || parent) FROM child"); got != "10:1,11:2,12:2" {
					t.Errorf("the children are %s, were 10:1,11:2,12:2", got)
				}
				if got := rawText(t, path, "SELECT sql FROM sqlite_schema WHERE name = 'child'"); got != child {
					t.Errorf("the child table is %s, was %s", got, child)
				}
				// And in the migration itself.
				err := in(t.Context(), conn, func(tx host.Tx) error {
					if _, err := tx.Exec(t.Context(), host.Statement{SQL: pragma}); err != nil {
						return err
					}
					return conn.Apply(t.Context(), tx, []host.Operation{{Ordinal: 1, Request: schema.Request{Operation: &schema.AlterColumn{
						Table: "parent", Name: "a", Default: schema.DefaultOf(schema.Text("x")),
					}}}})
				})
				if err != nil {
					t.Fatal(err)
				}
				if got := rawText(t, path, "SELECT group_concat(id || ':' || parent) FROM child"); got != "10:1,11:2,12:2" {
					t.Errorf("the children are %s, were 10:1,11:2,12:2", got)
				}
			})
		}
	}
}

// TestRebuildBesideLeftovers: tools that copy outside a transaction leave their
// temporary table behind when they are killed, and fail on it ever after.
func TestRebuildBesideLeftovers(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "CREATE TABLE run (id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO run VALUES (1, 'a')")
	leftovers := []string{"_alembic_tmp_run", "new_run", "run_new", "run__new", "run_old", "new__run", "tmp_run", "_run_old_20260101"}
	for _, name := range leftovers {
		raw(t, path, "CREATE TABLE "+name+" (id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO "+name+" VALUES (7, 'left')")
	}
	// Whatever the name of our own is: it is taken as well, if it can be seen.
	var own []string
	err := in(t.Context(), conn, func(tx host.Tx) error {
		w := &noting{Tx: tx}
		err := conn.Apply(t.Context(), w, []host.Operation{{Ordinal: 1, Request: schema.Request{Operation: &schema.AlterColumn{
			Table: "run", Name: "a", Type: schema.StringOf(9),
		}}}})
		own = w.created
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range own {
		raw(t, path, "CREATE TABLE "+quoted(name)+" (left)")
		leftovers = append(leftovers, name)
	}
	for i := range 2 {
		mustMigrate(t, conn, fmt.Sprintf(`{"alter_column": {"table": "run", "name": "a", "type": "string(%d)"}}`, 10+i))
		if got := rawText(t, path, "SELECT group_concat(id || a) FROM run"); got != "1a" {
			t.Errorf("the rows are %s, were 1a", got)
		}
	}
	for _, name := range leftovers {
		rawText(t, path, "SELECT count(*) FROM "+quoted(name)) // none of our business
	}
	want := fmt.Sprint(len(leftovers) + 1)
	if got := rawText(t, path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"); got != want {
		t.Errorf("there are %s tables, want %s: %s", got, want, textsOf(t, path, "table"))
	}
}

// noting notes the tables that are created.
type noting struct {
	host.Tx
	created []string
}

func (n *noting) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	if words := lex(stmt.SQL); len(words) > 2 && alike(words[0].text) == "create" && alike(words[1].text) == "table" {
		n.created = append(n.created, nameOf(words[2].text))
	}
	return n.Tx.Exec(ctx, stmt)
}

// TestRebuildUnderViews: a view over the table makes ALTER TABLE … RENAME fail
// while the table is away ("error in view v: no such table: main.run").
func TestRebuildUnderViews(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "CREATE TABLE run (id INTEGER PRIMARY KEY, a TEXT, b)", "INSERT INTO run VALUES (1, 'a', 2)",
		"CREATE VIEW v AS SELECT id, a FROM run -- of all\n WHERE a IS NOT NULL", "CREATE VIEW w AS SELECT v.a AS x, r.b FROM v JOIN run AS r USING (id)",
		"CREATE TRIGGER into_v INSTEAD OF INSERT ON v BEGIN INSERT INTO run (a) VALUES (new.a); END")
	views, triggers := textsOf(t, path, "view"), textsOf(t, path, "trigger")
	mustMigrate(t, conn, `{"alter_column": {"table": "run", "name": "b", "type": "integer"}}`,
		`{"add_constraint": {"table": "run", "constraint": {"name": "b_small", "check": "b < 10"}}}`)
	if got := textsOf(t, path, "view"); got != views {
		t.Errorf("the views are %s, were %s", got, views)
	}
	if got := textsOf(t, path, "trigger"); got != triggers {
		t.Errorf("the triggers are %s, were %s", got, triggers)
	}
	raw(t, path, "INSERT INTO v (a) VALUES ('new')")
	if got := rawText(t, path, "SELECT group_concat(x || ifnull(b, '-')) FROM w"); got != "a2,new-" {
		t.Errorf("the view over the view reads %s, want a2,new-", got)
	}
}

// TestRebuildKeepsUnnamedChecks: reflection by name does not see them, and
// regenerating the table from it leaves them out.
func TestRebuildKeepsUnnamedChecks(t *testing.T) {
	path, conn := file(t)
	raw(t, path, `CREATE TABLE run (id INTEGER PRIMARY KEY, a INTEGER CHECK (a > 0), b TEXT, CHECK (b <> ')' AND length(b) < 9), CHECK (a < 100 OR b IS NULL) -- the last
	)`)
	mustMigrate(t, conn, `{"alter_column": {"table": "run", "name": "b", "type": "string(9)"}}`)
	for _, row := range []string{"(1, 0, 'x')", "(1, 1, ')')", "(1, 100, 'x')", "(1, 1, 'ninechars')"} {
		if err := run(t.Context(), conn, "INSERT INTO run VALUES "+row); err == nil {
			t.Errorf("%s is taken, and a check forbids it", row)
		}
	}
	if got := rawText(t, path, "SELECT sql FROM sqlite_schema WHERE name = 'run'"); !strings.Contains(got, "-- the last") {
		t.Errorf("the comment is gone: %s", got)
	}
}

// TestRebuildUnderTriggers: a trigger of another table that writes to this one
// keeps the rename from working, or is left pointing at the temporary table.
func TestRebuildUnderTriggers(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "CREATE TABLE run (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 0, a TEXT)", "CREATE TABLE event (run INTEGER)", "INSERT INTO run (id) VALUES (1), (2)",
		"CREATE TRIGGER count AFTER INSERT ON event BEGIN UPDATE run SET n = n + 1 WHERE id = new.run; END",
		"CREATE TRIGGER own AFTER UPDATE OF a ON run WHEN new.a IS NULL BEGIN INSERT INTO event VALUES (new.id); END")
	before := textsOf(t, path, "trigger")
	mustMigrate(t, conn, `{"alter_column": {"table": "run", "name": "a", "type": "string(9)", "not_null": false, "default": "x"}}`)
	if after := textsOf(t, path, "trigger"); after != before {
		t.Errorf("the triggers are %s, were %s", after, before)
	}
	raw(t, path, "INSERT INTO event VALUES (2)", "UPDATE run SET a = NULL WHERE id = 1")
	if got := rawText(t, path, "SELECT group_concat(id || ':' || n) FROM run"); got != "1:1,2:1" {
		t.Errorf("the triggers made %s of the rows, want 1:1,2:1", got)
	}
}

// TestRebuildOfSelfReference: RENAME takes the foreign key of a table to itself
// along to the temporary name.
func TestRebuildOfSelfReference(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node (id) ON DELETE CASCADE, a TEXT)",
		"INSERT INTO node VALUES (1, NULL, 'root'), (2, 1, 'leaf'), (3, 2, 'leaf of leaf')")
	mustMigrate(t, conn, `{"alter_column": {"table": "node", "name": "a", "type": "string(20)"}}`)
	if got := rawText(t, path, "SELECT \"table\" || '.' || \"to\" || ' ' || on_delete FROM pragma_foreign_key_list('node')"); got != "node.id CASCADE" {
		t.Errorf("the foreign key is to %s, want node.id CASCADE", got)
	}
	if got := rawText(t, path, "SELECT count(*) FROM node"); got != "3" {
		t.Errorf("there are %s rows, want 3", got)
	}
	raw(t, path, "PRAGMA foreign_keys = ON", "DELETE FROM node WHERE id = 1")
	if got := rawText(t, path, "SELECT count(*) FROM node"); got != "0" {
		t.Errorf("after the root is deleted there are %s rows, want none", got)
	}
}

// TestRebuildOfBigTable: copying row by row, or all rows at once, through the
// runner's memory.
func TestRebuildOfBigTable(t *testing.T) {
	const rows = 300_000 / raceFactor
	path, conn := file(t)
	raw(t, path, "CREATE TABLE run (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, name TEXT, b BLOB)", "CREATE INDEX i ON run (name DESC)",
		fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO run SELECT i * 3, i, 'name ' || i, zeroblob(40) FROM n", rows))
	sum := rawText(t, path, "SELECT sum(id) || ' ' || sum(a) || ' ' || sum(length(name)) || ' ' || count(*) FROM run")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	mustMigrate(t, conn, `{"alter_column": {"table": "run", "name": "name", "type": "string(40)", "default": "none"}}`)
	runtime.ReadMemStats(&after)
	if got := rawText(t, path, "SELECT sum(id) || ' ' || sum(a) || ' ' || sum(length(name)) || ' ' || count(*) FROM run"); got != sum {
		t.Errorf("the rows sum up to %s, did to %s", got, sum)
	}
	const limit = 64 << 20 // SQLite's page cache, and what it sorts for the index
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > limit {
		t.Errorf("%d MiB were allocated for it, want less than %d", grown>>20, limit>>20)
	}
}

// TestRefusedWithReason: an operation that the table or its rows do not allow
// says which table, which column and how many rows, and changes nothing.
func TestRefusedWithReason(t *testing.T) {
	setup := []string{
		"CREATE TABLE run (id INTEGER PRIMARY KEY, a TEXT, b TEXT, used TEXT, shown TEXT, fired TEXT, word TEXT, long TEXT, CONSTRAINT word_short CHECK (length(word) < 99))",
		"INSERT INTO run (a, b, used, word) VALUES ('x', NULL, 'u', '1'), ('x', NULL, 'v', 'two'), ('y', 'b', 'w', 'three')",
		"UPDATE run SET long = CASE id WHEN 1 THEN '12345678901234567890' WHEN 2 THEN '-001.50' END",
		"CREATE INDEX ix_used ON run (used)", "CREATE VIEW v AS SELECT shown FROM run", "CREATE TABLE log (x)", "CREATE TABLE odd (a, _rowid_)", "CREATE VIEW of_odd AS SELECT _rowid_ FROM odd",
		"CREATE TRIGGER tr AFTER UPDATE OF fired ON run BEGIN INSERT INTO log VALUES (new.fired); END",
	}
	for _, c := range []struct {
		name, document string
		want           []string // in the error
	}{
		{"an unknown column to drop", `{"drop_column": {"table": "run", "name": "nope"}}`, []string{"run", "nope"}},
		{"an unknown column to rename", `{"rename_column": {"table": "run", "name": "nope", "to": "c"}}`, []string{"run", "nope"}},
		{"an unknown column to alter", `{"alter_column": {"table": "run", "name": "nope", "not_null": true}}`, []string{"run", "nope"}},
		{"an unknown column in an index", `{"create_index": {"name": "i", "table": "run", "columns": ["nope"]}}`, []string{"nope"}},
		{"an unknown column in a key", `{"add_constraint": {"table": "run", "constraint": {"unique": ["nope"]}}}`, []string{"run", "nope"}},
		{"an unknown table", `{"add_column": {"table": "nope", "column": {"name": "c", "type": "text"}}}`, []string{"nope"}},
		{"an unknown table to rename", `{"rename_table": {"name": "nope", "to": "c"}}`, []string{"nope"}},
		{"an unknown table to drop", `{"drop_table": {"name": "nope"}}`, []string{"nope"}},
		{"a view in place of a table", `{"add_column": {"table": "v", "column": {"name": "c", "type": "text"}}}`, []string{"v"}},
		{"an unknown constraint", `{"drop_constraint": {"table": "run", "name": "nope"}}`, []string{"run", "nope"}},
		{"an unknown index", `{"drop_index": {"table": "run", "name": "nope"}}`, []string{"nope"}},
		{"a name that is taken", `{"rename_column": {"table": "run", "name": "a", "to": "B"}}`, []string{"run"}},
		{"a column that is there", `{"add_column": {"table": "run", "column": {"name": "A", "type": "text"}}}`, []string{"run", "A"}},
		{"NOT NULL where there are NULLs", `{"alter_column": {"table": "run", "name": "b", "not_null": true}}`, []string{"run", "b", "2 rows"}},
		{"NOT NULL without a default", `{"add_column": {"table": "run", "column": {"name": "c", "type": "text", "not_null": true}}}`, []string{"run", "c", "3 rows"}},
		{"a type that values do not have", `{"alter_column": {"table": "run", "name": "word", "type": "integer"}}`, []string{"run", "word", "2 rows"}},
		{"a type that keeps fewer digits", `{"alter_column": {"table": "run", "name": "long", "type": "numeric"}}`, []string{"run", "long", "1 row", "12345678901234567890"}},
		{"a float that keeps fewer digits", `{"alter_column": {"table": "run", "name": "long", "type": "float"}}`, []string{"run", "long", "1 row"}},
		{"a native type that keeps fewer digits", `{"alter_column": {"table": "run", "name": "long", "type": {"sqlite": "INT", "postgresql": "int"}}}`, []string{"run", "long", "1 row"}},
		{"a view of a column that is not there", `{"create_view": {"name": "w", "query": "SELECT nope FROM run"}}`, []string{"w", "nope"}},
		{"rows that are not unique", `{"add_constraint": {"table": "run", "constraint": {"unique": ["a"]}}}`, []string{"run", "a"}},
		{"rows that a check forbids", `{"add_constraint": {"table": "run", "constraint": {"name": "k", "check": "a = 'x'"}}}`, []string{"run", "k", "1 row"}},
		{"rows without a parent", `{"add_constraint": {"table": "run", "constraint": {"foreign_key": ["id"], "references": "log", "to": ["x"]}}}`, []string{"run", "log"}},
		{"rows that a new column makes alike", `{"batch": {"table": "run", "operations": [
			{"add_column": {"table": "run", "column": {"name": "n", "type": "integer", "default": 5}}},
			{"add_constraint": {"table": "run", "constraint": {"unique": ["n"]}}}]}}`, []string{"UNIQUE constraint failed: run.n", "do not fit"}},
		{"a column of an index", `{"drop_column": {"table": "run", "name": "used"}}`, []string{"run", "used", "ix_used"}},
		{"a column of a view", `{"drop_column": {"table": "run", "name": "shown"}}`, []string{"run", "shown", "v"}},
		{"a column of a trigger", `{"drop_column": {"table": "run", "name": "fired"}}`, []string{"run", "fired", "tr"}},
		{"a column called like the rowid that a view reads", `{"drop_column": {"table": "odd", "name": "_rowid_"}}`, []string{"odd", "_rowid_", "of_odd"}},
		{"a column of a check", `{"drop_column": {"table": "run", "name": "word"}}`, []string{"run", "word", "word_short"}},
		{"an enum that is not there", `{"add_column": {"table": "run", "column": {"name": "c", "type": "enum(state)"}}}`, []string{"state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, setup...)
			before := dump(t, path)
			saysWhy(t, migrate(t.Context(), conn, c.document), c.want...)
			if after := dump(t, path); after != before {
				t.Errorf("the database is\n%s\nwas\n%s", after, before)
			}
			mustMigrate(t, conn, `{"add_column": {"table": "run", "column": {"name": "later", "type": "text"}}}`)
		})
	}
}

// TestEnumValueInUse: a value that rows have cannot be dropped.
func TestEnumValueInUse(t *testing.T) {
	path, conn := file(t)
	mustMigrate(t, conn, `{"create_enum": {"name": "state", "values": ["ON", "OFF", "it's"]}}`)
	mustMigrate(t, conn, `{"create_table": {"name": "run", "columns": [{"name": "id", "type": "integer", "primary_key": true}, {"name": "s", "type": "enum(state)"}]}}`)
	raw(t, path, "INSERT INTO run (s) VALUES ('ON'), ('ON'), ('OFF')")
	before := dump(t, path)
	saysWhy(t, migrate(t.Context(), conn, `{"drop_enum_value": {"enum": "state", "value": "ON"}}`), "run", "s", "ON", "2 rows")
	if after := dump(t, path); after != before {
		t.Errorf("the database is\n%s\nwas\n%s", after, before)
	}
	mustMigrate(t, conn, `{"drop_enum_value": {"enum": "state", "value": "it's"}}`)
	if err := run(t.Context(), conn, "INSERT INTO run (s) VALUES ('it''s')"); err == nil {
		t.Error("the value that was dropped is taken")
	}
}

func saysWhy(t *testing.T, err error, want ...string) {
	t.Helper()
	var refused *host.SQLError
	var unsupported *schema.UnsupportedError
	var invalid *schema.InvalidError
	if !errors.As(err, &refused) && !errors.As(err, &unsupported) && !errors.As(err, &invalid) {
		t.Fatalf("got %v (%T), want a *host.SQLError or an error of package schema", err, err)
	}
	text := err.Error() + adviceOf(err)
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the error %q lacks %q", text, w)
		}
	}
	if refused != nil && refused.Ordinal > 1 {
		t.Errorf("it is said to be of operation %d, and is of 1", refused.Ordinal)
	}
}

// dump returns the whole schema, and the rows of table run.
func dump(t *testing.T, path string) string {
	t.Helper()
	return rawText(t, path, "SELECT group_concat(type || name || tbl_name || ifnull(sql, ''), char(10)) FROM (SELECT * FROM sqlite_schema ORDER BY name)") + "\n" +
		rawText(t, path, "SELECT json_group_array(json_object('id', id, 'rest', quote(run.id))) FROM run")
}
