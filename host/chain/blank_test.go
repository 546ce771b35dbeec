package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func blank(d chain.Dialect) chain.Blank {
	created := time.Date(2026, 10, 2, 9, 30, 0, 0, time.UTC)
	return chain.Blank{Dialect: d, Message: "add labels", Revisions: map[chain.Dialect]chain.Revision{
		chain.PostgreSQL: {Key: chain.Key{Line: "main", ID: "aaaaaaaaaa02"}, Revises: []string{"aaaaaaaaaa01"}, Slug: "add_labels", Created: created},
		chain.SQLite:     {Key: chain.Key{Line: "main", ID: "bbbbbbbbbb02"}, Slug: "add_labels", Created: created},
	}}
}

func TestTemplateOfANewFile(t *testing.T) {
	for _, c := range []struct {
		d          chain.Dialect
		text, want string
	}{
		{chain.SQLite, "${dialect} ${revision} ${down_revision}|${message}|${slug}|${line}|${create_date}", "sqlite bbbbbbbbbb02 |add labels|add_labels|main|2026-10-02 09:30:00"},
		{chain.PostgreSQL, "${revision} ${down_revision}\r\n", "aaaaaaaaaa02 aaaaaaaaaa01\n"},
		{chain.PostgreSQL, `a${if eq dialect "sqlite"}S${else}P${end}b`, "aPb"},
		{chain.SQLite, `a${if eq dialect "sqlite"}S${else}P${end}b`, "aSb"},
		{"", `${revision "sqlite"} ${with down_revision "postgresql"}after ${.}${end}${with down_revision "sqlite"}not here${end} ${slug}`, "bbbbbbbbbb02 after aaaaaaaaaa01 add_labels"},
		{chain.SQLite, "${`${dialect}`}", "${dialect}"},
	} {
		got, err := blank(c.d).Fill("x.tmpl", []byte(c.text))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestTemplateThatDoesNotParse(t *testing.T) {
	for text, want := range map[string]string{
		"a\n${if dialect}\n":       "x.tmpl:3: template: unexpected EOF",
		"a\nb\n${nonsense}":        "x.tmpl:3: template: function \"nonsense\" not defined",
		"a\n${range 9}${end}":      "x.tmpl:2: template: range cannot be used here",
		"a\n${define \"x\"}${end}": "x.tmpl:2: template: define and block cannot be used here",
		"a\n\x00":                  "x.tmpl:2: not UTF-8 text",
		"${revision 1}":            "x.tmpl:1: template:",
		strings.Repeat(`${printf "%100000d" 1}`, 200): "x.tmpl: template: the text grows beyond",
	} {
		_, err := blank(chain.SQLite).Fill("x.tmpl", []byte(text))
		var bad *chain.ParseError
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

func TestPairs(t *testing.T) {
	pg := revisionsOf(chain.PostgreSQL, "a", "one", "two", "four")
	sq := revisionsOf(chain.SQLite, "b", "one", "two", "three", "four")
	pg[2].Created = sq[3].Created
	graphs := []*chain.Graph{graphOf(t, chain.PostgreSQL, pg), graphOf(t, chain.SQLite, sq)}
	var got []string
	for _, p := range chain.Pairs(nil, graphs...) {
		got = append(got, p.Slug+" "+p.IDs[chain.PostgreSQL]+" "+p.IDs[chain.SQLite])
	}
	want := "one aaaaaaaaaa01 bbbbbbbbbb01; two aaaaaaaaaa02 bbbbbbbbbb02; three  bbbbbbbbbb03; four aaaaaaaaaa03 bbbbbbbbbb04"
	if strings.Join(got, "; ") != want {
		t.Errorf("pairs %q, want %q", strings.Join(got, "; "), want)
	}
}

func TestFileNames(t *testing.T) {
	sq := revisionsOf(chain.SQLite, "b", "one", "two", "three")
	sq[0].Source = "versions/sqlite/0001_init.sql" // names no id
	sq[1].Source = "versions/sqlite/2026_01_01_000100_cccccccccccc_two.sql"
	pg := revisionsOf(chain.PostgreSQL, "a", "one", "two", "three")
	pg[2].Source = "versions/2026_01_01_000200_bbbbbbbbbb03_three.yaml" // one file for both
	sq[2].Source = pg[2].Source
	wantProblems(t, chain.CheckNames(graphOf(t, chain.PostgreSQL, pg), graphOf(t, chain.SQLite, sq)),
		"file_name bbbbbbbbbb02 versions/sqlite/2026_01_01_000100_cccccccccccc_two.sql:0 its name says cccccccccccc, and its header bbbbbbbbbb02")
}

func TestHeadsAreTold(t *testing.T) {
	revs := revisionsOf(chain.SQLite, "b", "one", "two", "three")
	wantProblems(t, graphOf(t, chain.SQLite, revs).CheckHeads())
	revs[2].Revises = revs[1].Revises
	wantProblems(t, graphOf(t, chain.SQLite, revs).CheckHeads(), "heads bbbbbbbbbb03 2026_01_01_000200_bbbbbbbbbb03_three.sql:0 line main has 2 heads for sqlite: bbbbbbbbbb02, bbbbbbbbbb03")
}
