package sqlite_test

import (
	"strings"
	"testing"
)

// TestFound is what TestOperations and FuzzCreateTable have found, made small.
func TestFound(t *testing.T) {
	for _, c := range []struct {
		name, table, rows, document string
		refused                     []string // words of the error; none if it works
		want                        string   // part of the table's text
	}{
		{
			name: "a default that needed no space", table: "CREATE TABLE t (a INT DEFAULT(1 + 1)UNIQUE)",
			document: `{"alter_column": {"table": "t", "name": "a", "default": 2.5}}`, want: "DEFAULT 2.5 UNIQUE",
		},
		{
			name: "a type that needed no space", table: "CREATE TABLE t (a[odd type]UNIQUE)",
			document: `{"alter_column": {"table": "t", "name": "a", "type": "text"}}`, want: "a TEXT UNIQUE",
		},
		{
			name: "INTEGER PRIMARY KEY DESC with the index of a UNIQUE", table: "CREATE TABLE t (a INTEGER PRIMARY KEY DESC UNIQUE, b TEXT)",
			rows: "INSERT INTO t (rowid, a, b) VALUES (7, 1, 'x'), (9, NULL, 'y')", document: `{"alter_column": {"table": "t", "name": "b", "type": "string(9)"}}`, want: "VARCHAR(9)",
		},
		{
			name: "a comment beside a NOT NULL that goes", table: "CREATE TABLE t (a TEXT NOT NULL /* why */, b TEXT)",
			document: `{"alter_column": {"table": "t", "name": "a", "not_null": false}}`, want: "a TEXT /* why */,",
		},
		{
			name: "a comment beside a NOT NULL that comes and goes", table: "CREATE TABLE t (a TEXT CHECK (a > 0) /* why */, b TEXT)",
			document: `{"batch": {"table": "t", "operations": [
				{"alter_column": {"table": "t", "name": "a", "not_null": true}}, {"alter_column": {"table": "t", "name": "a", "not_null": false}}]}}`,
			want: "CHECK (a > 0) /* why */,",
		},
		{
			name: "a NOT NULL behind NOT DEFERRABLE", table: "CREATE TABLE t (a TEXT REFERENCES t (a) NOT DEFERRABLE UNIQUE NOT NULL)",
			document: `{"alter_column": {"table": "t", "name": "a", "not_null": false}}`, want: "NOT DEFERRABLE UNIQUE)",
		},
		{
			name: "a NOT NULL to come behind NOT DEFERRABLE", table: "CREATE TABLE t (a TEXT REFERENCES t (a) NOT DEFERRABLE UNIQUE)",
			document: `{"alter_column": {"table": "t", "name": "a", "not_null": true}}`, want: "NOT DEFERRABLE UNIQUE NOT NULL)",
		},
		{
			name: "two defaults that go from between what needs a space", table: "CREATE TABLE t (a DEFAULT(0) DEFAULT''UNIQUE)",
			document: `{"alter_column": {"table": "t", "name": "a", "drop_default": true}}`, want: "(a UNIQUE)",
		},
		{
			name: "one default for two", table: "CREATE TABLE t (a DEFAULT(0) DEFAULT''UNIQUE)",
			document: `{"alter_column": {"table": "t", "name": "a", "default": 7}}`, want: "DEFAULT 7 UNIQUE",
		},
		{
			name: "a comment in the action of a foreign key", table: "CREATE TABLE t (a TEXT, CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a) ON DELETE SET /* it */ NULL)",
			document: `{"drop_constraint": {"table": "t", "name": "f"}}`, want: "(a TEXT)",
		},
		{
			name: "a NULL behind a check that goes", table: "CREATE TABLE t (a INTEGER CONSTRAINT c CHECK (a > 0)NULL UNIQUE)",
			document: `{"drop_constraint": {"table": "t", "name": "c"}}`, want: "(a INTEGER NULL UNIQUE)",
		},
		{
			name: "a comment between a type and what goes", table: "CREATE TABLE t (b, a BIG INT/* it */CONSTRAINT u UNIQUE GENERATED ALWAYS AS (b))",
			document: `{"drop_constraint": {"table": "t", "name": "u"}}`, want: "BIG INT/* it */",
		},
		{
			name: "a comment beside a check that goes", table: "CREATE TABLE t (a TEXT, CONSTRAINT c CHECK (a > 0) /* of a */, /* of b */ UNIQUE (a))",
			document: `{"drop_constraint": {"table": "t", "name": "c"}}`, want: "/* of a *//* of b */ UNIQUE",
		},
		{
			name: "a check of a column that is missing", table: "CREATE TABLE t (a TEXT)",
			document: `{"add_constraint": {"table": "t", "constraint": {"name": "x", "check": "\"missing\" > 0"}}}`, refused: []string{"t", "missing"},
		},
		{
			name: "a generated column that is NULL", table: "CREATE TABLE t (a TEXT)", rows: "INSERT INTO t (a) VALUES (NULL)",
			document: `{"add_column": {"table": "t", "column": {"name": "made", "type": "integer", "not_null": true, "generated": "length(a)", "virtual": true}}}`,
			refused:  []string{`"t"`, `"made"`, "1 row"},
		},
		{
			name: "a stored column that is NULL", table: "CREATE TABLE t (a TEXT)", rows: "INSERT INTO t (a) VALUES (NULL), ('x'), (NULL)",
			document: `{"add_column": {"table": "t", "column": {"name": "made", "type": "integer", "not_null": true, "generated": "length(a)"}}}`,
			refused:  []string{`"t"`, `"made"`, "2 rows"},
		},
		{
			name: "a generated column made NOT NULL", table: "CREATE TABLE t (a TEXT, made INTEGER AS (length(a)))", rows: "INSERT INTO t (a) VALUES (NULL), ('x')",
			document: `{"alter_column": {"table": "t", "name": "made", "not_null": true}}`,
			refused:  []string{`"t"`, `"made"`, "1 row"},
		},
		{
			name: "a stored column of one that is added with it", table: "CREATE TABLE t (a TEXT)", rows: "INSERT INTO t (a) VALUES ('x')",
			document: `{"batch": {"table": "t", "operations": [
				{"add_column": {"table": "t", "column": {"name": "b", "type": "text"}}},
				{"add_column": {"table": "t", "column": {"name": "made", "type": "integer", "not_null": true, "generated": "length(b)"}}}]}}`,
			refused: []string{`"t"`, `"made"`, "1 row"},
		},
		{
			name: "a column that fires a trigger", table: "CREATE TABLE t (a, b); CREATE TRIGGER r AFTER UPDATE OF b, a ON t BEGIN SELECT 1; END",
			document: `{"drop_column": {"table": "t", "name": "a"}}`, refused: []string{`"t"`, `"a"`, `"r"`},
		},
		{
			name: "a view of a column that goes in a rebuild", table: "CREATE TABLE t (a, b, CHECK (a > 0)); CREATE VIEW v AS SELECT b FROM t",
			document: `{"batch": {"table": "t", "operations": [
				{"drop_constraint": {"table": "t", "was": {"check": "a > 0"}}}, {"drop_column": {"table": "t", "name": "b"}}]}}`,
			refused: []string{"drop_column", `"t"`, `"v"`},
		},
		{
			name: "a column that is called as NULL is", table: `CREATE TABLE t (a, "null"); CREATE INDEX i ON t (a) WHERE a IS NOT NULL`,
			document: `{"drop_column": {"table": "t", "name": "null"}}`, want: "(a)",
		},
		{
			name: "columns that are called as words of an index are", table: `CREATE TABLE t (a, desc, nocase, "end")` +
				`; CREATE INDEX i ON t (a COLLATE nocase DESC, (CASE a WHEN 1 THEN 2 END))`,
			document: `{"batch": {"table": "t", "operations": [
				{"drop_column": {"table": "t", "name": "desc"}}, {"drop_column": {"table": "t", "name": "nocase"}}, {"drop_column": {"table": "t", "name": "end"}}]}}`,
			want: "(a)",
		},
		{
			name: "a column called desc in an index", table: "CREATE TABLE t (a, desc); CREATE INDEX i ON t (a, desc DESC)",
			document: `{"drop_column": {"table": "t", "name": "desc"}}`, refused: []string{`"desc"`, `index "i"`},
		},
		{
			name: "a unique index on what is computed anew", table: "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (a)",
			rows: "INSERT INTO t VALUES (1), (2)", document: `{"alter_column": {"table": "t", "name": "a", "type": "integer", "using": "length(a)"}}`,
			refused: []string{`t.a`, "UNIQUE"},
		},
		{
			name: "a unique index on an expression of what is computed anew", table: "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (length(a))",
			rows: "INSERT INTO t VALUES (1), (22)", document: `{"alter_column": {"table": "t", "name": "a", "type": "integer", "using": "length(a)"}}`,
			refused: []string{`"t"`, "'i'"},
		},
		{
			name: "a primary key that is UNIQUE too, renamed", table: "CREATE TABLE t (a INTEGER PRIMARY KEY, UNIQUE (a)) WITHOUT ROWID",
			document: `{"rename_column": {"table": "t", "name": "a", "to": "b"}}`, refused: []string{`"t"`, `"a"`, "drop that before"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, c.table, c.rows)
			if c.refused != nil {
				saysWhy(t, migrate(t.Context(), conn, c.document), c.refused...)
				return
			}
			rows := rawText(t, path, "SELECT coalesce(group_concat(rowid), '') FROM t")
			err := migrate(t.Context(), conn, c.document)
			if err != nil {
				t.Fatalf("%v%s", err, adviceOf(err))
			}
			if got := rawText(t, path, "SELECT sql FROM sqlite_schema WHERE name = 't'"); !strings.Contains(got, c.want) {
				t.Errorf("the text is %s, want %s in it", got, c.want)
			}
			if got := rawText(t, path, "SELECT coalesce(group_concat(rowid), '') FROM t"); got != rows {
				t.Errorf("the rowids are %s, were %s", got, rows)
			}
		})
	}
}
