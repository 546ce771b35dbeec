package lint_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// A dump of 20 MB is a file of a migration as any other: it takes a time and a
// memory that grow with the file.
func TestLargeFiles(t *testing.T) {
	row := "INSERT INTO t (id, v) VALUES (1, '" + strings.Repeat("x", 960) + "');\n"
	many := "-- +upgrade\n" + strings.Repeat(row, 20_000) + "DROP TABLE t;\n-- +downgrade\nSELECT 1;\n"
	one := "-- +upgrade\nINSERT INTO t (id, v) VALUES (0, '')" + strings.Repeat(",\n(1, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')", 500_000) + ";\nDROP TABLE t;\n-- +downgrade\nSELECT 1;\n"
	for name, text := range map[string]string{"many statements": many, "one statement": one} {
		for _, d := range chain.Dialects {
			t.Run(name+"/"+string(d), func(t *testing.T) {
				look(t, read(t, d, tables[d]), lint.Config{}) // the parser is there
				r := read(t, d, tables[d], text)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				report := look(t, r, lint.Config{SQLite: sqlite.Syntax})
				runtime.ReadMemStats(&after)
				if got := rules(report); len(got) != 1 || got[0] != "drop-table" {
					t.Errorf("got %v", got)
				}
				if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 400<<20 {
					t.Errorf("%d MiB for %d", grown>>20, len(text)>>20)
				}
				t.Logf("%d MB in %s, notes %q", len(text)/1e6, time.Since(began), report.Notes)
			})
		}
	}
}

// What nests deep is not read, and said so.
func TestDeepStatements(t *testing.T) {
	for _, d := range chain.Dialects {
		text := "-- +upgrade\nUPDATE t SET v = " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) +
			";\nCREATE TABLE w (id INTEGER PRIMARY KEY, a INT CHECK (" + strings.Repeat("(1 + ", 5000) + "1" + strings.Repeat(")", 5000) +
			"));\nDROP TABLE t;\n-- +downgrade\nSELECT 1;\n"
		report := look(t, read(t, d, tables[d], text), lint.Config{})
		if got := rules(report); len(got) != 1 || got[0] != "drop-table" {
			t.Errorf("%s: got %v", d, got)
		}
		if want := map[chain.Dialect]int{chain.PostgreSQL: 2}[d]; len(report.Notes) != want {
			t.Errorf("%s: notes %q", d, report.Notes)
		}
	}
}

// FuzzStatement: whatever a statement is, it is read or told of.
func FuzzStatement(f *testing.F) {
	for _, d := range chain.Dialects {
		for statement := range strings.SplitSeq(tables[d], ";") {
			f.Add(statement, d == chain.SQLite)
		}
	}
	for _, sql := range []string{
		"ALTER TABLE [t] ADD COLUMN c INT NOT NULL DEFAULT (1) REFERENCES t", "ALTER TABLE 't' RENAME COLUMN `a` TO \"b\"", "PRAGMA main.journal_mode(wal)",
		"CREATE UNIQUE INDEX IF NOT EXISTS main.i ON t (a COLLATE nocase DESC, b + 1) WHERE a", "ALTER TABLE t DROP COLUMN", "DROP TABLE main.", "ALTER TABLE t ADD",
		"CREATE TEMP TABLE x AS SELECT 1", "-- sandpiper:lint:ignore drop-table why\nDROP TABLE t", "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
	} {
		f.Add(sql, true)
	}
	look(f, read(f, chain.PostgreSQL, tables[chain.PostgreSQL]), lint.Config{}) // compiling the parser is no hang
	f.Fuzz(func(t *testing.T, sql string, lite bool) {
		d := chain.PostgreSQL
		if lite {
			d = chain.SQLite
		}
		r, err := tryRead(d, tables[d], "-- +upgrade\n"+sql+"\n;-- +downgrade\n")
		if err != nil {
			t.Skip(err) // it is no text, or reads as YAML
		}
		report := look(t, r, lint.Config{SQLite: sqlite.Syntax})
		for _, found := range report.Findings {
			if found.Line < 0 || found.Line > 5+strings.Count(sql, "\n")+strings.Count(sql, "\r") {
				t.Errorf("%s is in line %d", found.Rule.Name, found.Line)
			}
		}
	})
}
