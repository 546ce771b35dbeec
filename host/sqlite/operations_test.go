package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// TestAlterTable is what becomes of the text of a table, each change of a
// table of its own. Where the text stays, nothing is asked for that changes it.
func TestAlterTable(t *testing.T) {
	for _, c := range []struct{ before, document, after string }{
		{"(a INT, b TEXT)", `{"alter_column": {"table": "t", "name": "a", "not_null": true}}`, "(a INT NOT NULL, b TEXT)"},
		{"(a, b)", `{"alter_column": {"table": "t", "name": "a", "not_null": true, "default": 5}}`, "(a DEFAULT 5 NOT NULL, b)"},
		{"(a INT NULL DEFAULT 3)", `{"alter_column": {"table": "t", "name": "a", "not_null": true}}`, "(a INT DEFAULT 3 NOT NULL)"},
		{"(a INT CONSTRAINT n NOT NULL ON CONFLICT FAIL UNIQUE)", `{"alter_column": {"table": "t", "name": "a", "not_null": false}}`, "(a INT UNIQUE)"},
		{"(a INT DEFAULT (1 + 2) NOT NULL)", `{"alter_column": {"table": "t", "name": "a", "default": "x"}}`, "(a INT DEFAULT 'x' NOT NULL)"},
		{"(a INT DEFAULT (1 + 2) NOT NULL)", `{"alter_column": {"table": "t", "name": "a", "drop_default": true}}`, "(a INT NOT NULL)"},
		{"(a INT)", `{"alter_column": {"table": "t", "name": "a", "default": {"sql": "abs(-1) -- one"}}}`, "(a INT DEFAULT (abs(-1) -- one\n))"},
		{"(a INT)", `{"alter_column": {"table": "t", "name": "a", "default": {"hex": "00ff"}}}`, "(a INT DEFAULT x'00ff')"},
		{"(a unsigned big int /* big */, b)", `{"alter_column": {"table": "t", "name": "a", "type": "string(5)"}}`, "(a VARCHAR(5) /* big */, b)"},
		{"(a, b)", `{"alter_column": {"table": "t", "name": "a", "type": "timestamptz", "default": {"function": "now"}}}`,
			"(a DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), b)"},
		{"(a DATE)", `{"alter_column": {"table": "t", "name": "a", "default": {"function": "now"}}}`, "(a DATE DEFAULT (date('now')))"},
		{"(a INT) STRICT", `{"alter_column": {"table": "t", "name": "a", "type": "numeric(5,2)"}}`, "(a TEXT) STRICT"},
		{"(a INT PRIMARY KEY) STRICT", `{"alter_column": {"table": "t", "name": "a", "type": "integer"}}`, "(a INTEGER PRIMARY KEY) STRICT"},
		{"(a INT)", `{"add_column": {"table": "t", "column": {"name": "b", "type": "uuid", "not_null": true, "default": {"sql": "hex(1)"}}}}`,
			"(a INT, \"b\" CHAR(36) NOT NULL DEFAULT (hex(1)))"},
		{"(\n  a INT -- first\n  , CHECK (a > 0)\n) STRICT", `{"add_column": {"table": "t", "column": {"name": "b", "type": "integer", "generated": "a + 1"}}}`,
			"(\n  a INT,\n  \"b\" INTEGER GENERATED ALWAYS AS (a + 1) STORED -- first\n  , CHECK (a > 0)\n) STRICT"},
		{"(a INT, -- a\n b INT, -- b\n c INT)", `{"batch": {"table": "t", "operations": [{"drop_column": {"table": "t", "name": "b"}}, {"alter_column": {"table": "t", "name": "a", "not_null": true}}]}}`,
			"(a INT NOT NULL, -- a\n -- b\n c INT)"},
		{"(a INT, -- a\n b INT)", `{"batch": {"table": "t", "operations": [{"drop_column": {"table": "t", "name": "b"}}, {"alter_column": {"table": "t", "name": "a", "not_null": true}}]}}`,
			"(a INT NOT NULL -- a\n )"},
		{"(a INT, b INT)", `{"add_constraint": {"table": "t", "constraint": {"name": "k", "unique": ["a", "b"]}}}`, `(a INT, b INT, CONSTRAINT "k" UNIQUE ("a", "b"))`},
		{"(a INT, b INT)", `{"add_constraint": {"table": "t", "constraint": {"name": "k", "primary_key": ["b"]}}}`, `(a INT, b INT, CONSTRAINT "k" PRIMARY KEY ("b"))`},
		{"(a INTEGER, b INT)", `{"add_constraint": {"table": "t", "constraint": {"name": "k", "primary_key": ["a"]}}}`, `(a INTEGER, b INT, CONSTRAINT "k" PRIMARY KEY ("a"))`},
		{"(a INT, b INT)", `{"add_constraint": {"table": "t", "constraint": {"name": "k", "check": "t.a > 0"}}}`, `(a INT, b INT, CONSTRAINT "k" CHECK (t.a > 0))`},
		{"(a INT, b INT)", `{"add_constraint": {"table": "t", "constraint": {"name": "k", "foreign_key": ["a"], "references": "p", "to": ["id"], "on_delete": "set null", "deferrable": true, "initially_deferred": true, "not_valid": true}}}`,
			`(a INT, b INT, CONSTRAINT "k" FOREIGN KEY ("a") REFERENCES "p" ("id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED)`},
		{"(a INT, CONSTRAINT k UNIQUE (a))", `{"drop_constraint": {"table": "t", "name": "K"}}`, "(a INT)"},
		{"(a INT UNIQUE, b INT)", `{"drop_constraint": {"table": "t", "was": {"unique": ["A"]}}}`, "(a INT, b INT)"},
		{"(a INT UNIQUE, b INT, UNIQUE (a))", `{"drop_constraint": {"table": "t", "was": {"unique": ["a"]}}}`, "(a INT, b INT, UNIQUE (a))"},
		{"(a INTEGER PRIMARY KEY AUTOINCREMENT, b INT)", `{"drop_constraint": {"table": "t", "was": {"primary_key": ["a"]}}}`, "(a INTEGER, b INT)"},
		{"(a INT CONSTRAINT k REFERENCES p DEFERRABLE NOT NULL)", `{"drop_constraint": {"table": "t", "name": "k"}}`, "(a INT NOT NULL)"},
		{"(a INT, b INT, FOREIGN KEY (a) REFERENCES p, FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE)",
			`{"drop_constraint": {"table": "t", "was": {"foreign_key": ["b"], "references": "p"}}}`, "(a INT, b INT, FOREIGN KEY (a) REFERENCES p)"},
		{"(a INT, b INT CHECK (A>0 AND \"b\" <> 'X'))", `{"drop_constraint": {"table": "t", "was": {"check": "a > 0  and b <> 'X'"}}}`, "(a INT, b INT)"},
		{"(a INT, CHECK (a > 1) CHECK (a > 2), CHECK (a > 3))", `{"drop_constraint": {"table": "t", "was": {"check": "a > 2"}}}`, "(a INT, CHECK (a > 1), CHECK (a > 3))"},
		{"(a INT, b INT, PRIMARY KEY (a)) WITHOUT ROWID", `{"alter_column": {"table": "t", "name": "b", "not_null": true}}`,
			"(a INT, b INT NOT NULL, PRIMARY KEY (a)) WITHOUT ROWID"},
		{"(a INT DEFAULT \"x\", CHECK (a <> \"y\"))", `{"alter_column": {"table": "t", "name": "a", "not_null": true}}`,
			"(a INT DEFAULT \"x\" NOT NULL, CHECK (a <> \"y\"))"},
		{"(a INT DEFAULT \"x\", CHECK (a <> \"y\"))", `{"alter_column": {"table": "t", "name": "a", "drop_default": true}}`, "(a INT, CHECK (a <> \"y\"))"},
		{"(a INT, b INT CHECK (t.b > 0))", `{"alter_column": {"table": "t", "name": "a", "default": 5}}`, "(a INT DEFAULT 5, b INT CHECK (b > 0))"},
	} {
		t.Run(c.before+c.document, func(t *testing.T) {
			path, conn := file(t)
			create := "CREATE TABLE t " + c.before
			if strings.Contains(c.before, `<> "y"`) { // which this SQLite reads and does not create
				create = "UPDATE sqlite_schema SET sql = '" + strings.ReplaceAll(create, "'", "''") + "' WHERE name = 't'"
			} else {
				create = "DROP TABLE t; " + create
			}
			raw(t, path, "PRAGMA writable_schema = 1; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a); "+create)
			mustApply(t, conn, c.document)
			got := value(t, conn, "SELECT sql FROM sqlite_schema WHERE name = 't'")
			got = strings.TrimPrefix(strings.TrimPrefix(got, "CREATE TABLE t "), `CREATE TABLE "t" `)
			if got != c.after {
				t.Errorf("the table is %s\nnot %s", got, c.after)
			}
		})
	}
}

