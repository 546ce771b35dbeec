package hosttest

import "github.com/sandpiper-db/sandpiper/host/chain"

var indexCases = []operationCase{
	{
		name:   "create_index",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, 1, 'x'), (1, 1, 'x')"},
		up:     []string{`{"create_index":{"name":"i","table":"t","columns":["a","b"]}}`, `{"create_index":{"table":"t","columns":["c"]}}`},
		after: []string{
			"INSERT INTO t VALUES (1, 1, 'x')", "postgresql: 1 = SELECT count(*) WHERE to_regclass('ix_t__c') IS NOT NULL",
			"sqlite: 2 = SELECT count(*) FROM sqlite_schema WHERE name IN ('i', 'ix_t__c')",
		},
	},
	{
		name:   "create_index, unique",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, NULL, 'x'), (1, NULL, 'x')"},
		up:     []string{`{"create_index":{"table":"t","columns":["a","b"],"unique":true}}`},
		after:  []string{"INSERT INTO t (a, b) VALUES (1, 1)", "!INSERT INTO t (a, b) VALUES (1, 1)", "INSERT INTO t (a, b) VALUES (1, NULL)"},
		kept:   []string{"INSERT INTO t (a, b) VALUES (1, 1), (1, 1)"},
	},
	{
		name:    "create_index, nulls_not_distinct",
		before:  []string{tableN},
		up:      []string{`{"create_index":{"table":"t","columns":["a"],"unique":true,"nulls_not_distinct":true}}`},
		after:   []string{"INSERT INTO t (a) VALUES (NULL)", "!INSERT INTO t (a) VALUES (NULL)"},
		refused: map[chain.Dialect]string{chain.SQLite: "coalesce"},
	},
	{
		name:   "create_index, partial",
		before: []string{tableN},
		up:     []string{`{"create_index":{"name":"i","table":"t","columns":["a"],"unique":true,"where":"b > 0 AND c <> 'it''s'"}}`},
		after:  []string{"INSERT INTO t VALUES (1, 0, 'x'), (1, 0, 'x'), (1, 1, 'x')", "!INSERT INTO t VALUES (1, 1, 'x')", "INSERT INTO t VALUES (1, 1, 'it''s')"},
	},
	{
		name:   "create_index, expressions",
		before: []string{tableN},
		up:     []string{`{"create_index":{"name":"i","table":"t","columns":[{"expr":"lower(c)"},"a",{"expr":{"postgresql":"a % 7","sqlite":"a % 7"}}],"unique":true}}`},
		after:  []string{"INSERT INTO t VALUES (1, 0, 'X')", "!INSERT INTO t VALUES (1, 0, 'x')", "INSERT INTO t VALUES (2, 0, 'x')"},
	},
	{
		name:   "create_index, order, nulls and collation",
		before: []string{tableN},
		up:     []string{`{"create_index":{"name":"i","table":"t","columns":[{"column":"a","order":"desc"},{"column":"b","order":"asc"},{"column":"c","order":"desc","collate":{"postgresql":"C","sqlite":"NOCASE"}}],"unique":true}}`},
		after: []string{"INSERT INTO t VALUES (1, 1, 'x')", "!INSERT INTO t VALUES (1, 1, 'x')", "postgresql: INSERT INTO t VALUES (1, 1, 'X')", "sqlite: !INSERT INTO t VALUES (1, 1, 'X')",
			`postgresql: 1 = SELECT count(*) FROM pg_indexes WHERE indexname = 'i' AND indexdef LIKE '%(a DESC, b, c COLLATE "C" DESC)'`, `sqlite: 2 = SELECT count(*) FROM pragma_index_xinfo('i') WHERE key AND "desc"`,
		},
	},
	{
		name:   "create_index, nulls where SQLite has them",
		before: []string{tableN},
		up:     []string{`{"create_index":{"name":"i","table":"t","columns":[{"column":"a","order":"desc","nulls":"last"},{"column":"b","nulls":"first"}]}}`},
		after:  []string{"INSERT INTO t VALUES (1, 1, 'x')", "postgresql: 1 = SELECT count(*) FROM pg_indexes WHERE indexname = 'i' AND indexdef LIKE '%(a DESC NULLS LAST, b NULLS FIRST)'"},
	},
	{
		name:    "create_index, nulls",
		before:  []string{tableN},
		up:      []string{`{"create_index":{"name":"i","table":"t","columns":[{"column":"a","order":"desc","nulls":"first"},{"column":"b","nulls":"last"}]}}`},
		after:   []string{"INSERT INTO t VALUES (1, 1, 'x')"},
		refused: map[chain.Dialect]string{chain.SQLite: "leave out nulls"},
	},
	{
		name:    "create_index, include",
		before:  []string{tableN},
		up:      []string{`{"create_index":{"name":"i","table":"t","columns":["a"],"unique":true,"include":["b","c"]}}`},
		after:   []string{"INSERT INTO t (a, b) VALUES (1, 1)", "!INSERT INTO t (a, b) VALUES (1, 2)"},
		refused: map[chain.Dialect]string{chain.SQLite: "INCLUDE"},
	},
	{
		name:    "create_index, storage parameters",
		before:  []string{tableN},
		up:      []string{`{"create_index":{"name":"i","table":"t","columns":["a"],"with":[{"name":"fillfactor","value":"70"},{"name":"deduplicate_items","value":"off"}]}}`},
		after:   []string{"1 = SELECT count(*) FROM pg_class WHERE relname = 'i' AND 'fillfactor=70' = ANY (reloptions)"},
		refused: map[chain.Dialect]string{chain.SQLite: "dialect: postgresql"},
	},
	{
		name:    "create_index, gin with an operator class",
		before:  []string{`{"create_extension":{"name":"pg_trgm"},"dialect":"postgresql"}`, tableN},
		up:      []string{`{"create_index":{"name":"i","table":"t","columns":[{"column":"c","opclass":"gin_trgm_ops"}],"using":"gin"}}`},
		after:   []string{"1 = SELECT count(*) FROM pg_indexes WHERE indexname = 'i' AND indexdef LIKE '%gin (c gin_trgm_ops)'"},
		refused: map[chain.Dialect]string{chain.SQLite: "dialect: postgresql"},
	},
	{
		name:   "create_index, concurrently",
		before: []string{tableN},
		rows:   []string{"INSERT INTO t VALUES (1, 1, 'x')"},
		up: []string{
			`{"add_column":{"table":"t","column":{"name":"d","type":"integer"}}}`,
			`{"create_index":{"table":"t","columns":["a","d"],"unique":true,"where":"d > 0","concurrently":true}}`,
			`{"add_column":{"table":"t","column":{"name":"e","type":"integer"}}}`,
		},
		after: []string{"INSERT INTO t (a, d) VALUES (1, 1)", "!INSERT INTO t (a, d) VALUES (1, 1)"},
		kept:  []string{"1 = SELECT count(*) FROM t"},
	},
	{
		name:   "drop_index",
		before: []string{tableN, `{"create_index":{"name":"i","table":"t","columns":["a",{"expr":"lower(c)","order":"desc"}],"unique":true,"where":"a > 0"}}`},
		up:     []string{`{"drop_index":{"name":"i","table":"t","was":{"columns":["a",{"expr":"lower(c)","order":"desc"}],"unique":true,"where":"a > 0"}}}`},
		after:  []string{"INSERT INTO t VALUES (1, 1, 'x'), (1, 1, 'x')"},
		kept:   []string{"INSERT INTO t VALUES (1, 1, 'x')", "!INSERT INTO t VALUES (1, 1, 'X')"},
	},
	{
		name:   "drop_index, by what it is",
		before: []string{tableN, `{"create_index":{"table":"t","columns":["a"],"unique":true}}`},
		up:     []string{`{"drop_index":{"table":"t","was":{"columns":["a"],"unique":true}}}`},
		after:  []string{"INSERT INTO t (a) VALUES (1), (1)"},
		kept:   []string{"INSERT INTO t (a) VALUES (1)", "!INSERT INTO t (a) VALUES (1)"},
	},
	{
		name:   "drop_index, concurrently",
		before: []string{tableN, `{"create_index":{"name":"i","table":"t","columns":["a"],"unique":true}}`},
		up:     []string{`{"drop_index":{"name":"i","table":"t","concurrently":true,"was":{"columns":["a"],"unique":true}}}`},
		after:  []string{"INSERT INTO t (a) VALUES (1), (1)"},
		kept:   []string{"INSERT INTO t (a) VALUES (1)", "!INSERT INTO t (a) VALUES (1)"},
	},
	{
		name:   "rename_index",
		before: []string{tableN, `{"create_index":{"name":"i","table":"t","columns":["a"],"unique":true,"where":"b > 0"}}`},
		up:     []string{`{"rename_index":{"name":"i","table":"t","to":"the \"index\""}}`},
		after: []string{
			"INSERT INTO t (a, b) VALUES (1, 1)", "!INSERT INTO t (a, b) VALUES (1, 1)",
			`postgresql: 1 = SELECT count(*) FROM pg_class WHERE relname = 'the "index"'`, `sqlite: 1 = SELECT count(*) FROM sqlite_schema WHERE name = 'the "index"'`,
		},
	},
}
