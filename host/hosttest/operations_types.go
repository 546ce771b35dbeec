package hosttest

import "github.com/sandpiper-db/sandpiper/host/chain"

// typeCases are one table each, whose columns have types, defaults and the like.
var typeCases = []operationCase{
	{
		name: "types",
		up: []string{`{"create_table":{"name":"t","columns":[{"name":"s3","type":"string(3)"},{"name":"s","type":"string"},{"name":"x","type":"text"},{"name":"si","type":"smallint"},` +
			`{"name":"i","type":"integer"},{"name":"bi","type":"bigint"},{"name":"b","type":"boolean"},{"name":"f","type":"float"},{"name":"n","type":"numeric"},{"name":"n2","type":"numeric(10,2)"},` +
			`{"name":"ts","type":"timestamp"},{"name":"tz","type":"timestamptz"},{"name":"d","type":"date"},{"name":"ti","type":"time"},{"name":"iv","type":"interval"},{"name":"u","type":"uuid"},` +
			`{"name":"j","type":"json"},{"name":"jb","type":"jsonb"},{"name":"by","type":"binary"}]}}`},
		after: []string{
			"INSERT INTO t (s3, x, bi, n2, d, u, j) VALUES ('abc', 'x', 9007199254740993, 1.25, '2026-01-02', '6f1c0a52-7f2c-4c63-9d3a-111111111111', '{}')",
			"1 = SELECT count(*) FROM t WHERE bi = 9007199254740993 AND n2 = 1.25",
			"postgresql: !INSERT INTO t (s3) VALUES ('abcd')", "postgresql: !INSERT INTO t (u) VALUES ('x')", "postgresql: !INSERT INTO t (si) VALUES (40000)",
			"postgresql: 1 = SELECT count(*) FROM (SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS list FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0) AS a WHERE list = 'character varying(3), character varying, text, smallint, integer, bigint, boolean, double precision, numeric, numeric(10,2), " +
				"timestamp without time zone, timestamp with time zone, date, time without time zone, interval, uuid, json, jsonb, bytea'",
			"sqlite: 1 = SELECT count(*) FROM (SELECT group_concat(type, ', ' ORDER BY cid) AS list FROM pragma_table_info('t')) WHERE list = 'VARCHAR(3), VARCHAR, TEXT, INTEGER, INTEGER, INTEGER, BOOLEAN, FLOAT, NUMERIC, NUMERIC(10,2), DATETIME, DATETIME, DATE, TIME, TEXT, CHAR(36), TEXT, TEXT, BLOB'",
		},
	},
	{
		name: "types, arrays",
		up:   []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text[]","not_null":true,"default":{"sql":{"postgresql":"'{}'","sqlite":"'[]'"}}},{"name":"b","type":"integer[]"},{"name":"c","type":"string(5)[]"}]}}`},
		after: []string{
			`postgresql: INSERT INTO t (b, c) VALUES ('{1,2}', '{"x","y"}')`, "postgresql: 1 = SELECT count(*) FROM t WHERE a = '{}' AND b[2] = 2",
			"sqlite: INSERT INTO t (b) VALUES ('[1,2]')", "sqlite: 1 = SELECT count(*) FROM t WHERE json_array_length(a) = 0 AND b ->> 1 = 2",
		},
	},
	{
		name:  "types, native",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":{"postgresql":"tsvector","sqlite":"TEXT"}},{"name":"b","type":{"postgresql":"int4range","sqlite":"VARCHAR(20)"}}]}}`},
		after: []string{"postgresql: INSERT INTO t VALUES ('a b', '[1,3)')", "sqlite: INSERT INTO t VALUES ('a b', '[1,3)')"},
	},
	{
		name:    "types, native of one dialect",
		up:      []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":{"postgresql":"tsvector"}}]}}`},
		after:   []string{"INSERT INTO t VALUES ('a b')"},
		refused: map[chain.Dialect]string{chain.SQLite: "name its type too"},
	},
	{
		name:   "types, an enum",
		before: []string{`{"create_enum":{"name":"state","values":["A","it's B"]}}`},
		up:     []string{`{"create_table":{"name":"t","columns":[{"name":"s","type":"enum(state)","not_null":true,"default":"A"},{"name":"o","type":"enum(state)"}]}}`},
		after:  []string{"INSERT INTO t (o) VALUES ('it''s B')", "1 = SELECT count(*) FROM t WHERE s = 'A'", "!INSERT INTO t (s) VALUES ('C')", "INSERT INTO t (o) VALUES (NULL)"},
	},
	{
		name: "defaults, constants",
		up: []string{`{"create_table":{"name":"t","columns":[{"name":"k","type":"integer"},{"name":"s","type":"text","default":"it's \\ \"x\""},{"name":"i","type":"integer","default":-7},{"name":"n","type":"numeric(5,2)","default":1.50},` +
			`{"name":"yes","type":"boolean","default":true},{"name":"no","type":"boolean","default":false},{"name":"z","type":"text","default":null},{"name":"by","type":"binary","default":{"hex":"00ff"}},{"name":"d","type":"date","default":"2026-01-02"}]}}`},
		after: []string{
			"INSERT INTO t (k) VALUES (1)",
			`1 = SELECT count(*) FROM t WHERE s = 'it''s \ "x"' AND i = -7 AND n = 1.5 AND yes AND NOT no AND z IS NULL AND d = '2026-01-02'`,
			"postgresql: 1 = SELECT count(*) FROM t WHERE by = '\\x00ff'", "sqlite: 1 = SELECT count(*) FROM t WHERE by = x'00ff'",
		},
	},
	{
		name: "defaults, functions",
		up: []string{`{"create_table":{"name":"t","columns":[{"name":"k","type":"integer"},{"name":"ts","type":"timestamp","default":{"function":"now"}},{"name":"tz","type":"timestamptz","default":{"function":"now"}},` +
			`{"name":"d","type":"date","default":{"function":"now"}},{"name":"ti","type":"time","default":{"function":"now"}},{"name":"u","type":"uuid","default":{"function":"uuid"}},` +
			`{"name":"o","type":"json","default":{"function":"json_object"}},{"name":"a","type":"jsonb","default":{"function":"json_array"}}]}}`},
		after: []string{
			"INSERT INTO t (k) VALUES (1), (2)", "2 = SELECT count(DISTINCT u) FROM t",
			"postgresql: 2 = SELECT count(*) FROM t WHERE tz = now() AND d = current_date AND o::text = '{}' AND a = '[]'",
			"sqlite: 2 = SELECT count(*) FROM t WHERE tz LIKE date('now', '-1 minute') || ' __:__:__.___000' OR tz LIKE date('now') || ' __:__:__.___000'",
			"sqlite: 2 = SELECT count(*) FROM t WHERE length(ti) = 15 AND d = date(d) AND o = '{}' AND a = '[]' AND substr(u, 15, 1) = '4' AND length(u) = 36",
		},
	},
	{
		name:  "defaults, an expression",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"k","type":"integer"},{"name":"a","type":"integer","default":{"sql":"1 + 2 * 3"}},{"name":"b","type":"text","default":{"sql":{"postgresql":"upper('x')","sqlite":"upper('x')"}}}]}}`},
		after: []string{"INSERT INTO t (k) VALUES (1)", "1 = SELECT count(*) FROM t WHERE a = 7 AND b = 'X'"},
	},
	{
		name:  "autoincrement",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"bigint","primary_key":true,"autoincrement":true},{"name":"a","type":"text"}]}}`},
		after: []string{"INSERT INTO t (a) VALUES ('x'), ('y')", "2 = SELECT count(DISTINCT id) FROM t", "INSERT INTO t (id) VALUES (100)"},
	},
	{
		name:    "autoincrement of another column",
		up:      []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","autoincrement":true},{"name":"a","type":"text"}]}}`},
		after:   []string{"INSERT INTO t (a) VALUES ('x')"},
		refused: map[chain.Dialect]string{chain.SQLite: "primary_key"},
	},
	{
		name:  "generated",
		up:    []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"integer"},{"name":"b","type":"integer","generated":"a * 2"},{"name":"c","type":"text","generated":{"postgresql":"'v' || a::text","sqlite":"'v' || a"}}]}}`},
		after: []string{"INSERT INTO t (a) VALUES (4)", "1 = SELECT count(*) FROM t WHERE b = 8 AND c = 'v4'", "!INSERT INTO t (a, b) VALUES (1, 2)", "sqlite: 2 = SELECT count(*) FROM pragma_table_xinfo('t') WHERE hidden = 3"},
	},
	{
		name:    "generated, virtual",
		up:      []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"integer"},{"name":"b","type":"integer","generated":"a * 2","virtual":true}]}}`},
		after:   []string{"INSERT INTO t (a) VALUES (4)", "1 = SELECT count(*) FROM t WHERE b = 8"},
		refused: map[chain.Dialect]string{chain.PostgreSQL: "leave out virtual"},
	},
	{
		name: "collate",
		up:   []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","collate":{"postgresql":"C","sqlite":"NOCASE"}}],"constraints":[{"unique":["a"]}]}}`},
		after: []string{"INSERT INTO t VALUES ('a')", "postgresql: INSERT INTO t VALUES ('A')", "sqlite: !INSERT INTO t VALUES ('A')",
			`postgresql: 1 = SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a' AND attcollation = '"C"'::regcollation`,
		},
	},
}
