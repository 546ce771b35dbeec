package sqlite_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// TestRefusals is bad input: the error names the place, the number of rows in
// the way and the way out, and the database is as it was.
func TestRefusals(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn,
		"CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE)",
		"CREATE TABLE t (a INT, b TEXT, c INT CHECK (c > 0), d INT, e AS (d + 1), f INT REFERENCES p, g TEXT, h INT, CONSTRAINT u UNIQUE (a, b), CHECK (g <> ''))",
		"CREATE INDEX i ON t (lower(b))", "CREATE INDEX partial ON t (a) WHERE h > 0",
		"CREATE TABLE other (code REFERENCES p (code), g TEXT)",
		"CREATE VIEW v AS SELECT id FROM p", "CREATE VIEW w AS SELECT g FROM other",
		"CREATE TABLE log (x)", "CREATE TRIGGER r AFTER INSERT ON log BEGIN INSERT INTO other (g) VALUES (new.x); END",
		"INSERT INTO t (a, b, c, d, g) VALUES (1, '12', 1, 1, 'x'), (2, '1x', 2, 1, 'y'), (NULL, '1.5', 3, NULL, 'z')",
		"CREATE TABLE one (only_one)")
	for _, c := range []struct {
		document string
		words    []string
	}{
		{`{"add_column": {"table": "x", "column": {"name": "n", "type": "text"}}}`, []string{`no table "x"`, `"log", "one", "other", "p", "t"`}},
		{`{"add_column": {"table": "v", "column": {"name": "n", "type": "text"}}}`, []string{`"v" is a view`}},
		{`{"add_column": {"table": "t", "column": {"name": "A", "type": "text"}}}`, []string{`column "A" already`}},
		{`{"add_column": {"table": "t", "column": {"name": "n", "type": "text", "not_null": true}}}`, []string{`"n"`, `"t"`, "3 rows", "give it a default"}},
		{`{"add_column": {"table": "t", "column": {"name": "n", "type": "enum(state)"}}}`, []string{`no enum "state"`, "create_enum"}},
		{`{"add_column": {"table": "t", "column": {"name": "n", "type": "text", "default": {"sql": "1), (2"}}}}`, []string{"not one expression"}},
		{`{"add_column": {"table": "t", "column": {"name": "n", "type": {"sqlite": "INT, m INT"}}}}`, []string{"nothing more"}},
		{`{"add_column": {"table": "t", "column": {"name": "n", "type": {"sqlite": "INT UNIQUE"}}}}`, []string{"nothing more"}},
		{`{"create_table": {"name": "n", "columns": [{"name": "n", "type": "enum(state)"}]}}`, []string{`column "n"`, `no enum "state"`}},
		{`{"drop_column": {"table": "t", "name": "n"}}`, []string{`no column "n"`, `"a", "b", "c"`}},
		{`{"drop_column": {"table": "one", "name": "only_one"}}`, []string{"only column", "drop the table"}},
		{`{"drop_column": {"table": "t", "name": "a"}}`, []string{`column "a"`, `index "partial"`, "drop that before"}},
		{`{"drop_column": {"table": "t", "name": "b"}}`, []string{`index "i"`}},
		{`{"drop_column": {"table": "t", "name": "h"}}`, []string{`index "partial"`}},
		{`{"drop_column": {"table": "t", "name": "d"}}`, []string{`generated column "e"`}},
		{`{"drop_column": {"table": "t", "name": "f"}}`, []string{"foreign key"}},
		{`{"drop_column": {"table": "t", "name": "g"}}`, []string{"check"}},
		{`{"drop_column": {"table": "p", "name": "code"}}`, []string{`unique constraint (code)`}},
		{`{"drop_column": {"table": "other", "name": "g"}}`, []string{"view w", "drop it before"}},
		{`{"alter_column": {"table": "t", "name": "n", "not_null": true}}`, []string{`no column "n"`}},
		{`{"alter_column": {"table": "t", "name": "a", "not_null": true}}`, []string{`column "a"`, "NULL in 1 row", "give these rows a value"}},
		{`{"alter_column": {"table": "t", "name": "b", "type": "integer"}}`, []string{`column "b"`, "2 rows", "such as '1", "using"}},
		{`{"alter_column": {"table": "t", "name": "b", "type": "float"}}`, []string{"1 row", "'1x'"}},
		{`{"alter_column": {"table": "t", "name": "b", "type": "numeric(5,2)"}}`, []string{"1 row"}},
		{`{"alter_column": {"table": "t", "name": "a", "type": "boolean"}}`, []string{"boolean", "1 row", "such as 2"}},
		{`{"add_constraint": {"table": "t", "constraint": {"unique": ["d"]}}}`, []string{"2 rows", "(d)"}},
		{`{"add_constraint": {"table": "t", "constraint": {"primary_key": ["a"]}}}`, []string{`"a"`, "NULL in 1 row"}},
		{`{"add_constraint": {"table": "p", "constraint": {"primary_key": ["code"]}}}`, []string{"a primary key already: (id)"}},
		{`{"add_constraint": {"table": "t", "constraint": {"name": "k", "check": "c < 3"}}}`, []string{`check "k"`, "1 row"}},
		{`{"add_constraint": {"table": "t", "constraint": {"name": "U", "check": "c < 9"}}}`, []string{`constraint "U" already`}},
		{`{"add_constraint": {"table": "t", "constraint": {"foreign_key": ["a"], "references": "nowhere"}}}`, []string{`no table "nowhere"`}},
		{`{"add_constraint": {"table": "t", "constraint": {"unique": ["n"]}}}`, []string{`no column "n"`}},
		{`{"drop_constraint": {"table": "t", "name": "k"}}`, []string{`no constraint "k"`, `unique constraint "u" (a, b)`, "check (c > 0)", "say it in was"}},
		{`{"create_index": {"table": "t", "name": "i", "columns": ["a"]}}`, []string{`index "i" already`}},
		{`{"create_index": {"table": "p", "name": "i", "columns": ["id"]}}`, []string{`index "i" already, on table "t"`}},
		{`{"create_index": {"table": "t", "name": "j", "columns": ["d"], "unique": true}}`, []string{`index "j"`, "2 rows"}},
		{`{"create_index": {"table": "t", "name": "j", "columns": ["n"]}}`, []string{`no column "n"`}},
		{`{"drop_index": {"table": "t", "name": "j"}}`, []string{`no index "j"`, `"i", "partial"`}},
		{`{"drop_index": {"table": "p", "name": "i"}}`, []string{`on table "t", not on "p"`}},
		{`{"drop_index": {"table": "p", "name": "sqlite_autoindex_p_1"}}`, []string{"of a constraint", "drop the constraint"}},
		{`{"rename_index": {"table": "t", "name": "i", "to": "partial"}}`, []string{`index "partial" already`}},
		{`{"rename_column": {"table": "t", "name": "n", "to": "m"}}`, []string{`no column "n"`}},
		{`{"rename_table": {"name": "x", "to": "y"}}`, []string{`no table "x"`}},
		{`{"rename_table": {"name": "t", "to": "p"}}`, []string{"p"}},
		{`{"drop_table": {"name": "x"}}`, []string{`no table "x"`}},
		{`{"drop_table": {"name": "p"}}`, []string{`"t" (f)`, `"other" (code)`}},
		{`{"drop_table": {"name": "other"}}`, []string{`view "w" would be broken`, `trigger "r"`}},
		{`{"drop_view": {"name": "x"}}`, []string{`no view "x"`, `"v", "w"`}},
		{`{"drop_trigger": {"name": "r", "table": "t"}}`, []string{`on table "log"`}},
		{`{"drop_trigger": {"name": "x", "table": "log"}}`, []string{`no trigger "x"`}},
		{`{"drop_enum": {"name": "state"}}`, []string{`no enum "state"`}},
	} {
		t.Run(c.document, func(t *testing.T) { refused(t, conn, []string{c.document}, c.words...) })
	}
}

