package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func to(table string, columns ...string) *abi.Load { return &abi.Load{Table: table, Columns: columns} }

// loading returns what loads one row, and then asks for something.
func loading(t *testing.T, to *abi.Load, row ...abi.Value) func(host.Tx) error {
	return func(tx host.Tx) error {
		if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 4}, to, hosttest.Rowset(t, nil, row)); err != nil {
			return err
		}
		return exec("SELECT 1")(tx)
	}
}

// once runs do in a transaction, and commits it.
func once(ctx context.Context, conn host.Conn, do func(host.Tx) error) error {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// rollback runs do in a transaction that is rolled back.
func rollback(t *testing.T, conn host.Conn, do func(host.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback: %v", err)
		}
	}()
	do(tx)
}

// What is loaded is what INSERT would have made of it, whatever the types of column
// and value are, in COPY's binary format as in its text format.
func TestLoadIsInsert(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	if err := once(t.Context(), conn, exec("CREATE TYPE mood AS ENUM ('sad', 'o\\k', 'größer')", "CREATE DOMAIN positive AS int", "CREATE DOMAIN very AS positive")); err != nil {
		t.Fatal(err)
	}
	for _, c := range conversions {
		for _, any := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s into %s, any %v", c.from, c.column, any), func(t *testing.T) {
				types := []abi.Type{abi.TypeInt64, c.from}
				if any {
					types[1] = abi.TypeAny
				}
				rows := make([][]abi.Value, 300)
				for i := range rows {
					v := c.value(random)
					if i%50 == 0 {
						v = abi.Null()
					}
					rows[i] = []abi.Value{abi.Int64(int64(i)), v}
				}
				rollback(t, conn, func(tx host.Tx) {
					if err := exec("CREATE TABLE a (i int, v "+c.column+")", "CREATE TABLE b (LIKE a)")(tx); err != nil {
						t.Fatal(err)
					}
					if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("a", "i", "v"), hosttest.Rowset(t, types, rows...)); err != nil {
						t.Fatal(err)
					}
					for from := 0; from < len(rows); from += 100 {
						if _, err := tx.ExecBatch(t.Context(), host.Statement{SQL: "INSERT INTO b VALUES ($1, $2)"}, hosttest.Rowset(t, []abi.Type{abi.TypeInt64, c.from}, rows[from:from+100]...)); err != nil {
							t.Fatal(err)
						}
					}
					got, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT i, a.v::text, b.v::text FROM a FULL JOIN b USING (i) WHERE a.v::text IS DISTINCT FROM b.v::text OR i % 50 > 0 AND a.v IS NULL"})
					if err != nil {
						t.Fatal(err)
					}
					defer got.Close()
					if row, err := got.Next(); err == nil {
						t.Errorf("of %v COPY made %q, INSERT %q", rows[row[0].Int][1], row[1].Bytes, row[2].Bytes)
					}
				})
			})
		}
	}
}

