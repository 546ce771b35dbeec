package sqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// Rows that are looked at by themselves have parents where SQLite's own check says so,
// whatever the types and the collations of the two columns are.
func TestWrittenRowsHaveParents(t *testing.T) {
	values := []string{"1", "'1'", "'1.0'", "1.5", "'1.5'", "'a'", "'A'", "x'61'", "9007199254740993", "9007199254740992.0", "NULL"}
	for _, parent := range []string{"INTEGER PRIMARY KEY", "TEXT UNIQUE", "TEXT COLLATE NOCASE UNIQUE", "REAL UNIQUE", "NUMERIC UNIQUE", "BLOB UNIQUE", "UNIQUE"} {
		for _, child := range []string{"INTEGER", "TEXT", "TEXT COLLATE NOCASE", "REAL", "BLOB", ""} {
			made := []string{"PRAGMA foreign_keys = OFF", "CREATE TABLE p (k " + parent + ")", "CREATE TABLE c (id INTEGER PRIMARY KEY, k " + child + " REFERENCES p (k))"}
			for _, v := range []string{"1", "'1.5'", "'a'", "9007199254740992"} {
				if parent != "INTEGER PRIMARY KEY" || !strings.Contains(v, "'") {
					made = append(made, "INSERT INTO p VALUES ("+v+")")
				}
			}
			var written []string
			for i, v := range values {
				written = append(written, fmt.Sprintf("INSERT INTO c VALUES (%d, %s)", i, v))
			}
			path, conn := file(t)
			raw(t, path, made...)
			fence := begun(t, conn)
			orphans := orphansIn(t, append(made, written...)...)
			for i, sql := range written {
				err := between(t.Context(), conn, fence, sql)
				if err != nil && !errors.As(err, new(*host.SQLError)) {
					t.Fatal(err)
				}
				if refused := err != nil; refused != orphans[int64(i)] {
					t.Errorf("%s of %q without a parent in %q: %v, want %v", values[i], child, parent, refused, orphans[int64(i)])
				}
			}
		}
	}
}

// orphansIn makes a database, and returns the rowids of c that have no parents.
func orphansIn(t *testing.T, sqls ...string) map[int64]bool {
	t.Helper()
	db, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, sql := range sqls {
		if err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	s, _, err := db.Prepare("PRAGMA foreign_key_check(c)")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orphans := map[int64]bool{}
	for s.Step() {
		orphans[s.ColumnInt64(1)] = true
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return orphans
}

// However rows come into a table, and whatever its columns are called, orphans among
// them are found.
func TestWrittenRowsOfEveryKind(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "PRAGMA foreign_keys = OFF", "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b, UNIQUE (a, b))", "INSERT INTO p VALUES (1, 1, 1), (2, 2, NULL)",
		"CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p)", "CREATE TABLE source (id INTEGER PRIMARY KEY, p)", "INSERT INTO source VALUES (10, 1), (11, 77)",
		`CREATE TABLE named (rowid TEXT, "_ROWID_" TEXT, oid INTEGER REFERENCES p)`, `CREATE TABLE "it's" (rowid TEXT, "p""q" INTEGER REFERENCES p)`,
		"CREATE TABLE two (a, b, FOREIGN KEY (a, b) REFERENCES p (a, b))",
		"CREATE TABLE turned (a, b, PRIMARY KEY (b, a))", "INSERT INTO turned VALUES (1, 2)", "CREATE TABLE implicit (b, a, FOREIGN KEY (b, a) REFERENCES turned)")
	fence := begun(t, conn)
	many := "INSERT INTO c (p) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100010) SELECT CASE i WHEN %d THEN 77 ELSE 1 END FROM n"
	for _, c := range []struct {
		sql     string
		refused bool
	}{
		{"INSERT INTO c SELECT * FROM source", true}, {"INSERT INTO c SELECT * FROM source WHERE id = 10", false},
		{fmt.Sprintf(many, 100_010), true}, {fmt.Sprintf(many, 0), false},
		{"INSERT INTO named VALUES ('x', 'y', 77)", true}, {"INSERT INTO named VALUES ('x', 'y', 1)", false},
		{`INSERT INTO "it's" VALUES ('1', 77)`, true}, {`INSERT INTO "it's" VALUES ('77', 1)`, false},
		{"INSERT INTO two VALUES (1, 2)", true}, {"INSERT INTO two VALUES (2, NULL)", false}, {"INSERT INTO two VALUES (1, 1)", false},
		{"INSERT INTO implicit VALUES (1, 2)", true}, {"INSERT INTO implicit VALUES (2, 1)", false},
	} {
		err := between(t.Context(), conn, fence, c.sql)
		if told := err != nil && strings.Contains(err.Error(), "has no parent"); told != c.refused || !told && err != nil {
			t.Errorf("%s: got %v, want it refused: %v", c.sql, err, c.refused)
		}
	}
}
