package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

func TestSettingsEndWithTheirMigration(t *testing.T) {
	u := postgrestest.URL(t)
	conn, other := connect(t, u), psql(t, u)
	other("CREATE ROLE sandpiper_test_role")
	defer other("DROP OWNED BY sandpiper_test_role; DROP ROLE sandpiper_test_role")
	other("GRANT CREATE ON SCHEMA public TO sandpiper_test_role")
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, sqls := range [][]string{
		{"SET search_path = ''", "SET statement_timeout = 1", "RESET statement_timeout"},
		{"SELECT set_config('search_path', '', false)"},
		{"SET LOCAL search_path = ''"},
		{"SET DateStyle = 'German'", "SET IntervalStyle = 'sql_standard'", "SET TimeZone = 'Asia/Kolkata'", "SET bytea_output = 'escape'"},
		{"SET ROLE sandpiper_test_role", "CREATE TABLE theirs (a int)"},
		{"SET LOCAL ROLE sandpiper_test_role", "CREATE TABLE theirs2 (a int)"},
		{"SET SESSION AUTHORIZATION sandpiper_test_role"},
		{"DEALLOCATE ALL"},
	} {
		t.Run(strings.Join(sqls, "; "), func(t *testing.T) {
			for range 2 {
				id := fmt.Sprintf("%012d", i)
				if err := migrate(t.Context(), conn, id, exec(sqls[0])); err != nil {
					t.Fatal(err)
				}
				err := migrate(t.Context(), conn, id, func(tx host.Tx) error {
					rows, err := tx.Query(t.Context(), host.Statement{
						SQL: "SELECT current_setting('search_path') || current_setting('DateStyle') || current_user || current_setting('statement_timeout')", Ordinal: 1})
					if err != nil {
						return err
					}
					defer rows.Close()
					row, err := rows.Next()
					if err != nil {
						return err
					}
					if got := string(row[0].Bytes); got != `"$user", publicISO, MDYpostgres0` {
						t.Errorf("afterwards the settings are %s", got)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := migrate(t.Context(), conn, "bbbbbbbbbbbb", exec(sqls...)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Ledger(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if owner := other("SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'"); owner != "sandpiper_test_role" {
		t.Errorf("the table belongs to %s", owner)
	}
}

// A temporary table that outlived its migration would be in the way of the next
// one, but only where both are run at once.
func TestTemporaryTablesEndWithTheirMigration(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TEMP TABLE scratch (a int)", "INSERT INTO scratch VALUES (1)")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGuestsSendNoTransactionControl(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"COMMIT AND CHAIN", "; ; commit", "/* /* */ */ ROLLBACK TO SAVEPOINT s", "-- x\nABORT", "END", "start transaction",
		"PREPARE TRANSACTION 'x'", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
		"COPY t FROM STDIN", "COPY (SELECT 1) TO STDOUT", "DO $$ BEGIN COMMIT; END $$",
	} {
		t.Run(sql, func(t *testing.T) {
			err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TABLE t (a int)", sql))
			var refused *host.SQLError
			if !errors.As(err, &refused) || refused.Ordinal != 2 || refused.SQL != sql {
				t.Errorf("got %v, want a refusal of statement 2", err)
			}
			if _, err := conn.Ledger(t.Context()); err != nil {
				t.Errorf("the connection is unusable: %v", err)
			}
		})
	}
	t.Run("COPY from a table of that name", func(t *testing.T) {
		if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec(`CREATE TABLE "stdin" (a int)`, `SELECT 'COPY FROM STDIN' FROM "stdin"`)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a refused statement in a savepoint", func(t *testing.T) {
		err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
			if err := tx.Savepoint(t.Context(), host.SavepointSet, "s"); err != nil {
				return err
			}
			if err := exec("COMMIT")(tx); err == nil {
				t.Error("COMMIT was run")
			}
			return tx.Savepoint(t.Context(), host.SavepointRollback, "s")
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A session that is at nothing for a while stays, whatever the database asks for and a
// migration has set. Behind a pooler the session is left as it is.
func TestIdleSessionStays(t *testing.T) {
	for _, pooler := range []bool{false, true} {
		u := postgrestest.URL(t)
		other := psql(t, u)
		other(other("SELECT format('ALTER DATABASE %I SET idle_session_timeout = ''1h''', current_database())"))
		want := map[bool]string{false: "0", true: "1h"}[pooler]
		conn := connect(t, newProxy(t, u, pooler).url)
		if err := conn.CreateLedger(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"SELECT 1", "SET idle_session_timeout = '2h'", "SET search_path = ''", "SELECT 2"} {
			err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
				rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT current_setting('idle_session_timeout')", Ordinal: 1})
				if err != nil {
					return err
				}
				row, err := rows.Next()
				if err == nil && string(row[0].Bytes) != want {
					t.Errorf("pooler %t, before %s: idle_session_timeout is %s, want %s", pooler, sql, row[0].Bytes, want)
				}
				rows.Close()
				return errors.Join(err, exec(sql)(tx))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
