package lint_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// nowhere is a database that nobody connects to.
type nowhere chain.Dialect

func (d nowhere) Dialect() chain.Dialect { return chain.Dialect(d) }
func (d nowhere) String() string         { return string(d) }
func (d nowhere) Connect(context.Context) (host.Conn, error) {
	return nil, errors.New("lint connects to a database")
}

// read makes a chain of the texts of its revisions, the oldest first: what stands
// below the header of a file. One that begins with "upgrade:" is YAML.
func read(t testing.TB, d chain.Dialect, texts ...string) *host.Runner {
	t.Helper()
	r, err := tryRead(d, texts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryRead(d chain.Dialect, texts ...string) (*host.Runner, error) {
	files := fstest.MapFS{}
	for i, text := range texts {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf("%012d", i)
		}
		name, head := fmt.Sprintf("%d.sql", i+1), "-- Revision ID: %012d\n-- Revises: %s\n"
		if strings.Contains("\n"+text, "\nupgrade:") {
			name, head = fmt.Sprintf("%d.yaml", i+1), "revision: \"%012d\"\nrevises: \"%s\"\n"
		}
		files["versions/"+string(d)+"/"+name] = &fstest.MapFile{Data: []byte(fmt.Sprintf(head, i+1, parent) + text)}
	}
	return host.NewRunner(files, nowhere(d), nil, host.Config{})
}

// look lints the last revision.
func look(t testing.TB, r *host.Runner, cfg lint.Config) lint.Report {
	t.Helper()
	heads := r.Graph().Heads("main")
	report, err := lint.Lint(r, func(rev chain.Revision) bool { return slices.Contains(heads, rev.ID) }, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func rules(report lint.Report) []string {
	var names []string
	for _, f := range report.Findings {
		names = append(names, f.Rule.Name)
	}
	return names
}

// tables are what the revision before has made.
var tables = map[chain.Dialect]string{
	chain.PostgreSQL: `CREATE TYPE e AS ENUM ('a');
CREATE TABLE t (id int PRIMARY KEY, v varchar(10), n numeric(8,2), x text, d date, k int, ts timestamptz(3), en e);
CREATE TABLE u (id int PRIMARY KEY, a int, b int);
CREATE INDEX ix_t ON t (v); CREATE INDEX ix_u ON u (a, b);
CREATE TABLE parts (id int, d date) PARTITION BY RANGE (d);
CREATE DOMAIN posint AS int CHECK (VALUE > 0); CREATE DOMAIN loose AS int;
CREATE TABLE small (id int NOT NULL, k int, c int CHECK (c > 0)); CREATE UNIQUE INDEX ix_id ON small (id); CREATE UNIQUE INDEX ix_k ON small (k);
CREATE MATERIALIZED VIEW m AS SELECT 1;`,
	chain.SQLite: `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, k INT);
CREATE TABLE u (id INTEGER PRIMARY KEY, a INT, b INT);
CREATE INDEX ix_t ON t (v); CREATE INDEX ix_u ON u (a, b);`,
}

// TestRules has for each rule what it finds and what it must not find. A case
// is SQL that is wrapped in sections, or YAML.
func TestRules(t *testing.T) {
	const p, s = chain.PostgreSQL, chain.SQLite
	checkRules(t, []ruleCase{
		{p, "SELECT 1", ""},
		{p, "SELEC 1", "syntax"},
		{p, "CREATE TABLE n (id int", "syntax"},
		{s, "SELECT 'a", "syntax"},
		{p, "upgrade:\n  - add_constraint: {table: t, constraint: {name: c, check: k >, not_valid: true}}\n", "syntax"},
		{p, "upgrade:\n  - create_index: {table: t, columns: [{expr: lower(v}], name: i, concurrently: true}\n", "syntax"},
		{p, "upgrade:\n  - create_view: {name: w, query: SELEC 1}\n", "syntax"},
		{p, "upgrade:\n  - create_view: {name: w, query: SELECT 1}\n", ""},

		{p, "CREATE INDEX CONCURRENTLY i ON t (k)", "needs-autocommit"},
		{p, "AUTO CREATE INDEX CONCURRENTLY i ON t (k)", ""},
		{p, "DROP INDEX CONCURRENTLY ix_t", "needs-autocommit"},
		{p, "AUTO DROP INDEX CONCURRENTLY ix_t", ""},
		{p, "VACUUM t", "needs-autocommit"},
		{p, "AUTO VACUUM (ANALYZE) t", ""},
		{p, "ANALYZE t", ""},
		{p, "REINDEX (CONCURRENTLY) INDEX ix_t", "needs-autocommit"},
		{p, "ALTER SYSTEM SET work_mem = '1MB'", "needs-autocommit"},
		{s, "VACUUM", "needs-autocommit"},
		{s, "AUTO VACUUM", ""},
		{s, "SELECT 'VACUUM'; /* VACUUM */ CREATE TABLE \"VACUUM\" (id INTEGER PRIMARY KEY)", ""},

		{s, "PRAGMA foreign_keys = OFF", "pragma-in-transaction"},
		{s, "pragma main.journal_mode(wal)", "pragma-in-transaction"},
		{s, "AUTO PRAGMA journal_mode = wal", ""},
		{s, "PRAGMA user_version = 3", ""},
		{s, "-- PRAGMA foreign_keys\nSELECT 'PRAGMA foreign_keys'", ""},

		{p, "ALTER TYPE e ADD VALUE 'b'; UPDATE t SET en = 'b'", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; UPDATE t SET v = 'a'", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; -- +autocommit begin\n-- +autocommit end\nUPDATE t SET v = 'b'", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; ALTER TYPE e ADD VALUE 'c'; UPDATE t SET en = 'b'; UPDATE t SET en = 'c'", "new-enum-value new-enum-value"},
		{p, "CREATE TYPE f AS ENUM ('a'); ALTER TYPE f ADD VALUE 'b'; CREATE TABLE w (k f DEFAULT 'b')", "new-enum-value"},
		{p, "CREATE TYPE f AS ENUM ('a', 'b'); CREATE TABLE w (k f DEFAULT 'b')", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; ALTER TABLE t ALTER en SET DEFAULT 'b'", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; ALTER TABLE t ADD COLUMN c e DEFAULT 'b'", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; ALTER TABLE t ADD CHECK (en <> 'b') NOT VALID", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; CREATE VIEW w AS SELECT id FROM t WHERE en IN ('a', 'b')", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; CREATE TABLE w (id int, k e); CREATE INDEX i ON w (id) WHERE k = 'b'", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; SELECT 'b'::e", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; INSERT INTO t (en) VALUES ('b')", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; INSERT INTO t SELECT 1, 'b'", "new-enum-value"},
		{p, "ALTER TYPE e ADD VALUE 'b'; UPDATE t SET v = 'b', x = lower('b') WHERE x = 'b'", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; INSERT INTO t (id, v) VALUES (1, 'b')", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; ALTER TABLE t ADD COLUMN c text DEFAULT 'b', ALTER x SET DEFAULT 'b'", ""},
		{p, "ALTER TYPE e ADD VALUE 'b'; CREATE TABLE w (k text CHECK (k <> 'b')); COMMENT ON TABLE w IS 'b'; SET search_path = 'b'", ""},
		{p, "upgrade:\n  - add_enum_value: {enum: e, value: b}\n  - insert: {table: t, columns: [v], rows: [[b]]}\ndowngrade: irreversible\n", ""},

		{p, "ALTER TABLE t ADD COLUMN c int NOT NULL", "not-null-column"},
		{p, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 1", ""},
		{p, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT NULL", "not-null-column"},
		{s, "ALTER TABLE t ADD c INT NOT NULL", "not-null-column"},
		{s, "ALTER TABLE t ADD COLUMN c INT NOT NULL DEFAULT 0", ""},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: integer, not_null: true}}\n", "not-null-column"},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: integer, not_null: true, default: 0}}\n", ""},

		{p, "ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()", "volatile-default"},
		{p, "ALTER TABLE t ADD COLUMN c float DEFAULT round(random())", "volatile-default"},
		{p, "ALTER TABLE t ADD COLUMN c timestamptz DEFAULT clock_timestamp()", "volatile-default"},
		{p, "ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()", ""},
		{p, "ALTER TABLE t ADD COLUMN c timestamptz DEFAULT CURRENT_TIMESTAMP", ""},
		{p, "ALTER TABLE t ADD COLUMN c jsonb DEFAULT '{}'::jsonb", ""},
		{p, "ALTER TABLE t ADD COLUMN c uuid; ALTER TABLE t ALTER c SET DEFAULT gen_random_uuid()", ""},
		{s, "ALTER TABLE t ADD COLUMN c TEXT DEFAULT CURRENT_TIMESTAMP", "volatile-default"},
		{s, "ALTER TABLE t ADD COLUMN c TEXT DEFAULT (1+1)", "volatile-default"},
		{s, "ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'CURRENT_TIMESTAMP'", ""},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: uuid, default: {function: uuid}}}\n", "volatile-default"},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: timestamptz, default: {function: now}}}\n", ""},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: float, default: {sql: random()}}}\n", "volatile-default"},

		{p, "ALTER TABLE t ALTER v TYPE int USING v::int", "table-rewrite"},
		{p, "ALTER TABLE t ALTER k TYPE bigint", "table-rewrite"},
		{p, "ALTER TABLE t ALTER v TYPE varchar(5)", "table-rewrite"},
		{p, "ALTER TABLE t ALTER x TYPE varchar(50)", "table-rewrite"},
		{p, "ALTER TABLE t ALTER n TYPE numeric(8,3)", "table-rewrite"},
		{p, "ALTER TABLE t ALTER ts TYPE timestamptz(0)", "table-rewrite"},
		{p, "ALTER TABLE not_known ALTER a TYPE text", "table-rewrite"},
		{p, "ALTER TABLE t ALTER v TYPE varchar(20)", ""},
		{p, "ALTER TABLE t ALTER v TYPE text", ""},
		{p, "ALTER TABLE t ALTER v TYPE text USING v::text", ""},
		{p, "ALTER TABLE t ALTER v TYPE varchar(20) USING v::varchar(20)", ""},
		{p, "ALTER TABLE t ALTER v TYPE varchar(20) USING v::varchar(5)", "table-rewrite"},
		{p, "ALTER TABLE t ALTER v TYPE text USING x::text", "table-rewrite"},
		{p, "ALTER TABLE t ALTER k TYPE bigint USING k::bigint", "table-rewrite"},
		{p, "ALTER TABLE public.t ALTER x TYPE varchar", ""},
		{p, "ALTER TABLE t ALTER n TYPE numeric(10,2)", ""},
		{p, "ALTER TABLE t ALTER ts TYPE timestamptz", ""},
		{p, "ALTER TABLE t RENAME TO w; ALTER TABLE w ALTER v TYPE varchar(20)", "rename-table"},
		{p, "upgrade:\n  - alter_column: {table: t, name: k, type: bigint, was: {type: integer}}\n", "table-rewrite"},
		{p, "upgrade:\n  - alter_column: {table: t, name: v, type: string(30), was: {type: string(10)}}\n", ""},
		{p, "ALTER TABLE t ADD COLUMN c serial", "table-rewrite"},
		{p, "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (k + 1) STORED", "table-rewrite"},
		{p, "ALTER TABLE t ADD COLUMN c int GENERATED BY DEFAULT AS IDENTITY", "table-rewrite"},
		{p, "ALTER TABLE t SET UNLOGGED", "table-rewrite"},
		{p, "AUTO CLUSTER t USING ix_t", "table-rewrite"},
		{p, "AUTO VACUUM FULL t", "table-rewrite"},
		{p, "AUTO VACUUM (FULL, ANALYZE) t", "table-rewrite"},
		{p, "AUTO VACUUM (FULL true) t", "table-rewrite"},
		{p, "AUTO VACUUM (FULL 1) t", "table-rewrite"},
		{p, "AUTO VACUUM (FULL false) t", ""},
		{p, "AUTO VACUUM (FULL off) t", ""},
		{p, "AUTO VACUUM (FULL 0) t", ""},
		{p, "ALTER TABLE t SET (fillfactor = 70)", ""},

		{s, "upgrade:\n  - alter_column: {table: t, name: v, type: integer, was: {type: text}}\n", "rebuild"},
		{s, "upgrade:\n  - add_constraint: {table: t, constraint: {unique: [v]}}\n", "rebuild"},
		{s, "upgrade:\n  - add_column: {table: t, column: {name: c, type: uuid, default: {function: uuid}}}\n", "rebuild"},
		{s, "upgrade:\n  - add_constraint: {table: t, constraint: {name: c, check: k > 0}}\n", ""},
		{s, "upgrade:\n  - add_column: {table: t, column: {name: c, type: text, default: a}}\n", ""},
		{s, "upgrade:\n  - batch:\n      table: t\n      operations:\n        - alter_column: {table: t, name: v, type: integer, was: {type: text}}\n        - add_constraint: {table: t, constraint: {unique: [v]}}\n", "rebuild"},
		{s, `CREATE TABLE "new" (id INTEGER PRIMARY KEY); INSERT INTO new SELECT id FROM t; DROP TABLE t; ALTER TABLE [new] RENAME TO t`, "rebuild"},
		{s, "ALTER TABLE t RENAME TO old; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT id FROM old; DROP TABLE old", "rebuild"},

		{p, "CREATE INDEX i ON t (k)", "blocking-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, a int); CREATE INDEX i ON w (a)", ""},
		{p, "CREATE TABLE w AS SELECT * FROM t; CREATE INDEX i ON w (a)", ""},
		{p, "CREATE TABLE IF NOT EXISTS t (id int); CREATE INDEX i ON t (k)", "blocking-index"},
		{p, "CREATE TABLE IF NOT EXISTS t AS SELECT 1; CREATE INDEX i ON t (k)", "blocking-index"},
		{p, "CREATE TABLE IF NOT EXISTS t (id int); DROP TABLE t", "drop-table"},
		{p, "CREATE TABLE IF NOT EXISTS w (id int); CREATE INDEX i ON w (id)", ""},
		{p, "DROP TABLE t; CREATE TABLE IF NOT EXISTS t (id int); CREATE INDEX i ON t (id)", "drop-table"},
		{s, "CREATE TABLE IF NOT EXISTS T (id int); DROP TABLE t", "drop-table"},
		{p, "CREATE INDEX i ON ONLY parts (d)", ""},
		{p, "CREATE INDEX i ON ONLY not_known (d)", ""},
		{p, "CREATE INDEX i ON ONLY t (k)", "blocking-index"},
		{p, "CREATE INDEX i ON parts (d)", "blocking-index"},
		{p, "DROP INDEX ix_t", "blocking-index"},
		{p, "REINDEX TABLE t", "blocking-index"},
		{s, "CREATE INDEX i ON t (k); DROP INDEX ix_t; REINDEX", ""},
		{p, "upgrade:\n  - create_index: {table: t, columns: [k]}\n", "blocking-index"},
		{p, "upgrade:\n  - create_index: {table: t, columns: [k], concurrently: true}\n", ""},
		{p, "upgrade:\n  - drop_index: {table: t, name: ix_t, was: {columns: [v]}}\n", "blocking-index"},

		{p, "ALTER TABLE t ADD CONSTRAINT q UNIQUE (v)", "blocking-key"},
		{p, "ALTER TABLE t ADD COLUMN c int UNIQUE", "blocking-key"},
		{p, "ALTER TABLE t ADD EXCLUDE USING gist (k WITH =)", "blocking-key"},
		{p, "ALTER TABLE t ADD CONSTRAINT q UNIQUE USING INDEX ix_t", ""},
		{p, "upgrade:\n  - add_constraint: {table: t, constraint: {unique: [v]}}\n", "blocking-key"},

		{p, "ALTER TABLE t ADD CONSTRAINT c CHECK (k > 0)", "unvalidated-constraint"},
		{p, "ALTER TABLE t ADD CONSTRAINT c CHECK (k > 0) NOT VALID", ""},
		{p, "CREATE INDEX CONCURRENTLY i ON t (k)", "needs-autocommit"},
		{p, "ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t", "unvalidated-constraint"},
		{p, "ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t NOT VALID", ""},
		{p, "ALTER TABLE t ADD COLUMN c int CHECK (c > 0)", "unvalidated-constraint"},
		{p, "upgrade:\n  - add_constraint: {table: t, constraint: {name: c, check: k > 0}}\n", "unvalidated-constraint"},

		{p, "ALTER TABLE t ADD CONSTRAINT c CHECK (k > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c", "validate-in-transaction"},
		{p, "ALTER TABLE t ADD CONSTRAINT c CHECK (k > 0) NOT VALID; -- +autocommit begin\nALTER TABLE t VALIDATE CONSTRAINT c; -- +autocommit end", ""},
		{p, "ALTER TABLE t VALIDATE CONSTRAINT older", ""},

		{p, "ALTER TABLE t ALTER k SET NOT NULL", "set-not-null"},
		{p, "AUTO ALTER TABLE t ADD CONSTRAINT c CHECK (k IS NOT NULL AND k > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER k SET NOT NULL", ""},
		{p, "AUTO ALTER TABLE t ADD CONSTRAINT c CHECK (k IS NOT NULL) NOT VALID; ALTER TABLE t ALTER k SET NOT NULL", "set-not-null"},
		{p, "AUTO ALTER TABLE t ADD CONSTRAINT c CHECK (k IS NOT NULL OR k > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER k SET NOT NULL", "set-not-null"},
		{p, "upgrade:\n  - alter_column: {table: t, name: k, not_null: true, was: {not_null: false}}\n", "set-not-null"},

		{p, "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1", "backfill-with-ddl"},
		{p, "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1; DELETE FROM t WHERE c = 2", "backfill-with-ddl"},
		{p, "UPDATE t SET k = 1; ALTER TABLE t ADD COLUMN c int", ""},
		{p, "ALTER TABLE t ADD COLUMN c int; INSERT INTO u VALUES (1, 2, 3)", ""},
		{p, "ALTER TABLE t ADD COLUMN c int; WITH x AS (UPDATE t SET c = 1 RETURNING c) SELECT * FROM x", "backfill-with-ddl"},
		{p, "ALTER TABLE t ADD COLUMN c int; WITH x AS (SELECT 1) SELECT * FROM x", ""},
		{p, "ALTER TABLE t ADD COLUMN c int; MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET c = 1", "backfill-with-ddl"},
		{p, "ALTER TABLE t ADD COLUMN c int; -- +autocommit begin\nUPDATE t SET c = 1; -- +autocommit end", ""},
		{p, "CREATE TABLE w (id int PRIMARY KEY); INSERT INTO w SELECT id FROM t", ""},
		{s, "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1", ""},
		{p, "ALTER TABLE t ADD COLUMN c int;\n-- +backfill table=t\nUPDATE t SET c = 1 WHERE ${chunk};\n-- +backfill end\nSELECT 1", ""},
		{p, "ALTER TABLE t ADD COLUMN c int;\n-- +backfill table=t\nUPDATE t f SET c = 1 WHERE ${chunk f} AND nowhere(;\n-- +backfill end\nSELECT 1", "syntax"},
		{s, "-- +backfill table=t\nUPDATE t SET c = 1 WHERE ${chunk} AND;\n-- +backfill end\nSELECT 1", "syntax"},
		{p, "-- +backfill table=t\n-- sandpiper:lint:ignore backfill-with-ddl it hides nothing\nUPDATE t SET k = 1 WHERE ${chunk};\n-- +backfill end\nSELECT 1", "ignore"},
		{p, "ALTER TABLE t ADD COLUMN c int;\n-- +phase backfill\nUPDATE t SET c = 1", ""},
		{p, "upgrade:\n  - add_column: {table: t, column: {name: c, type: integer}}\n  - phase: backfill\n  - backfill: {table: t, statement: 'UPDATE t SET c = 1 WHERE ${chunk}', no_reverse: true}\n", ""},

		{p, "-- +phase contract\nALTER TABLE t DROP COLUMN x", ""},
		{s, "-- +phase contract\nDROP TABLE u", ""},
		{p, "-- +phase backfill\nALTER TABLE t RENAME x TO y", "rename-column"},

		{p, "SET my.x = 'hi';\n-- +backfill table=t\nUPDATE t SET k = 1 WHERE ${chunk};\n-- +backfill end\nSELECT 1", "lost-setting"},
		{p, "SET LOCAL search_path = o; SELECT set_config('my.x', 'hi', false);\n-- +phase backfill\nSELECT 1", "lost-setting lost-setting"},
		{p, "SET search_path = o; -- +autocommit begin\nVACUUM t; -- +autocommit end", "lost-setting"},
		{p, "SET search_path = o; RESET search_path; SET my.x = 'hi'; RESET ALL; -- +autocommit begin\nVACUUM t; -- +autocommit end", ""},
		{p, "-- +autocommit begin\nVACUUM t;\n-- +autocommit end\nSET search_path = o; SELECT 1", ""},
		{p, "upgrade:\n  - execute: {sql: SET my.x = 'hi', no_reverse: true}\n  - create_index: {table: t, columns: [k], name: i, concurrently: true}\ndowngrade: []\n", "lost-setting"},

		{p, "LOCK TABLE t", "lock-table"},
		{p, "REFRESH MATERIALIZED VIEW m", "blocking-refresh"},
		{p, "REFRESH MATERIALIZED VIEW CONCURRENTLY m", ""},
		{p, "TRUNCATE t", "truncate"},
		{p, "DELETE FROM t WHERE k = 1", ""},

		{p, "DROP TABLE t", "drop-table"},
		{p, "DROP TABLE t CASCADE", "drop-table drop-cascade"},
		{p, "CREATE TABLE w (id int PRIMARY KEY); DROP TABLE w", ""},
		{s, "DROP TABLE IF EXISTS main.\"T\"", "drop-table"},
		{s, "CREATE TEMP TABLE w (id INTEGER PRIMARY KEY); DROP TABLE W", ""},
		{s, "DROP TRIGGER y", ""},
		{p, "DROP VIEW x CASCADE", "drop-object drop-cascade"},
		{p, "ALTER TABLE t DROP COLUMN v", "drop-column"},
		{s, "ALTER TABLE t DROP k", "drop-column"},
		{p, "ALTER TABLE t RENAME TO w", "rename-table"},
		{p, "ALTER TABLE t SET SCHEMA other", "rename-table"},
		{s, "ALTER TABLE t RENAME TO w", "rename-table"},
		{p, "ALTER TABLE t RENAME v TO w", "rename-column"},
		{s, "ALTER TABLE t RENAME COLUMN v TO w", "rename-column"},
		{s, "ALTER TABLE t RENAME column TO w", "rename-column syntax"},
		{p, "ALTER INDEX ix_t RENAME TO ix_2; ALTER TABLE t RENAME CONSTRAINT a TO b", ""},
		{p, "ALTER TYPE e RENAME VALUE 'a' TO 'b'", "rename-enum-value"},

		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t)", "foreign-key-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w (k)", ""},
		{p, "CREATE TABLE w (id int PRIMARY KEY REFERENCES t)", ""},
		{p, "CREATE TABLE w (a int, b int, PRIMARY KEY (b, a), FOREIGN KEY (a, b) REFERENCES u (a, b))", ""},
		{p, "CREATE TABLE w (a int REFERENCES t, b int, PRIMARY KEY (b, a))", "foreign-key-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w (k) WHERE k > 3", "foreign-key-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w (k) WHERE k IS NOT NULL", ""},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w (k) WHERE id IS NOT NULL", "foreign-key-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w USING brin (k)", "foreign-key-index"},
		{p, "CREATE TABLE w (id int PRIMARY KEY, k int REFERENCES t); CREATE INDEX i ON w (lower(k), k)", "foreign-key-index"},
		{p, "ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES t NOT VALID", "foreign-key-index"},
		{s, "CREATE TABLE w (id INTEGER PRIMARY KEY, k INT REFERENCES t)", "foreign-key-index"},
		{s, "CREATE TABLE w (id INTEGER PRIMARY KEY, k INT, FOREIGN KEY (K) REFERENCES t); CREATE UNIQUE INDEX i ON W ([k] COLLATE nocase DESC)", ""},
		{s, "CREATE TABLE w (id INTEGER PRIMARY KEY, k INT REFERENCES t); CREATE INDEX i ON w (k + 1)", "foreign-key-index"},
		{s, "ALTER TABLE u ADD COLUMN c INT REFERENCES t", "foreign-key-index"},

		{p, "NO DOWN ALTER TABLE t ADD COLUMN c int", "irreversible"},
		{p, "EMPTY DOWN ALTER TABLE t DROP COLUMN v", "irreversible drop-column"},
		{p, "EMPTY DOWN ALTER TABLE t ADD COLUMN c int", ""},
		{p, "upgrade:\n  - drop_column: {table: t, name: v}\ndowngrade: irreversible\n", "drop-column"},
		{p, "upgrade:\n  - drop_column: {table: t, name: v}\ndowngrade: []\n", "irreversible drop-column"},

		{p, "upgrade:\n  - execute: {sql: CREATE INDEX i ON t (k), no_reverse: true}\ndowngrade: []\n", "blocking-index"},
		{p, "upgrade:\n  - create_index: {table: t, columns: [k]}\n    dialect: sqlite\n", ""},
	})
}

