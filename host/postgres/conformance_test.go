package postgres_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestDatabase(t *testing.T) { hosttest.TestDatabase(t, harness()) }

// Behind a pooler nothing is prepared.
func TestDatabaseUnprepared(t *testing.T) {
	hosttest.TestDatabase(t, harness(postgres.Unprepared()))
}

func open(t testing.TB, url string, opts ...postgres.Option) host.Database {
	t.Helper()
	db, err := postgres.Open(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func harness(opts ...postgres.Option) hosttest.Harness {
	param := func(name, cast string, v abi.Value) hosttest.Value {
		return hosttest.Value{Name: name + " " + cast, SQL: "SELECT $1::" + cast, Params: []abi.Value{v}, Want: v}
	}
	asText := func(name string, v abi.Value, want string) hosttest.Value {
		return hosttest.Value{Name: name + " as text", SQL: "SELECT $1::text", Params: []abi.Value{v}, Want: abi.Text(want)}
	}
	literal := func(sql string, want abi.Value) hosttest.Value {
		return hosttest.Value{Name: sql, SQL: "SELECT " + sql, Want: want}
	}
	uuid := abi.UUID([16]byte{0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11})
	return hosttest.Harness{
		Open:    func(t *testing.T) host.Database { return open(t, postgrestest.URL(t), opts...) },
		Dialect: chain.PostgreSQL,
		Param:   func(n int) string { return "$" + strconv.Itoa(n) },
		Slow:    "SELECT count(*) FROM generate_series(1, 1000000000000)",
		Values: []hosttest.Value{
			param("null", "int", abi.Null()),
			param("int64", "bigint", abi.Int64(math.MinInt64)),
			param("int64", "smallint", abi.Int64(-32768)),
			param("int64", "int", abi.Int64(math.MaxInt32)),
			param("float64", "float8", abi.Float64(-0.1)),
			param("smallest", "float8", abi.Float64(math.SmallestNonzeroFloat64)),
			param("infinity", "float8", abi.Float64(math.Inf(-1))),
			param("NaN", "float8", abi.Float64(math.Float64frombits(0x7ff8<<48))),
			param("float32", "float4", abi.Float64(0.5)),
			param("true", "bool", abi.Bool(true)),
			param("false", "bool", abi.Bool(false)),
			param("text", "text", abi.Text("it's größer 🐦")),
			param("text", "varchar", abi.Text(`{"\,NULL`)),
			param("empty text", "text", abi.Text("")),
			param("bytes", "bytea", abi.Bytes([]byte{0, 255, 0, '\\'})),
			param("empty bytes", "bytea", abi.Bytes(nil)),
			param("numeric", "numeric", abi.Numeric("-12.50")),
			param("numeric", "numeric", abi.Numeric("NaN")),
			param("large", "numeric", abi.Numeric("123456789012345678901234567890.000000000000000000001")),
			param("uuid", "uuid", uuid),
			param("date", "date", abi.Date(-1)),
			param("first", "date", abi.Date(-2440588)), // 4714-11-24 BC
			param("last", "date", abi.Date(2145042905)),
			param("infinity", "date", abi.Date(math.MaxInt32)),
			param("-infinity", "date", abi.Date(math.MinInt32)),
			param("time", "time", abi.Time(36672_000001)),
			param("midnight", "time", abi.Time(24*60*60*1_000_000)),
			param("timestamp", "timestamp", abi.Timestamp(-1)),
			param("infinity", "timestamp", abi.Timestamp(math.MaxInt64)),
			param("first", "timestamptz", abi.TimestampTZ(-210866803200000000)),
			param("late", "timestamptz", abi.TimestampTZ(9_000_000_000_000_000_123)),
			param("timestamptz", "timestamptz", abi.TimestampTZ(1_786_270_272_000000)),
			param("-infinity", "timestamptz", abi.TimestampTZ(math.MinInt64)),
			param("interval", "interval", abi.Interval(-3_000001, 2, -1)),
			param("large", "interval", abi.Interval(-9_000_000_000_000_000, math.MaxInt32, -14)),
			param("json", "json", abi.JSON(`{"a":  1}`)),
			param("jsonb", "jsonb", abi.JSON(`{"a": 1}`)),

			asText("bool", abi.Bool(true), "true"),
			asText("date", abi.Date(-719163), "0001-12-31 BC"),
			asText("late date", abi.Date(2932897), "10000-01-01"),
			asText("timestamp", abi.Timestamp(1), "1970-01-01 00:00:00.000001"),
			asText("timestamptz", abi.TimestampTZ(1_786_270_272_000000), "2026-08-09 10:11:12+00"),
			asText("uuid", uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
			asText("int64", abi.Int64(7), "7"),

			literal("NULL", abi.Null()),
			literal("1", abi.Int64(1)),
			literal("1.50", abi.Numeric("1.50")),
			literal("'x'", abi.Text("x")),
			literal("'x'::name", abi.Text("x")),
			literal("'x'::char(3)", abi.Text("x  ")),
			literal(`'\xff00'::bytea`, abi.Bytes([]byte{0xff, 0})),
			literal("ARRAY[1, NULL, 3]", abi.Text("{1,NULL,3}")),
			literal("'[1,5)'::int4range", abi.Text("[1,5)")),
			literal("'192.168.0.1/24'::inet", abi.Text("192.168.0.1/24")),
			literal("12::oid", abi.Text("12")),
			literal("ROW(1, 'a b')", abi.Text(`(1,"a b")`)),
			literal("'1 year 2 days 3.5 seconds'::interval", abi.Interval(3_500000, 2, 12)),
			literal("'10:00+02'::timetz", abi.Text("10:00:00+02")),
			{Name: "an int64 compares with a text column", SQL: "SELECT v = $1 FROM (VALUES ('7'::text)) t (v)", Params: []abi.Value{abi.Int64(7)}, Want: abi.Bool(true)},
			{Name: "a text compares with a bigint column", SQL: "SELECT v = $1 FROM (VALUES (7::bigint)) t (v)", Params: []abi.Value{abi.Text("7")}, Want: abi.Bool(true)},
			{Name: "a parameter without a type is a text", SQL: "SELECT $1", Params: []abi.Value{abi.Int64(7)}, Want: abi.Text("7")},
			{Name: "a domain is its base type", SQL: "SELECT 7::information_schema.cardinal_number", Want: abi.Int64(7)},
		},
		Errors: []hosttest.Refusal{
			{Name: "syntax", SQL: "SELECT größe frm t", Code: "42601", Message: `syntax error at or near "t"`, Position: 18},
			{Name: "no table", SQL: "INSERT INTO nowhere VALUES (1)", Code: "42P01", Message: `relation "nowhere" does not exist`, Position: 13},
			{Name: "no column", SQL: "SELECT a, nix FROM t", Code: "42703", Message: `column "nix" does not exist`, Position: 11},
			{Name: "unique", SQL: "INSERT INTO t VALUES ($1, 'two')", Params: []abi.Value{abi.Int64(1)}, Code: "23505", Message: `unique constraint "t_pkey"`},
			{Name: "not null", SQL: "INSERT INTO t VALUES (2, NULL)", Code: "23502", Message: `null value in column "b"`},
			{Name: "type", SQL: "INSERT INTO t VALUES ('x', 'y')", Code: "22P02", Message: "invalid input syntax for type integer", Position: 23},
			{Name: "a parameter's type", SQL: "INSERT INTO t VALUES ($1, 'y')", Params: []abi.Value{abi.Text("x")}, Code: "22P02", Message: "invalid input syntax for type integer"},
			{Name: "while running", SQL: "SELECT 1 / (a - 1) FROM t", Code: "22012", Message: "division by zero"},
			{Name: "bytes for a number", SQL: "SELECT $1::int", Params: []abi.Value{abi.Bytes([]byte{1})}, Code: "42846", Message: "cannot cast type bytea to integer", Position: 10},
			{Name: "two", SQL: "SELECT 1; SELECT 2", Code: "42601", Message: "multiple commands"},
		},
		NotInTransaction: "CREATE INDEX CONCURRENTLY i ON t (a)",
		RunsOutside: []string{
			"VACUUM", "vacuum (full) t", " /* c /* d */ */ -- e\n CREATE INDEX CONCURRENTLY ON t (a)", "; create unique index concurrently i on t (a)",
			"DROP INDEX CONCURRENTLY i", "REINDEX TABLE CONCURRENTLY t", "REINDEX (VERBOSE) INDEX CONCURRENTLY i", "REINDEX SCHEMA s", "CREATE DATABASE d",
			"REINDEX (VERBOSE, CONCURRENTLY) TABLE t", "REINDEX (VERBOSE) DATABASE d",
			"DROP DATABASE d", "CREATE TABLESPACE s LOCATION '/s'", "DROP TABLESPACE s", "ALTER SYSTEM SET work_mem = '1MB'",
			"ALTER DATABASE d SET TABLESPACE s", "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
		},
		RunsInside: []string{
			"CREATE UNIQUE INDEX i ON t (a)", "DROP INDEX i", "REINDEX TABLE t", "REINDEX (VERBOSE) TABLE schema", "REINDEX", "REINDEX (", "ALTER DATABASE d SET work_mem = '1MB'",
			"ALTER TABLE p DETACH PARTITION c", "CREATE INDEX \"concurrently\" ON t (a)", "ANALYZE t", "ALTER TYPE e ADD VALUE 'x'",
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "EXPLAIN SELECT 1",
		},
		Outside: hosttest.Outside{
			SQL:   "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)",
			Check: "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('t_a') AND indisvalid",
			Break: func(t *testing.T, conn host.Conn) { hosttest.Run(t, conn, "INSERT INTO t VALUES (1)") },
			Mend: func(t *testing.T, conn host.Conn) {
				hosttest.Run(t, conn, "DELETE FROM t WHERE ctid = (SELECT max(ctid) FROM t)")
			},
		},
		Objects: []string{
			"CREATE EXTENSION citext",
			"CREATE EXTENSION pg_trgm",
			"CREATE TYPE mood AS ENUM ('sad', 'ok')",
			"CREATE TYPE pair AS (a int, b text)",
			"CREATE TYPE floatrange AS RANGE (subtype = float8)",
			"CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
			"CREATE SEQUENCE counter",
			"CREATE TABLE a (id bigserial PRIMARY KEY, m mood, n positive, c citext)",
			`CREATE TABLE "b ""quoted""" (id bigint REFERENCES a (id), p pair)`,
			"CREATE TABLE parted (id int, day date) PARTITION BY RANGE (day)",
			"CREATE TABLE parted_2026 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
			"CREATE INDEX a_c ON a USING gin (c gin_trgm_ops)",
			"CREATE STATISTICS a_stats ON id, n FROM a",
			"CREATE VIEW v AS SELECT id FROM a",
			"CREATE MATERIALIZED VIEW w AS SELECT id FROM v",
			"CREATE FUNCTION f(x int, VARIADIC y text[]) RETURNS int LANGUAGE sql AS 'SELECT x'",
			"CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$",
			"CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tf()",
			"CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
			"CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)",
			"CREATE FUNCTION eq(a pair, b pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'",
			"CREATE OPERATOR === (leftarg = pair, rightarg = pair, function = eq)",
			"CREATE OPERATOR FAMILY fam USING btree",
			"CREATE COLLATION german (provider = libc, locale = 'C')",
			"CREATE TEXT SEARCH DICTIONARY dict (template = simple)",
			"CREATE TEXT SEARCH CONFIGURATION conf (copy = simple)",
			"CREATE FOREIGN DATA WRAPPER wrapper",
			"CREATE SERVER remote FOREIGN DATA WRAPPER wrapper",
			"CREATE FOREIGN TABLE ft (a int) SERVER remote",
			"DROP FOREIGN TABLE ft",
			"DROP FOREIGN DATA WRAPPER wrapper CASCADE",
			"INSERT INTO a (m) VALUES ('ok')",
			"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_read_all_data",
		},
		Snapshot:     snapshot,
		CountObjects: "SELECT count(*) FROM pg_depend d WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'public'::regnamespace AND classid <> 'pg_default_acl'::regclass",
	}
}

func TestStreams(t *testing.T)    { hosttest.TestStreams(t, harness(), 2_000_000/raceFactor) }
func TestLargeValue(t *testing.T) { hosttest.TestLargeValue(t, harness(), 48<<20) }
