package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		graph     string
		selection chain.Selection
		want      string
	}{
		{straight, chain.Selection{}, "a1 a2 b3 c4"},
		{straight, chain.Selection{Limit: 2}, "b3 c4"},
		{straight, chain.Selection{From: "a2"}, "a2 b3 c4"},
		{straight, chain.Selection{From: "base", To: "b3"}, "a1 a2 b3"},
		{straight, chain.Selection{To: "head-1", Limit: 1}, "b3"},
		{straight, chain.Selection{Since: time.Unix(1, 0), Until: time.Unix(3, 0)}, "a2 b3"},
		{straight, chain.Selection{Keep: func(r chain.Revision) bool { return r.ID < "b" }, Limit: 1}, "a2"},
		{branched, chain.Selection{From: "b3", To: "e5"}, "b3 b4 e5"},
		{branched, chain.Selection{From: "a2", To: "right"}, "a2 c3"},
		{branched, chain.Selection{Label: "right"}, "c3 e5 f6"},
		{open, chain.Selection{From: "left", To: "heads"}, "b2 b3"},
		{crossed, chain.Selection{Line: "tools"}, "tools@b1 tools@b2 tools@b3"},
		{crossed, chain.Selection{From: "tools@b2"}, "tools@b2 tools@b3"},
		{foreign, chain.Selection{From: "x@base"}, "x@a1 x@a2"},
		{foreign, chain.Selection{From: "base"}, "x@a1 x@a2 y@a1 y@b2"},
	} {
		got, err := newGraph(t, c.graph).Select(c.selection, nil)
		if err != nil {
			t.Errorf("%+v: %v", c.selection, err)
			continue
		}
		var keys []chain.Key
		for _, r := range got {
			keys = append(keys, r.Key)
		}
		if shortKeys(keys) != c.want {
			t.Errorf("%+v of %q: %s, want %s", c.selection, c.graph, shortKeys(keys), c.want)
		}
	}
}

func TestSelectSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		selection chain.Selection
		want      string
	}{
		{chain.Selection{Line: "nowhere"}, "the lines are: main"},
		{chain.Selection{Label: "nowhere"}, "the labels are: left, right"},
		{chain.Selection{From: "b3", To: "c3"}, "does not come from b3"},
		{chain.Selection{From: "nowhere"}, "no revision and no branch label"},
		{chain.Selection{To: "base"}, "nothing comes before base"},
	} {
		_, err := newGraph(t, branched).Select(c.selection, nil)
		var target *chain.TargetError
		if !errors.As(err, &target) || !strings.Contains(short(err.Error()), c.want) {
			t.Errorf("%+v: %v, want %q", c.selection, err, c.want)
		}
	}
}

func TestBranches(t *testing.T) {
	b := newGraph(t, branched).Branches(chain.DefaultLine)
	ids := func(revs []chain.Revision) string {
		var keys []chain.Key
		for _, r := range revs {
			keys = append(keys, r.Key)
		}
		return shortKeys(keys)
	}
	if ids(b.Bases) != "a1" || ids(b.Joins) != "e5" || ids(b.Heads) != "f6" {
		t.Errorf("bases %s, joins %s, heads %s", ids(b.Bases), ids(b.Joins), ids(b.Heads))
	}
	if len(b.Forks) != 1 || b.Forks[0].Revision.ID != id("a2") || ids(b.Forks[0].Children) != "b3 c3" {
		t.Errorf("forks %v", b.Forks)
	}
	if len(b.Labels) != 2 || b.Labels[0].Label != "left" || b.Labels[0].Revisions != 4 || ids(b.Labels[1].Heads) != "f6" {
		t.Errorf("labels %v", b.Labels)
	}
}