// A ruleCase is what is found in a migration.
type ruleCase struct {
	dialect chain.Dialect
	text    string
	want    string // rules, in order
}

func checkRules(t *testing.T, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		report := look(t, read(t, c.dialect, tables[c.dialect], wrap(c.text)), lint.Config{SQLite: sqlite.Syntax})
		if got := strings.Join(rules(report), " "); got != c.want {
			t.Errorf("%s: %s\ngot  %q\nwant %q", c.dialect, c.text, got, c.want)
			for _, f := range report.Findings {
				t.Logf("%d:%d %s", f.Line, f.Column, f.Message)
			}
		}
	}
}

// wrap puts SQL into sections. What begins with AUTO runs outside a transaction.
func wrap(text string) string {
	if strings.HasPrefix(text, "upgrade:") {
		return text
	}
	if sql, ok := strings.CutPrefix(text, "NO DOWN "); ok {
		return "-- +upgrade\n" + sql + ";\n"
	}
	if sql, ok := strings.CutPrefix(text, "EMPTY DOWN "); ok {
		return "-- +upgrade\n" + sql + ";\n-- +downgrade\n"
	}
	if sql, ok := strings.CutPrefix(text, "AUTO "); ok {
		text = "-- +autocommit begin\n" + sql + ";\n-- +autocommit end\n"
	} else if !strings.HasSuffix(text, "-- +autocommit end") {
		text += ";"
	}
	return "-- +upgrade\n" + text + "\n-- +downgrade\nSELECT 1;\n"
}
