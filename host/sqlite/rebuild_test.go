package sqlite_test

import (
	"strings"
	"testing"
)

// TestRebuildLosesNothing changes one thing of a table that has about
// everything, and looks for all the rest.
func TestRebuildLosesNothing(t *testing.T) {
	_, conn := file(t)
	const text = `CREATE TABLE "t" (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
  [na me] VARCHAR( 10 ) COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'x', /* a name */
  any, -- typeless
  price NUMERIC(10,2) CONSTRAINT positive CHECK (t.price >= 0),
  parent INT REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  twice INT AS (price * 2) STORED,
  short TEXT GENERATED ALWAYS AS (substr("na me", 1, 1)),
  UNIQUE ("na me", any) ON CONFLICT IGNORE, CONSTRAINT c CHECK (any <> 'never') -- the last
)`
	mustRun(t, conn, "CREATE TABLE p (id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES (1)", text,
		"CREATE TABLE child (t INT REFERENCES t)", "INSERT INTO child VALUES (7)",
		"CREATE INDEX i ON t (any DESC, lower([na me])) WHERE price > 1", "CREATE UNIQUE INDEX j ON t (price COLLATE BINARY, id)",
		"CREATE TABLE log (what)",
		"CREATE TRIGGER r AFTER UPDATE OF any ON t BEGIN INSERT INTO log VALUES (new.any); END",
		"CREATE TRIGGER s AFTER INSERT ON log BEGIN UPDATE t SET price = 9 WHERE id = 7; END",
		"CREATE VIEW v AS SELECT * FROM t",
		"INSERT INTO t (id, [na me], any, price, parent) VALUES (7, 'a', 1, 2.5, 1), (9, 'B', 1.0, 3, NULL), (12, 'c', '1', 1.5, 1), (13, 'd', x'31', 1, 1), (14, 'e', NULL, NULL, 1)",
		"DELETE FROM t WHERE id = 14", "ANALYZE")
	const content = "SELECT group_concat(id || [na me] || typeof(any) || quote(any) || quote(price) || quote(parent) || quote(twice) || short, ';') FROM t"
	before, rows := schemaOf(t, conn), value(t, conn, content)
	stats := value(t, conn, "SELECT group_concat(tbl || idx || stat) FROM (SELECT * FROM sqlite_stat1 ORDER BY idx)")
	mustApply(t, conn, `{"alter_column": {"table": "T", "name": "any", "default": 5}}`)
	want := strings.Replace(strings.Replace(before, "  any, --", "  any DEFAULT 5, --", 1), "(t.price", "(price", 1)
	if got := schemaOf(t, conn); got != want {
		t.Errorf("the schema is\n%s\nnot\n%s", got, want)
	}
	if got := value(t, conn, content); got != rows {
		t.Errorf("the rows are\n%s\nnot\n%s", got, rows)
	}
	if got := value(t, conn, "SELECT seq FROM sqlite_sequence WHERE name = 't'"); got != "14" {
		t.Errorf("the sequence is at %s", got)
	}
	if got := value(t, conn, "SELECT group_concat(tbl || idx || stat) FROM (SELECT * FROM sqlite_stat1 ORDER BY idx)"); got != stats {
		t.Errorf("the statistics are\n%s\nnot\n%s", got, stats)
	}
	mustRun(t, conn, "UPDATE t SET any = 2 WHERE id = 7")
	if got := value(t, conn, "SELECT price || (SELECT any FROM v WHERE id = 7) FROM t WHERE id = 7"); got != "92" {
		t.Errorf("the triggers and the view made %s", got)
	}
}

// TestRebuildOnce is one rebuild for several operations.
func TestRebuildOnce(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT, b TEXT, c INT)", "CREATE INDEX i ON t (c)", "INSERT INTO t VALUES (1, '2', 3)")
	sent, err := together(t, conn,
		`{"drop_index": {"table": "t", "name": "i"}}`,
		`{"drop_column": {"table": "t", "name": "c"}}`,
		`{"batch": {"table": "t", "operations": [
			{"alter_column": {"table": "t", "name": "b", "type": "integer", "not_null": true}},
			{"add_column": {"table": "t", "column": {"name": "d", "type": "timestamp", "default": {"function": "now"}}}},
			{"alter_column": {"table": "t", "name": "a", "not_null": true}, "dialect": "postgresql"},
			{"add_constraint": {"table": "t", "constraint": {"name": "k", "primary_key": ["a"]}}}]}}`,
		`{"create_index": {"table": "t", "name": "j", "columns": ["d"]}}`,
		`{"rename_column": {"table": "t", "name": "d", "to": "e"}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `CREATE TABLE "sandpiper_new_t" (a INT, b INTEGER NOT NULL, "d" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), CONSTRAINT "k" PRIMARY KEY ("a"))
