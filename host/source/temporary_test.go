package source_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A temporary table that is used behind a commit is refused when the file is read, at
// the line that uses it; one that is used before alone is not.
func TestTemporary(t *testing.T) {
	const (
		temp     = "CREATE TEMP TABLE m AS SELECT 1 AS id;\n"
		backfill = "-- +backfill table=run\nUPDATE run SET n = 1\nFROM m WHERE ${chunk run} AND m.id = run.id;\n-- +backfill end\n"
		other    = "-- +backfill table=run\nUPDATE run SET n = (SELECT m FROM other) WHERE ${chunk run};\n-- +backfill end\n"
		section  = "-- +autocommit begin\nSELECT 1;\n-- +autocommit end\n"
	)
	for _, c := range []struct {
		name, text string
		line       int // that is refused, below the header; 0: none
		where      string
	}{
		{"in a backfill", temp + backfill, 4, "the backfill at line 5"},
		{"the backfill's table", "CREATE TEMP TABLE Run (id INTEGER PRIMARY KEY);\n" + other, 2, "the backfill at line 5"},
		{"before a backfill", temp + "UPDATE run SET n = 1 FROM m;\n" + other, 0, ""},
		{"behind a backfill", temp + other + "\nINSERT INTO run SELECT * FROM m;\n", 6, "the backfill at line 5"},
		{"behind a section", temp + section + "INSERT INTO run SELECT *\nFROM M;\n", 6, "the autocommit section at line 5"},
		{"in a section", temp + "-- +autocommit begin\nINSERT INTO M SELECT 1;\n-- +autocommit end\n", 3, "the autocommit section at line 5"},
		{"behind a phase", "-- +phase expand\n" + temp + "-- +phase backfill\nDELETE FROM m;\n", 4, "the phase at line 6"},
		{"a view", "CREATE TEMPORARY VIEW m AS SELECT 1;\n" + section + "SELECT * FROM m;\n", 5, "the autocommit section at line 5"},
		{"in its schema", "CREATE TABLE temp.m (id INTEGER);\n" + section + "SELECT * FROM m;\n", 5, "the autocommit section at line 5"},
		{"dropped before", temp + "DROP TABLE m;\nCREATE TABLE m (id INTEGER);\n" + backfill, 0, ""},
		{"dropped behind, if it is there", temp + section + "DROP TABLE IF EXISTS m;\nDELETE FROM m;\n", 0, ""},
		{"made again behind", temp + section + temp + "DELETE FROM m;\n", 0, ""},
		{"made and used in a section", "-- +autocommit begin\n" + temp + "DELETE FROM m;\n-- +autocommit end\n", 0, ""},
		{"a query's own name", temp + section + "WITH m AS (SELECT 1) SELECT * FROM m;\n", 0, ""},
		{"an ordinary one", "CREATE TABLE m (id INTEGER); -- no TEMP\n" + backfill, 0, ""},
		{"in a downgrade", "SELECT 1;\n-- +downgrade\n" + temp + backfill, 6, "the backfill at line 7"},
	} {
		for _, d := range chain.Dialects {
			head := sqlHead
			if !strings.Contains(c.text, "+downgrade") {
				c.text += "-- +downgrade\n"
			}
			_, err := source.Parse("x.sql", d, []byte(head+"-- +upgrade\n"+c.text), schema.Naming{})
			var refused *chain.ParseError
			switch {
			case c.line == 0 && err != nil:
				t.Errorf("%s, %s: %v", d, c.name, err)
			case c.line > 0 && (!errors.As(err, &refused) || refused.Line != c.line+3 || !strings.Contains(refused.Msg, c.where)):
				t.Errorf("%s, %s: got %v, want line %d, %s", d, c.name, err, c.line+3, c.where)
			}
		}
	}
	text := head + "upgrade:\n  - execute: {sql: CREATE TEMP TABLE m (id INTEGER), no_reverse: true}\n" +
		"  - backfill: {table: run, no_reverse: true, statement: \"UPDATE run SET n = 1 FROM m WHERE ${chunk run}\"}\n"
	var refused *chain.ParseError
	if _, err := source.Parse("x.yaml", chain.SQLite, []byte(text), schema.Naming{}); !errors.As(err, &refused) || !strings.Contains(refused.Msg, "m is temporary") {
		t.Errorf("in YAML: got %v", err)
	}
}
