package chain_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

const sectionNotes = `# Migration notes

What people say of it. PostgreSQL: the server that we use.

# two

On
SQLite: the table is built anew.

SQLite: ` + "`bbbbbbbbbb02`" + `
PostgreSQL: ` + "`aaaaaaaaaa02`" + ` (slow)

# one

SQLite: ` + "`bbbbbbbbbb01`" + `
PostgreSQL: ` + "`aaaaaaaaaa01`" + `
`

const tableNotes = `# Migration notes

| migration | PostgreSQL | SQLite | what to know |
|---|---|---|---|
| two | ` + "`aaaaaaaaaa02` | `bbbbbbbbbb02`" + ` | a \| b |
| one | ` + "`aaaaaaaaaa01` | `bbbbbbbbbb01`" + ` | |

And more prose.
`

func parseNotes(t *testing.T, text string) *chain.Notes {
	t.Helper()
	n, err := chain.ParseNotes("NOTES.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// blog is two chains of the same migrations.
func blog(t *testing.T, slugs ...string) []*chain.Graph {
	return []*chain.Graph{line(t, chain.PostgreSQL, "a", slugs...), line(t, chain.SQLite, "b", slugs...)}
}

func TestNotesThatAreRight(t *testing.T) {
	for name, text := range map[string]string{"sections": sectionNotes, "table": tableNotes} {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n")} {
				wantProblems(t, parseNotes(t, text).Check(blog(t, "one", "two")...))
				if got := parseNotes(t, text).Sync(blog(t, "one", "two")...); got.Text != text || len(got.Added) > 0 || len(got.Moved) > 0 {
					t.Errorf("sync changed it: %+v", got)
				}
			}
		})
	}
}

func TestNotesThatAreWrong(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     []string
		want       []string
	}{
		{"an unknown id", sectionNotes, []string{"bbbbbbbbbb02", "bbbbbbbbbb09"}, []string{"notes bbbbbbbbbb09 NOTES.md:10 the sqlite chain has no revision bbbbbbbbbb09"}},
		{"ids of two migrations", tableNotes, []string{"bbbbbbbbbb02", "bbbbbbbbbbxx", "bbbbbbbbbb01", "bbbbbbbbbb02", "bbbbbbbbbbxx", "bbbbbbbbbb01"}, []string{
			"notes bbbbbbbbbb01 NOTES.md:5 aaaaaaaaaa02, bbbbbbbbbb02 and aaaaaaaaaa01, bbbbbbbbbb01 are two migrations",
			"notes bbbbbbbbbb02 NOTES.md:6 ",
		}},
		{"an id that is not said", tableNotes, []string{"`bbbbbbbbbb02`", "none"}, []string{"notes bbbbbbbbbb02 NOTES.md:5 the entry of two lacks its sqlite revision bbbbbbbbbb02"}},
		{"the wrong order", tableNotes, []string{"aaaaaaaaaa01", "x", "aaaaaaaaaa02", "aaaaaaaaaa01", "x", "aaaaaaaaaa02", "bbbbbbbbbb01", "y", "bbbbbbbbbb02", "bbbbbbbbbb01", "| y", "| bbbbbbbbbb02", "`y`", "`bbbbbbbbbb02`"}, []string{"notes_order  NOTES.md:6 the entry of two stands below that of one, which comes before it in the chain"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			for i := 0; i+1 < len(c.change); i += 2 {
				text = strings.ReplaceAll(text, c.change[i], c.change[i+1])
			}
			wantProblems(t, parseNotes(t, text).Check(blog(t, "one", "two")...), c.want...)
		})
	}
}

// Of two branches none comes before the other: their order is that of their times.
func TestNotesOfBranchesInTheWrongOrder(t *testing.T) {
	revs := revisionsOf(chain.SQLite, "b", "root", "ann", "bob")
	revs[2].Revises = revs[1].Revises
	g := graphOf(t, chain.SQLite, revs)
	text := "# ann\n\nSQLite: `bbbbbbbbbb02`\n\n# bob\n\nSQLite: `bbbbbbbbbb03`\n\n# root\n\nSQLite: `bbbbbbbbbb01`\n"
	wantProblems(t, parseNotes(t, text).Check(g),
		"notes_order  NOTES.md:5 the entry of bob stands below that of ann, which was written before it, in another branch or line")
}

func TestNotesThatLackAnEntry(t *testing.T) {
	n := parseNotes(t, sectionNotes)
	wantProblems(t, n.Check(blog(t, "one", "two", "three", "four")...),
		"notes_entry aaaaaaaaaa04, bbbbbbbbbb04 NOTES.md:0 there is no entry for four",
		"notes_entry aaaaaaaaaa03, bbbbbbbbbb03 NOTES.md:0 there is no entry for three")
}

func TestSyncAddsWhatIsMissingInItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, cut, want string }{
		"section": {sectionNotes, sectionNotes[strings.Index(sectionNotes, "# two"):strings.Index(sectionNotes, "# one")],
			"# three\n\nSQLite: `bbbbbbbbbb03`\nPostgreSQL: `aaaaaaaaaa03`\n\n# two\n\nSQLite: `bbbbbbbbbb02`\nPostgreSQL: `aaaaaaaaaa02`\n\n# one\n"},
		"row": {tableNotes, tableNotes[strings.Index(tableNotes, "| two"):strings.Index(tableNotes, "| one")],
			"|---|---|---|---|\n| three | `aaaaaaaaaa03` | `bbbbbbbbbb03` | |\n| two | `aaaaaaaaaa02` | `bbbbbbbbbb02` | |\n| one |"},
	} {
		t.Run(name, func(t *testing.T) {
			graphs := blog(t, "one", "two", "three")
			for _, eol := range []string{"\n", "\r\n"} {
				before := strings.ReplaceAll(strings.Replace(c.text, c.cut, "", 1), "\n", eol)
				done := parseNotes(t, before).Sync(graphs...)
				got, added := done.Text, done.Added
				if !strings.Contains(got, strings.ReplaceAll(c.want, "\n", eol)) || !slices.Equal(added, []string{"three", "two"}) {
					t.Fatalf("added %q:\n%s", added, got)
				}
				for l := range strings.SplitSeq(before, eol) {
					if !strings.Contains(got, l) {
						t.Errorf("%q is gone", l)
					}
				}
				wantProblems(t, parseNotes(t, got).Check(graphs...))
			}
		})
	}
}

// The chain says what the order is, whatever order a merge of two branches has left.
func TestSyncMovesWhatStandsInTheWrongPlace(t *testing.T) {
	graphs := blog(t, "one", "two", "three", "four")
	section := func(n int, more string) string {
		return fmt.Sprintf("# %d\n\nSQLite: `bbbbbbbbbb0%[1]d`\nPostgreSQL: `aaaaaaaaaa0%[1]d`\n%s", n, more)
	}
	const own = "Ours.\n## Why\n```\n# no heading\n```\n"
	row := func(n int) string { return fmt.Sprintf("| `aaaaaaaaaa0%d` | `bbbbbbbbbb0%[1]d` |\n", n) }
	const head, foot = "| PostgreSQL | SQLite |\n|---|---|\n", "\nThe end.\n"
	for _, c := range []struct{ name, text, want, moved string }{
		{"the newest at the end", section(2, "") + "\n" + section(1, "") + "\n" + section(3, own), section(3, own) + "\n" + section(2, "") + "\n" + section(1, ""), "three"},
		{"the oldest first", section(1, "") + "\n" + section(2, own) + "\n" + section(3, ""), section(3, "") + "\n" + section(2, own) + "\n" + section(1, ""), "three two"},
		{"prose below", section(1, "") + "\n" + section(2, "") + "\n# Rules\n\nAsk Ann.\n", section(2, "") + "\n" + section(1, "") + "\n# Rules\n\nAsk Ann.\n", "two"},
		{"rows", head + row(1) + row(3) + row(2) + row(4) + foot, head + row(4) + row(3) + row(2) + row(1) + foot, "four three two"},
	} {
		for _, eol := range []string{"\n", "\r\n"} {
			n := parseNotes(t, strings.ReplaceAll(c.text, "\n", eol))
			if !slices.ContainsFunc(n.Check(graphs...), func(p chain.Problem) bool { return p.Rule == chain.RuleNotesOrder }) {
				t.Errorf("%s: the order is no problem", c.name)
			}
			known := graphs
			if c.name != "rows" {
				known = blog(t, []string{"one", "two", "three"}[:strings.Count(c.text, "SQLite")]...)
			}
			done := n.Sync(known...)
			if want := strings.ReplaceAll(c.want, "\n", eol); done.Text != want || strings.Join(done.Moved, " ") != c.moved || len(done.Added) > 0 {
				t.Errorf("%s: moved %q, added %q:\n%s\nwant\n%s", c.name, done.Moved, done.Added, done.Text, want)
			}
			wantProblems(t, parseNotes(t, done.Text).Check(known...))
		}
	}
}

func TestSyncOfNotesWithoutEntries(t *testing.T) {
	for _, text := range []string{"", "# Migration notes\n\nProse", tableNotes[:strings.Index(tableNotes, "| two")]} {
		done := parseNotes(t, text).Sync(blog(t, "one", "two")...)
		got, added := done.Text, done.Added
		if !strings.HasPrefix(got, text) || len(added) != 2 {
			t.Errorf("from %q: added %q:\n%s", text, added, got)
		}
		wantProblems(t, parseNotes(t, got).Check(blog(t, "one", "two")...))
	}
}