// TestValues is what becomes of values: types to the letter, rowids, and what
// using makes of them.
func TestValues(t *testing.T) {
	const of = "(SELECT group_concat(rowid || ':' || typeof(a) || quote(a) || quote(b)) FROM t)"
	for _, c := range []struct{ table, document, want string }{
		{"(a, b)", `{"alter_column": {"table": "t", "name": "b", "default": 5}}`, "3:integer1'1',5:real1.0'2',8:text'1''3'"},
		{"(a, b INT)", `{"alter_column": {"table": "t", "name": "a", "type": "integer"}}`, "3:integer11,5:integer12,8:integer13"},
		{"(a, b INT)", `{"alter_column": {"table": "t", "name": "a", "type": "text"}}`, "3:text'1'1,5:text'1.0'2,8:text'1'3"},
		{"(a, b INT)", `{"alter_column": {"table": "t", "name": "a", "type": "binary", "using": "CAST(b + 1 AS BLOB)"}}`, "3:blobX'32'1,5:blobX'33'2,8:blobX'34'3"},
		{"(a, b INT, UNIQUE (b))", `{"alter_column": {"table": "t", "name": "b", "default": 5}}`, "3:integer11,5:real1.02,8:text'1'3"},
		{"(a, b, _rowid_)", `{"alter_column": {"table": "t", "name": "b", "default": 5}}`, "3:integer1'1',5:real1.0'2',8:text'1''3'"},
		{"(a, b UNIQUE ON CONFLICT REPLACE)", `{"alter_column": {"table": "t", "name": "a", "default": 5}}`, "3:integer1'1',5:real1.0'2',8:text'1''3'"},
		{"(a, b INTEGER)", `{"add_constraint": {"table": "t", "constraint": {"primary_key": ["b"]}}}`, "1:integer11,2:real1.02,3:text'1'3"},
		{"(a, b INTEGER)", `{"batch": {"table": "t", "operations": [{"alter_column": {"table": "t", "name": "b", "type": "text", "using": "b * 2"}}, {"alter_column": {"table": "t", "name": "a", "type": "text", "using": "b || '!'"}}]}}`,
			"3:text'2!''2',5:text'4!''4',8:text'6!''6'"},
	} {
		_, conn := file(t)
		mustRun(t, conn, "CREATE TABLE t "+c.table, "INSERT INTO t (rowid, a, b) VALUES (3, 1, '1'), (5, 1.0, '2'), (8, '1', '3')")
		mustApply(t, conn, c.document)
		if got := value(t, conn, of); got != c.want {
			t.Errorf("%s %s: the rows are %s, not %s", c.table, c.document, got, c.want)
		}
	}
}