func TestPair(t *testing.T) {
	g := newGraph(t, straight)
	rev, _ := g.Revision(chain.Key{Line: chain.DefaultLine, ID: id("b3")})
	other := rev
	other.Dialect, other.ID = chain.PostgreSQL, id("d3")
	if pair, ok := g.Pair(other); !ok || pair.ID != rev.ID {
		t.Errorf("the pair of %s is %v", rev.ID, pair)
	}
	for name, change := range map[string]func(*chain.Revision){
		"slug": func(r *chain.Revision) { r.Slug = "other" },
		"time": func(r *chain.Revision) { r.Created = r.Created.Add(time.Millisecond) },
		"none": func(r *chain.Revision) { r.Created = time.Time{} },
		"line": func(r *chain.Revision) { r.Line = "other" },
	} {
		not := other
		change(&not)
		if pair, ok := g.Pair(not); ok {
			t.Errorf("another %s is a pair of %s", name, pair.ID)
		}
	}
}

func TestReparent(t *testing.T) {
	const parent = "0000000000ff"
	for _, c := range []struct{ before, after string }{
		{"-- Revision ID: 0123456789ab\n-- Revises: 000000000001\nSELECT 1;", "-- Revision ID: 0123456789ab\n-- Revises: 0000000000ff\nSELECT 1;"},
		{"-- Revision ID: 0123456789ab\r\n--  REVISES :  000000000001 \t\r\nSELECT 1;", "-- Revision ID: 0123456789ab\r\n--  REVISES :  0000000000ff \t\r\nSELECT 1;"},
		{"-- Revises:\n-- Revision ID: 0123456789ab", "-- Revises: 0000000000ff\n-- Revision ID: 0123456789ab"},
		{"-- Revises: \n-- Revision ID: 0123456789ab", "-- Revises: 0000000000ff\n-- Revision ID: 0123456789ab"},
		{"\xef\xbb\xbf-- Revises: 000000000001\n-- Revision ID: 0123456789ab", "\xef\xbb\xbf-- Revises: 0000000000ff\n-- Revision ID: 0123456789ab"},
		{"-- Revises: 000000000001, 000000000002\n-- Revision ID: 0123456789ab", "-- Revises: 0000000000ff\n-- Revision ID: 0123456789ab"},
		{"/*\n-- Revises: 000000000001\n*/\n-- Revises: 000000000001\n-- Revision ID: 0123456789ab\nSELECT '\n-- Revises: 000000000001';", "/*\n-- Revises: 000000000001\n*/\n-- Revises: 0000000000ff\n-- Revision ID: 0123456789ab\nSELECT '\n-- Revises: 000000000001';"},
	} {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			got, err := chain.Reparent("f.sql", d, []byte(c.before), parent)
			if err != nil || string(got) != c.after {
				t.Errorf("%s: %q became %q, want %q: %v", d, c.before, got, c.after, err)
			}
		}
	}
	var parse *chain.ParseError
	for _, bad := range []string{"", "SELECT 1;", "-- Revision ID: 0123456789ab\n", "-- Revision ID: 0123456789ab\n-- Revises: nonsense"} {
		if got, err := chain.Reparent("f.sql", chain.SQLite, []byte(bad), parent); !errors.As(err, &parse) {
			t.Errorf("%q became %q: %v", bad, got, err)
		}
	}
	if got, err := chain.Reparent("f.sql", chain.SQLite, []byte("-- Revision ID: 0123456789ab\n-- Revises:"), "nonsense"); err == nil {
		t.Errorf("a parent that is no id became %q", got)
	}
}

// Whatever a file holds, a new parent is all that changes, or nothing does.
func FuzzReparent(f *testing.F) {
	f.Add("-- Revision ID: 0123456789ab\r-- Revises: 000000000001\rSELECT 1;")
	f.Add("-- Revision ID: 0123456789ab\n-- Revises:\v\n-- Depends on: x@0123456789ab")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := chain.Reparent("f.sql", chain.PostgreSQL, []byte(text), "0000000000ff")
		if err != nil {
			return
		}
		before, _ := chain.ParseHeader("f.sql", chain.PostgreSQL, []byte(text))
		after, err := chain.ParseHeader("f.sql", chain.PostgreSQL, got)
		if err != nil || !chain.SameButParents(before, after) || len(after.Revises) != 1 {
			t.Errorf("%q became %q: %v", text, got, err)
		}
	})
}
