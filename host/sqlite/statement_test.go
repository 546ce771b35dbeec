package sqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// TestAffectedOfWhatDoesNotChangeRows: sqlite3_changes is what the last INSERT, UPDATE or
// DELETE changed, by whatever statement that was.
func TestAffectedOfWhatDoesNotChangeRows(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)", "CREATE TABLE log (a)", "CREATE VIEW v AS SELECT a FROM t",
		"CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (new.a), (new.a); END",
		"CREATE TRIGGER t_i AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a), (new.a); END")
	err := in(t.Context(), conn, func(tx host.Tx) error {
		for _, c := range []struct {
			sql  string
			want int64
		}{
			{"INSERT INTO t VALUES (1), (2), (3)", 3}, // without what the trigger inserts
			{"CREATE TABLE u AS SELECT * FROM t", 0},
			{"EXPLAIN INSERT INTO t VALUES (1)", 0},
			{"SELECT * FROM t", 0},
			{"WITH x AS (SELECT 1) SELECT * FROM x", 0},
			{"PRAGMA user_version = 7", 0},
			{"ANALYZE", 0},
			{"INSERT INTO v VALUES (1)", 0}, // a view has no rows of its own
			{"REPLACE INTO t SELECT a FROM u", 3},
			{"-- a comment\n/* another */ DELETE FROM u", 3},
			{"INSERT INTO t VALUES (1) RETURNING a", 1},
			{"REINDEX", 0},
		} {
			got, err := tx.Exec(t.Context(), host.Statement{SQL: c.sql})
			if err != nil {
				return fmt.Errorf("%s: %w", c.sql, err)
			}
			if got != c.want {
				t.Errorf("%s: %d rows affected, want %d", c.sql, got, c.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSchemaChangesBetweenTheSameStatement sends one statement again and again
// while its table changes under it.
func TestSchemaChangesBetweenTheSameStatement(t *testing.T) {
	_, conn := file(t)
	err := in(t.Context(), conn, func(tx host.Tx) error {
		exec := func(sql string) error {
			_, err := tx.Exec(t.Context(), host.Statement{SQL: sql})
			return err
		}
		insert, all := "INSERT INTO t SELECT 1", "SELECT * FROM t"
		width := func() int {
			rows, err := tx.Query(t.Context(), host.Statement{SQL: all})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			row, err := rows.Next()
			if err != nil || len(row) != len(rows.Columns()) {
				t.Fatalf("a row of %d values, %v, where there are %d columns", len(row), err, len(rows.Columns()))
			}
			return len(row)
		}
		for _, sql := range []string{"CREATE TABLE t (a)", insert} {
			if err := exec(sql); err != nil {
				return err
			}
		}
		if n := width(); n != 1 {
			t.Errorf("%d columns, want 1", n)
		}
		if err := exec("ALTER TABLE t ADD COLUMN b DEFAULT 2"); err != nil {
			return err
		}
		if n := width(); n != 2 {
			t.Errorf("%d columns after ADD COLUMN, want 2", n)
		}
		if err := exec(insert); err == nil {
			t.Error("one value was inserted into two columns")
		}
		for _, sql := range []string{"DROP TABLE t", "CREATE TABLE t (x)", insert} {
			if err := exec(sql); err != nil {
				return err
			}
		}
		if n := width(); n != 1 {
			t.Errorf("%d columns in the new table, want 1", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsThatFailMidway(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (-9223372036854775808), (4)")
	for _, ahead := range []bool{false, true} {
		err := in(t.Context(), conn, func(tx host.Tx) error {
			rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT abs(a) FROM t", Ordinal: 3})
			if err != nil {
				return err
			}
			if ahead { // a statement that writes has them read ahead
				if _, err := tx.Exec(t.Context(), host.Statement{SQL: "INSERT INTO t VALUES (5)"}); err != nil {
					return err
				}
			}
			n := 0
			for ; err == nil; n++ {
				_, err = rows.Next()
			}
			var refused *host.SQLError
			if n != 3 || !errors.As(err, &refused) || refused.Ordinal != 3 {
				t.Errorf("read ahead %v: got %v at row %d, want the error of statement 3 at row 3", ahead, err, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBigValues are beyond any buffer that might be reused.
func TestBigValues(t *testing.T) {
	_, conn := file(t)
	err := in(t.Context(), conn, func(tx host.Tx) error {
		for _, sql := range []string{"CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(5000000)), ('x'), (printf('%.*c', 3000000, 'y')), (NULL)"} {
			if _, err := tx.Exec(t.Context(), host.Statement{SQL: sql}); err != nil {
				return err
			}
		}
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT a, length(a) FROM t ORDER BY rowid"})
		if err != nil {
			return err
		}
		for _, want := range []int{5000000, 1, 3000000, 0} {
			row, err := rows.Next()
			if err != nil {
				return err
			}
			if len(row[0].Bytes) != want || row[1].Int != int64(want) {
				t.Errorf("a value of %d bytes, which SQLite says are %d; want %d", len(row[0].Bytes), row[1].Int, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// SQLite names a place in a text of its own for an error in a check that ALTER
// TABLE adds.
func TestAlterTableNamesAPlaceElsewhere(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, `CREATE TABLE "CamelCase" ("back" BLOB PRIMARY KEY, UNIQUE ("back")) WITHOUT ROWID`)
	err := in(t.Context(), conn, func(tx host.Tx) error {
		_, err := tx.Exec(t.Context(), host.Statement{SQL: `ALTER TABLE "CamelCase" ADD CHECK ("missing" > 0)`})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "no such column: ") {
		t.Errorf("got %v", err)
	}
	mustRun(t, conn, `ALTER TABLE "CamelCase" ADD COLUMN later`)
}
