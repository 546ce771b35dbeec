package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

const nameSync = `{"create_sync": {"table": "person", "old": [{"column": "name", "from": "first || ' ' || last"}], "new": [` +
	`{"column": "first", "from": "substr(name, 1, instr(name, ' ') - 1)"}, {"column": "last", "from": "substr(name, instr(name, ' ') + 1)"}]}}`

func TestSyncWhileTwoProgramsWrite(t *testing.T) {
	const rows = 300
	path, conn := file(t)
	raw(t, path, "PRAGMA journal_mode = WAL; CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)",
		fmt.Sprintf("WITH r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < %d) INSERT INTO person SELECT i, 'First' || i || ' Last' || i FROM r", rows))
	mustApply(t, conn, `{"add_column": {"table": "person", "column": {"name": "first", "type": "text"}}}`,
		`{"add_column": {"table": "person", "column": {"name": "last", "type": "text"}}}`, nameSync)
	hosttest.TwoPrograms{
		Rows: rows, Writes: 200,
		Backfill: "UPDATE person SET first = substr(name, 1, instr(name, ' ') - 1), last = substr(name, instr(name, ' ') + 1) WHERE id > %d AND id <= %d",
		Program: func(t *testing.T) func(string) error {
			c := rawConn(t, path)
			if err := c.Exec("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF"); err != nil {
				t.Fatal(err)
			}
			return c.Exec
		},
		Value: func(sql string) string { return value(t, conn, sql) },
	}.Run(t)
	mustApply(t, conn, `{"drop_sync": {"table": "person", "name": "sync_person__first_last"}}`)
	if n := value(t, conn, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"); n != "0" {
		t.Errorf("%s triggers are left", n)
	}
}

// synced returns a connection without Sandpiper to a table with a sync.
func synced(t *testing.T, create string, documents ...string) *plainDB {
	t.Helper()
	conn, name := memory(t)
	db := plainOpen(t, name)
	db.must(create)
	mustApply(t, conn, documents...)
	return db
}

func (db *plainDB) want(sql, want string) {
	db.t.Helper()
	s, _, err := db.Prepare(sql)
	if err != nil {
		db.t.Fatal(err)
	}
	defer s.Close()
	var rows []string
	for s.Step() {
		var values []string
		for i := range s.ColumnCount() {
			values = append(values, s.ColumnText(i))
		}
		rows = append(rows, strings.Join(values, "|"))
	}
	if got := strings.Join(rows, " "); s.Err() != nil || got != want {
		db.t.Errorf("%s\ngot  %s (%v)\nwant %s", sql, got, s.Err(), want)
	}
}

// A program sees its own statement and no more, and other triggers see both
// changes, whether triggers may fire themselves or not.
func TestSyncOfPrograms(t *testing.T) {
	for _, recursive := range []string{"OFF", "ON"} {
		t.Run(recursive, func(t *testing.T) {
			db := synced(t, "CREATE TABLE t (k TEXT, a TEXT COLLATE NOCASE, n INTEGER DEFAULT '1', b TEXT COLLATE NOCASE, m INTEGER NOT NULL DEFAULT '1' UNIQUE, seen INTEGER DEFAULT 0); CREATE TABLE log (k, a, b);"+
				"CREATE TRIGGER logged AFTER UPDATE OF a, b ON t BEGIN INSERT INTO log VALUES (NEW.k, NEW.a, NEW.b); UPDATE t SET seen = seen + 1 WHERE rowid = NEW.rowid; END",
				`{"create_sync": {"name": "x", "table": "t", "old": ["a"], "new": ["b"]}}`, `{"create_sync": {"name": "y", "table": "t", "old": ["n"], "new": ["m"]}}`)
			db.must("PRAGMA recursive_triggers = " + recursive)
			db.want("INSERT INTO t (k, a, n) VALUES ('one', 'x', 7) RETURNING rowid, a, b", "1|x|")
			db.want("SELECT last_insert_rowid(), changes()", "1|1")
			db.want("INSERT INTO t (k, b, m) VALUES ('two', 'y', 8), ('three', 'z', 9) RETURNING b, a", "y| z|")
			db.want("SELECT changes(), a, b, n, m FROM t", "2|x|x|7|7 2|y|y|8|8 2|z|z|9|9")
			db.want("SELECT count(*), sum(seen) FROM log, t WHERE t.k = log.k", "3|3")
			db.must("UPDATE t SET a = upper(a) WHERE k = 'one'; UPDATE t SET b = upper(b), n = 18 WHERE k = 'two'") // of the same collation
			db.want("SELECT a, b, n, m FROM t", "X|X|7|7 Y|Y|18|18 z|z|9|9")
			if err := db.Exec("INSERT INTO t (k, n) VALUES ('four', 9)"); err == nil {
				t.Error("a key that is there was taken")
			}
			db.must("REPLACE INTO t (rowid, k, b, m) VALUES (1, 'one', 'w', 5); INSERT OR IGNORE INTO t (rowid, k, b) VALUES (1, 'no', 'v')",
				"UPDATE t SET rowid = rowid + 10, a = 'q' WHERE k = 'three'", "UPDATE t SET b = NULL WHERE k = 'two'")
			db.want("SELECT rowid, k, a, b, n, m FROM t", "1|one|w|w|5|5 2|two|||18|18 13|three|q|q|9|9")
		})
	}
}

