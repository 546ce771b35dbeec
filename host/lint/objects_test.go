package lint_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// TestMoreRules has what is found of other things than tables, and of what the
// database refuses.
func TestMoreRules(t *testing.T) {
	const p, s = chain.PostgreSQL, chain.SQLite
	checkRules(t, []ruleCase{
		{s, "CREATE TABEL x (a)", "syntax"},
		{s, "SELEC 1", "syntax"},
		{s, "ALTER TABLE t ALTER COLUMN v SET DEFAULT 5", "syntax"},
		{s, "INSERT INTO not_there VALUES (1); SELECT f(1), x FROM y; ALTER TABLE z ADD COLUMN c", ""},
		{s, "upgrade:\n  - execute: {sql: SELEC 1, no_reverse: true}\ndowngrade: []\n", "syntax"},
		{s, "upgrade:\n  - create_view: {name: w, query: SELEC 1}\n", "syntax"},
		{s, "upgrade:\n  - add_constraint: {table: t, constraint: {name: c, check: k >}}\n", "syntax"},
		{s, "upgrade:\n  - create_sync: {table: t, old: [{column: k, from: c +}], new: [c]}\n", "syntax"},
		{s, "upgrade:\n  - create_sync: {table: t, old: [k], new: [{column: c, from: k + 1}]}\n", ""},
		{p, "upgrade:\n  - create_sync: {table: t, old: [{column: k, from: c::}], new: [c]}\n", "syntax"},
		{p, "upgrade:\n  - create_sync: {table: t, old: [{column: k, from: 'c::int'}], new: [c]}\n", ""},
		{s, "upgrade:\n  - add_constraint: {table: t, constraint: {name: c, check: k > 0}}\n", ""},

		{s, "ALTER TABLE t ADD COLUMN c INT UNIQUE", "refused"},
		{s, "ALTER TABLE t ADD COLUMN c INT PRIMARY KEY", "refused"},
		{s, "ALTER TABLE t ADD COLUMN c INT GENERATED ALWAYS AS (k + 1) STORED", "refused"},
		{s, "ALTER TABLE t ADD COLUMN c INT GENERATED ALWAYS AS (k + 1) VIRTUAL", ""},
		{s, "ALTER TABLE u DROP COLUMN b", "refused drop-column"},
		{s, "ATTACH 'x.db' AS x", "refused"},
		{s, "DROP INDEX ix_u; ALTER TABLE u DROP COLUMN b", "drop-column"},
		{s, "upgrade:\n  - drop_column: {table: u, name: b}\ndowngrade: irreversible\n", "drop-column"},
		{s, "ALTER TABLE t ADD COLUMN c TEXT DEFAULT ('a')", ""},
		{s, "ALTER TABLE t ADD COLUMN c INT DEFAULT (-5)", ""},
		{s, "ALTER TABLE t ADD COLUMN c INT DEFAULT ('a' || 'b')", "volatile-default"},
		{p, "AUTO CREATE INDEX CONCURRENTLY i ON parts (d)", "refused"},
		{p, "AUTO DROP INDEX CONCURRENTLY ix_t, ix_u", "refused"},
		{p, "ALTER TABLE parts ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES t NOT VALID; CREATE INDEX i ON ONLY parts (id)", "refused"},

		{p, "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "needs-autocommit"},
		{p, "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false)", ""},
		{p, "LOCK TABLE t IN ACCESS SHARE MODE", ""},
		{p, "LOCK TABLE t IN ROW EXCLUSIVE MODE", ""},
		{p, "LOCK TABLE t IN SHARE MODE", "lock-table"},

		{p, "ALTER TABLE t ADD COLUMN c posint", "table-rewrite"},
		{p, "ALTER TABLE t ADD COLUMN c loose", ""},
		{p, "ALTER DOMAIN loose ADD CONSTRAINT c CHECK (VALUE > 1) NOT VALID; ALTER TABLE t ADD COLUMN c loose", "table-rewrite"},
		{p, "ALTER DOMAIN posint ADD CONSTRAINT c CHECK (VALUE > 1)", "unvalidated-constraint"},
		{p, "ALTER DOMAIN posint ADD CONSTRAINT c CHECK (VALUE > 1) NOT VALID", ""},
		{p, "ALTER DOMAIN posint SET NOT NULL", "unvalidated-constraint"},
		{p, "ALTER DOMAIN posint SET DEFAULT 5", ""},
		{p, "CREATE DOMAIN d AS int; ALTER DOMAIN d SET NOT NULL", ""},

		{p, "ALTER TABLE small ADD PRIMARY KEY USING INDEX ix_id", ""},
		{p, "ALTER TABLE small ADD PRIMARY KEY USING INDEX ix_k", "set-not-null"},
		{p, "ALTER TABLE small ALTER id DROP NOT NULL, ADD PRIMARY KEY USING INDEX ix_id", "set-not-null"},
		{p, "AUTO ALTER TABLE small ADD CONSTRAINT n CHECK (k IS NOT NULL) NOT VALID; ALTER TABLE small VALIDATE CONSTRAINT n; ALTER TABLE small ADD PRIMARY KEY USING INDEX ix_k", ""},
		{p, "AUTO ALTER TABLE small ADD CONSTRAINT n CHECK (k IS NOT NULL) NOT VALID; ALTER TABLE small VALIDATE CONSTRAINT n; ALTER TABLE small ALTER k SET NOT NULL, DROP CONSTRAINT n", "set-not-null"},

		{p, "ALTER TABLE parts ATTACH PARTITION t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')", "unvalidated-constraint"},
		{p, "CREATE TABLE w (id int, d date); ALTER TABLE parts ATTACH PARTITION w FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')", ""},
		{p, "ALTER TABLE t ALTER v TYPE varchar(20) COLLATE \"C\"", "table-rewrite"},
		{p, "ALTER TABLE t ALTER x TYPE text COLLATE \"C\"", ""},
		{p, "ALTER INDEX ix_t SET TABLESPACE fast", "table-rewrite"},

		{p, "DROP VIEW x", "drop-object"},
		{s, "DROP VIEW x", "drop-object"},
		{p, "DROP MATERIALIZED VIEW m", "drop-object"},
		{p, "DROP SCHEMA s", "drop-object"},
		{p, "EMPTY DOWN DROP SCHEMA s CASCADE", "irreversible drop-object drop-cascade"},
		{p, "DROP OWNED BY somebody CASCADE", "drop-cascade drop-object"},
		{p, "DROP VIEW x; CREATE VIEW x AS SELECT 1", ""},
		{p, "DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m AS SELECT 2", ""},
		{s, "DROP VIEW x; CREATE VIEW X AS SELECT 1", ""},
		{p, "CREATE VIEW x AS SELECT 1; DROP VIEW x; DROP TYPE e", ""},
		{p, "upgrade:\n  - drop_view: {name: w, query: SELECT 1}\n", "drop-object"},
		{p, "upgrade:\n  - drop_view: {name: w, query: SELECT 1}\n  - create_view: {name: w, query: SELECT 2}\n", ""},
		{p, "ALTER VIEW x RENAME TO y", "rename-object"},
		{p, "ALTER VIEW x RENAME COLUMN a TO b", "rename-object"},
		{p, "ALTER SCHEMA s RENAME TO z", "rename-object"},
		{p, "ALTER TYPE e RENAME TO f", "rename-object"},
		{p, "CREATE TYPE f AS ENUM ('a'); ALTER TYPE f RENAME TO g", ""},
	})
}