// TestKeepsRowids of a table whose key was the rowid.
func TestKeepsRowids(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (3, 'x'), (9, 'y')")
	mustApply(t, conn, `{"drop_constraint": {"table": "t", "was": {"primary_key": ["id"]}}}`)
	if got := value(t, conn, "SELECT group_concat(rowid || id || a) FROM t"); got != "33x,99y" {
		t.Error(got)
	}
	mustRun(t, conn, "CREATE TABLE w (rowid TEXT, _rowid_ TEXT, oid TEXT)", "INSERT INTO w VALUES ('a', 'b', 'c'), ('a', 'b', 'c')")
	mustApply(t, conn, `{"alter_column": {"table": "w", "name": "oid", "default": 5}}`)
	if got := value(t, conn, "SELECT count(*) || min(oid) FROM w"); got != "2c" {
		t.Error(got)
	}
}

// TestEnum is an enum's life.
func TestEnum(t *testing.T) {
	_, conn := file(t)
	text := func(table string) string {
		return value(t, conn, "SELECT sql FROM sqlite_schema WHERE name = '"+table+"'")
	}
	values := func() string {
		return value(t, conn, "SELECT group_concat(value || position) FROM (SELECT * FROM sandpiper_enums WHERE name = 'state' ORDER BY position)")
	}
	mustApply(t, conn, `{"create_enum": {"name": "state", "values": ["A", "C"]}}`, `{"create_enum": {"name": "plain", "values": ["x"], "plain": true}}`,
		`{"create_table": {"name": "t", "columns": [{"name": "s", "type": "enum(state)", "default": "C"}, {"name": "p", "type": "enum(plain)"}]}}`,
		`{"create_table": {"name": "u", "columns": [{"name": "id", "type": "integer", "primary_key": true}]}}`,
		`{"add_column": {"table": "u", "column": {"name": "s", "type": "enum(state)", "not_null": true, "default": "A"}}}`,
		`{"add_enum_value": {"enum": "state", "value": "it's", "after": "A"}}`)
	if got := values(); got != "A1,it's2,C3" {
		t.Errorf("the values are %s", got)
	}
	mustRun(t, conn, "INSERT INTO t VALUES ('it''s', 'whatever'), (NULL, NULL)", "INSERT INTO u VALUES (1, 'C')")
	refused(t, conn, []string{`{"drop_enum": {"name": "state"}}`}, `"t.s", "u.s"`)
	refused(t, conn, []string{`{"drop_enum_value": {"enum": "state", "value": "it's"}}`}, "1 row of t.s")
	refused(t, conn, []string{`{"drop_enum_value": {"enum": "state", "value": "A"}}`}, `default of column "s" of table "u"`)
	refused(t, conn, []string{`{"add_enum_value": {"enum": "state", "value": "A"}}`}, `value "A" already`)
	refused(t, conn, []string{`{"rename_enum_value": {"enum": "state", "value": "X", "to": "Y"}}`}, `no value "X"`, `"A", "it's", "C"`)
	mustApply(t, conn, `{"rename_enum_value": {"enum": "state", "value": "C", "to": "D"}}`)
	if got := value(t, conn, "SELECT s FROM u"); got != "D" || values() != "A1,it's2,D3" {
		t.Errorf("the row is %s", got)
	}
	if got := text("t"); !strings.Contains(got, `"s" TEXT DEFAULT 'D' CONSTRAINT "enum_state" CHECK ("s" IN ('A', 'it''s', 'D'))`) {
		t.Errorf("the table is %s", got)
	}
	mustRun(t, conn, "UPDATE t SET s = 'A'")
	mustApply(t, conn, `{"drop_enum_value": {"enum": "state", "value": "it's"}}`,
		`{"alter_column": {"table": "t", "name": "s", "type": "text"}}`)
	if got := text("t"); strings.Contains(got, "CHECK") {
		t.Errorf("the table is %s", got)
	}
	mustRun(t, conn, "UPDATE t SET s = 'nothing'")
	refused(t, conn, []string{`{"alter_column": {"table": "t", "name": "s", "type": "enum(state)"}}`}, `"s"`, "2 rows", `"A", "D"`)
	mustRun(t, conn, "UPDATE t SET s = 'D'")
	mustApply(t, conn, `{"alter_column": {"table": "t", "name": "s", "type": "enum(state)"}}`, `{"drop_column": {"table": "t", "name": "s"}}`,
		`{"drop_column": {"table": "u", "name": "s"}}`, `{"drop_enum": {"name": "state"}}`)
	if got := value(t, conn, "SELECT group_concat(name || value) FROM sandpiper_enums"); got != "plainx" {
		t.Error(got)
	}
}

