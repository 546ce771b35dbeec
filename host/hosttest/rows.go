package hosttest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func testRows(t *testing.T, h Harness) {
	const many = 3000
	_, conn := ready(t, h)
	run(t, conn, "CREATE TABLE t (a INTEGER, b TEXT)",
		fmt.Sprintf("INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, 'row ' || i FROM n", many))
	all := statement("SELECT a AS first, b AS \"The Second\" FROM t ORDER BY a")

	check := func(t *testing.T, i int, row []abi.Value) {
		t.Helper()
		if len(row) != 2 || row[0].Int != int64(i) || string(row[1].Bytes) != fmt.Sprintf("row %d", i) {
			t.Fatalf("row %d is %v", i, row)
		}
	}
	next := func(t *testing.T, rows host.Rows) []abi.Value {
		t.Helper()
		row, err := rows.Next()
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		return row
	}
	open := func(t *testing.T, tx host.Tx, stmt host.Statement) host.Rows {
		t.Helper()
		rows, err := tx.Query(t.Context(), stmt)
		if err != nil {
			t.Fatalf("Query: %v", err)
		}
		return rows
	}

	t.Run("in order, with their columns", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			rows := open(t, tx, all)
			columns := rows.Columns()
			if len(columns) != 2 || columns[0].Name != "first" || columns[1].Name != "The Second" {
				t.Errorf("the columns are %v", columns)
			}
			for i := 1; i <= many; i++ {
				row := next(t, rows)
				check(t, i, row)
				for k, v := range row {
					if want := columns[k].Type; want != abi.TypeAny && v.Type != want {
						t.Fatalf("a value of type %s in a column of type %s", v.Type, want)
					}
				}
			}
			for range 2 {
				if _, err := rows.Next(); !errors.Is(err, io.EOF) {
					t.Errorf("after the last row: %v, want io.EOF", err)
				}
			}
			for range 2 {
				if err := rows.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		})
	})

	t.Run("none", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			rows := open(t, tx, statement("SELECT a FROM t WHERE a < 0"))
			if len(rows.Columns()) != 1 {
				t.Errorf("the columns are %v, want one", rows.Columns())
			}
			if _, err := rows.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want io.EOF", err)
			}
		})
	})

	t.Run("closed early", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			for range 3 {
				rows := open(t, tx, all)
				check(t, 1, next(t, rows))
				if err := rows.Close(); err != nil {
					t.Fatalf("Close: %v", err)
				}
				if _, err := rows.Next(); err == nil {
					t.Fatal("Next after Close: no error")
				}
			}
		})
	})

	t.Run("several at once", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			first, second := open(t, tx, all), open(t, tx, all)
			third := open(t, tx, statement("SELECT 3"))
			for i := 1; i <= many; i++ {
				check(t, i, next(t, first))
				check(t, i, next(t, second))
			}
			if row := next(t, third); row[0].Int != 3 {
				t.Errorf("the third is %v", row)
			}
		})
	})

	t.Run("are as of when they were asked for", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			rows := open(t, tx, all)
			check(t, 1, next(t, rows))
			if err := execAll(t.Context(), tx, "UPDATE t SET a = -a", "DELETE FROM t WHERE a < -10", "DROP TABLE t"); err != nil {
				t.Fatal(err)
			}
			for i := 2; i <= many; i++ {
				check(t, i, next(t, rows))
			}
			if _, err := rows.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("after the last row: %v, want io.EOF", err)
			}
		})
	})

	t.Run("survive a savepoint", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
				t.Fatal(err)
			}
			if err := execAll(t.Context(), tx, "DELETE FROM t WHERE a > 5"); err != nil {
				t.Fatal(err)
			}
			rows := open(t, tx, all)
			if err := tx.Savepoint(t.Context(), host.SavepointRollback, "s"); err != nil {
				t.Fatal(err)
			}
			if got := drain(t, rows); len(got) != 5 {
				t.Errorf("%d rows, want the five that there were", len(got))
			}
		})
	})

	t.Run("left open when the transaction ends", func(t *testing.T) {
		for _, commit := range []bool{true, false} {
			tx, err := conn.Begin(t.Context(), fence())
			if err != nil {
				t.Fatal(err)
			}
			rows := open(t, tx, all)
			check(t, 1, next(t, rows))
			if commit {
				if err := tx.Record(t.Context(), entry("aaaaaaaaaaaa"), nil); err != nil {
					t.Fatal(err)
				}
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatalf("Commit: %v", err)
				}
			}
			if err := tx.Rollback(); err != nil {
				t.Fatalf("Rollback: %v", err)
			}
			rows.Close()
			if n := Count(t, conn, "SELECT count(*) FROM t"); n != many {
				t.Errorf("%d rows, want %d", n, many)
			}
		}
	})

	t.Run("returned by a statement that writes", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			rows := open(t, tx, statement("UPDATE t SET b = 'new' WHERE a <= 3 RETURNING a"))
			next(t, rows) // the update is complete, whether the rest is read or not
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			if n := countTx(t, tx, "SELECT count(*) FROM t WHERE b = 'new'"); n != 3 {
				t.Errorf("%d rows are updated, want 3", n)
			}
		})
	})
}