// Whatever a rowid is called, and whatever is called like it.
func TestSyncFindsItsRow(t *testing.T) {
	sync := `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`
	for _, table := range []string{
		"(rowid TEXT, a, b)", "(rowid TEXT, oid INT, a, b)", "(rowid INTEGER PRIMARY KEY, a, b)", "(rowid TEXT, oid INT, _rowid_ INTEGER PRIMARY KEY, a, b)",
		"(a, b, k TEXT PRIMARY KEY)", "(a, b, k TEXT, l INT COLLATE NOCASE, PRIMARY KEY (l, k)) WITHOUT ROWID", "(a ANY, b ANY, k INT PRIMARY KEY) STRICT",
	} {
		db := synced(t, "CREATE TABLE t "+table, sync)
		for i := range 3 {
			set := ""
			if strings.Contains(table, "k ") {
				set = fmt.Sprintf(", k = %d", i)
			}
			if strings.Contains(table, "l ") {
				set += ", l = 'x'"
			}
			names, values := "a", fmt.Sprint(i)
			for _, s := range strings.Split(set, ", ")[1:] {
				name, v, _ := strings.Cut(s, " = ")
				names, values = names+", "+name, values+", "+v
			}
			db.must("INSERT INTO t (" + names + ") VALUES (" + values + ")")
		}
		db.must("UPDATE t SET b = 10 WHERE a = 1", "UPDATE t SET a = 20 WHERE b = 2")
		db.want("SELECT a, b FROM t ORDER BY a", "0|0 10|10 20|20")
	}
}

func TestSyncRefused(t *testing.T) {
	for _, c := range []struct{ create, document, want string }{
		{"CREATE TABLE t (a TEXT NOT NULL, b)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`, `column "a" of table "t" is NOT NULL and has no default`},
		{"CREATE TABLE t (a TEXT, b NOT NULL DEFAULT NULL)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`, `column "b" of table "t" is NOT NULL and has no default`},
		{"CREATE TABLE t (a INTEGER PRIMARY KEY, b)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`, `"a" of table "t" is of the primary key`},
		{"CREATE TABLE t (a, b DEFAULT CURRENT_TIMESTAMP)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`, "has the default CURRENT_TIMESTAMP"},
		{"CREATE TABLE new (a, b)", `{"create_sync": {"table": "new", "old": ["a"], "new": ["b"]}}`, "is called as a trigger calls the row"},
		{"CREATE TABLE t (a, b, rowid, oid, _rowid_)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["b"]}}`, "hide all names of the rowid"},
		{"CREATE TABLE t (a, b)", `{"create_sync": {"table": "t", "old": ["a"], "new": ["A"]}}`, "is there twice"},
		{"CREATE TABLE t (a, b)", `{"create_sync": {"table": "t", "old": ["a"], "new": [{"column": "b", "from": "\"word\""}]}}`, `"word"`},
		{"CREATE TABLE t (a, b)", `{"create_sync": {"table": "t", "old": ["a"], "new": [{"column": "b", "from": "NEW.a"}]}}`, "NEW.a"},
		{"CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a, b FROM t", `{"create_sync": {"table": "v", "old": ["a"], "new": ["b"]}}`, "is a view"},
	} {
		conn, name := memory(t)
		plainOpen(t, name).must(c.create)
		if _, err := apply(t, conn, c.document); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.create, err, c.want)
		}
	}
}

// A function of the program's that is not for triggers is refused before a
// program writes.
func TestSyncCallsWhatTriggersMay(t *testing.T) {
	_, conn := file(t, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		return c.CreateFunction("danger", 1, 0, func(ctx sqlite3.Context, _ ...sqlite3.Value) { ctx.ResultInt(1) })
	}))
	mustApply(t, conn, `{"create_table": {"name": "t", "columns": [{"name": "a", "type": "text"}, {"name": "b", "type": "text"}]}}`)
	_, err := apply(t, conn, `{"create_sync": {"table": "t", "old": ["a"], "new": [{"column": "b", "from": "danger(a)"}]}}`)
	if err == nil || !strings.Contains(err.Error(), "danger") || !strings.Contains(hintOf(err), "other functions") {
		t.Errorf("got %v", err)
	}
}

// A dump in the middle of a change has its syncs, and a table may change beside
// the columns of one, and be called something else.
func TestSyncStays(t *testing.T) {
	conn, name := memory(t)
	db := plainOpen(t, name)
	db.must("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT)")
	mustApply(t, conn, `{"create_sync": {"name": "s", "table": "t", "old": ["a"], "new": [{"column": "b", "from": "t.a || '!'"}]}}`,
		`{"rename_table": {"name": "t", "to": "it's \"new\""}}`, `{"alter_column": {"table": "it's \"new\"", "name": "c", "type": "integer"}}`,
		`{"rename_column": {"table": "it's \"new\"", "name": "id", "to": "key"}}`, `{"alter_column": {"table": "it's \"new\"", "name": "b", "not_null": false}}`,
		`{"drop_column": {"table": "it's \"new\"", "name": "c"}}`)
	objects, err := conn.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t, conn, `{"rename_column": {"table": "it's \"new\"", "name": "A", "to": "x"}}`); err == nil || !strings.Contains(err.Error(), `the sync "s"`) {
		t.Errorf("got %v", err)
	}
	there, again := memory(t)
	for _, o := range objects {
		plainOpen(t, again).must(o.SQL)
	}
	read, err := there.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := host.CompareObjects(objects, read); len(d) > 0 {
		t.Errorf("%+v", d)
	}
	for _, name := range []string{name, again} {
		db := plainOpen(t, name)
		db.must(`INSERT INTO "it's ""new""" (a) VALUES ('x')`)
		db.want(`SELECT "key", a, b FROM "it's ""new"""`, "1|x|x!")
	}
	mustApply(t, conn, `{"drop_sync": {"name": "S", "table": "IT'S \"NEW\""}}`)
	if _, err := apply(t, conn, `{"drop_sync": {"name": "s", "table": "it's \"new\""}}`); err == nil || !strings.Contains(err.Error(), "it has none") {
		t.Errorf("got %v", err)
	}
}
