package chain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestParseReadsBackfillsAndPhases(t *testing.T) {
	const text = top + `-- +upgrade
-- +phase expand
ALTER TABLE run ADD slug text;
-- +phase backfill
--+Backfill TABLE=run key=a,b batch=250 max_batch=5000 name=slugs where='slug IS NULL AND x <> ''y'' ' inserted=include lock=skip uncounted
-- which is said of the statement
UPDATE run SET slug = 'a;${dialect}'
WHERE ${chunk};
-- +backfill end
-- +backfill table='My.Run'
DELETE FROM "My.Run" f WHERE ${chunk f};
-- +backfill end
-- +phase contract
SELECT 1;
-- +downgrade
-- +backfill table=run
UPDATE run SET slug = NULL WHERE ${chunk};
-- +backfill end
`
	up := []string{
		"4 phase expand", "5 ALTER TABLE run ADD slug text", "6 phase backfill",
		"9 {Line:7 Name:slugs Table:run Key:[a b] Where:slug IS NULL AND x <> 'y'  Batch:250 MaxBatch:5000 Inserted:include Lock:skip Uncounted:true} " +
			"UPDATE run SET slug = 'a;${dialect}'\nWHERE ${chunk}",
		"13 {Line:12 Name:My.Run Table:My.Run Key:[] Where: Batch:0 MaxBatch:0 Inserted: Lock: Uncounted:false} DELETE FROM \"My.Run\" f WHERE ${chunk f}",
		"15 phase contract", "16 SELECT 1",
	}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		f := parse(t, d, text)
		if got := items(f.Upgrade); !slices.Equal(got, up) {
			t.Errorf("%s: upgrade\n got %q\nwant %q", d, got, up)
		}
		if got := items(f.Downgrade); len(got) != 1 || !strings.HasPrefix(got[0], "19 {Line:18 Name:run") {
			t.Errorf("%s: downgrade %q", d, got)
		}
	}

	// A template has its own ${…}, and leaves that of the backfill alone.
	f := parse(t, chain.SQLite, top+"-- Template: on\n-- +backfill table=${slug}\n\nUPDATE ${slug} f SET a = '${dialect}' WHERE ${chunk f} AND ${if true}${chunk}${end};\n-- +backfill end\n-- +phase backfill")
	want := "6 {Line:4 Name:add_tags Table:add_tags Key:[] Where: Batch:0 MaxBatch:0 Inserted: Lock: Uncounted:false} UPDATE add_tags f SET a = 'sqlite' WHERE ${chunk f} AND ${chunk}"
	if got := items(f.Upgrade); len(got) != 2 || got[0] != want {
		t.Errorf("with a template: got %q, want %q first", got, want)
	}
	// A section of the other dialect has phases and backfills of its own.
	f = parse(t, chain.SQLite, top+"-- +upgrade\nSELECT 1;\n-- +upgrade postgresql\n-- +phase expand\n-- +backfill table=a\nSELECT ${chunk};\n-- +backfill end\n"+
		"-- +upgrade sqlite\n-- +backfill table=a\nSELECT ${chunk};\n-- +backfill end")
	if len(f.Upgrade) != 2 || f.Upgrade[1].Line != 12 {
		t.Errorf("got %q", items(f.Upgrade))
	}
	if got := items(parse(t, chain.PostgreSQL, top+"SELECT '${chunk}', $$ ${chunk} $$ -- ${chunk}\n").Upgrade); len(got) != 1 {
		t.Errorf("what looks like a chunk in strings and comments: %q", got)
	}
}