func TestInsert(t *testing.T) {
	_, conn := file(t)
	var rows []string
	for i := range 1200 {
		rows = append(rows, fmt.Sprintf(`[%d, "it's", true, null, {"hex": "00ff"}, -1.5]`, i))
	}
	sent := mustApply(t, conn, `{"execute": {"sql": "CREATE TABLE t (a, b, c, d, e, f)"}}`,
		`{"insert": {"table": "t", "columns": ["a", "b", "c", "d", "e", "f"], "rows": [`+strings.Join(rows, ",")+`]}}`)
	if len(sent) != 4 {
		t.Errorf("sent %d statements", len(sent))
	}
	if got := value(t, conn, "SELECT count(*) || sum(a) || b || c || quote(d) || quote(e) || f FROM t"); got != "1200719400it's1NULLX'00FF'-1.5" {
		t.Error(got)
	}
}

func TestViewsAndTriggers(t *testing.T) {
	_, conn := file(t)
	mustApply(t, conn, `{"create_table": {"name": "t", "columns": [{"name": "a", "type": "integer"}]}}`,
		`{"create_view": {"name": "v", "query": "SELECT a, a + 1 FROM t", "columns": ["x", "y"]}}`,
		`{"create_trigger": {"name": "r", "table": "t", "sql": {"sqlite": "CREATE TRIGGER r AFTER INSERT ON t WHEN new.a < 3 BEGIN INSERT INTO t VALUES (new.a + 1); END"}}}`,
		`{"insert": {"table": "t", "columns": ["a"], "rows": [[2]]}}`)
	if got := value(t, conn, "SELECT group_concat(x || y) FROM v"); got != "23,34" {
		t.Error(got)
	}
	mustApply(t, conn, `{"drop_trigger": {"name": "r", "table": "t"}}`, `{"drop_view": {"name": "v"}}`, `{"drop_table": {"name": "t"}}`)
	if got := value(t, conn, "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Error(got)
	}
}

