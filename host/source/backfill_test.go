package source_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

const (
	sqlHead     = "-- Revision ID: aaaaaaaaaaaa\n-- Revises:\n"
	sqlBackfill = sqlHead + `ALTER TABLE run ADD slug text;
-- +backfill table=run key=a,b batch=250 max_batch=5000 name=slugs where='slug IS NULL' inserted=include lock=skip uncounted
UPDATE run f
SET slug = 'x' WHERE ${chunk f};
-- +backfill end
-- +phase contract
SELECT 1;
`
	yamlBackfill = head + `upgrade:
  - execute: {sql: ALTER TABLE run ADD slug text, no_reverse: true}
  - backfill:
      table: run
      key: [a, b]
      batch: 250
      max_batch: 5000
      name: slugs
      where: {postgresql: slug IS NULL, sqlite: slug IS NULL}
      inserted: include
      lock: skip
      uncounted: true
      no_reverse: true
      statement: |
        UPDATE run f
        SET slug = 'x' WHERE ${chunk f};
  - phase: contract
  - execute: {sql: SELECT 1, no_reverse: true}
`
)

// Both forms come to the same calls, each with the line of its statement.
func TestBackfillAndPhase(t *testing.T) {
	want := abi.Backfill{
		Name: "slugs", Table: "run", Key: []string{"a", "b"}, Where: "slug IS NULL", Batch: 250, MaxBatch: 5000,
		Inserted: abi.InsertedInclude, Lock: abi.LockSkip, Uncounted: true, Statement: "UPDATE run f\nSET slug = 'x' WHERE ${chunk f}",
	}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		for name, text := range map[string]string{"x.sql": sqlBackfill, "x.yaml": yamlBackfill} {
			file, err := source.Parse(name, d, []byte(text), schema.Naming{})
			if err != nil {
				t.Fatal(err)
			}
			ops := source.Step(file).Upgrade
			if len(ops) != 4 || ops[1].Kind != wasmfile.OpBackfill || ops[2].Kind != wasmfile.OpPhase || ops[2].Phase != abi.PhaseContract {
				t.Fatalf("%s: got %+v", name, ops)
			}
			got, err := abi.DecodeBackfill([]byte(ops[1].Text))
			if err != nil || fmt.Sprint(*got) != fmt.Sprint(want) {
				t.Errorf("%s: got %+v, %v; want %+v", name, got, err, want)
			}
			lines := map[string][]int{"x.sql": {3, 5, 9}, "x.yaml": {4, 17, 20}}[name]
			if got := source.Lines(file.Upgrade); !slices.Equal(got, lines) {
				t.Errorf("%s: the calls are of lines %d, want %d", name, got, lines)
			}
			if got := source.Phases(file.Upgrade); !slices.Equal(got, []abi.Phase{abi.PhaseExpand, abi.PhaseContract}) {
				t.Errorf("%s: phases %v", name, got)
			}
			if got := source.Commits(file.Upgrade, d); len(got) != 1 || !strings.Contains(got[0], "backfill slugs") {
				t.Errorf("%s: commits %q", name, got)
			}
			if got := source.Whole(file.Dialect, file.Upgrade[1]); got != "UPDATE run f\nSET slug = 'x' WHERE (slug IS NULL)" {
				t.Errorf("%s: whole %q", name, got)
			}
		}
	}
}

// What a derived downgrade has to undo is undone; a backfill says that there is
// nothing to do about it, or stops it.
func TestBackfillInADerivedDowngrade(t *testing.T) {
	text := head + `upgrade:
  - phase: expand
  - add_column: {table: run, column: {name: slug, type: text}}
  - phase: backfill
  - backfill: {table: run, statement: "UPDATE run SET slug = '' WHERE ${chunk}", no_reverse: true}
  - backfill: {table: run, name: pg, statement: "UPDATE run SET slug = '' WHERE ${chunk}"}
    dialect: postgresql
`
	file := parse(t, chain.SQLite, text)
	if got, want := say(file.Downgrade), `{"drop_column":{"table":"run","name":"slug",`; len(file.Upgrade) != 4 || !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
		t.Errorf("%d items, undone by %s, want %s", len(file.Upgrade), got, want)
	}
	_, err := source.Parse("x.yaml", chain.PostgreSQL, []byte(text), schema.Naming{})
	var bad *chain.ParseError
	if !errors.As(err, &bad) || bad.Line != 8 || !strings.Contains(bad.Msg, "no_reverse: true") {
		t.Errorf("got %v", err)
	}
}