func testBatches(t *testing.T, h Harness) {
	_, conn := ready(t, h)
	run(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
	stmt := host.Statement{SQL: fmt.Sprintf("INSERT INTO t VALUES (%s, %s)", h.Param(1), h.Param(2)), Ordinal: 5}
	types := []abi.Type{abi.TypeInt64, abi.TypeText}

	t.Run("affected is the sum", func(t *testing.T) {
		var rows [][]abi.Value
		for i := range 1000 {
			rows = append(rows, []abi.Value{abi.Int64(int64(i)), abi.Text(fmt.Sprint("row ", i))})
		}
		rows[7][1] = abi.Null()
		rollback(t, conn, func(tx host.Tx) {
			if n, err := tx.ExecBatch(t.Context(), stmt, Rowset(t, types, rows...)); err != nil || n != 1000 {
				t.Fatalf("got %d, %v, want 1000", n, err)
			}
			if n := countTx(t, tx, "SELECT count(*) FROM t WHERE b = 'row ' || a"); n != 999 {
				t.Errorf("%d rows hold what was sent, want 999", n)
			}
			if n := countTx(t, tx, "SELECT a FROM t WHERE b IS NULL"); n != 7 {
				t.Errorf("row %d is NULL, want row 7", n)
			}
			update := statement("UPDATE t SET b = " + h.Param(2) + " WHERE a >= " + h.Param(1))
			n, err := tx.ExecBatch(t.Context(), update, Rowset(t, types,
				[]abi.Value{abi.Int64(998), abi.Text("x")}, []abi.Value{abi.Int64(5000), abi.Text("x")}, []abi.Value{abi.Int64(990), abi.Text("x")},
			))
			if err != nil || n != 12 {
				t.Errorf("got %d, %v, want 2 + 0 + 10", n, err)
			}
		})
	})

	t.Run("of no rows", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			if n, err := tx.ExecBatch(t.Context(), stmt, Rowset(t, types)); err != nil || n != 0 {
				t.Errorf("got %d, %v, want 0", n, err)
			}
		})
	})

	t.Run("stops at the failing row", func(t *testing.T) {
		rollback(t, conn, func(tx host.Tx) {
			if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
				t.Fatal(err)
			}
			_, err := tx.ExecBatch(t.Context(), stmt, Rowset(t, types,
				[]abi.Value{abi.Int64(1), abi.Text("one")}, []abi.Value{abi.Int64(2), abi.Text("two")}, []abi.Value{abi.Int64(1), abi.Text("again")}, []abi.Value{abi.Int64(4), abi.Text("four")},
			))
			if got := refusal(t, err); got.Ordinal != 5 || got.SQL != stmt.SQL {
				t.Errorf("the error is of statement %d, %q", got.Ordinal, got.SQL)
			}
			if !strings.Contains(err.Error(), "row 3") {
				t.Errorf("the error does not say that it was row 3: %v", err)
			}
			if err := tx.Savepoint(t.Context(), host.SavepointRollback, "s"); err != nil {
				t.Fatal(err)
			}
			if n := countTx(t, tx, "SELECT count(*) FROM t"); n != 0 {
				t.Errorf("%d rows are left, want none", n)
			}
		})
	})

	t.Run("malformed", func(t *testing.T) {
		b := encode(t, types, [][]abi.Value{{abi.Int64(1), abi.Text("one")}, {abi.Int64(2), abi.Text("two")}})
		cut, err := abi.NewRowReader(b[:len(b)-1])
		if err != nil {
			t.Fatal(err)
		}
		rollback(t, conn, func(tx host.Tx) {
			_, err := tx.ExecBatch(t.Context(), stmt, cut)
			var malformed *abi.MalformedError
			if !errors.As(err, &malformed) {
				t.Errorf("got %v, want an *abi.MalformedError", err)
			}
		})
	})
}

// Rowset encodes rows and returns a reader of them. Without types, they are those of
// the first row's values.
func Rowset(t testing.TB, types []abi.Type, rows ...[]abi.Value) *abi.RowReader {
	t.Helper()
	if types == nil {
		for _, v := range rows[0] {
			types = append(types, v.Type)
		}
	}
	r, err := abi.NewRowReader(encode(t, types, rows))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t testing.TB, types []abi.Type, rows [][]abi.Value) []byte {
	t.Helper()
	b, err := abi.AppendRowsetHeader(nil, types)
	for _, row := range rows {
		if err == nil {
			b, err = abi.AppendRow(b, types, row)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