INSERT OR ABORT INTO "sandpiper_new_t" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "t" NOT INDEXED
DROP TABLE "t"
ALTER TABLE "sandpiper_new_t" RENAME TO "t"
CREATE INDEX "j" ON "t" ("d")
ALTER TABLE "t" RENAME COLUMN "d" TO "e"`
	if got := strings.Join(sent, "\n"); got != want {
		t.Errorf("sent\n%s\nnot\n%s", got, want)
	}
	if got := value(t, conn, "SELECT a || typeof(b) || b || (e IS NOT NULL) FROM t"); got != "1integer21" {
		t.Error(got)
	}
}

// TestRebuildOdd is what is seldom: names, keys and tables of unusual kinds.
func TestRebuildOdd(t *testing.T) {
	for _, c := range []struct{ table, name, insert, query, want string }{
		{`"we""ird 't" ("Ä" INT, "ä" INT, "a""b" INT)`, `we\"ird 't`, `VALUES (1, 2, 3)`, `"Ä" || "ä" || "a""b"`, "123"},
		{`[sel ect] (id INTEGER PRIMARY KEY DESC, a)`, "sel ect", "VALUES (5, 'x')", "id || rowid || a", "51x"},
		{`"t" (id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES t, a)`, "t", "VALUES (4, 4, NULL)", "id || parent", "44"},
		{`"t" (a, b, c AS (a + b), PRIMARY KEY (b, a)) WITHOUT ROWID`, "t", "VALUES (1, 'x'), (2, 'X')", "count(*) || group_concat(b)", "2X,x"},
		{`"t" (a ANY, b REAL, c BLOB) STRICT`, "t", "VALUES (1.0, 1, x'00')", "typeof(a) || b || typeof(c)", "real1.0blob"},
		{`"t" (rowid INTEGER PRIMARY KEY, oid)`, "t", "VALUES (7, 8)", "rowid || oid", "78"},
		{`"t" (a AS (1), b)`, "t", "(b) VALUES (3)", "a || b", "13"},
	} {
		_, conn := file(t)
		table, _, _ := strings.Cut(c.table, " (")
		mustRun(t, conn, "CREATE TABLE "+c.table, "INSERT INTO "+table+" "+c.insert)
		before := schemaOf(t, conn)
		mustApply(t, conn, `{"batch": {"table": "`+c.name+`", "operations": [
			{"add_column": {"table": "`+c.name+`", "column": {"name": "new", "type": "integer", "default": {"sql": "40 + 2"}}}}]}}`)
		if got := value(t, conn, "SELECT "+c.query+" || max(new) FROM "+table); got != c.want+"42" {
			t.Errorf("%s has %s, not %s", c.table, got, c.want)
		}
		mustApply(t, conn, `{"drop_column": {"table": "`+c.name+`", "name": "new"}}`)
		unquoted := strings.NewReplacer("[sel ect]", `"sel ect"`).Replace(before)
		if got := schemaOf(t, conn); got != unquoted {
			t.Errorf("there and back again it is\n%s\nnot\n%s", got, unquoted)
		}
	}
}

// TestFollows is what a new name of a table and of a column reaches, whatever
// the migration has set.
func TestFollows(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a > 0))", "CREATE TABLE child (t REFERENCES t (id))",
		"CREATE INDEX i ON t (a) WHERE a > 1", "CREATE VIEW v AS SELECT a FROM t", "CREATE TABLE log (x)",
		"CREATE TRIGGER r AFTER UPDATE OF a ON t BEGIN INSERT INTO log VALUES (new.a); END")
	mustApply(t, conn, `{"execute": {"sql": "PRAGMA legacy_alter_table = ON"}}`,
		`{"rename_table": {"name": "t", "to": "u"}}`, `{"rename_column": {"table": "u", "name": "a", "to": "b"}}`,
		`{"insert": {"table": "u", "columns": ["id", "b"], "rows": [[1, 2]]}}`, `{"execute": {"sql": "UPDATE u SET b = 3"}}`)
	if got := value(t, conn, "SELECT b || (SELECT x FROM log) || (SELECT \"table\" FROM pragma_foreign_key_list('child')) FROM v"); got != "33u" {
		t.Errorf("it is %s", got)
	}
}
