package hosttest

import "github.com/sandpiper-db/sandpiper/host/chain"

// A table t of a number and a text, and a table p that foreign keys refer to.
const (
	tableT = `{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"text"}]}}`
	tableP = `{"create_table":{"name":"p","columns":[{"name":"id","type":"integer","primary_key":true}]}}`
)

var tableCases = []operationCase{
	{
		name:  "create_table",
		up:    []string{tableT},
		after: []string{"INSERT INTO t VALUES (1, 'x')", "!INSERT INTO t VALUES (1, 'y')", "1 = SELECT count(*) FROM t WHERE a = 'x'"},
		kept:  []string{"!SELECT 1 FROM t"},
	},
	{
		name: "create_table, names that need quotes",
		up: []string{
			`{"create_table":{"name":"select","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a \"b\"","type":"text"},{"name":"größe","type":"text"}],` +
				`"constraints":[{"unique":["a \"b\"","größe"]},{"name":"not so","check":"größe <> ''"}]}}`,
			`{"create_index":{"table":"select","columns":["a \"b\""]}}`,
		},
		after: []string{`INSERT INTO "select" VALUES (1, 'x', 'y')`, `!INSERT INTO "select" VALUES (2, 'x', 'y')`, `!INSERT INTO "select" VALUES (2, 'x', '')`},
	},
	{
		name:   "create_table, every constraint",
		before: []string{tableP},
		up: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"integer"},{"name":"b","type":"integer"},{"name":"c","type":"integer","not_null":true}],"constraints":[` +
			`{"primary_key":["a","b"]},{"unique":["b","c"]},{"foreign_key":["c"],"references":"p","to":["id"],"on_delete":"cascade","on_update":"restrict"},{"name":"small","check":"c < 100"}]}}`},
		after: []string{
			"INSERT INTO p VALUES (1), (2), (200)", "INSERT INTO t VALUES (1, 1, 1)",
			"!INSERT INTO t VALUES (1, 1, 2)", "!INSERT INTO t VALUES (2, 1, 1)", "!INSERT INTO t VALUES (3, 3, 3)",
			"!INSERT INTO t VALUES (4, 4, 200)", "postgresql: !INSERT INTO t VALUES (NULL, 5, 1)", "!INSERT INTO t VALUES (6, 6, NULL)",
			"DELETE FROM p WHERE id = 1", "0 = SELECT count(*) FROM t",
		},
	},
	{
		name:  "create_table, a foreign key to itself",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"parent","type":"integer"}],"constraints":[{"foreign_key":["parent"],"references":"t","on_delete":"set null"}]}}`},
		after: []string{"INSERT INTO t VALUES (1, NULL), (2, 1)", "!INSERT INTO t VALUES (3, 4)", "DELETE FROM t WHERE id = 1", "1 = SELECT count(*) FROM t WHERE parent IS NULL"},
	},
	{
		name: "create_table, comments",
		up:   []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","comment":"it's \\ a column"}],"comment":"it's a table"}}`},
		after: []string{
			"postgresql: 1 = SELECT count(*) WHERE obj_description('t'::regclass) = 'it''s a table'",
			`postgresql: 1 = SELECT count(*) WHERE col_description('t'::regclass, 1) = 'it''s \ a column'`,
		},
	},
	{
		name: "create_table, strict",
		up: []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"bigint","primary_key":true},{"name":"n","type":"integer"},{"name":"b","type":"boolean","default":true},{"name":"s","type":"string(3)"},` +
			`{"name":"d","type":"numeric(8,2)"},{"name":"at","type":"timestamptz","default":{"function":"now"}}],"strict":true}}`},
		after: []string{
			"INSERT INTO t (id, n, s, d) VALUES (1, 2, 'abc', 1.50)", "!INSERT INTO t (id, n) VALUES (2, 'x')",
			"sqlite: 1 = SELECT count(*) FROM t WHERE typeof(at) = 'text' AND b = 1", "postgresql: 1 = SELECT count(*) FROM t WHERE b",
		},
	},
	{
		name:  "create_table, without_rowid",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"k","type":"text","primary_key":true},{"name":"v","type":"text"}],"without_rowid":true}}`},
		after: []string{"INSERT INTO t VALUES ('a', 'b')", "!INSERT INTO t VALUES ('a', 'c')", "sqlite: !SELECT rowid FROM t"},
	},
	{
		name:    "create_table, a column that is numbered without rowids",
		up:      []string{`{"create_table":{"name":"t","columns":[{"name":"k","type":"integer","primary_key":true,"autoincrement":true}],"without_rowid":true}}`},
		after:   []string{"INSERT INTO t DEFAULT VALUES"},
		refused: map[chain.Dialect]string{chain.SQLite: "leave out one of them"},
	},
	{
		name:   "drop_table",
		before: []string{tableT, `{"create_index":{"name":"i","table":"t","columns":["a"]}}`},
		up: []string{`{"drop_table":{"name":"t","was":{"columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"text"}],` +
			`"indexes":[{"name":"i","columns":["a"]}]}}}`},
		after: []string{"!SELECT 1 FROM t"},
		kept:  []string{"INSERT INTO t VALUES (1, 'x')", "!INSERT INTO t VALUES (1, 'x')"},
	},
	{
		name: "drop_table, all that is told of it",
		before: []string{tableP,
			`{"create_table":{"name":"t","columns":[{"name":"a","type":"integer","comment":"one"},{"name":"b","type":"text","default":"x"}],"constraints":[{"primary_key":["a"]},{"unique":["b"]},{"foreign_key":["a"],"references":"p"}],"comment":"c","strict":true}}`,
			`{"create_index":{"table":"t","columns":[{"column":"b","order":"desc"}],"where":"a > 0"}}`},
		up: []string{`{"drop_table":{"name":"t","was":{"columns":[{"name":"a","type":"integer","comment":"one"},{"name":"b","type":"text","default":"x"}],"constraints":[{"primary_key":["a"]},{"unique":["b"]},{"foreign_key":["a"],"references":"p"}],` +
			`"comment":"c","strict":true,"indexes":[{"columns":[{"column":"b","order":"desc"}],"where":"a > 0"}]}}}`},
		after: []string{"!SELECT 1 FROM t", "INSERT INTO p VALUES (1)"},
	},
	{
		name: "rename_table",
		before: []string{tableT,
			`{"create_index":{"name":"i","table":"t","columns":["a"],"where":"a <> ''"}}`,
			`{"create_table":{"name":"c","columns":[{"name":"t_id","type":"integer"}],"constraints":[{"foreign_key":["t_id"],"references":"t"}]}}`,
			`{"create_view":{"name":"v","query":"SELECT id FROM t"}}`},
		rows:  []string{"INSERT INTO t VALUES (1, 'x')", "INSERT INTO c VALUES (1)"},
		up:    []string{`{"rename_table":{"name":"t","to":"order"}}`},
		after: []string{`1 = SELECT count(*) FROM "order"`, "!SELECT 1 FROM t", "!INSERT INTO c VALUES (2)", "INSERT INTO c VALUES (1)", "1 = SELECT count(*) FROM v", `!DELETE FROM "order"`},
		kept:  []string{"1 = SELECT count(*) FROM t", "!INSERT INTO c VALUES (2)", "1 = SELECT count(*) FROM v"},
	},
	{
		name:   "rename_table, two tables swap their names",
		before: []string{tableT, tableP},
		rows:   []string{"INSERT INTO t VALUES (7, 'x')"},
		up:     []string{`{"rename_table":{"name":"t","to":"tmp"}}`, `{"rename_table":{"name":"p","to":"t"}}`, `{"rename_table":{"name":"tmp","to":"p"}}`},
		after:  []string{"1 = SELECT count(*) FROM p WHERE a = 'x'", "0 = SELECT count(*) FROM t"},
		kept:   []string{"1 = SELECT count(*) FROM t WHERE a = 'x'"},
	},
	{
		name:   "comment",
		before: []string{tableT},
		up: []string{
			`{"comment":{"table":"t","text":"it's a table","was":""}}`,
			`{"comment":{"table":"t","column":"a","text":"old","was":""}}`,
			`{"comment":{"table":"t","column":"a","text":"new","was":"old"}}`,
		},
		after: []string{
			"postgresql: 1 = SELECT count(*) WHERE obj_description('t'::regclass) = 'it''s a table' AND col_description('t'::regclass, 2) = 'new'",
			"INSERT INTO t VALUES (1, 'x')",
		},
	},
	{
		name:   "batch",
		before: []string{tableT, tableP},
		rows:   []string{"INSERT INTO t VALUES (1, 'x')", "INSERT INTO p VALUES (5)"},
		up: []string{`{"batch":{"table":"t","operations":[` +
			`{"rename_column":{"table":"t","name":"a","to":"b"}},` +
			`{"add_column":{"table":"t","column":{"name":"p_id","type":"integer","not_null":true,"default":5}}},` +
			`{"alter_column":{"table":"t","name":"b","not_null":true,"was":{"not_null":false}}},` +
			`{"add_constraint":{"table":"t","constraint":{"foreign_key":["p_id"],"references":"p"}}},` +
			`{"add_constraint":{"table":"t","constraint":{"name":"not_empty","check":"b <> ''"}}},` +
			`{"create_index":{"table":"t","columns":["p_id","b"],"unique":true}}]}}`},
		after: []string{
			"1 = SELECT count(*) FROM t WHERE id = 1 AND b = 'x' AND p_id = 5", "!INSERT INTO t VALUES (2, 'y', 6)", "!INSERT INTO t VALUES (2, '', 5)",
			"!INSERT INTO t VALUES (2, NULL, 5)", "!INSERT INTO t VALUES (2, 'x', 5)", "INSERT INTO t VALUES (2, 'y', 5)",
		},
		kept: []string{"1 = SELECT count(*) FROM t WHERE id = 1 AND a = 'x'", "INSERT INTO t VALUES (2, NULL)"},
	},
	{
		name:   "several operations on several tables",
		before: []string{tableT, tableP},
		rows:   []string{"INSERT INTO t VALUES (1, 'x')", "INSERT INTO p VALUES (1)"},
		up: []string{
			`{"add_column":{"table":"t","column":{"name":"b","type":"integer"}}}`,
			`{"add_constraint":{"table":"t","constraint":{"foreign_key":["b"],"references":"p"}}}`,
			`{"add_column":{"table":"p","column":{"name":"t_id","type":"integer"}}}`,
			`{"add_constraint":{"table":"p","constraint":{"foreign_key":["t_id"],"references":"t"}}}`,
			`{"rename_column":{"table":"t","name":"b","to":"p_id"}}`,
			`{"rename_table":{"name":"p","to":"q"}}`,
			`{"create_index":{"table":"q","columns":["t_id"]}}`,
		},
		after: []string{
			"UPDATE t SET p_id = 1", "UPDATE q SET t_id = 1", "!UPDATE t SET p_id = 2", "!UPDATE q SET t_id = 2",
			"!DELETE FROM t", "!DELETE FROM q",
		},
		kept: []string{"1 = SELECT count(*) FROM t WHERE a = 'x'", "1 = SELECT count(*) FROM p", "DELETE FROM p"},
	},
}
