package hosttest

// chainCases are operations that meet what others before them have done to the
// same table.
var chainCases = []operationCase{
	{
		name:   "a column takes the place of another",
		before: []string{tableT, `{"add_column":{"table":"t","column":{"name":"b","type":"text"}}}`},
		rows:   []string{"INSERT INTO t VALUES (1, 'x', 'y')"},
		up: []string{
			`{"drop_column":{"table":"t","name":"b","was":{"type":"text"}}}`,
			`{"add_column":{"table":"t","column":{"name":"b","type":"integer","not_null":true,"default":5}}}`,
			`{"add_column":{"table":"t","column":{"name":"gone","type":"integer"}}}`,
			`{"drop_column":{"table":"t","name":"gone","was":{"type":"integer"}}}`,
		},
		after: []string{"1 = SELECT count(*) FROM t WHERE b = 5 AND a = 'x'", "!SELECT gone FROM t"},
		kept:  []string{"1 = SELECT count(*) FROM t WHERE b IS NULL AND a = 'x'"},
	},
	{
		name:   "a column takes the name of another",
		before: []string{tableT, `{"create_index":{"name":"i","table":"t","columns":["a"]}}`},
		rows:   []string{"INSERT INTO t VALUES (1, 'x')"},
		up: []string{
			`{"rename_column":{"table":"t","name":"a","to":"b"}}`,
			`{"add_column":{"table":"t","column":{"name":"a","type":"integer","default":3}}}`,
			`{"add_constraint":{"table":"t","constraint":{"unique":["a","b"]}}}`,
			`{"alter_column":{"table":"t","name":"b","not_null":true,"was":{"not_null":false}}}`,
		},
		after: []string{"1 = SELECT count(*) FROM t WHERE b = 'x' AND a = 3", "!INSERT INTO t (id, b) VALUES (2, 'x')", "!INSERT INTO t (id) VALUES (2)"},
		kept:  []string{"1 = SELECT count(*) FROM t WHERE a = 'x'"},
	},
	{
		name:   "constraints and indexes take the places of others",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y')"},
		up: []string{
			`{"add_constraint":{"table":"t","constraint":{"name":"u","unique":["a"]}}}`,
			`{"drop_constraint":{"table":"t","name":"u","was":{"unique":["a"]}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"u","unique":["b","c"]}}}`,
			`{"create_index":{"name":"i","table":"t","columns":["a"]}}`,
			`{"drop_index":{"name":"i","table":"t","was":{"columns":["a"]}}}`,
			`{"create_index":{"name":"i","table":"t","columns":["b"]}}`,
			`{"rename_index":{"name":"i","table":"t","to":"j"}}`,
			`{"create_index":{"name":"i","table":"t","columns":["c"],"unique":true}}`,
		},
		after: []string{"INSERT INTO t VALUES (1, 2, 'z')", "!INSERT INTO t VALUES (3, 1, 'x')", "!INSERT INTO t VALUES (3, 3, 'x')"},
		kept:  []string{"INSERT INTO t VALUES (1, 1, 'x')"},
	},
	{
		name:   "a type changes twice",
		before: []string{tableT},
		rows:   []string{"INSERT INTO t VALUES (1, '41')"},
		up: []string{
			`{"alter_column":{"table":"t","name":"a","type":"integer","using":{"postgresql":"a::int + 1","sqlite":"CAST(a AS INTEGER) + 1"},"was":{"type":"text","using":{"postgresql":"(a - 1)::text","sqlite":"CAST(a - 1 AS TEXT)"}}}}`,
			`{"rename_column":{"table":"t","name":"a","to":"b"}}`,
			`{"alter_column":{"table":"t","name":"b","type":"bigint","using":"b * 10","not_null":true,"default":7,"was":{"type":"integer","using":"b / 10","not_null":false,"no_default":true}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"big","check":"b > 5"}}}`,
		},
		after: []string{"420 = SELECT b FROM t", "INSERT INTO t (id) VALUES (2)", "!INSERT INTO t VALUES (3, 1)"},
		kept:  []string{"1 = SELECT count(*) FROM t WHERE a = '41'"},
	},
	{
		name:   "another primary key",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","not_null":true},{"name":"b","type":"text","not_null":true}],"constraints":[{"name":"k","primary_key":["a"]}]}}`},
		rows:   []string{"INSERT INTO t VALUES ('x', '1'), ('y', '2')"},
		up: []string{
			`{"drop_constraint":{"table":"t","name":"k","was":{"primary_key":["a"]}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"k","primary_key":["b"]}}}`,
		},
		after: []string{"INSERT INTO t VALUES ('x', '3')", "!INSERT INTO t VALUES ('z', '1')"},
		kept:  []string{"!INSERT INTO t VALUES ('x', '3')", "INSERT INTO t VALUES ('z', '1')"},
	},
	{
		name: "a table takes the name of another",
		before: []string{tableT,
			`{"create_table":{"name":"c","columns":[{"name":"t_id","type":"integer"}],"constraints":[{"foreign_key":["t_id"],"references":"t"}]}}`},
		rows: []string{"INSERT INTO t VALUES (1, 'x')", "INSERT INTO c VALUES (1)"},
		up: []string{
			`{"rename_table":{"name":"t","to":"old"}}`,
			`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"n","type":"integer"}],"constraints":[{"name":"fk_old","foreign_key":["n"],"references":"old"}]}}`,
			`{"execute":{"sql":"INSERT INTO t SELECT id + 10, id FROM old","no_reverse":true}}`,
			`{"alter_column":{"table":"t","name":"n","not_null":true,"was":{"not_null":false}}}`,
			`{"alter_column":{"table":"old","name":"a","not_null":true,"was":{"not_null":false}}}`,
		},
		after: []string{"1 = SELECT count(*) FROM t WHERE id = 11 AND n = 1", "!INSERT INTO c VALUES (11)", "INSERT INTO c VALUES (1)", "!DELETE FROM old", "!INSERT INTO t VALUES (12, 9)"},
		kept:  []string{"1 = SELECT count(*) FROM t WHERE id = 1 AND a = 'x'", "!INSERT INTO c VALUES (11)"},
	},
	{
		name:   "an enum that grows, changes and shrinks under a column",
		before: []string{enumState, tableS},
		rows:   []string{"INSERT INTO t VALUES (1, 'B', 'A')"},
		up: []string{
			`{"add_enum_value":{"enum":"state","value":"D","before":"B"}}`,
			`{"rename_enum_value":{"enum":"state","value":"B","to":"E"}}`,
			`{"alter_column":{"table":"t","name":"o","not_null":true,"default":"D","was":{"not_null":false,"no_default":true}}}`,
			`{"drop_enum_value":{"enum":"state","value":"C","at_end":true}}`,
			`{"create_index":{"table":"t","columns":["s"]}}`,
		},
		after: []string{"1 = SELECT count(*) FROM t WHERE s = 'E' AND o = 'A'", "INSERT INTO t (id) VALUES (2)", "1 = SELECT count(*) FROM t WHERE s = 'E' AND o = 'D'", "!INSERT INTO t (s) VALUES ('C')", "!INSERT INTO t (s) VALUES ('B')"},
		kept:  []string{"1 = SELECT count(*) FROM t WHERE s = 'B' AND o = 'A'", "INSERT INTO t (id, s) VALUES (2, 'C')", "!INSERT INTO t (s) VALUES ('D')"},
	},
}
