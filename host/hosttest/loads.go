package hosttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// into returns where a load puts its rows.
func into(table string, columns ...string) *abi.Load {
	return &abi.Load{Table: table, Columns: columns}
}

func testLoads(t *testing.T, h Harness) {
	_, conn := ready(t, h)
	run(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c INTEGER DEFAULT 7 CHECK (c < 100))", "CREATE TABLE s (a INTEGER)")
	types := []abi.Type{abi.TypeInt64, abi.TypeText}
	stmt := host.Statement{Ordinal: 5}
	rowsFrom := func(t *testing.T, first, n int) *abi.RowReader {
		rows := make([][]abi.Value, n)
		for i := range rows {
			rows[i] = []abi.Value{abi.Int64(int64(first + i)), abi.Text(fmt.Sprint("row ", first+i))}
		}
		return Rowset(t, types, rows...)
	}
	load := func(t *testing.T, tx host.Tx, to *abi.Load, rows *abi.RowReader) {
		t.Helper()
		want := count(t, rows)
		if n, err := tx.Load(t.Context(), stmt, to, rows); err != nil || n != want {
			t.Fatalf("Load: got %d, %v, want %d", n, err, want)
		}
	}
	to := into("t", "a", "b")

	t.Run("many, in several calls, and committed", func(t *testing.T) {
		err := in(t.Context(), conn, host.Fence{}, func(tx host.Tx) error {
			for i := range 20 {
				load(t, tx, to, rowsFrom(t, i*1000, 1000))
			}
			load(t, tx, into("s", "a"), Rowset(t, types[:1], []abi.Value{abi.Int64(-1)}, []abi.Value{abi.Null()}))
			load(t, tx, to, Rowset(t, types, []abi.Value{abi.Int64(-1), abi.Null()}, []abi.Value{abi.Int64(-2), abi.Text("")}, []abi.Value{abi.Int64(-3), abi.Text("tab\tline\nback\\slash\\.\r")}))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for sql, want := range map[string]int64{
			"SELECT count(*) FROM t WHERE b = 'row ' || a AND c = 7": 20_000,
			"SELECT count(*) FROM t":                                 20_003,
			"SELECT a FROM t WHERE b IS NULL":                        -1,
			"SELECT a FROM t WHERE b = ''":                           -2,
			"SELECT count(*) FROM s":                                 2,
		} {
			if n := Count(t, conn, sql); n != want {
				t.Errorf("%s: %d, want %d", sql, n, want)
			}
		}
		if got := Texts(t, conn, "SELECT b FROM t WHERE a = -3"); len(got) != 1 || got[0] != "tab\tline\nback\\slash\\.\r" {
			t.Errorf("got %q", got)
		}
		run(t, conn, "DELETE FROM t", "DELETE FROM s")
	})

	t.Run("of no rows", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			load(t, tx, to, rowsFrom(t, 0, 0))
			if n := countTx(t, tx, "SELECT count(*) FROM t"); n != 0 {
				t.Errorf("%d rows", n)
			}
		})
	})

	t.Run("seen by what comes after", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			load(t, tx, to, rowsFrom(t, 1, 3))
			if n, err := tx.Exec(t.Context(), statement("UPDATE t SET c = 8")); err != nil || n != 3 {
				t.Errorf("%d rows are updated, %v, want 3", n, err)
			}
			load(t, tx, to, rowsFrom(t, 4, 3))
			rows, err := tx.Query(t.Context(), statement("SELECT a FROM t ORDER BY a"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rows.Next(); err != nil {
				t.Fatal(err)
			}
			load(t, tx, to, rowsFrom(t, 7, 3))
			if n := len(drain(t, rows)); n != 5 {
				t.Errorf("%d more rows of the six that there were when they were asked for", n)
			}
			if n, err := tx.ExecBatch(t.Context(), statement("UPDATE t SET c = "+h.Param(1)), Rowset(t, types[:1], []abi.Value{abi.Int64(1)}, []abi.Value{abi.Int64(2)})); err != nil || n != 18 {
				t.Errorf("a batch: %d rows, %v, want 18", n, err)
			}
		})
	})

	t.Run("undone by a savepoint", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			load(t, tx, to, rowsFrom(t, 1, 3))
			savepoint(t, tx, host.SavepointSet)
			load(t, tx, to, rowsFrom(t, 4, 3))
			savepoint(t, tx, host.SavepointRollback)
			load(t, tx, to, rowsFrom(t, 4, 2))
			savepoint(t, tx, host.SavepointRelease)
			load(t, tx, to, rowsFrom(t, 6, 1))
			if n := countTx(t, tx, "SELECT count(*) FROM t"); n != 6 {
				t.Errorf("%d rows, want 6", n)
			}
		})
	})

	t.Run("refused in the middle", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			load(t, tx, to, rowsFrom(t, 1, 2))
			savepoint(t, tx, host.SavepointSet)
			rows := Rowset(t, types, []abi.Value{abi.Int64(10), abi.Null()}, []abi.Value{abi.Int64(11), abi.Null()}, []abi.Value{abi.Int64(1), abi.Text("again")}, []abi.Value{abi.Int64(12), abi.Null()})
			_, err := tx.Load(t.Context(), stmt, to, rows)
			if got := refusal(t, err); got.Ordinal != 5 || !strings.Contains(err.Error(), "row 3") || got.SQL == "" {
				t.Errorf("the error is of statement %d, %q: %v; want row 3 of statement 5", got.Ordinal, got.SQL, err)
			}
			savepoint(t, tx, host.SavepointRollback)
			if n := countTx(t, tx, "SELECT count(*) FROM t"); n != 2 {
				t.Errorf("%d rows are left, want 2", n)
			}
		})
	})

	t.Run("refused, and nobody asks", func(t *testing.T) {
		err := in(t.Context(), conn, host.Fence{}, func(tx host.Tx) error {
			_, err := tx.Load(t.Context(), stmt, to, Rowset(t, types, []abi.Value{abi.Int64(1), abi.Null()}, []abi.Value{abi.Int64(1), abi.Null()}))
			return err
		})
		if refusal(t, err); !strings.Contains(err.Error(), "row 2") {
			t.Errorf("got %v, want an error about row 2", err)
		}
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows are left, want none", n)
		}
	})

	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rollback(t, conn, func(tx host.Tx) {
			if _, err := tx.Load(ctx, stmt, to, rowsFrom(t, 1, 3000)); err != nil {
				t.Fatal(err)
			}
			cancel()
			_, err := tx.Load(ctx, stmt, to, rowsFrom(t, 3001, 3000))
			if err == nil {
				_, err = tx.Exec(ctx, statement("DELETE FROM t"))
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows are left, want none", n)
		}
	})

	t.Run("mistakes", func(t *testing.T) {
		one := [][]abi.Value{{abi.Int64(1), abi.Text("x")}}
		wide := make([]string, 1000)
		for i := range wide {
			wide[i] = fmt.Sprint("c", i)
		}
		for _, c := range []struct {
			name string
			to   *abi.Load
			rows [][]abi.Value
			want string
		}{
			{"too few columns", into("t", "a"), one, "1 columns, and its rows have 2"},
			{"no columns", into("t"), one, "0 columns"},
			{"too many columns", into("t", "a", "b", "c"), one, "3 columns, and its rows have 2"},
			{"an unknown column", into("t", "a", "nix"), one, "nix"},
			{"an unknown table", into("nowhere", "a", "b"), one, "nowhere"},
			{"a column twice", into("t", "a", "a"), one, ""},
			{"a check", into("t", "a", "c"), [][]abi.Value{{abi.Int64(1), abi.Int64(2)}, {abi.Int64(2), abi.Int64(500)}}, "row 2"},
			{"a value of another type", into("t", "a", "c"), [][]abi.Value{{abi.Text("x"), abi.Int64(1)}}, "row 1"},
			{"a quote", into(`t"; DROP TABLE t; --`, "a", "b"), one, "DROP TABLE"},
			{"a thousand columns", &abi.Load{Table: "t", Columns: wide}, [][]abi.Value{make([]abi.Value, 1000)}, "c0"},
		} {
			t.Run(c.name, func(t *testing.T) {
				kinds := make([]abi.Type, len(c.rows[0]))
				for i, v := range c.rows[0] {
					kinds[i] = v.Type
				}
				err := once(t.Context(), conn, host.Fence{}, func(tx host.Tx) error {
					_, err := tx.Load(t.Context(), stmt, c.to, Rowset(t, kinds, c.rows...))
					return err
				})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want an error with %q", err, c.want)
				}
			})
		}
		if n := Count(t, conn, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows are left, want none", n)
		}
	})

	t.Run("malformed", func(t *testing.T) {
		for name, b := range map[string][]byte{
			"cut":   encode(t, types, [][]abi.Value{{abi.Int64(1), abi.Text("one")}, {abi.Int64(2), abi.Text("two")}}),
			"a NUL": encode(t, types, [][]abi.Value{{abi.Int64(1), abi.Text("one")}, {abi.Int64(2), abi.Text("t\x00o")}, {abi.Int64(3), abi.Text("three")}}),
		} {
			if name == "cut" {
				b = b[:len(b)-1]
			}
			rows, err := abi.NewRowReader(b)
			if err != nil {
				t.Fatal(err)
			}
			rollback(t, conn, func(tx host.Tx) {
				_, err := tx.Load(t.Context(), stmt, to, rows)
				var malformed *abi.MalformedError
				if !errors.As(err, &malformed) || !strings.Contains(err.Error(), "row 2") {
					t.Errorf("%s: got %v, want an *abi.MalformedError of row 2", name, err)
				}
			})
		}
	})

	t.Run("into a table that was dropped meanwhile", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			load(t, tx, into("s", "a"), Rowset(t, types[:1], []abi.Value{abi.Int64(1)}))
			if err := execAll(t.Context(), tx, "DROP TABLE s", "CREATE TABLE s (a TEXT)"); err != nil {
				t.Fatal(err)
			}
			load(t, tx, into("s", "a"), Rowset(t, types[:1], []abi.Value{abi.Int64(1)}))
			if n := countTx(t, tx, "SELECT count(*) FROM s WHERE a = '1'"); n != 1 {
				t.Errorf("%d rows, want 1", n)
			}
			if err := execAll(t.Context(), tx, "DROP TABLE s"); err != nil {
				t.Fatal(err)
			}
			_, err := tx.Load(t.Context(), stmt, into("s", "a"), Rowset(t, types[:1], []abi.Value{abi.Int64(1)}))
			if err == nil {
				err = execAll(t.Context(), tx, "SELECT 1")
			}
			if err == nil {
				t.Error("rows were loaded into a table that is not there")
			}
		})
	})
}

// count returns how many rows a rowset has, which it leaves unread.
func count(t *testing.T, rows *abi.RowReader) (n int64) {
	t.Helper()
	again, err := abi.NewRowReader(rows.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := again.Next(); err != nil {
			return n
		}
		n++
	}
}

func savepoint(t *testing.T, tx host.Tx, op host.SavepointOp) {
	t.Helper()
	if err := tx.Savepoint(t.Context(), op, "s"); err != nil {
		t.Fatal(err)
	}
}
