package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// said writes findings as line:column rule.
func said(report lint.Report) string {
	var list []string
	for _, f := range report.Findings {
		list = append(list, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Rule.Name))
	}
	return strings.Join(list, ", ")
}

// An ignore hides what its statement does, and nothing else; one that is wrong is
// told. Lines count from the header's first, which read puts above.
func TestIgnores(t *testing.T) {
	const drops = "-- +upgrade\nDROP TABLE t;\nDROP TABLE u;\n-- +downgrade\nSELECT 1;\n"
	const yaml = "upgrade:\n  - drop_column: {table: t, name: v}\n  - drop_table: {name: u}\ndowngrade: irreversible\n"
	for _, c := range []struct{ text, want string }{
		{drops, "4:1 drop-table, 5:1 drop-table"},
		{strings.Replace(drops, "DROP TABLE t", "-- sandpiper:lint:ignore drop-table nobody uses it\nDROP TABLE t", 1), "6:1 drop-table"},
		{strings.Replace(drops, "DROP TABLE t", "-- sandpiper:lint:ignore drop-table nobody uses it\n\n-- why\nDROP TABLE t", 1), "8:1 drop-table"},
		{strings.Replace(drops, "t;", "t; -- sandpiper:lint:ignore drop-table nobody uses it", 1), "5:1 drop-table"},
		{strings.Replace(drops, "TABLE t", "TABLE -- sandpiper:lint:ignore drop-table nobody uses it\n t", 1), "6:1 drop-table"},
		{"-- sandpiper:lint:ignore drop-table nobody uses them\n" + drops, ""},
		{"--sandpiper:lint:ignore   drop-table,drop-column   nobody uses them\n" + drops, "3:0 ignore"},
		{"-- sandpiper:lint:ignore drop-table\n" + drops, "3:0 ignore, 5:1 drop-table, 6:1 drop-table"},
		{"-- sandpiper:lint:ignore\n" + drops, "3:0 ignore, 5:1 drop-table, 6:1 drop-table"},
		{"-- sandpiper:lint:ignroe drop-table it is so\n" + drops, "3:0 ignore, 5:1 drop-table, 6:1 drop-table"},
		{"-- sandpiper:lint:ignore drop-tables it is so\n" + drops, "3:0 ignore, 5:1 drop-table, 6:1 drop-table"},
		{strings.Replace(drops, "DROP TABLE t", "/* sandpiper:lint:ignore drop-table\n nobody uses it */ DROP TABLE t", 1), "6:1 drop-table"},
		{"-- sandpiper: lint:ignore drop-table it is so\n" + drops, "3:0 ignore, 5:1 drop-table, 6:1 drop-table"},
		{"-- sandpiper:lint:ignore drop-table, drop-column it is so\n" + drops, "3:0 ignore"},
		{"-- sandpiper:lint:ignore drop-table , ignore it is so\n" + drops, "3:0 ignore"},
		{"-- sandpiper:other it is so\n" + drops, "5:1 drop-table, 6:1 drop-table"},
		{drops + "-- sandpiper:lint:ignore drop-table behind everything\n", "4:1 drop-table, 5:1 drop-table, 8:0 ignore"},
		{strings.Replace(drops, "DROP TABLE t", "SELECT '-- sandpiper:lint:ignore drop-table in a string'; DROP TABLE t", 1), "4:59 drop-table, 5:1 drop-table"},

		{yaml, "4:5 drop-column, 5:5 drop-table"},
		{strings.Replace(yaml, "  - drop_table", "  # sandpiper:lint:ignore drop-table nobody uses it\n  - drop_table", 1), "4:5 drop-column"},
		{strings.Replace(yaml, "v}", "v} # sandpiper:lint:ignore drop-column nobody uses it", 1), "5:5 drop-table"},
		{"# sandpiper:lint:ignore drop-table,drop-column nobody uses them\n" + yaml, ""},
		{strings.Replace(yaml, "  - drop_table", "  # sandpiper:lint:ignore drop-column nobody uses it\n  - drop_table", 1), "4:5 drop-column, 5:0 ignore, 6:5 drop-table"},
	} {
		for _, text := range []string{c.text, strings.ReplaceAll(c.text, "\n", "\r\n")} {
			report := look(t, read(t, chain.PostgreSQL, tables[chain.PostgreSQL], text), lint.Config{})
			if got := said(report); got != c.want {
				t.Errorf("%q\ngot  %s\nwant %s", text, got, c.want)
			}
		}
	}
}

