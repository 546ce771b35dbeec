package lint_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// TestChoice chooses from two chains of three revisions, whose ids differ.
func TestChoice(t *testing.T) {
	graph := func(d chain.Dialect, digit string) *chain.Graph {
		var revisions []chain.Revision
		for i, slug := range []string{"a", "b", "c"} {
			id := strings.Repeat(digit, 11) + string(rune('1'+i))
			r := chain.Revision{Key: chain.Key{Line: "main", ID: id}, Dialect: d, Slug: slug, Source: string(d) + "/" + slug + ".sql"}
			r.Created = time.Date(2026, 1, i+1, 0, 0, 0, 0, time.UTC)
			if i > 0 {
				r.Revises = []string{strings.Repeat(digit, 11) + string(rune('0'+i))}
			}
			revisions = append(revisions, r)
		}
		g, err := chain.NewGraph(d, revisions)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	graphs := []*chain.Graph{graph(chain.PostgreSQL, "a"), graph(chain.SQLite, "b")} // of the same migrations
	path := func(source string) string {
		absolute, err := filepath.Abs(source)
		if err != nil {
			t.Fatal(err)
		}
		return absolute
	}
	for _, c := range []struct{ words, since, want string }{
		{"", "", "pa pb pc sa sb sc"},
		{"aaaaaaaaaaa2", "", "pb"},
		{"aaaaaaaaaaa2:", "", "pb pc"},
		{":aaaaaaaaaaa2", "", "pa pb"},
		{"aaaaaaaaaaa2:aaaaaaaaaaa3 bbbbbbbbbbb1", "", "pb pc sa"},
		{"head", "", "pc sc"},
		{"postgresql/b.sql ./sqlite/../sqlite/c.sql", "", "pb sc"},
		{"", "aaaaaaaaaaa1", "pb pc sb sc"},
		{"", "bbbbbbbbbbb2", "pc sc"},
		{"head", "bbbbbbbbbbb3", ""},
		{"cccc", "", "error"},
		{"nothing.sql", "", "error"},
		{"", "cccc", "error"},
		{"aaaaaaaaaaa3:aaaaaaaaaaa1", "", "error"},
	} {
		wanted, err := lint.Choice{Words: strings.Fields(c.words), Since: c.since, Path: path}.Of(graphs...)
		if err != nil {
			var target *chain.TargetError
			if c.want != "error" || !errors.As(err, &target) {
				t.Errorf("%q since %q: %v", c.words, c.since, err)
			}
			continue
		}
		var got []string
		for _, g := range graphs {
			for r := range g.All() {
				if wanted(r) {
					got = append(got, string(g.Dialect()[0])+r.Slug)
				}
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q since %q: got %v, want %s", c.words, c.since, got, c.want)
		}
	}
}