// TestIfThere is what is left alone where it is there, or is not.
func TestIfThere(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT)", "CREATE INDEX i ON t (a)")
	before := schemaOf(t, conn)
	sent := mustApply(t, conn,
		`{"add_column": {"table": "t", "column": {"name": "a", "type": "text"}, "if_not_exists": true}}`,
		`{"drop_column": {"table": "t", "name": "n", "if_exists": true}}`,
		`{"create_index": {"table": "t", "name": "i", "columns": ["a"], "if_not_exists": true}}`,
		`{"drop_index": {"table": "t", "name": "j", "if_exists": true}}`,
		`{"drop_constraint": {"table": "t", "name": "k", "if_exists": true}}`,
		`{"drop_table": {"name": "x", "if_exists": true}}`,
		`{"drop_view": {"name": "x", "if_exists": true}}`,
		`{"drop_trigger": {"name": "x", "table": "t", "if_exists": true}}`,
		`{"drop_enum": {"name": "x", "if_exists": true}}`,
		`{"alter_column": {"table": "t", "name": "a", "type": {"sqlite": "int"}, "not_null": false, "drop_default": true}}`,
		`{"alter_column": {"table": "t", "name": "a", "comment": "x"}}`,
		`{"comment": {"table": "t", "text": "x"}}`,
		`{"validate_constraint": {"table": "t", "name": "x"}}`,
		`{"execute": {"sql": {"postgresql": "SELECT 1"}}}`)
	if len(sent) > 0 || schemaOf(t, conn) != before {
		t.Errorf("sent %q", sent)
	}
}