// A value that does not fit its column is refused with its row, its column and
// itself, and so is a column that can't be written.
func TestLoadRefusals(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	if err := once(t.Context(), conn, exec("CREATE TABLE t (i int, s smallint, f real, n numeric(4, 2), x varchar(2), j jsonb, d date, ts timestamp, b text, "+
		"g int GENERATED ALWAYS AS (i + 1) STORED, o int GENERATED ALWAYS AS IDENTITY)", "CREATE VIEW w AS SELECT i FROM t",
		"CREATE TABLE ruled (i int)", "CREATE RULE r AS ON INSERT TO ruled DO INSTEAD INSERT INTO t (i) VALUES (new.i)")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		column, code string
		value        abi.Value
		want         string
	}{
		{"i", "22003", abi.Int64(1 << 31), `row 1 of the load, column "i": 2147483648 is out of range for type integer`},
		{"i", "22003", abi.Text("2147483648"), `row 1 of the load, column "i": value "2147483648" is out of range for type integer`},
		{"i", "22P02", abi.Numeric("1.5"), `row 1 of the load, column "i": invalid input syntax for type integer: "1.5"`},
		{"s", "22003", abi.Int64(-40000), `column "s": -40000 is out of range for type smallint`},
		{"f", "22003", abi.Float64(1e300), `column "f": 1e+300 is out of range for type real`},
		{"f", "22003", abi.Float64(1e-300), `column "f": 1e-300 is out of range for type real`},
		{"n", "22003", abi.Int64(100), `row 1 of the load, column "n": numeric field overflow`},
		{"n", "22003", abi.Numeric("1e400000"), `column "n": a number of so many digits`},
		{"n", "22003", abi.Numeric("one"), `column "n": "one" is no number`},
		{"x", "22001", abi.Text("abc"), `row 1 of the load, column "x": value too long for type character varying(2)`},
		{"j", "22P02", abi.JSON("{"), `row 1 of the load, column "j": invalid input syntax for type json`},
		{"d", "22003", abi.Date(-3000000), `column "d": the day 3000000 before 1970 is out of range`},
		{"ts", "22003", abi.Timestamp(math.MinInt64 + 1), `column "ts": `},
		{"b", "42804", abi.Bytes([]byte("x")), `column "b": bytes for a column that is not a bytea`},
		{"g", "42P10", abi.Int64(1), `column "g" is a generated column`},
		{"nix", "42703", abi.Int64(1), `column "nix" of relation "t" does not exist`},
	} {
		err := once(t.Context(), conn, loading(t, to("t", c.column), c.value))
		var refused *host.SQLError
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Message, c.want) || refused.Ordinal != 4 || refused.Err == nil {
			t.Errorf("%s: got %v (%+v), want %s and %s of statement 4", c.column, err, refused, c.code, c.want)
		}
	}
	if err := once(t.Context(), conn, loading(t, to("w", "i"), abi.Int64(1))); err == nil || !strings.Contains(err.Error(), `cannot copy to view "w"`) {
		t.Errorf("into a view: %v", err)
	}
	// COPY would take these, where INSERT does something else.
	for _, c := range []struct {
		to         *abi.Load
		code, want string
	}{
		{to("t", "i", "o"), "428C9", `column "o" is GENERATED ALWAYS AS IDENTITY`},
		{to("ruled", "i"), "42809", `table "ruled" has rules for INSERT`},
	} {
		row := make([]abi.Value, len(c.to.Columns))
		for i := range row {
			row[i] = abi.Int64(77)
		}
		err := once(t.Context(), conn, loading(t, c.to, row...))
		var refused *host.SQLError
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Message, c.want) || refused.Hint == "" || refused.Ordinal != 4 {
			t.Errorf("%v: got %v, want %s", c.to, err, c.want)
		}
	}
	rollback(t, conn, func(tx host.Tx) {
		if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
			t.Fatal(err)
		}
		if err := loading(t, to("ruled", "i"), abi.Int64(1))(tx); err == nil {
			t.Error("rules are passed over")
		}
		if err := tx.Savepoint(t.Context(), host.SavepointRollback, "s"); err != nil {
			t.Fatal(err)
		}
		if err := exec("DROP RULE r ON ruled")(tx); err != nil {
			t.Fatal(err)
		}
		if err := loading(t, to("ruled", "i"), abi.Int64(1))(tx); err != nil {
			t.Errorf("without the rule: %v", err)
		}
	})
}