func TestParseRefusesBackfillsAndPhases(t *testing.T) {
	const update = "UPDATE t SET a = 1 WHERE ${chunk};\n"
	const end = "-- +backfill end\n"
	for _, c := range []struct {
		name string
		text string
		line int
		want string
	}{
		{"no table", "-- +backfill key=id\n" + update + end, 3, "write table=flow_run"},
		{"an empty table", "-- +backfill table=\n" + update + end, 3, "table=: write table=flow_run"},
		{"a schema", "-- +backfill table=public.t\n" + update + end, 3, "without a schema"},
		{"an unknown option", "-- +backfill table=t chunks=4\n" + update + end, 3, "unknown option chunks: they are table, key, name"},
		{"an option twice", "-- +backfill table=t table=u\n" + update + end, 3, "a second table"},
		{"a word", "-- +backfill t\n" + update + end, 3, "unknown option t"},
		{"blanks around =", "-- +backfill table = t\n" + update + end, 3, "table=: write table=flow_run"},
		{"no rows", "-- +backfill table=t batch=0\n" + update + end, 3, "batch=0: write batch=1000"},
		{"no number", "-- +backfill table=t max_batch=1e3\n" + update + end, 3, "max_batch=1e3: write max_batch=50000"},
		{"a column twice", "-- +backfill table=t key=a,a\n" + update + end, 3, "write key=id, or key=a,b"},
		{"an open quote", "-- +backfill table=t where='a IS NULL\n" + update + end, 3, "where= is not closed in its line"},
		{"no blank behind a quote", "-- +backfill table='t'key=a\n" + update + end, 3, "put a blank"},
		{"where that reaches on", "-- +backfill table=t where='a) OR (b'\n" + update + end, 3, "closed that was not opened"},
		{"inserted", "-- +backfill table=t inserted=yes\n" + update + end, 3, "write inserted=include or inserted=exclude"},
		{"lock", "-- +backfill table=t lock=table\n" + update + end, 3, "lock=rows, lock=skip or lock=none"},
		{"no statement", "-- +backfill table=t\n" + end, 4, "the backfill at line 3 has no statement"},
		{"two statements", "-- +backfill table=t\n" + update + update + end, 5, "a second statement in the backfill at line 3"},
		{"no end", "-- +backfill table=t\n" + update, 3, `no "-- +backfill end"`},
		{"no end in its section", "-- +upgrade\n-- +backfill table=t\n" + update + "-- +downgrade\n", 4, `no "-- +backfill end"`},
		{"no beginning", end, 3, "before it in its section"},
		{"nested", "-- +backfill table=t\n-- +backfill table=u\n", 4, "line 3 is not ended"},
		{"in autocommit", "-- +autocommit begin\n-- +backfill table=t\n", 4, "inside the autocommit section at line 3"},
		{"around autocommit", "-- +backfill table=t\n-- +autocommit begin\n", 4, "inside the backfill at line 3"},
		{"a chunk outside", "\n" + update, 4, "${chunk} outside of a backfill"},
		{"a name twice", "-- +backfill table=t\n" + update + end + "-- +backfill table=t\n" + update + end, 6, "after the one at line 3: name them apart"},
		{"a statement without its semicolon", "-- +backfill table=t\nUPDATE t SET a = 1 WHERE ${chunk}\n" + end, 4, "end it with a semicolon"},

		{"no phase", "-- +phase\n", 3, "write expand, backfill, contract"},
		{"unknown phase", "-- +phase shrink\n", 3, `"shrink" is no phase`},
		{"phases in disorder", "-- +phase contract\n-- +phase expand\n", 4, "phase expand after phase contract"},
		{"a phase twice", "-- +phase backfill\n-- +phase backfill\n", 4, "each comes once"},
		{"expand below a statement", "SELECT 1;\n-- +phase expand\n", 4, "what stands before the first phase is of expand"},
		{"a phase in a downgrade", "-- +upgrade\n-- +downgrade\n-- +phase expand\n", 5, "a phase in a downgrade"},
		{"a phase in a backfill", "-- +backfill table=t\n-- +phase contract\n", 4, "inside the backfill at line 3"},
		{"a phase in autocommit", "-- +autocommit begin\n-- +phase contract\n", 4, "inside the autocommit section at line 3"},
	} {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			_, err := chain.Parse("v/x.sql", d, []byte(top+c.text))
			var bad *chain.ParseError
			if !errors.As(err, &bad) || bad.Path != "v/x.sql" || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
				t.Errorf("%s, %s: got %v, want line %d: … %s", c.name, d, err, c.line, c.want)
			}
		}
	}
}
