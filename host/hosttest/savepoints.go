package hosttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

func testSavepoints(t *testing.T, h Harness) {
	type step struct {
		op   string // set, release, back, or SQL that works, or "!" and SQL that fails
		name string
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  int64 // sum of a
	}{
		{"set and release", []step{{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"release", "s"}}, 1},
		{"back undoes", []step{
			{"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"INSERT INTO t VALUES (2)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (4)", ""}}, 5},
		{"back keeps the savepoint", []step{
			{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (2)", ""}, {"back", "s"}, {"release", "s"}}, 0},
		{"back after an error", []step{
			{"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"!INSERT INTO nowhere VALUES (1)", ""}, {"back", "s"},
			{"INSERT INTO t VALUES (2)", ""}}, 3},
		{"nested", []step{
			{"set", "a"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "b"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "b"}, {"release", "b"}, {"INSERT INTO t VALUES (4)", ""}, {"release", "a"}}, 5},
		{"back to the outer", []step{
			{"set", "a"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "b"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "a"}, {"INSERT INTO t VALUES (4)", ""}}, 4},
		{"the same name twice", []step{
			{"set", "s"}, {"INSERT INTO t VALUES (1)", ""}, {"set", "s"}, {"INSERT INTO t VALUES (2)", ""},
			{"back", "s"}, {"release", "s"}, {"INSERT INTO t VALUES (4)", ""}, {"release", "s"}}, 5},
		{"a name that is a word of SQL", []step{{"set", "select"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "select"}}, 0},
		{"a name that begins with a digit", []step{{"set", "1"}, {"INSERT INTO t VALUES (1)", ""}, {"back", "1"}}, 0},
		{"schema changes", []step{
			{"set", "s"}, {"CREATE TABLE u (a INTEGER)", ""}, {"back", "s"}, {"CREATE TABLE u (b INTEGER)", ""},
			{"INSERT INTO t VALUES (1)", ""}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conn := ready(t, h)
			run(t, conn, "CREATE TABLE t (a INTEGER)")
			err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
				for i, s := range c.steps {
					sql, fails := strings.CutPrefix(s.op, "!")
					var err error
					switch s.op {
					case "set":
						err = tx.Savepoint(t.Context(), host.SavepointSet, s.name)
					case "release":
						err = tx.Savepoint(t.Context(), host.SavepointRelease, s.name)
					case "back":
						err = tx.Savepoint(t.Context(), host.SavepointRollback, s.name)
					default:
						_, err = tx.Exec(t.Context(), host.Statement{SQL: sql, Ordinal: i + 1})
					}
					if fails && err == nil {
						return fmt.Errorf("step %d, %s: no error", i+1, s.op)
					}
					if !fails && err != nil {
						return fmt.Errorf("step %d, %s: %w", i+1, s.op, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := Count(t, conn, "SELECT coalesce(sum(a), 0) FROM t"); n != c.want {
				t.Errorf("the sum is %d, want %d", n, c.want)
			}
		})
	}

	t.Run("unknown", func(t *testing.T) {
		_, conn := ready(t, h)
		for _, op := range []host.SavepointOp{host.SavepointRelease, host.SavepointRollback} {
			rollback(t, conn, func(tx host.Tx) {
				if err := tx.Savepoint(t.Context(), op, "nobody_set_it"); err == nil {
					t.Errorf("operation %d on it worked", op)
				}
			})
		}
	})
}