// A name is cut to 63 bytes by the server, wherever it stands.
func TestLoadLongNames(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	long := strings.Repeat("x", 70)
	rollback(t, conn, func(tx host.Tx) {
		if err := exec("CREATE TABLE " + long + " (" + long + " int)")(tx); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := loading(t, to(long, long), abi.Int64(1))(tx); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestLoadWide(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	names, row := make([]string, 1600), make([]abi.Value, 1600)
	for i := range names {
		names[i], row[i] = fmt.Sprint("c", i), abi.Int64(int64(i))
	}
	rollback(t, conn, func(tx host.Tx) {
		if err := exec("CREATE TABLE t (" + strings.Join(names, " smallint, ") + " smallint)")(tx); err != nil {
			t.Fatal(err)
		}
		if n, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("t", names...), hosttest.Rowset(t, nil, row, row)); err != nil || n != 2 {
			t.Fatal(n, err)
		}
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT * FROM t"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := rows.Next()
		if err != nil || len(got) != 1600 || got[1599].Int != 1599 {
			t.Errorf("%d columns, %v", len(got), err)
		}
	})
}

// many returns a rowset of n numbers.
func many(t testing.TB, n int) *abi.RowReader {
	rows := make([][]abi.Value, n)
	for i := range rows {
		rows[i] = []abi.Value{abi.Int64(int64(i))}
	}
	return hosttest.Rowset(t, []abi.Type{abi.TypeInt64}, rows...)
}

// A load that waits for somebody's lock ends with its context, with lock_timeout,
// and with the transaction; nothing of it is left, in the database or here.
func TestLoadWaitsForALock(t *testing.T) {
	url := postgrestest.URL(t)
	other := psql(t, url)
	conn := connect(t, url, postgres.LockTimeout(patience))
	other("CREATE TABLE t (a bigint)")
	other("BEGIN; LOCK TABLE t IN SHARE MODE")
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY%'"
	watch := psql(t, url)

	t.Run("and its context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rollback(t, conn, func(tx host.Tx) {
			if _, err := tx.Load(ctx, host.Statement{Ordinal: 1}, to("t", "a"), many(t, 100_000)); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			await(t, watch, waiting, "1")
			done := make(chan error)
			go func() {
				_, err := tx.Load(ctx, host.Statement{Ordinal: 2}, to("t", "a"), many(t, 1_000_000))
				if err == nil {
					err = tx.Commit(ctx)
				}
				done <- err
			}()
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
	})
	t.Run("and is rolled back", func(t *testing.T) {
		began := time.Now()
		rollback(t, conn, func(tx host.Tx) {
			if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("t", "a"), many(t, 10)); err != nil {
				t.Fatal(err)
			}
			await(t, watch, waiting, "1")
		})
		if took := time.Since(began); took > patience/2 {
			t.Errorf("it took %s of the %s that the lock may be waited for", took, patience)
		}
	})
	t.Run("for too long", func(t *testing.T) {
		hasty := connect(t, url, postgres.LockTimeout(20*time.Millisecond))
		err := once(t.Context(), hasty, func(tx host.Tx) error {
			for {
				if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("t", "a"), many(t, 10_000)); err != nil {
					return err
				}
			}
		})
		if !errors.Is(err, host.ErrLockTimeout) {
			t.Errorf("got %v, want a lock timeout", err)
		}
	})
	other("ROLLBACK")
	if n := watch("SELECT count(*) FROM t"); n != "0" {
		t.Errorf("%s rows are left", n)
	}
	stack := make([]byte, 1<<20)
	if stack = stack[:runtime.Stack(stack, true)]; strings.Contains(string(stack), "CopyFrom") {
		t.Errorf("a load goes on:\n%s", stack)
	}
}

func TestLoadLosesItsServer(t *testing.T) {
	url := postgrestest.URL(t)
	other := psql(t, url)
	other("CREATE TABLE t (a bigint)")
	for _, at := range []string{"a load", "the commit"} {
		conn := connect(t, url)
		err := once(t.Context(), conn, func(tx host.Tx) error {
			rows := many(t, 10_000)
			if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("t", "a"), rows); err != nil {
				return err
			}
			terminate(other, "application_name = 'sandpiper'")
			for at == "a load" {
				if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 2}, to("t", "a"), many(t, 10_000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "the connection was lost; the server rolls back") {
			t.Errorf("in %s: got %v", at, err)
		}
	}
	if n := other("SELECT count(*) FROM t"); n != "0" {
		t.Errorf("%s rows are left", n)
	}
}

// Triggers and defaults are INSERT's.
func TestLoadFiresTriggers(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	rollback(t, conn, func(tx host.Tx) {
		if err := exec("CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'd', c text)",
			"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a = 5 THEN RAISE 'no five'; END IF; NEW.c := NEW.b || NEW.a; RETURN NEW; END $$",
			"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")(tx); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("t", "a"), many(t, 5)); err != nil {
			t.Fatal(err)
		}
		if n, err := tx.Exec(t.Context(), host.Statement{SQL: "DELETE FROM t WHERE c = 'd' || a"}); err != nil || n != 5 {
			t.Errorf("%d rows, %v, want 5", n, err)
		}
		err := loading(t, to("t", "a"), abi.Int64(5))(tx)
		if err == nil || !strings.Contains(err.Error(), "row 1 of the load: no five") {
			t.Errorf("got %v", err)
		}
	})
}

// Whatever the database's settings are, an array of floats, which is read as text,
// has all their digits.
func TestArraysKeepTheirDigits(t *testing.T) {
	url := postgrestest.URL(t)
	psql(t, url)("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -5', current_database()); END $$")
	conn := connect(t, url)
	rollback(t, conn, func(tx host.Tx) {
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT ARRAY[0.1::float8 + 0.2::float8]"})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if row, err := rows.Next(); err != nil || string(row[0].Bytes) != "{0.30000000000000004}" {
			t.Errorf("got %s, %v", row[0].Bytes, err)
		}
	})
}
