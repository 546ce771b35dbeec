package hosttest

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func testStatements(t *testing.T, h Harness) {
	t.Run("values", func(t *testing.T) {
		_, conn := ready(t, h)
		for _, c := range h.Values {
			t.Run(c.Name, func(t *testing.T) {
				rows := query(t, conn, statement(c.SQL, c.Params...))
				if len(rows) != 1 || len(rows[0]) != 1 {
					t.Fatalf("got %v, want one value", rows)
				}
				if got := rows[0][0]; !same(got, c.Want) {
					t.Errorf("got %s, want %s", show(got), show(c.Want))
				}
			})
		}
	})

	t.Run("errors", func(t *testing.T) {
		_, conn := ready(t, h)
		for _, c := range h.Errors {
			t.Run(c.Name, func(t *testing.T) {
				for _, send := range []struct {
					name string
					by   func(tx host.Tx, stmt host.Statement) error
				}{
					{"Exec", func(tx host.Tx, stmt host.Statement) error {
						_, err := tx.Exec(t.Context(), stmt)
						return err
					}},
					{"Query", func(tx host.Tx, stmt host.Statement) error {
						rows, err := tx.Query(t.Context(), stmt)
						if err != nil {
							return err
						}
						defer rows.Close()
						_, err = rows.Next()
						return err
					}},
				} {
					rollback(t, conn, func(tx host.Tx) {
						if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)",
							"INSERT INTO t VALUES (1, 'one')"); err != nil {
							t.Fatal(err)
						}
						err := send.by(tx, host.Statement{SQL: c.SQL, Params: c.Params, Ordinal: 3})
						got := refusal(t, err)
						if got.Code != c.Code || got.Position != c.Position || got.Ordinal != 3 || got.SQL != c.SQL {
							t.Errorf("%s: got code %s, position %d, ordinal %d, SQL %q; want %s, %d, 3, %q",
								send.name, got.Code, got.Position, got.Ordinal, got.SQL, c.Code, c.Position, c.SQL)
						}
						if !strings.Contains(got.Message, c.Message) {
							t.Errorf("%s: the message %q lacks %q", send.name, got.Message, c.Message)
						}
						if got.Err == nil {
							t.Errorf("%s: the driver's error is lost", send.name)
						}
					})
				}
			})
		}
	})

	t.Run("too few and too many parameters", func(t *testing.T) {
		_, conn := ready(t, h)
		sql := fmt.Sprintf("INSERT INTO t VALUES (%s, %s)", h.Param(1), h.Param(2))
		for n := range 4 {
			rollback(t, conn, func(tx host.Tx) {
				if err := execAll(t.Context(), tx, "CREATE TABLE t (a INTEGER, b INTEGER)"); err != nil {
					t.Fatal(err)
				}
				params := make([]abi.Value, n)
				for i := range params {
					params[i] = abi.Int64(int64(i))
				}
				_, err := tx.Exec(t.Context(), statement(sql, params...))
				if (err == nil) != (n == 2) {
					t.Errorf("%d parameters where 2 are wanted: got %v", n, err)
				}
			})
		}
	})

	t.Run("affected", func(t *testing.T) {
		_, conn := ready(t, h)
		rollback(t, conn, func(tx host.Tx) {
			for i, c := range []struct {
				sql  string
				want int64
			}{
				{"CREATE TABLE t (a INTEGER)", 0},
				{"INSERT INTO t VALUES (1), (2), (3)", 3},
				{"CREATE INDEX t_a ON t (a)", 0},
				{"UPDATE t SET a = a + 1 WHERE a > 1", 2},
				{"ALTER TABLE t ADD COLUMN b INTEGER", 0},
				{"UPDATE t SET a = a WHERE a > 100", 0},
				{"INSERT INTO t (a) SELECT a FROM t", 3},
				{"DELETE FROM t WHERE a = 1", 2},
				{"WITH x AS (SELECT 4 AS a) DELETE FROM t WHERE a IN (SELECT a FROM x)", 2},
				{"DELETE FROM t", 2},
				{"DROP TABLE t", 0},
			} {
				got, err := tx.Exec(t.Context(), host.Statement{SQL: c.sql, Ordinal: i + 1})
				if err != nil {
					t.Fatalf("%s: %v", c.sql, err)
				}
				if got != c.want {
					t.Errorf("%s: %d rows affected, want %d", c.sql, got, c.want)
				}
			}
		})
	})

	t.Run("rows", func(t *testing.T) { testRows(t, h) })
	t.Run("batches", func(t *testing.T) { testBatches(t, h) })
	t.Run("round trips", func(t *testing.T) { testValues(t, h) })
	t.Run("loads", func(t *testing.T) { testLoads(t, h) })
}

// same reports whether two values are the same, a NaN being itself.
func same(a, b abi.Value) bool {
	return a.Type == b.Type && a.Int == b.Int && a.Days == b.Days && a.Months == b.Months &&
		math.Float64bits(a.Float) == math.Float64bits(b.Float) && bytes.Equal(a.Bytes, b.Bytes)
}

// show writes a value for people.
func show(v abi.Value) string {
	switch v.Type {
	case abi.TypeNull:
		return "null"
	case abi.TypeFloat64:
		return fmt.Sprintf("%s %v", v.Type, v.Float)
	case abi.TypeText, abi.TypeBytes, abi.TypeNumeric, abi.TypeJSON, abi.TypeUUID:
		return fmt.Sprintf("%s %q", v.Type, v.Bytes)
	case abi.TypeInterval:
		return fmt.Sprintf("%s %d µs %d days %d months", v.Type, v.Int, v.Days, v.Months)
	}
	return fmt.Sprintf("%s %d", v.Type, v.Int)
}
