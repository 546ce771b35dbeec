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
	mustApply(t, conn, `{"alter_column": {"table": "T", "name": "any", "not_null": true}}`)
	want := strings.Replace(strings.Replace(before, "  any, --", "  any NOT NULL, --", 1), "(t.price", "(price", 1)
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
