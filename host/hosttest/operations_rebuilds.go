package hosttest

// rebuildCases change tables whose rows, keys and neighbours have something to
// lose: on SQLite most of these are rebuilds of the table.
var rebuildCases = []operationCase{
	{
		name: "a table that foreign keys refer to, its own too",
		before: []string{
			`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"parent","type":"integer"},{"name":"code","type":"text"}],"constraints":[{"unique":["code"]},{"foreign_key":["parent"],"references":"t","on_delete":"cascade"}]}}`,
			`{"create_table":{"name":"c","columns":[{"name":"t_id","type":"integer"},{"name":"code","type":"text"}],"constraints":[{"foreign_key":["t_id"],"references":"t","on_delete":"cascade"},{"foreign_key":["code"],"references":"t","to":["code"],"on_delete":"set null","on_update":"cascade"}]}}`,
		},
		rows: []string{"INSERT INTO t VALUES (1, NULL, 'x'), (2, 1, 'y'), (3, NULL, 'z')", "INSERT INTO c VALUES (2, 'z'), (3, 'x')"},
		up: []string{
			`{"alter_column":{"table":"t","name":"id","type":"bigint","was":{"type":"integer"}}}`,
			`{"alter_column":{"table":"t","name":"code","not_null":true,"default":"none","was":{"not_null":false,"no_default":true}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"not_itself","check":"parent <> id"}}}`,
			`{"add_column":{"table":"c","column":{"name":"n","type":"integer"}}}`,
			`{"add_constraint":{"table":"c","constraint":{"name":"n_below","check":"n < t_id"}}}`,
		},
		after: []string{
			"3 = SELECT count(*) FROM t", "2 = SELECT count(*) FROM c JOIN t ON c.t_id = t.id WHERE c.code IS NOT NULL", "!INSERT INTO c VALUES (9, 'x', 1)", "!INSERT INTO c VALUES (1, 'n', 0)",
			"!INSERT INTO t VALUES (4, 4, 'q')", "!INSERT INTO t VALUES (4, 9, 'q')", "UPDATE t SET code = 'zz' WHERE code = 'z'", "1 = SELECT count(*) FROM c WHERE code = 'zz'",
			"DELETE FROM t WHERE id = 1", "1 = SELECT count(*) FROM t", "1 = SELECT count(*) FROM c WHERE code IS NULL",
		},
		kept: []string{"3 = SELECT count(*) FROM t", "2 = SELECT count(*) FROM c WHERE code IS NOT NULL", "INSERT INTO t VALUES (4, 4, NULL)", "DELETE FROM t WHERE id = 1", "1 = SELECT count(*) FROM c"},
	},
	{
		name:   "a table that is numbered",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"bigint","primary_key":true,"autoincrement":true},{"name":"a","type":"text"}]}}`},
		rows:   []string{"INSERT INTO t (a) VALUES ('x'), ('y'), ('z')", "DELETE FROM t WHERE a = 'z'"},
		up:     []string{`{"alter_column":{"table":"t","name":"a","not_null":true,"was":{"not_null":false}}}`, `{"add_constraint":{"table":"t","constraint":{"unique":["a"]}}}`},
		after:  []string{"INSERT INTO t (a) VALUES ('new')", "1 = SELECT count(*) FROM t WHERE a = 'new' AND id > 3", "2 = SELECT count(*) FROM t WHERE id <= 2"},
		kept:   []string{"INSERT INTO t (a) VALUES ('new')", "1 = SELECT count(*) FROM t WHERE a = 'new' AND id > 3"},
	},
	{
		name: "a table of all there is",
		before: []string{tableP, enumState,
			`{"create_table":{"name":"t","columns":[{"name":"k","type":"text"},{"name":"n","type":"numeric(20,5)","default":1.50},{"name":"b","type":"binary"},{"name":"g","type":"text","generated":"k || '!'"},` +
				`{"name":"s","type":"enum(state)","default":"B"},{"name":"p_id","type":"integer"},{"name":"u","type":"uuid","default":{"function":"uuid"}},{"name":"at","type":"timestamp","default":{"function":"now"}},{"name":"l","type":"text","collate":{"postgresql":"C","sqlite":"NOCASE"}}],` +
				`"constraints":[{"primary_key":["k"]},{"unique":["n","k"]},{"name":"ck","check":"k <> '' AND n > 0"},{"foreign_key":["p_id"],"references":"p","deferrable":true,"initially_deferred":true}]}}`,
			`{"create_index":{"name":"i","table":"t","columns":[{"expr":"lower(k)"},{"column":"n","order":"desc"}],"unique":true,"where":"n > 2"}}`},
		rows: []string{
			"INSERT INTO p VALUES (1)", "postgresql: INSERT INTO t (k, b, p_id, l) VALUES ('a', '\\x00ff', 1, 'L')", "sqlite: INSERT INTO t (k, b, p_id, l) VALUES ('a', x'00ff', 1, 'L')",
		},
		up: []string{
			`{"add_column":{"table":"t","column":{"name":"x","type":"integer","not_null":true,"default":4}}}`,
			`{"alter_column":{"table":"t","name":"n","not_null":true,"was":{"not_null":false}}}`,
			`{"rename_column":{"table":"t","name":"x","to":"y"}}`,
			`{"drop_constraint":{"table":"t","name":"uq_t__n_k","was":{"unique":["n","k"]}}}`,
			`{"add_constraint":{"table":"t","constraint":{"unique":["y"]}}}`,
			`{"create_index":{"table":"t","columns":["y","l"]}}`,
		},
		after: []string{
			"1 = SELECT count(*) FROM t WHERE k = 'a' AND n = 1.5 AND g = 'a!' AND s = 'B' AND p_id = 1 AND u IS NOT NULL AND at IS NOT NULL AND l = 'L' AND y = 4",
			"postgresql: 1 = SELECT count(*) FROM t WHERE b = '\\x00ff'", "sqlite: 1 = SELECT count(*) FROM t WHERE b = x'00ff' AND l = 'l'",
			"!INSERT INTO t (k, y) VALUES ('', 5)", "!INSERT INTO t (k, y, s) VALUES ('c', 5, 'D')", "!INSERT INTO t (k, y, n) VALUES ('c', 5, NULL)", "!INSERT INTO t (k) VALUES ('c')", "!INSERT INTO t (k, y) VALUES ('a', 5)",
			"INSERT INTO t (k, y, n) VALUES ('c', 5, 3)", "!INSERT INTO t (k, y, n) VALUES ('C', 6, 3)", "1 = SELECT count(*) FROM t WHERE g = 'c!'",
		},
		kept: []string{
			"1 = SELECT count(*) FROM t WHERE k = 'a' AND n = 1.5 AND g = 'a!' AND s = 'B' AND p_id = 1 AND u IS NOT NULL AND at IS NOT NULL AND l = 'L'",
			"!INSERT INTO t (k) VALUES ('')", "INSERT INTO t (k, n) VALUES ('c', 3)", "!INSERT INTO t (k, n) VALUES ('C', 3)",
		},
	},
	{
		name:   "a strict table without rowids",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","not_null":true},{"name":"b","type":"integer","not_null":true},{"name":"c","type":"text"}],"constraints":[{"primary_key":["b","a"]}],"strict":true,"without_rowid":true}}`},
		rows:   []string{"INSERT INTO t VALUES ('x', 1, NULL), ('y', 1, 'c')"},
		up:     []string{`{"alter_column":{"table":"t","name":"c","default":"d","was":{"no_default":true}}}`, `{"add_constraint":{"table":"t","constraint":{"name":"ck","check":"b > 0"}}}`},
		after:  []string{"2 = SELECT count(*) FROM t", "!INSERT INTO t VALUES ('z', 0, NULL)", "!INSERT INTO t VALUES ('x', 1, NULL)", "!INSERT INTO t VALUES ('z', 'n', NULL)", "INSERT INTO t (a, b) VALUES ('z', 1)", "1 = SELECT count(*) FROM t WHERE c = 'd'", "sqlite: !SELECT rowid FROM t"},
		kept:   []string{"2 = SELECT count(*) FROM t", "INSERT INTO t VALUES ('z', 0, NULL)"},
	},
	{
		name: "a table that is made, changed and renamed",
		up: []string{
			tableT,
			`{"add_column":{"table":"t","column":{"name":"b","type":"integer","not_null":true,"default":1}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"ck","check":"b > 0"}}}`,
			`{"add_constraint":{"table":"t","constraint":{"foreign_key":["b"],"references":"t","on_delete":"cascade"}}}`,
			`{"insert":{"table":"t","columns":["id","a"],"rows":[[1,"x"]]}}`,
			`{"rename_table":{"name":"t","to":"n"}}`,
			`{"alter_column":{"table":"n","name":"a","type":"string(20)","not_null":true,"was":{"type":"text","not_null":false}}}`,
			`{"create_index":{"table":"n","columns":["a"],"unique":true}}`,
			`{"rename_column":{"table":"n","name":"b","to":"parent"}}`,
			`{"create_view":{"name":"v","query":"SELECT a FROM n WHERE parent = 1"}}`,
			`{"rename_table":{"name":"n","to":"m"}}`,
		},
		after: []string{"1 = SELECT count(*) FROM m WHERE id = 1 AND parent = 1", "1 = SELECT count(*) FROM v", "!INSERT INTO m VALUES (2, 'x', 1)", "!INSERT INTO m VALUES (2, 'y', 7)", "!INSERT INTO m VALUES (2, 'y', 0)", "INSERT INTO m VALUES (2, 'y', 1)", "!INSERT INTO m VALUES (3, NULL, 1)", "DELETE FROM m WHERE id = 1", "0 = SELECT count(*) FROM m"},
	},
}