// A saboteur changes a statement on its way.
type saboteur struct {
	host.Tx
	old, new string
}

func (s *saboteur) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	stmt.SQL = strings.Replace(stmt.SQL, s.old, s.new, 1)
	return s.Tx.Exec(ctx, stmt)
}

// TestProof is a rebuild of which something goes wrong: the proof finds it.
func TestProof(t *testing.T) {
	const full = "(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, c INT DEFAULT 4, UNIQUE (a))"
	for _, c := range []struct{ table, old, new, word string }{
		{full, "SELECT *", "SELECT id, a, b, c + 1", "differs"},
		{full, "SELECT *", "SELECT id, a, upper(b), c", "differs"},
		{full, "SELECT *", "SELECT id, a * 1.0, b, c", "differs"},
		{full, "SELECT *", "SELECT id + 1, a, b, c", "differs"},
		{full, "NOT INDEXED", "NOT INDEXED WHERE id > 1", "has 2 rows, and its copy has 1"},
		{full, "b TEXT", "b CLOB", "CLOB"},
		{full, "NOCASE", "RTRIM", "RTRIM"},
		{full, "DEFAULT 4", "DEFAULT 5", "DEFAULT 5"},
		{full, "UNIQUE (a)", "UNIQUE (b)", "UNIQUE (b)"},
		{full, "CHECK (c > 0))", "CHECK (c > -1))", "-1"},
		{full, `ON t (c)`, `ON t (b)`, "index"},
		{full, "SELECT 2", "SELECT 3", "trigger"},
		{full, `RENAME TO "t"`, `RENAME TO "tt"`, "no such table"},
		{"(id INT PRIMARY KEY, a, b TEXT, c INT) WITHOUT ROWID", "SELECT *", "SELECT id, a, b, c + 1", "differs"},
		{"(id, a, b, c)", `"a", "b", "c" FROM`, `"a", "c", "b" FROM`, "differs"},
		{"(id, a, b, c)", `SELECT rowid`, `SELECT rowid + 100`, "differs"},
	} {
		_, conn := file(t)
		mustRun(t, conn, "CREATE TABLE t "+c.table, "CREATE INDEX i ON t (c)", "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 2; END",
			"INSERT INTO t (id, a, b, c) VALUES (1, 1, 'x', 1), (2, 2, 'y', 2)")
		before := schemaOf(t, conn)
		err := in(t.Context(), conn, func(tx host.Tx) error {
			return conn.Apply(t.Context(), &saboteur{tx, c.old, c.new}, operations(t, `{"add_constraint": {"table": "t", "constraint": {"name": "k", "check": "c > 0"}}}`, `{"alter_column": {"table": "t", "name": "a", "default": 7}}`))
		})
		if err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s for %s: %v", c.new, c.old, err)
		}
		if got := schemaOf(t, conn); got != before {
			t.Errorf("%s for %s left\n%s", c.new, c.old, got)
		}
	}
}