// TestBrokenBefore is a view and a trigger that nobody could use before, and
// that stand in the way of nothing but a rename.
func TestBrokenBefore(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT, b INT, c INT)", "CREATE VIEW v AS SELECT * FROM nowhere",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END")
	mustApply(t, conn, `{"drop_column": {"table": "t", "name": "b"}}`, `{"alter_column": {"table": "t", "name": "a", "not_null": true}}`)
	if got := value(t, conn, "SELECT sql FROM sqlite_schema WHERE name = 't'"); got != `CREATE TABLE "t" (a INT NOT NULL, c INT)` {
		t.Error(got)
	}
	refused(t, conn, []string{`{"rename_column": {"table": "t", "name": "c", "to": "d"}}`}, `view "v"`, "drop or mend")
}

func TestBreaksTrigger(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT, b INT)", "CREATE TABLE log (x)",
		"CREATE TRIGGER r AFTER INSERT ON log BEGIN UPDATE t SET b = 1; END", "CREATE TRIGGER s AFTER UPDATE ON t BEGIN SELECT 1; END")
	refused(t, conn, []string{`{"drop_column": {"table": "t", "name": "b"}}`}, "trigger", "r")
}

// TestTemporaryObjects are not lost, and hide no table.
func TestTemporaryObjects(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT)")
	for _, sql := range []string{"CREATE TEMP TABLE t (x)", "CREATE TEMP TRIGGER r AFTER INSERT ON main.t BEGIN SELECT 1; END"} {
		err := in(t.Context(), conn, func(tx host.Tx) error {
			if _, err := tx.Exec(t.Context(), host.Statement{SQL: sql}); err != nil {
				return err
			}
			return conn.Apply(t.Context(), tx, operations(t, `{"alter_column": {"table": "t", "name": "a", "default": 1}}`))
		})
		if err == nil {
			t.Errorf("%s: the table was changed", sql)
		}
	}
}

// TestStray is a table under the name that a rebuild would use: it stays, and
// stands in nobody's way.
func TestStray(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT)", "CREATE TABLE sandpiper_new_t (a INT)", "INSERT INTO sandpiper_new_t VALUES (7)")
	mustApply(t, conn, `{"alter_column": {"table": "t", "name": "a", "default": 1}}`)
	if got := value(t, conn, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)"); got != "sandpiper_new_t,t" {
		t.Errorf("the tables are %s", got)
	}
	if got := value(t, conn, "SELECT group_concat(a) FROM sandpiper_new_t"); got != "7" {
		t.Errorf("the stray table has %s, had 7", got)
	}
}