// Lines and columns are those of what is meant, in characters.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"-- +upgrade\nSELECT 'äöü'; ALTER TABLE t\n  ADD COLUMN ä int,\n  ADD COLUMN c int NOT NULL;\n-- +downgrade\n", "6:14 not-null-column"},
		{"-- +upgrade\n/* ä */ CREATE TABLE w (id int PRIMARY KEY, ü int,\n  k int REFERENCES t);\n-- +downgrade\n", "5:9 foreign-key-index"},
		{"-- +upgrade\nSELECT 'äöü',\n 'ä' FROM FROM t;\n-- +downgrade\n", "5:11 syntax"},
		{"-- +upgrade\nSELECT 1;\n-- +downgrade\n\n  SELECT FROM FROM;\n", "7:15 syntax"},
		{"-- +upgrade\nSELECT 1;\n-- +downgrade\nVACUUM;\n", "6:1 needs-autocommit"},
		{"-- +upgrade\nALTER TABLE t DROP COLUMN v,\n  DROP COLUMN x,\n  ALTER n TYPE numeric(5, 3), ALTER COLUMN k SET NOT NULL;\n-- +downgrade\nSELECT 1;\n", "4:15 drop-column, 5:3 drop-column, 6:16 table-rewrite, 6:31 set-not-null"},
		{"-- +upgrade\nALTER TABLE IF EXISTS ONLY public . t /* a, b */\n  DROP COLUMN v;\n-- +downgrade\nSELECT 1;\n", "5:3 drop-column"},
		{"-- Template: on\n-- +upgrade\nDROP TABLE ${if true}t${end};\n-- +downgrade\nSELECT 1;\n", "5:0 drop-table"},
	} {
		for _, text := range []string{c.text, strings.ReplaceAll(c.text, "\n", "\r\n")} {
			report := look(t, read(t, chain.PostgreSQL, tables[chain.PostgreSQL], text), lint.Config{})
			if got := said(report); got != c.want {
				t.Errorf("%q\ngot  %s\nwant %s", text, got, c.want)
			}
		}
	}
}

// A rule that is not there is told with the one that was meant.
func TestNearestRule(t *testing.T) {
	for wrong, meant := range map[string]string{"drop-tables": "drop-table", "dropcolumn": "drop-column", "block-index": "blocking-index", "x": "syntax"} {
		report := look(t, read(t, chain.PostgreSQL, "-- sandpiper:lint:ignore "+wrong+" it is so\n-- +upgrade\nSELECT 1;\n-- +downgrade\n"), lint.Config{})
		if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Message, "did you mean "+meant+"?") {
			t.Errorf("%s: %+v", wrong, report.Findings)
		}
	}
}

func TestConfig(t *testing.T) {
	r := read(t, chain.SQLite, tables[chain.SQLite], "-- sandpiper:lint:ignore drop-table it is left over\n-- +upgrade\nALTER TABLE t DROP k;\n-- +downgrade\nSELECT 1;\n")
	var cfg lint.Config
	for _, wrong := range []error{
		cfg.Set("drop-tables", lint.Off), cfg.Set("drop-table", "loud"), cfg.Set("drop-table", lint.Off, "mysql"), cfg.Set("rebuild", lint.Off, chain.PostgreSQL),
	} {
		if wrong == nil {
			t.Error("a wrong setting is taken")
		}
	}
	if got := said(look(t, r, cfg)); got != "3:0 ignore, 5:15 drop-column" {
		t.Errorf("got %s", got)
	}
	// What is off is not missed by an ignore.
	if err := cfg.Set("drop-table", lint.Off, chain.SQLite); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("drop-column", lint.Error); err != nil {
		t.Fatal(err)
	}
	report := look(t, r, cfg)
	if got := said(report); got != "5:15 drop-column" || report.Count(lint.Error) != 1 {
		t.Errorf("got %s, %+v", got, report.Findings)
	}
}

// The size of a table matters to what takes the longer the more rows there are.
func TestSmallTables(t *testing.T) {
	text := "-- +upgrade\nCREATE INDEX i ON t (k); CREATE INDEX j ON u (b); ALTER TABLE t DROP v;\n-- sandpiper:lint:ignore blocking-index it is quick\nCREATE INDEX k ON t (n);\n-- +downgrade\nSELECT 1;\n"
	cfg := lint.Config{Small: func(table string) (bool, error) { return table == "t", nil }}
	report := look(t, read(t, chain.PostgreSQL, tables[chain.PostgreSQL], text), cfg)
	if got := said(report); got != "4:26 blocking-index, 4:65 drop-column" {
		t.Errorf("got %s", got)
	}
	if len(report.Sizes) != 1 || report.Sizes[0] != "1 finding about t left out: it has few rows" {
		t.Errorf("got %q", report.Sizes)
	}
	cfg.Small = func(table string) (bool, error) { return false, &lint.UncountedError{Reason: "there is no " + table} }
	report = look(t, read(t, chain.PostgreSQL, tables[chain.PostgreSQL], text), cfg)
	if got := said(report); got != "4:1 blocking-index, 4:26 blocking-index, 4:65 drop-column" || len(report.Sizes) != 2 {
		t.Errorf("got %s, %q", got, report.Sizes)
	}
	cfg.Small = func(string) (bool, error) { return false, fmt.Errorf("no answer") }
	_, err := lint.Lint(read(t, chain.PostgreSQL, text), func(chain.Revision) bool { return true }, cfg)
	if err == nil || err.Error() != "no answer" {
		t.Errorf("the database does not answer, and lint says %v", err)
	}
}

// What is not read is told of.
func TestBlocks(t *testing.T) {
	report := look(t, read(t, chain.PostgreSQL, wrap("SELECT 1;\nDO $$ BEGIN DROP TABLE t; END $$")), lint.Config{})
	if len(report.Findings) > 0 || len(report.Notes) != 1 || report.Notes[0] != "versions/postgresql/1.sql:5: what a DO block does" {
		t.Errorf("%q %v", report.Notes, report.Findings)
	}
}
