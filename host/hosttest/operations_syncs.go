package hosttest

const (
	renameSync = `{"create_sync":{"table":"t","old":["a"],"new":["b"]}}`
	columnB    = `{"add_column":{"table":"t","column":{"name":"b","type":"text"}}}`

	// A name of several words is what the way back would lose: 'a  b' and 'a' + 'b c'.
	splitSync = `{"create_sync":{"name":"names","table":"q","old":[{"column":"name","from":"first || ' ' || last"}],"new":[` +
		`{"column":"first","from":{"postgresql":"split_part(name, ' ', 1)","sqlite":"substr(name, 1, instr(name, ' ') - 1)"}},` +
		`{"column":"last","from":{"postgresql":"ltrim(substr(name, strpos(name, ' ')))","sqlite":"ltrim(substr(name, instr(name, ' ')))"}}]}}`
	tablePerson = `{"create_table":{"name":"q","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"name","type":"text"},{"name":"n","type":"integer"}]}}`

	// All of a row agrees if one side is what the other makes it.
	apart = "0 = SELECT count(*) FROM t WHERE coalesce(a, '-') <> coalesce(b, '-')"
)

var syncCases = []operationCase{
	{
		name:   "create_sync, of a column and the one with its new name",
		before: []string{tableT, tableP},
		rows:   []string{"INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)", "INSERT INTO p VALUES (10), (11)"},
		up:     []string{columnB, renameSync},
		after: []string{
			// An old program, a new one, and one that knows both.
			"INSERT INTO t (id, a) VALUES (10, 'o'), (11, NULL), (12, 'p')", "INSERT INTO t (id, b) VALUES (20, 'n'), (21, 'm')",
			"INSERT INTO t (id, a, b) VALUES (30, 'o', 'n'), (31, 'n', 'n')",
			"2 = SELECT count(*) FROM t WHERE id IN (10, 12) AND a IN ('o', 'p') AND a = b", "2 = SELECT count(*) FROM t WHERE id IN (20, 21) AND b IN ('n', 'm') AND a = b",
			"2 = SELECT count(*) FROM t WHERE id IN (30, 31) AND a = 'n' AND b = 'n'",
			"UPDATE t SET a = a || '!' WHERE id IN (10, 20)", "2 = SELECT count(*) FROM t WHERE a IN ('o!', 'n!') AND a = b",
			"UPDATE t SET b = b || '?' WHERE id IN (12, 21)", "2 = SELECT count(*) FROM t WHERE b IN ('p?', 'm?') AND a = b",
			"UPDATE t SET a = 'A', b = 'B' WHERE id = 30", "1 = SELECT count(*) FROM t WHERE id = 30 AND a = 'B' AND b = 'B'",
			"UPDATE t SET a = 'A', b = NULL WHERE id = 30", "1 = SELECT count(*) FROM t WHERE id = 30 AND a = 'A' AND b = 'A'",
			"UPDATE t SET b = NULL WHERE id = 30", "1 = SELECT count(*) FROM t WHERE id = 30 AND a IS NULL AND b IS NULL",
			"UPDATE t SET b = 'up' FROM p WHERE p.id = t.id", "2 = SELECT count(*) FROM t WHERE id IN (10, 11) AND a = 'up' AND b = 'up'",
			"UPDATE t SET id = 100 WHERE id = 11", "1 = SELECT count(*) FROM t WHERE id = 100 AND a = 'up' AND b = 'up'",
			// Upserts of both programs, and one that writes what it was given.
			"INSERT INTO t (id, a) VALUES (10, 'q'), (13, 'q') ON CONFLICT (id) DO UPDATE SET a = excluded.a", "2 = SELECT count(*) FROM t WHERE id IN (10, 13) AND a = 'q' AND b = 'q'",
			"INSERT INTO t (id, b) VALUES (10, 'r'), (14, 'r') ON CONFLICT (id) DO UPDATE SET b = excluded.b", "2 = SELECT count(*) FROM t WHERE id IN (10, 14) AND a = 'r' AND b = 'r'",
			"INSERT INTO t (id, a) VALUES (10, 's') ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b", "1 = SELECT count(*) FROM t WHERE id = 10 AND a = 's' AND b = 's'",
			"INSERT INTO t (id, b) VALUES (10, 'x') ON CONFLICT DO NOTHING", "1 = SELECT count(*) FROM t WHERE id = 10 AND a = 's' AND b = 's'",
			"sqlite: REPLACE INTO t (id, b) VALUES (10, 'z')", "sqlite: 1 = SELECT count(*) FROM t WHERE id = 10 AND a = 'z' AND b = 'z'",
			// What was there before waits for a backfill, whatever that is.
			"2 = SELECT count(*) FROM t WHERE id < 3 AND b IS NULL", "UPDATE t SET b = a WHERE id = 1", "UPDATE t SET id = id WHERE id IN (2, 3)",
			"2 = SELECT count(*) FROM t WHERE id < 3 AND a IN ('x', 'y') AND a = b", "1 = SELECT count(*) FROM t WHERE id = 3 AND a IS NULL AND b IS NULL",
			apart,
		},
		kept: []string{"INSERT INTO t (id, a) VALUES (10, 'o')", "UPDATE t SET a = 'p' WHERE id = 10", "1 = SELECT count(*) FROM t WHERE a = 'p'", "2 = SELECT count(*) FROM t WHERE a IN ('x', 'y')"},
	},
	{
		name:   "create_sync, of one column and two",
		before: []string{tablePerson},
		rows:   []string{"INSERT INTO q (id, name) VALUES (1, 'Ada  Lovelace'), (2, 'Alan Turing')"},
		up: []string{`{"add_column":{"table":"q","column":{"name":"first","type":"text"}}}`, `{"add_column":{"table":"q","column":{"name":"last","type":"text"}}}`,
			splitSync},
		after: []string{
			"INSERT INTO q (id, name) VALUES (3, 'Grace  Hopper')", "1 = SELECT count(*) FROM q WHERE id = 3 AND name = 'Grace  Hopper' AND first = 'Grace' AND last = 'Hopper'",
			"INSERT INTO q (id, first, last) VALUES (4, 'Mary Ann', 'Lee')", "1 = SELECT count(*) FROM q WHERE id = 4 AND name = 'Mary Ann Lee' AND first = 'Mary Ann' AND last = 'Lee'",
			"INSERT INTO q (id, name, first, last) VALUES (5, 'a  b', 'a', 'b')", "1 = SELECT count(*) FROM q WHERE id = 5 AND name = 'a  b' AND first = 'a' AND last = 'b'",
			// A backfill leaves the old column as it is, and so does whoever changes something else.
			"UPDATE q SET first = 'Ada', last = 'Lovelace' WHERE id = 1", "1 = SELECT count(*) FROM q WHERE id = 1 AND name = 'Ada  Lovelace' AND first = 'Ada' AND last = 'Lovelace'",
			"UPDATE q SET n = 1", "1 = SELECT count(*) FROM q WHERE id = 2 AND name = 'Alan Turing' AND first = 'Alan' AND last = 'Turing'",
			"1 = SELECT count(*) FROM q WHERE id = 4 AND name = 'Mary Ann Lee' AND first = 'Mary Ann' AND last = 'Lee'", "1 = SELECT count(*) FROM q WHERE id = 3 AND name = 'Grace  Hopper'",
			"UPDATE q SET last = 'King' WHERE id = 1", "1 = SELECT count(*) FROM q WHERE id = 1 AND name = 'Ada King' AND first = 'Ada' AND last = 'King'",
			"UPDATE q SET name = 'x y z' WHERE id = 4", "1 = SELECT count(*) FROM q WHERE id = 4 AND name = 'x y z' AND first = 'x' AND last = 'y z'",
			"UPDATE q SET name = 'p  q', first = 'p', last = 'q' WHERE id = 5", "1 = SELECT count(*) FROM q WHERE id = 5 AND name = 'p  q' AND first = 'p' AND last = 'q'",
		},
		kept: []string{"UPDATE q SET name = 'x' WHERE id = 1", "INSERT INTO q (id, name) VALUES (9, 'y')"},
	},
	{
		name:   "create_sync, of one type and another, NOT NULL with a default",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"text","not_null":true,"default":"0"}]}}`},
		rows:   []string{"INSERT INTO t VALUES (1, '7'), (2, '0')"},
		up: []string{`{"add_column":{"table":"t","column":{"name":"b","type":"integer","not_null":true,"default":-1}}}`,
			`{"create_sync":{"table":"t","old":[{"column":"a","from":"CAST(b AS text)"}],"new":[{"column":"b","from":"CAST(a AS integer)"}]}}`},
		after: []string{
			"INSERT INTO t (id, a) VALUES (3, '5'), (4, '007')", "INSERT INTO t (id, b) VALUES (5, 5)", "INSERT INTO t (id) VALUES (6)",
			"2 = SELECT count(*) FROM t WHERE id IN (3, 5) AND a = '5' AND b = 5", "1 = SELECT count(*) FROM t WHERE id = 4 AND a = '007' AND b = 7", "1 = SELECT count(*) FROM t WHERE id = 6 AND a = '0' AND b = 0",
			"UPDATE t SET b = 8 WHERE id = 4", "1 = SELECT count(*) FROM t WHERE id = 4 AND a = '8' AND b = 8",
			"UPDATE t SET a = '08' WHERE id = 4", "1 = SELECT count(*) FROM t WHERE id = 4 AND a = '08' AND b = 8",
			"2 = SELECT count(*) FROM t WHERE id IN (1, 2) AND b = -1", "UPDATE t SET id = id WHERE id IN (1, 2)", "2 = SELECT count(*) FROM t WHERE id IN (1, 2) AND b = CAST(a AS integer)",
			"UPDATE t SET b = -1 WHERE id = 1", "1 = SELECT count(*) FROM t WHERE id = 1 AND a = '-1' AND b = -1",
			"postgresql: !UPDATE t SET a = 'x' WHERE id = 1",
		},
		kept: []string{"2 = SELECT count(*) FROM t WHERE a IN ('7', '0')"},
	},
	{
		name: "create_sync, of columns with odd names in a table with a key of two",
		before: []string{`{"create_table":{"name":"Ord\"er s","columns":[{"name":"k","type":"text"},{"name":"new","type":"integer"},{"name":"Old One","type":"text"},{"name":"made","type":"integer"},{"name":"rowid","type":"text"}],` +
			`"constraints":[{"primary_key":["k","new"]}],"strict":true,"without_rowid":true}}`},
		rows: []string{`INSERT INTO "Ord""er s" VALUES ('a', 1, 'x', 1, 'r')`},
		up: []string{`{"add_column":{"table":"Ord\"er s","column":{"name":"given","type":"text"}}}`, `{"add_column":{"table":"Ord\"er s","column":{"name":"tg_op","type":"integer"}}}`,
			`{"create_sync":{"table":"Ord\"er s","old":["Old One","made"],"new":["given","tg_op"]}}`},
		after: []string{
			`INSERT INTO "Ord""er s" (k, new, "Old One", made) VALUES ('a', 2, 'it''s', 2)`, `INSERT INTO "Ord""er s" (k, new, given) VALUES ('b', 2, '$sync$')`,
			`1 = SELECT count(*) FROM "Ord""er s" WHERE k = 'a' AND new = 2 AND given = 'it''s' AND tg_op = 2`, `1 = SELECT count(*) FROM "Ord""er s" WHERE k = 'b' AND "Old One" = '$sync$' AND made IS NULL`,
			`UPDATE "Ord""er s" SET tg_op = 3 WHERE k = 'b'`, `1 = SELECT count(*) FROM "Ord""er s" WHERE "Old One" = '$sync$' AND made = 3`,
			`UPDATE "Ord""er s" SET k = 'c', made = 4 WHERE k = 'b'`, `1 = SELECT count(*) FROM "Ord""er s" WHERE k = 'c' AND tg_op = 4`,
			`1 = SELECT count(*) FROM "Ord""er s" WHERE k = 'a' AND new = 1 AND given IS NULL`,
		},
	},
	{
		name: "create_sync, beside triggers, a generated column, an index and a foreign key",
		before: []string{tableP, `{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"integer"},{"name":"n","type":"integer","not_null":true,"default":0},{"name":"twice","type":"integer","generated":"a * 2"}],` +
			`"constraints":[{"foreign_key":["a"],"references":"p","on_update":"cascade","on_delete":"set null"}]}}`,
			`{"execute":{"sql":{"postgresql":"CREATE FUNCTION counting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := NEW.n + 1; IF NEW.a = 3 THEN NEW.a := 2; END IF; RETURN NEW; END $$"},"no_reverse":true}}`,
			`{"create_trigger":{"name":"yy","table":"t","sql":{"postgresql":"CREATE TRIGGER yy BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION counting()",` +
				`"sqlite":"CREATE TRIGGER yy AFTER UPDATE OF n ON t BEGIN UPDATE t SET a = 2 WHERE id = NEW.id AND a = 3; END"}}}`},
		rows: []string{"INSERT INTO p VALUES (1), (2), (3)", "INSERT INTO t (id, a) VALUES (1, 1)"},
		up:   []string{`{"add_column":{"table":"t","column":{"name":"b","type":"integer"}}}`, `{"create_index":{"table":"t","columns":["b"]}}`, `{"create_sync":{"table":"t","old":["a"],"new":["b"]}}`},
		after: []string{
			"INSERT INTO t (id, b) VALUES (2, 2)", "1 = SELECT count(*) FROM t WHERE id = 2 AND a = 2 AND twice = 4",
			"!INSERT INTO t (id, b) VALUES (3, 9)",
			"UPDATE t SET n = n, a = 3 WHERE id = 2", "1 = SELECT count(*) FROM t WHERE id = 2 AND a = 2 AND b = 2",
			"UPDATE p SET id = 5 WHERE id = 2", "1 = SELECT count(*) FROM t WHERE id = 2 AND a = 5 AND b = 5 AND twice = 10",
			"DELETE FROM p WHERE id = 5", "1 = SELECT count(*) FROM t WHERE id = 2 AND a IS NULL AND b IS NULL",
		},
	},
	{
		name:   "create_sync twice, and a table that is renamed and changed under them",
		before: []string{tableT, columnB},
		rows:   []string{"INSERT INTO t VALUES (1, 'x', NULL)"},
		up: []string{
			`{"add_column":{"table":"t","column":{"name":"c","type":"text"}}}`, `{"add_column":{"table":"t","column":{"name":"d","type":"text"}}}`,
			`{"create_sync":{"name":"one","table":"t","old":["a"],"new":["c"]}}`, `{"create_sync":{"name":"two","table":"t","old":["b"],"new":[{"column":"d","from":"upper(b)"}]}}`,
			`{"rename_table":{"name":"t","to":"u"}}`,
			`{"add_constraint":{"table":"u","constraint":{"unique":["c"]}}}`, `{"alter_column":{"table":"u","name":"id","default":7,"was":{"no_default":true}}}`,
		},
		after: []string{
			"INSERT INTO u (id, a, b) VALUES (2, 'o', 'p')", "1 = SELECT count(*) FROM u WHERE id = 2 AND c = 'o' AND d = 'P'",
			"UPDATE u SET c = 'n', b = 'q' WHERE id = 2", "1 = SELECT count(*) FROM u WHERE id = 2 AND a = 'n' AND d = 'Q'",
			"!INSERT INTO u (id, a) VALUES (3, 'n')",
		},
		kept: []string{"INSERT INTO t VALUES (2, 'o', 'p')", "1 = SELECT count(*) FROM t WHERE a = 'x'"},
	},
	{
		name:   "drop_sync",
		before: []string{tableT, columnB, renameSync},
		rows:   []string{"INSERT INTO t (id, a) VALUES (1, 'x')"},
		up:     []string{`{"drop_sync":{"table":"t","was":{"old":["a"],"new":["b"]}}}`},
		after:  []string{"UPDATE t SET a = 'y'", "1 = SELECT count(*) FROM t WHERE a = 'y' AND b = 'x'", "INSERT INTO t (id, b) VALUES (2, 'z')", "1 = SELECT count(*) FROM t WHERE b = 'z' AND a IS NULL"},
		kept:   []string{"UPDATE t SET a = 'y'", "1 = SELECT count(*) FROM t WHERE a = 'y' AND b = 'y'"},
	},
}

var failingSyncs = []failingCase{
	{
		name:   "create_sync of a column that is not there",
		before: []string{tableT}, up: []string{renameSync}, says: []string{"t", "b"},
	},
	{
		name: "create_sync of a table that is not there",
		up:   []string{renameSync}, says: []string{"t"},
	},
	{
		name:   "create_sync with an expression over another column",
		before: []string{tableT, columnB},
		up:     []string{`{"create_sync":{"table":"t","old":["a"],"new":[{"column":"b","from":"a || id"}]}}`}, says: []string{"id", "of the other side"},
	},
	{
		name:   "create_sync of a generated column",
		before: []string{tableT, `{"add_column":{"table":"t","column":{"name":"b","type":"text","generated":"a || '!'"}}}`},
		up:     []string{renameSync}, says: []string{"b", "generated"},
	},
	{
		name:   "create_sync of a new column whose default is computed",
		before: []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"uuid"},{"name":"b","type":"uuid","default":{"function":"uuid"}}]}}`},
		up:     []string{renameSync}, says: []string{"b", "default"},
	},
	{
		name:   "create_sync of a column that has one",
		before: []string{tableT, columnB, `{"add_column":{"table":"t","column":{"name":"c","type":"text"}}}`, renameSync},
		up:     []string{`{"create_sync":{"table":"t","old":["b"],"new":["c"]}}`}, says: []string{"b", "sync_t__b", "drop_sync"},
	},
	{
		name:   "create_sync that is there",
		before: []string{tableT, columnB, renameSync},
		up:     []string{renameSync}, says: []string{"sync_t__b"},
	},
	{
		name:   "drop_sync that is not there",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"drop_sync":{"table":"t","name":"nowhere"}}`}, says: []string{"nowhere", "sync_t__b"},
	},
	{
		name:   "rename_column of a sync",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"rename_column":{"table":"t","name":"id","to":"key"}}`, `{"rename_column":{"table":"t","name":"b","to":"c"}}`}, says: []string{"b", "sync_t__b", "drop_sync"},
	},
	{
		name:   "drop_column of a sync",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"drop_column":{"table":"t","name":"a"}}`}, says: []string{"a", "sync_t__b", "drop_sync"},
	},
	{
		name:   "alter_column of a sync, to another type",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"alter_column":{"table":"t","name":"a","not_null":true}}`, `{"alter_column":{"table":"t","name":"b","type":"string(9)"}}`}, says: []string{"b", "sync_t__b", "drop_sync"},
	},
	{
		name:   "alter_column of a sync, to another default",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"alter_column":{"table":"t","name":"b","default":"x"}}`}, says: []string{"b", "sync_t__b", "drop_sync"},
	},
	{
		name:   "drop_table of a sync",
		before: []string{tableT, columnB, renameSync},
		up:     []string{`{"drop_table":{"name":"t"}}`}, says: []string{"t", "sync_t__b", "drop_sync"},
	},
}
