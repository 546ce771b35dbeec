package lint_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// TestEnumValuesAreTrue asks a server: what it refuses as an unsafe use of a new value
// is what lint finds.
func TestEnumValuesAreTrue(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const base = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int, c text, m mood, ms mood[])"
	if _, err := conn.Exec(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE t SET m = 'great'", "UPDATE t SET c = 'great' WHERE c = 'great'", "UPDATE t SET id = 1 WHERE m = 'great'", "INSERT INTO t (c) VALUES ('great')",
		"INSERT INTO t (m) VALUES ('great')", "INSERT INTO t VALUES (1, 'c', 'great')", "ALTER TABLE t ALTER m SET DEFAULT 'great'",
		"ALTER TABLE t ALTER c SET DEFAULT 'great'", "ALTER TABLE t ADD COLUMN n mood DEFAULT 'great'", "ALTER TABLE t ADD COLUMN n text DEFAULT 'great'",
		"CREATE VIEW v AS SELECT id FROM t WHERE m = 'great'", "CREATE VIEW v AS SELECT id FROM t WHERE c IN ('great')", "CREATE VIEW v AS SELECT id FROM t WHERE m IN ('great', 'sad')",
		"ALTER TABLE t ADD CHECK (m <> 'great') NOT VALID", "CREATE INDEX i ON t (id) WHERE m = 'great'", "CREATE INDEX i ON t (id) WHERE c = 'great'",
		"CREATE TABLE w (m mood DEFAULT 'great', c text)", "CREATE TABLE w (c text DEFAULT 'great')", "COMMENT ON TABLE t IS 'great'", "SELECT lower('great')",
		"SELECT 'great'::mood", "SELECT 'great'::text",
	} {
		script := "ALTER TYPE mood ADD VALUE 'great'; " + sql
		refused := false
		for _, statement := range append([]string{"BEGIN"}, strings.Split(script, "; ")...) {
			var refusal *pgconn.PgError
			if _, err := conn.Exec(t.Context(), statement); errors.As(err, &refusal) && refusal.Code == "55P04" {
				refused = true
			} else if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		found := rules(look(t, read(t, chain.PostgreSQL, base, wrap(script)), lint.Config{}))
		if says := slices.Contains(found, "new-enum-value"); says != refused {
			t.Errorf("%s: refused is %t, and lint says %v", sql, refused, found)
		}
	}
}

// TestRefusalsAreTrue asks SQLite: what it refuses, in a table with a row, is an
// error of lint.
func TestRefusalsAreTrue(t *testing.T) {
	const base = "CREATE TABLE t (a INT, b INT); CREATE INDEX i ON t (b)"
	for _, sql := range []string{
		"ALTER TABLE t ADD c INT UNIQUE", "ALTER TABLE t ADD c INT PRIMARY KEY", "ALTER TABLE t ADD c INT AS (a) STORED", "ALTER TABLE t ADD c INT AS (a)",
		"ALTER TABLE t ADD c INT DEFAULT ('a')", "ALTER TABLE t ADD c INT DEFAULT (-5)", "ALTER TABLE t ADD c INT DEFAULT (1 + 1)", "ALTER TABLE t ADD c INT DEFAULT ((7))",
		"ALTER TABLE t ADD c INT DEFAULT CURRENT_TIME", "ALTER TABLE t ADD c INT DEFAULT (CURRENT_TIME)", "ALTER TABLE t ADD c INT DEFAULT (true)", "ALTER TABLE t ADD c INT DEFAULT (x'00')",
		"ALTER TABLE t ADD c INT NOT NULL", "ALTER TABLE t ADD c INT NOT NULL DEFAULT 0", "ALTER TABLE t DROP a", "ALTER TABLE t DROP b", "ALTER TABLE t ALTER a SET DEFAULT 5",
		"CREATE TABEL x (a)", "SELEC 1",
	} {
		db, err := sqlite3.Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Exec(base + "; INSERT INTO t VALUES (1, 2)"); err != nil {
			t.Fatal(err)
		}
		refused := db.Exec(sql) != nil
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		report := look(t, read(t, chain.SQLite, base, wrap(sql)), lint.Config{SQLite: sqlite.Syntax})
		if says := report.Count(lint.Error) > 0; says != refused {
			t.Errorf("%s: refused is %t, and lint says %v", sql, refused, rules(report))
		}
	}
}
