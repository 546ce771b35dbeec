package hosttest

// An enum, and a table that has it in three columns.
const (
	enumState = `{"create_enum":{"name":"state","values":["A","B","C"]}}`
	tableS    = `{"create_table":{"name":"t","columns":[{"name":"id","type":"integer"},{"name":"s","type":"enum(state)","not_null":true,"default":"B"},{"name":"o","type":"enum(state)"}]}}`
	tableS2   = `{"create_table":{"name":"u","columns":[{"name":"s","type":"enum(state)"}],"constraints":[{"unique":["s"]}]}}`
)

var enumCases = []operationCase{
	{
		name:  "create_enum",
		up:    []string{enumState, tableS},
		after: []string{"INSERT INTO t (id) VALUES (1)", "1 = SELECT count(*) FROM t WHERE s = 'B'", "!INSERT INTO t (s) VALUES ('D')", "!INSERT INTO t (s) VALUES ('')"},
	},
	{
		name:  "create_enum, plain",
		up:    []string{`{"create_enum":{"name":"state","values":["A","B"],"plain":true}}`, tableS},
		after: []string{"INSERT INTO t (s) VALUES ('A')", "postgresql: !INSERT INTO t (s) VALUES ('D')", "sqlite: INSERT INTO t (s) VALUES ('D')"},
	},
	{
		name:  "create_enum, names that need quotes",
		up:    []string{`{"create_enum":{"name":"my \"state\"","values":["it's","größer","a,b"]}}`, `{"create_table":{"name":"t","columns":[{"name":"s","type":"enum(my \"state\")","default":"it's"}]}}`},
		after: []string{"INSERT INTO t VALUES ('größer'), ('a,b')", "INSERT INTO t DEFAULT VALUES", "1 = SELECT count(*) FROM t WHERE s = 'it''s'", "!INSERT INTO t VALUES ('b')"},
	},
	{
		name:   "drop_enum",
		before: []string{enumState},
		up:     []string{`{"drop_enum":{"name":"state","values":["A","B","C"]}}`},
		after:  []string{"postgresql: !SELECT 'A'::state"},
		kept:   []string{"postgresql: 1 = SELECT count(*) WHERE 'A'::state < 'B'::state"},
	},
	{
		name:   "add_enum_value",
		before: []string{enumState, tableS, tableS2},
		rows:   []string{"INSERT INTO t VALUES (1, 'A', 'C')", "INSERT INTO u VALUES ('A')"},
		up:     []string{`{"add_enum_value":{"enum":"state","value":"it's D"}}`},
		after: []string{
			"INSERT INTO t VALUES (2, 'it''s D', 'it''s D')", "INSERT INTO u VALUES ('it''s D')", "!INSERT INTO u VALUES ('it''s D')", "!INSERT INTO u VALUES ('E')",
			"1 = SELECT count(*) FROM t WHERE s = 'A' AND o = 'C'", "postgresql: 1 = SELECT count(*) WHERE 'it''s D'::state > 'C'::state",
		},
		kept: []string{"!INSERT INTO t VALUES (2, 'it''s D', NULL)", "!INSERT INTO u VALUES ('A')", "1 = SELECT count(*) FROM t WHERE s = 'A' AND o = 'C'", "INSERT INTO t (id) VALUES (3)", "1 = SELECT count(*) FROM t WHERE s = 'B'"},
	},
	{
		name:   "add_enum_value, before and after",
		before: []string{enumState, tableS},
		up: []string{
			`{"add_enum_value":{"enum":"state","value":"AA","before":"A"}}`,
			`{"add_enum_value":{"enum":"state","value":"BB","after":"B"}}`,
			`{"add_enum_value":{"enum":"state","value":"BC","before":"C"}}`,
			`{"add_enum_value":{"enum":"state","value":"D","after":"C"}}`,
		},
		after: []string{
			"postgresql: 1 = SELECT count(*) WHERE enum_range(NULL::state)::text = '{AA,A,B,BB,BC,C,D}'",
			"sqlite: 1 = SELECT count(*) FROM (SELECT group_concat(value) AS all_ FROM (SELECT value FROM sandpiper_enums WHERE name = 'state' ORDER BY position)) WHERE all_ = 'AA,A,B,BB,BC,C,D'",
			"INSERT INTO t (s) VALUES ('AA'), ('BB'), ('BC'), ('D')",
		},
	},
	{
		name:   "add_enum_value, used at once",
		before: []string{enumState, tableS},
		up: []string{
			`{"add_column":{"table":"t","column":{"name":"n","type":"integer"}}}`,
			`{"add_enum_value":{"enum":"state","value":"D"}}`,
			`{"insert":{"table":"t","columns":["id","s"],"rows":[[7,"D"]],"key":["id"]}}`,
			`{"alter_column":{"table":"t","name":"s","default":"D","was":{"default":"B"}}}`,
		},
		after: []string{"1 = SELECT count(*) FROM t WHERE s = 'D' AND id = 7", "INSERT INTO t (id) VALUES (8)", "2 = SELECT count(*) FROM t WHERE s = 'D'"},
		kept:  []string{"0 = SELECT count(*) FROM t", "INSERT INTO t (id) VALUES (8)", "1 = SELECT count(*) FROM t WHERE s = 'B'"},
	},
	{
		name:   "rename_enum_value",
		before: []string{enumState, tableS, tableS2},
		rows:   []string{"INSERT INTO t VALUES (1, 'B', 'A'), (2, 'C', 'B'), (3, 'C', NULL)", "INSERT INTO u VALUES ('B')"},
		up:     []string{`{"rename_enum_value":{"enum":"state","value":"B","to":"it's b"}}`},
		after: []string{
			"1 = SELECT count(*) FROM t WHERE id = 1 AND s = 'it''s b' AND o = 'A'", "1 = SELECT count(*) FROM t WHERE id = 2 AND o = 'it''s b'", "1 = SELECT count(*) FROM u WHERE s = 'it''s b'",
			"!INSERT INTO u VALUES ('B')", "INSERT INTO t (id) VALUES (4)", "1 = SELECT count(*) FROM t WHERE id = 4 AND s = 'it''s b'",
		},
		kept: []string{"2 = SELECT count(*) FROM t WHERE s = 'B' OR o = 'B'", "!INSERT INTO u VALUES ('it''s b')", "INSERT INTO t (id) VALUES (4)"},
	},
	{
		name:   "drop_enum_value",
		before: []string{enumState, tableS, tableS2},
		rows:   []string{"INSERT INTO t VALUES (1, 'B', 'C')", "INSERT INTO u VALUES ('C')"},
		up:     []string{`{"drop_enum_value":{"enum":"state","value":"A","before":"B"}}`},
		after:  []string{"!INSERT INTO t VALUES (2, 'A', NULL)", "!INSERT INTO u VALUES ('A')", "!INSERT INTO u VALUES ('C')", "INSERT INTO t (id) VALUES (3)", "2 = SELECT count(*) FROM t WHERE s = 'B'"},
		kept:   []string{"INSERT INTO t VALUES (2, 'A', NULL)", "!INSERT INTO u VALUES ('C')", "postgresql: 1 = SELECT count(*) WHERE 'A'::state < 'B'::state"},
	},
	{
		name: "drop_enum_value, with keys, indexes, generated columns and arrays",
		before: []string{enumState,
			`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"s","type":"enum(state)","not_null":true,"default":"B"},{"name":"g","type":"integer","generated":"id + 1"}],"constraints":[{"unique":["s"]}]}}`,
			`{"create_table":{"name":"u","columns":[{"name":"id","type":"integer"},{"name":"l","type":"enum(state)[]"}]}}`,
			`{"create_index":{"name":"i","table":"t","columns":[{"column":"s","order":"desc"},"id"],"where":"id > 0"}}`},
		rows: []string{"INSERT INTO t (id, s) VALUES (1, 'A')", "postgresql: INSERT INTO u VALUES (1, '{A,B}')", `sqlite: INSERT INTO u VALUES (1, '["A","B"]')`},
		up:   []string{`{"drop_enum_value":{"enum":"state","value":"C","at_end":true}}`},
		after: []string{
			"!INSERT INTO t (id, s) VALUES (2, 'C')", "INSERT INTO t (id) VALUES (2)", "!INSERT INTO t (id) VALUES (3)", "postgresql: !INSERT INTO u VALUES (1, '{C}')", "1 = SELECT count(*) FROM t WHERE s = 'A'",
			"1 = SELECT count(*) FROM u WHERE l IS NOT NULL",
		},
		kept: []string{"INSERT INTO t (id, s) VALUES (2, 'C')", "!INSERT INTO t (id, s) VALUES (3, 'A')", "1 = SELECT count(*) FROM t WHERE s = 'A'"},
	},
}
