package sqlite_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestDatabaseInFile(t *testing.T) {
	hosttest.TestDatabase(t, harness(t, func(t *testing.T) string {
		return "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	}))
}

func TestDatabaseInWAL(t *testing.T) {
	hosttest.TestDatabase(t, harness(t, func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "x.db")
		raw(t, path, "PRAGMA journal_mode = WAL")
		return "sqlite:" + path
	}))
}

func TestDatabaseInMemory(t *testing.T) {
	hosttest.TestDatabase(t, harness(t, func(*testing.T) string { return sqlite.Memory }))
}

func open(t *testing.T, url string, opts ...sqlite.Option) host.Database {
	t.Helper()
	db, err := sqlite.Open(url, append(opts, sqlite.WithOtherFiles())...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func harness(t *testing.T, url func(*testing.T) string) hosttest.Harness {
	text := func(s string) abi.Value { return abi.Text(s) }
	param := func(name string, v, want abi.Value) hosttest.Value {
		return hosttest.Value{Name: name, SQL: "SELECT ?1", Params: []abi.Value{v}, Want: want}
	}
	typed := func(name string, v abi.Value, want string) hosttest.Value {
		return hosttest.Value{Name: name + " is stored as", SQL: "SELECT typeof(?1) || ' ' || ?1", Params: []abi.Value{v}, Want: text(want)}
	}
	literal := func(sql string, want abi.Value) hosttest.Value {
		return hosttest.Value{Name: sql, SQL: "SELECT " + sql, Want: want}
	}
	other := filepath.Join(t.TempDir(), "other.db")
	var newest atomic.Pointer[sqlite3.Conn]
	note := sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		newest.Store(c)
		return nil
	})
	return hosttest.Harness{
		Open: func(t *testing.T) host.Database { return open(t, url(t), note) },
		Enforce: func(t *testing.T) {
			t.Helper()
			if _, err := newest.Load().Config(sqlite3.DBCONFIG_ENABLE_FKEY, true); err != nil {
				t.Fatal(err)
			}
		},
		Dialect: chain.SQLite,
		Param:   func(n int) string { return fmt.Sprintf("?%d", n) },
		Slow:    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) FROM n",
		Values: []hosttest.Value{
			param("null", abi.Null(), abi.Null()),
			param("int64", abi.Int64(math.MinInt64), abi.Int64(math.MinInt64)),
			param("float64", abi.Float64(-0.1), abi.Float64(-0.1)),
			param("infinity", abi.Float64(math.Inf(-1)), abi.Float64(math.Inf(-1))),
			param("true", abi.Bool(true), abi.Int64(1)),
			param("false", abi.Bool(false), abi.Int64(0)),
			param("text", text("it's größer 🐦"), text("it's größer 🐦")),
			param("empty text", text(""), text("")),
			param("bytes", abi.Bytes([]byte{0, 255, 0}), abi.Bytes([]byte{0, 255, 0})),
			param("empty bytes", abi.Bytes(nil), abi.Bytes(nil)),
			param("json", abi.JSON(`{"a": 1}`), text(`{"a": 1}`)),
			typed("bool", abi.Bool(true), "integer 1"),
			typed("numeric", abi.Numeric("-12.50"), "text -12.50"),
			typed("uuid", abi.UUID([16]byte{0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11}),
				"text a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
			typed("date", abi.Date(-1), "text 1969-12-31"),
			typed("time", abi.Time(36672_000001), "text 10:11:12.000001"),
			typed("timestamp", abi.Timestamp(-1), "text 1969-12-31 23:59:59.999999"),
			typed("timestamptz", abi.TimestampTZ(1_786_270_272_000000), "text 2026-08-09 10:11:12.000000"),
			typed("interval", abi.Interval(-3_000001, 2, -1), "text P-1M2DT-3.000001S"),
			{Name: "a date compares with SQLite's own", SQL: "SELECT date(0, 'unixepoch') = ?1", Params: []abi.Value{abi.Date(0)}, Want: abi.Int64(1)},
			literal("1", abi.Int64(1)),
			literal("1.0", abi.Float64(1)),
			literal("9223372036854775807", abi.Int64(math.MaxInt64)),
			literal("'x'", text("x")),
			literal("x'00ff'", abi.Bytes([]byte{0, 255})),
			literal("NULL", abi.Null()),
			literal("''", text("")),
			literal("x''", abi.Bytes(nil)),
			literal("'a' || char(0) || 'b'", text("a\x00b")),
			literal("CAST(x'ff41' AS TEXT)", abi.Bytes([]byte{0xff, 'A'})), // not UTF-8
		},
		Errors: []hosttest.Refusal{
			{Name: "syntax", SQL: "SELECT größe frm t", Code: "SQLITE_ERROR", Message: `near "t": syntax error`, Position: 18},
			{Name: "no table", SQL: "INSERT INTO nowhere VALUES (1)", Code: "SQLITE_ERROR", Message: "no such table: nowhere"},
			{Name: "no column", SQL: "SELECT a, nix FROM t", Code: "SQLITE_ERROR", Message: "no such column: nix", Position: 11},
			{Name: "a string in double quotes", SQL: `SELECT "nix"`, Code: "SQLITE_ERROR", Message: "no such column", Position: 8},
			{Name: "unique", SQL: "INSERT INTO t VALUES (?1, 'two')", Params: []abi.Value{abi.Int64(1)},
				Code: "SQLITE_CONSTRAINT_PRIMARYKEY", Message: "UNIQUE constraint failed: t.a"},
			{Name: "not null", SQL: "INSERT INTO t VALUES (2, NULL)", Code: "SQLITE_CONSTRAINT_NOTNULL", Message: "NOT NULL constraint failed: t.b"},
			{Name: "datatype", SQL: "INSERT INTO t VALUES ('x', 'y')", Code: "SQLITE_MISMATCH", Message: "datatype mismatch"},
			{Name: "while running", SQL: "SELECT abs(-9223372036854775807 - a) FROM t", Code: "SQLITE_ERROR", Message: "integer overflow"},
			{Name: "NaN", SQL: "SELECT ?1", Params: []abi.Value{abi.Float64(math.NaN())}, Code: "SQLITE_ERROR", Message: "parameter 1: SQLite has no NaN"},
			{Name: "the end of time", SQL: "SELECT ?1", Params: []abi.Value{abi.Timestamp(math.MaxInt64)}, Code: "SQLITE_ERROR", Message: "parameter 1: SQLite has no dates outside"},
			{Name: "NUL", SQL: "SELECT 1\x00", Code: "SQLITE_ERROR", Message: "NUL byte", Position: 9},
			{Name: "nothing", SQL: " -- nothing\n", Code: "SQLITE_MISUSE", Message: "no statement"},
			{Name: "two", SQL: "SELECT 'ä'; SELECT 2", Code: "SQLITE_MISUSE", Message: "second statement", Position: 13},
		},
		NotInTransaction: "VACUUM",
		RunsOutside: []string{
			"VACUUM", "vacuum INTO 'x'", " /* c */ -- d\n PRAGMA foreign_keys = ON", "; ATTACH 'x' AS x", "Detach x",
		},
		RunsInside: []string{"REINDEX", "ANALYZE", "EXPLAIN VACUUM", "\"VACUUM\""},
		Outside: hosttest.Outside{
			SQL:   "ATTACH 'file:" + other + "?vfs=os' AS other",
			Check: "SELECT count(*) FROM pragma_database_list WHERE name = 'other'",
			Break: func(t *testing.T, _ host.Conn) {
				if err := os.WriteFile(other, []byte("this is not a database, but long enough to look at"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			Mend: func(t *testing.T, _ host.Conn) {
				if err := os.Remove(other); err != nil {
					t.Fatal(err)
				}
			},
		},
		Objects: []string{
			"CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT UNIQUE)",
			"CREATE TABLE \"b \"\"quoted\"\"\" (id INTEGER REFERENCES a (id)) STRICT",
			"CREATE TABLE c (id TEXT PRIMARY KEY) WITHOUT ROWID",
			"CREATE INDEX a_b ON a (b COLLATE NOCASE DESC) WHERE b > 'x'",
			"CREATE VIEW v AS SELECT id FROM a",
			"CREATE VIEW w AS SELECT id FROM v",
			"CREATE TRIGGER tr AFTER INSERT ON a BEGIN INSERT INTO c VALUES (new.id); END",
			"CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.id, 'v'); END",
			"INSERT INTO a (b) VALUES ('x')",
			"INSERT INTO \"b \"\"quoted\"\"\" VALUES (1)",
			"ANALYZE",
		},
		Snapshot:     snapshot,
		CountObjects: "SELECT count(*) FROM sqlite_schema WHERE name <> 'sqlite_sequence'",
	}
}

func TestStreams(t *testing.T) {
	h := harness(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "x.db") })
	hosttest.TestStreams(t, h, 2_000_000/raceFactor)
}

func TestLargeValue(t *testing.T) {
	h := harness(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "x.db") })
	hosttest.TestLargeValue(t, h, 48<<20)
}
