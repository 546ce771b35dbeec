package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

func TestForeignKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []string // without Sandpiper, foreign keys off
		sqls   []string
		want   []string // in the error; none if it works
		hint   string
	}{
		{
			name: "an orphan", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)"},
			sqls: []string{"INSERT INTO c (rowid, p) VALUES (7, 1)"},
			want: []string{"SQLITE_CONSTRAINT_FOREIGNKEY", `row 7 of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name:   "a parent deleted without its children, since nothing cascades",
			before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)", "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"},
			sqls:   []string{"DELETE FROM p"},
			want:   []string{`row 1 of table "c"`}, hint: "nothing cascades",
		},
		{
			name: "a table without rowid", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (id PRIMARY KEY, p REFERENCES p) WITHOUT ROWID"},
			sqls: []string{"INSERT INTO c VALUES (1, 1)"},
			want: []string{`a row of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name: "a parent table that is dropped", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"DROP TABLE p"},
			want: []string{`row 1 of table "c" has no parent in "p"`}, hint: "not enforced while",
		},
		{
			name: "a parent that is not unique", before: []string{"CREATE TABLE p (id)"},
			sqls: []string{"CREATE TABLE c (p REFERENCES p (id))", "INSERT INTO c VALUES (1)"},
			want: []string{`foreign key mismatch - "c" referencing "p"`}, hint: "not enforced while",
		},
		{
			name: "many", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)"},
			sqls: []string{"INSERT INTO c VALUES (1), (2), (3), (4), (5), (6), (7)"},
			want: []string{`row 1 of table`, `row 5 of table`, "and 2 more"}, hint: "not enforced while",
		},
		{
			name: "an orphan from before", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"CREATE TABLE t (a)"},
			want: []string{`row 1 of table "c"`}, hint: "it was so before the migration",
		},
		{
			name: "a mismatch from before", before: []string{"CREATE TABLE p (id)", "CREATE TABLE c (p REFERENCES p (id))"},
			sqls: []string{"CREATE TABLE t (a)"},
			want: []string{"foreign key mismatch"}, hint: "it was so before the migration",
		},
		{
			name: "an orphan from before and a new one", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"INSERT INTO c VALUES (2)"},
			want: []string{`row 1 of table "c"`, `row 2 of table "c"`}, hint: "1 of 2 were so before the migration",
		},
		{
			name: "an orphan from before that is mended", before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)", "INSERT INTO c VALUES (1)"},
			sqls: []string{"DELETE FROM c"},
		},
		{
			name:   "a table that is rebuilt",
			before: []string{"CREATE TABLE p (id INTEGER PRIMARY KEY, x)", "CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)", "INSERT INTO p VALUES (1, 1)", "INSERT INTO c VALUES (1)"},
			sqls:   []string{"CREATE TABLE new (id INTEGER PRIMARY KEY)", "INSERT INTO new SELECT id FROM p", "DROP TABLE p", "ALTER TABLE new RENAME TO p"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, conn := file(t)
			raw(t, path, append([]string{"PRAGMA foreign_keys = OFF"}, c.before...)...)
			before := rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema")
			err := run(t.Context(), conn, c.sqls...)
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var refused *host.SQLError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a *host.SQLError", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q lacks %q", err, want)
				}
			}
			if !strings.Contains(refused.Hint, c.hint) {
				t.Errorf("the hint is %q, want %q in it", refused.Hint, c.hint)
			}
			if after := rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema"); after != before {
				t.Errorf("the schema is %s, was %s", after, before)
			}
		})
	}
}

// TestForeignKeysOfEarlierMigrations: a check that was compiled before the
// foreign key was there would not see it.
func TestForeignKeysOfEarlierMigrations(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE a (x)")
	mustRun(t, conn, "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)")
	if err := run(t.Context(), conn, "INSERT INTO c VALUES (1)"); err == nil {
		t.Error("an orphan was committed")
	}
}
