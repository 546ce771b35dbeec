package hosttest

import "github.com/sandpiper-db/sandpiper/host/chain"

// tableN is a table of numbers without a constraint.
const tableN = `{"create_table":{"name":"t","columns":[{"name":"a","type":"integer"},{"name":"b","type":"integer"},{"name":"c","type":"text"}]}}`

// atCommit has the database check now what it would check when the transaction
// commits. SQLite has no such statement: there a case says what it can.
const atCommit = "SET CONSTRAINTS ALL IMMEDIATE"

var constraintCases = []operationCase{
	{
		name:   "add_constraint, primary key",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"integer","not_null":true},{"name":"b","type":"integer","not_null":true}]}}`},
		rows:   []string{"INSERT INTO t VALUES (1, 1), (1, 2)"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"name":"t_key","primary_key":["a","b"]}}}`},
		after:  []string{"!INSERT INTO t VALUES (1, 2)", "INSERT INTO t VALUES (2, 2)"},
		kept:   []string{"INSERT INTO t VALUES (1, 2)", "2 = SELECT count(*) - 1 FROM t"},
	},
	{
		name:   "add_constraint, unique",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, 1, 'x'), (1, NULL, 'y'), (1, NULL, 'z')"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"unique":["a","b"]}}}`},
		after:  []string{"!INSERT INTO t VALUES (1, 1, 'n')", "INSERT INTO t VALUES (1, NULL, 'n')", "INSERT INTO t VALUES (1, 2, 'n')"},
		kept:   []string{"INSERT INTO t VALUES (1, 1, 'n')", "4 = SELECT count(*) FROM t"},
	},
	{
		name:    "add_constraint, unique with nulls_not_distinct",
		before:  []string{tableN},
		up:      []string{`{"add_constraint":{"table":"t","constraint":{"unique":["a","b"],"nulls_not_distinct":true}}}`},
		after:   []string{"INSERT INTO t (a, b) VALUES (1, NULL)", "!INSERT INTO t (a, b) VALUES (1, NULL)"},
		refused: map[chain.Dialect]string{chain.SQLite: "coalesce"},
	},
	{
		name:    "add_constraint, unique and deferrable",
		before:  []string{tableN},
		rows:    []string{"INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')"},
		up:      []string{`{"add_constraint":{"table":"t","constraint":{"unique":["a"],"deferrable":true,"initially_deferred":true}}}`},
		after:   []string{"UPDATE t SET a = 3 - a", "INSERT INTO t VALUES (2, 2, 'z')", "!" + atCommit},
		refused: map[chain.Dialect]string{chain.SQLite: "leave out deferrable"},
	},
	{
		name:   "add_constraint, foreign key",
		before: []string{tableP, tableN},
		rows:   []string{"INSERT INTO p VALUES (1)", "INSERT INTO t (a) VALUES (1), (NULL)"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"p"}}}`},
		after:  []string{"!INSERT INTO t (a) VALUES (2)", "!DELETE FROM p", "!UPDATE p SET id = 2"},
		kept:   []string{"INSERT INTO t (a) VALUES (2)", "DELETE FROM p", "3 = SELECT count(*) FROM t"},
	},
	{
		name:   "add_constraint, foreign key with actions",
		before: []string{tableP, tableN},
		rows:   []string{"INSERT INTO p VALUES (0), (1), (2), (3)", "INSERT INTO t (a, b) VALUES (1, 2), (3, 3)"},
		up: []string{
			`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"p","to":["id"],"on_delete":"cascade","on_update":"cascade"}}}`,
			`{"add_constraint":{"table":"t","constraint":{"foreign_key":["b"],"references":"p","to":["id"],"on_delete":"set null","on_update":"restrict"}}}`,
		},
		after: []string{
			"DELETE FROM p WHERE id = 2", "1 = SELECT count(*) FROM t WHERE a = 1 AND b IS NULL", "UPDATE p SET id = 9 WHERE id = 1", "1 = SELECT count(*) FROM t WHERE a = 9",
			"DELETE FROM p WHERE id = 9", "1 = SELECT count(*) FROM t", "!UPDATE p SET id = 8 WHERE id = 3",
		},
		kept: []string{"DELETE FROM p", "2 = SELECT count(*) FROM t"},
	},
	{
		name: "add_constraint, foreign key of several columns",
		before: []string{tableN,
			`{"create_table":{"name":"p","columns":[{"name":"x","type":"integer"},{"name":"y","type":"integer"}],"constraints":[{"unique":["x","y"]}]}}`},
		rows: []string{"INSERT INTO p VALUES (1, 2)"},
		up:   []string{`{"add_constraint":{"table":"t","constraint":{"name":"both","foreign_key":["a","b"],"references":"p","to":["x","y"],"on_delete":"set default","on_update":"no action"}}}`},
		after: []string{"INSERT INTO t (a, b) VALUES (1, 2)", "!INSERT INTO t (a, b) VALUES (2, 1)", "INSERT INTO t (a, b) VALUES (2, NULL)",
			"postgresql: 1 = SELECT count(*) FROM pg_constraint WHERE conname = 'both' AND confdeltype = 'd' AND confupdtype = 'a'", "sqlite: 2 = SELECT count(*) FROM pragma_foreign_key_list('t') WHERE on_delete = 'SET DEFAULT' AND on_update = 'NO ACTION'",
		},
		kept: []string{"INSERT INTO t (a, b) VALUES (2, 1)"},
	},
	{
		name:   "add_constraint, foreign key that is deferrable",
		before: []string{tableP, tableN},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"p","deferrable":true,"initially_deferred":true}}}`},
		after: []string{
			"INSERT INTO t (a) VALUES (1)", "postgresql: !" + atCommit, "INSERT INTO p VALUES (1)", "postgresql: " + atCommit,
			"sqlite: 0 = SELECT count(*) FROM pragma_foreign_key_check('t')",
		},
	},
	{
		name:   "add_constraint, foreign key that is deferrable and not deferred",
		before: []string{tableP, tableN},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"p","deferrable":true}}}`},
		after:  []string{"!INSERT INTO t (a) VALUES (1)"},
	},
	{
		name: "foreign keys in a circle, added late",
		up: []string{
			`{"create_table":{"name":"a","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"b","type":"integer"}]}}`,
			`{"create_table":{"name":"b","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"integer"}],"constraints":[{"foreign_key":["a"],"references":"a"}]}}`,
			`{"add_constraint":{"table":"a","constraint":{"foreign_key":["b"],"references":"b","on_delete":"set null"}}}`,
			`{"insert":{"table":"a","columns":["id"],"rows":[[1]]}}`,
			`{"insert":{"table":"b","columns":["id","a"],"rows":[[1,1]]}}`,
		},
		after: []string{"UPDATE a SET b = 1", "!UPDATE a SET b = 2", "!UPDATE b SET a = 2", "!DELETE FROM a", "DELETE FROM b", "1 = SELECT count(*) FROM a WHERE b IS NULL"},
	},
	{
		name:   "add_constraint, foreign key that is not_valid",
		before: []string{tableP, tableN},
		rows:   []string{"INSERT INTO p VALUES (1)", "INSERT INTO t (a) VALUES (1)"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"name":"fk","foreign_key":["a"],"references":"p","not_valid":true}}}`},
		after:  []string{"!INSERT INTO t (a) VALUES (2)"},
	},
	{
		name:   "add_constraint, check",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, 2, 'x')"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"name":"a_below_b","check":"a < b"}}}`, `{"add_constraint":{"table":"t","constraint":{"name":"quoted","check":"c <> 'it''s (a'"}}}`},
		after:  []string{"!INSERT INTO t VALUES (2, 2, 'x')", "INSERT INTO t VALUES (NULL, 1, NULL)", "!INSERT INTO t VALUES (1, 2, 'it''s (a')"},
		kept:   []string{"INSERT INTO t VALUES (2, 2, 'it''s (a')", "2 = SELECT count(*) FROM t"},
	},
	{
		name:   "add_constraint, check per dialect",
		before: []string{tableN},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"name":"upper_case","check":{"postgresql":"c ~ '^[A-Z]+$'","sqlite":"c NOT GLOB '*[^A-Z]*'"}}}}`},
		after:  []string{"!INSERT INTO t (c) VALUES ('x')", "INSERT INTO t (c) VALUES ('X')"},
	},
	{
		name:   "add_constraint, check that is not_valid",
		before: []string{tableN},
		rows:   []string{"postgresql: INSERT INTO t VALUES (-1, 2, 'old')"},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"name":"positive","check":"a > 0","not_valid":true}}}`},
		after:  []string{"!INSERT INTO t VALUES (-1, 2, 'new')", "INSERT INTO t VALUES (1, 2, 'new')"},
	},
	{
		name:   "add_constraint, exclude",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"r","type":{"postgresql":"int4range","sqlite":"TEXT"}},{"name":"n","type":"integer"}]}}`},
		up:     []string{`{"add_constraint":{"table":"t","constraint":{"exclude":[{"column":"r","with":"&&"}],"where":"n > 0"}}}`},
		after: []string{
			"INSERT INTO t VALUES ('[1,3)', 1)", "!INSERT INTO t VALUES ('[2,4)', 1)", "INSERT INTO t VALUES ('[2,4)', 0)",
		},
		refused: map[chain.Dialect]string{chain.SQLite: "dialect: postgresql"},
	},
	{
		name:    "add_constraint, exclude an expression, deferrable",
		before:  []string{tableN},
		up:      []string{`{"add_constraint":{"table":"t","constraint":{"name":"x","exclude":[{"expr":"int4range(a, b)","with":"&&"}],"using":"spgist","deferrable":true}}}`},
		after:   []string{"INSERT INTO t (a, b) VALUES (1, 3)", "!INSERT INTO t (a, b) VALUES (2, 4)", "SET CONSTRAINTS x DEFERRED", "INSERT INTO t (a, b) VALUES (2, 4)", "!" + atCommit},
		refused: map[chain.Dialect]string{chain.SQLite: "a trigger there"},
	},
	{
		name:   "drop_constraint",
		before: []string{tableP, `{"create_table":{"name":"t","columns":[{"name":"a","type":"integer"},{"name":"b","type":"integer"}],"constraints":[{"unique":["a","b"]},{"name":"ck","check":"a > 0"},{"foreign_key":["b"],"references":"p","on_delete":"cascade"}]}}`},
		rows:   []string{"INSERT INTO p VALUES (1)", "INSERT INTO t VALUES (1, 1)"},
		up: []string{
			`{"drop_constraint":{"table":"t","name":"uq_t__a_b","was":{"unique":["a","b"]}}}`,
			`{"drop_constraint":{"table":"t","name":"ck","was":{"check":"a > 0"}}}`,
			`{"drop_constraint":{"table":"t","name":"fk_t__b__p","was":{"foreign_key":["b"],"references":"p","on_delete":"cascade"}}}`,
		},
		after: []string{"INSERT INTO t VALUES (1, 1), (-1, 2)", "DELETE FROM p", "3 = SELECT count(*) FROM t"},
		kept:  []string{"!INSERT INTO t VALUES (1, 1)", "!INSERT INTO t VALUES (-1, 1)", "!INSERT INTO t VALUES (2, 2)", "DELETE FROM p", "0 = SELECT count(*) FROM t"},
	},
	{
		name:   "drop_constraint, the primary key",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","not_null":true},{"name":"b","type":"integer"}],"constraints":[{"primary_key":["a"]}]}}`},
		rows:   []string{"INSERT INTO t VALUES ('x', 1)"},
		up:     []string{`{"drop_constraint":{"table":"t","name":"pk_t","was":{"primary_key":["a"]}}}`},
		after:  []string{"INSERT INTO t VALUES ('x', 1)"},
		kept:   []string{"!INSERT INTO t VALUES ('x', 1)"},
	},
	{
		name:   "validate_constraint, of a constraint that is added with it",
		before: []string{tableP, tableN},
		rows:   []string{"INSERT INTO p VALUES (1)", "INSERT INTO t (a) VALUES (1)"},
		up: []string{
			`{"add_constraint":{"table":"t","constraint":{"name":"fk","foreign_key":["a"],"references":"p","not_valid":true}}}`,
			`{"validate_constraint":{"table":"t","name":"fk"}}`,
		},
		after: []string{"!INSERT INTO t (a) VALUES (2)", "postgresql: 1 = SELECT count(*) FROM pg_constraint WHERE conname = 'fk' AND convalidated"},
	},
	{
		name:   "validate_constraint",
		before: []string{tableN, `{"add_constraint":{"table":"t","constraint":{"name":"positive","check":"a > 0","not_valid":true}}}`},
		rows:   []string{"INSERT INTO t VALUES (1, 1, 'x')"},
		up:     []string{`{"validate_constraint":{"table":"t","name":"positive","was":{"check":"a > 0"}}}`},
		after:  []string{"!INSERT INTO t VALUES (0, 0, 'y')", "postgresql: 1 = SELECT count(*) FROM pg_constraint WHERE conname = 'positive' AND convalidated"},
		kept:   []string{"!INSERT INTO t VALUES (0, 0, 'y')"},
	},
}