func TestOneDialectAlone(t *testing.T) {
	pg := line(t, chain.PostgreSQL, "a", "one", "two", "three")
	sq := line(t, chain.SQLite, "b", "one", "two")
	for _, text := range []string{sectionNotes, tableNotes} {
		n := parseNotes(t, text)
		unsaid := n.Sync(pg, sq).Text
		wantProblems(t, parseNotes(t, unsaid).Check(pg, sq))
		wantProblems(t, chain.CheckPairs(parseNotes(t, unsaid), pg, sq), "pair aaaaaaaaaa03 2026_01_01_000200_aaaaaaaaaa03_three.sql:0 the sqlite chain has no revision")
		saidSo := n.Add(chain.Note{Slug: "three", Text: "GIN | GiST", IDs: map[chain.Dialect]string{chain.PostgreSQL: "aaaaaaaaaa03"}, None: []chain.Dialect{chain.SQLite}})
		wantProblems(t, parseNotes(t, saidSo).Check(pg, sq))
		wantProblems(t, chain.CheckPairs(parseNotes(t, saidSo), pg, sq))
	}
	var none *chain.Notes
	wantProblems(t, chain.CheckPairs(none, pg, sq), "pair aaaaaaaaaa03")
}

func TestNotesOfNonsense(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"no id":           {strings.Replace(sectionNotes, "`bbbbbbbbbb02`", "`soon`", 1), "\"`soon`\" is not a revision", 10},
		"a bare word":     {strings.Replace(sectionNotes, "`bbbbbbbbbb02`", "todo", 1), `"todo" is not a revision`, 10},
		"an id twice":     {strings.Replace(sectionNotes, "bbbbbbbbbb02", "bbbbbbbbbb01", 1), "revision bbbbbbbbbb01 of SQLite has an entry already, at line 10", 15},
		"two of one":      {strings.Replace(sectionNotes, "PostgreSQL: `aaaaaaaaaa02`", "SQLite: `aaaaaaaaaa02`", 1), "a second revision for SQLite in one entry: line 10", 11},
		"no heading":      {"SQLite: `bbbbbbbbbb01`\n", "above the first heading", 1},
		"a conflict":      {strings.Replace(sectionNotes, "# two", "<<<<<<< HEAD\n# two", 1), "a conflict of a merge", 5},
		"a cell too many": {strings.Replace(tableNotes, `\|`, "|", 1), "a row of 5 cells in a table of 4 columns", 5},
		"no id in a cell": {strings.Replace(tableNotes, "`bbbbbbbbbb01`", "the same", 1), `"the same" in the column SQLite`, 6},
		"a NUL":           {"# x\n\x00", "NUL", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chain.ParseNotes("NOTES.md", []byte(c.text))
			var bad *chain.ParseError
			if !errors.As(err, &bad) || bad.Path != "NOTES.md" || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
				t.Errorf("error %v, want line %d: %s", err, c.line, c.want)
			}
		})
	}
}

// The reference chain's notes are a table with remarks; nothing is lost by an
// entry on top.
func TestAnEntryForTheReferenceChain(t *testing.T) {
	text, err := os.ReadFile("../../migrations/MIGRATION-NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	got := parseNotes(t, string(text)).Add(chain.Note{Slug: "new", IDs: map[chain.Dialect]string{chain.PostgreSQL: "aaaaaaaaaa01", chain.SQLite: "bbbbbbbbbb01"}})
	want := "|---|---|---|---|\n| new | `aaaaaaaaaa01` | `bbbbbbbbbb01` | |\n"
	if !strings.Contains(got, want) || strings.Replace(got, want, "|---|---|---|---|\n", 1) != string(text) {
		t.Errorf("got:\n%s", got)
	}
}

// Chains that were written by hand have other times and slugs for the same
// migration: the entry that names both ids makes them one.
func TestNotesPairWhatTimeDoesNot(t *testing.T) {
	pgRevs := revisionsOf(chain.PostgreSQL, "a", "one", "add_two")
	sqRevs := revisionsOf(chain.SQLite, "b", "one", "two")
	pgRevs[1].Created = pgRevs[1].Created.Add(time.Hour)
	graphs := []*chain.Graph{graphOf(t, chain.PostgreSQL, pgRevs), graphOf(t, chain.SQLite, sqRevs)}
	wantProblems(t, chain.CheckPairs(nil, graphs...), "pair bbbbbbbbbb02", "pair aaaaaaaaaa02")
	for _, text := range []string{sectionNotes, tableNotes} {
		n := parseNotes(t, text)
		wantProblems(t, chain.CheckPairs(n, graphs...))
		wantProblems(t, n.Check(graphs...))
	}
	// What has a pair by time and slug keeps it.
	mixed := strings.NewReplacer("bbbbbbbbbb01", "bbbbbbbbbb02", "bbbbbbbbbb02", "bbbbbbbbbb01").Replace(tableNotes)
	wantProblems(t, chain.CheckPairs(parseNotes(t, mixed), graphs...), "pair bbbbbbbbbb02", "pair aaaaaaaaaa02")
	if got := said(parseNotes(t, mixed).Check(graphs...)); len(got) == 0 {
		t.Error("ids of two migrations in one entry were accepted")
	}
}