func TestRefusedBackfills(t *testing.T) {
	const update = "UPDATE t SET a = 1 WHERE ${chunk}"
	up := head + "upgrade:\n"
	for _, c := range []struct {
		name, file, text string
		line             int
		want             string
	}{
		{"no chunk", "x.sql", sqlHead + "\n-- +backfill table=t\n\nUPDATE t SET a = 1;\n-- +backfill end\n", 4, "lacks ${chunk}"},
		{"a chunk in where", "x.sql", sqlHead + "-- +backfill table=t where='${chunk}'\n" + update + ";\n-- +backfill end\n", 3, "${chunk} belongs into the statement alone"},
		{"an alias that is none", "x.sql", sqlHead + "-- +backfill table=t\n" + update[:len(update)-1] + " a.b};\n-- +backfill end\n", 3, "neither } nor an alias"},
		{"a long name", "x.sql", sqlHead + "-- +backfill table=t name=" + strings.Repeat("n", 61) + "\n" + update + ";\n-- +backfill end\n", 3, "more than 60 bytes"},
		{"a large chunk", "x.sql", sqlHead + "-- +backfill table=t batch=1000001\n" + update + ";\n-- +backfill end\n", 3, "at most 1000000 rows"},
		{"batch above its bound", "x.sql", sqlHead + "-- +backfill table=t batch=9 max_batch=8\n" + update + ";\n-- +backfill end\n", 3, "any at most 8"},

		{"no mapping", "x.yaml", up + "  - backfill: t\n", 4, "a backfill is a mapping such as"},
		{"no quotes around a chunk", "x.yaml", up + "  - backfill: {table: t, statement: " + update + ", batch: 5}\n", 3, "quotes around it"},
		{"no statement", "x.yaml", up + "  - backfill: {table: t}\n", 4, "has no statement"},
		{"no table", "x.yaml", up + "  - backfill: {statement: '" + update + "'}\n", 4, "the table is missing"},
		{"two statements", "x.yaml", up + "  - backfill:\n      table: t\n      statement: " + update + "; SELECT 1\n", 6, "2 statements in a backfill"},
		{"no SQL", "x.yaml", up + "  - backfill:\n      table: t\n      statement: |\n\n        SELECT 'a\n", 8, "never closed"},
		{"a commit", "x.yaml", up + "  - backfill:\n      table: t\n      statement: COMMIT\n", 6, "the runner owns the transaction"},
		{"a statement that is a list", "x.yaml", up + "  - backfill:\n      table: t\n      statement: [a]\n", 6, "the text of one SQL statement"},
		{"an unknown option", "x.yaml", up + "  - backfill:\n      table: t\n      rows: 4\n", 6, "unknown option rows: they are table"},
		{"a bad number", "x.yaml", up + "  - backfill:\n      table: t\n      batch: many\n", 6, "batch=many: write batch=1000"},
		{"an option that is a list", "x.yaml", up + "  - backfill:\n      table: t\n      where: [a]\n", 6, "where is a word or a number"},
		{"no_reverse", "x.yaml", up + "  - backfill:\n      table: t\n      no_reverse: 1\n", 6, "true or false"},
		{"another key beside it", "x.yaml", up + "  - backfill: {table: t, statement: '" + update + "'}\n    lock_timeout: 5\n", 5, "lock_timeout beside a backfill"},
		{"an unknown dialect", "x.yaml", up + "  - backfill: {table: t, statement: {mysql: '" + update + "'}}\n", 4, "a mapping of postgresql and sqlite"},
		{"nothing for the dialect", "x.yaml", up + "  - backfill: {table: t, statement: {postgresql: " + "'" + update + "'}}\n", 4, "nothing for sqlite"},
		{"a name twice", "x.yaml", up + "  - backfill: {table: t, statement: '" + update + "'}\n  - backfill: {table: t, statement: '" + update + "'}\n", 5, "after the one at line 4"},
		{"a backfill in autocommit", "x.yaml", up + "  - autocommit:\n      - backfill: {table: t}\n", 5, "backfill stands alone"},
		{"no phase", "x.yaml", up + "  - phase: shrink\n", 4, `"shrink" is no phase`},
		{"phases in disorder", "x.yaml", up + "  - phase: contract\n  - phase: backfill\n", 5, "phase backfill after phase contract"},
		{"a phase beside something", "x.yaml", up + "  - phase: expand\n    dialect: sqlite\n", 4, "phase stands alone"},
		{"a phase in a downgrade", "x.yaml", up + "downgrade:\n  - phase: expand\n", 5, "a phase in a downgrade"},
		{"a phase in autocommit", "x.yaml", up + "  - autocommit:\n      - phase: contract\n", 5, "phase stands alone"},
	} {
		_, err := source.Parse(c.file, chain.SQLite, []byte(c.text), schema.Naming{})
		var bad *chain.ParseError
		if !errors.As(err, &bad) || bad.Path != c.file || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
			t.Errorf("%s: got %v, want line %d: … %s", c.name, err, c.line, c.want)
		}
	}
}
