package chain_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// The reference chain in migrations/: it can go up and down, the two chains
// are pairs, and its notes name them all.
func TestReferenceChain(t *testing.T) {
	fsys := os.DirFS("../../migrations")
	notes, err := os.ReadFile("../../migrations/MIGRATION-NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	pairs := map[chain.Dialect][]string{}
	for d, plugin := range map[chain.Dialect]string{chain.PostgreSQL: "5e1f0c0de0a4", chain.SQLite: "5e1f0c0de1a4"} {
		// The fourth migration is a plugin, which is not a file here.
		revs := []chain.Revision{{
			Key: chain.Key{ID: plugin}, Dialect: d, Slug: "fill_article_slugs",
			Revises: []string{plugin[:11] + "3"}, Source: "plugins/slugs",
		}}
		names, contents := texts(t, fsys, "versions/"+string(d))
		for i, name := range names {
			f, err := chain.Parse(name, d, contents[i])
			if err != nil {
				t.Fatal(err)
			}
			if f.Irreversible || len(f.Upgrade) == 0 || len(f.Downgrade) == 0 {
				t.Errorf("%s cannot go up and down", name)
			}
			revs = append(revs, f.Revision)
		}
		g, err := chain.NewGraph(d, revs)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Heads(chain.DefaultLine)) != 1 {
			t.Errorf("%s has the heads %v", d, g.Heads(chain.DefaultLine))
		}
		for r := range g.All() {
			pairs[d] = append(pairs[d], r.Slug)
			if !strings.Contains(string(notes), "`"+r.ID+"`") {
				t.Errorf("MIGRATION-NOTES.md does not name %s", r.ID)
			}
		}
	}
	if !slices.Equal(pairs[chain.PostgreSQL], pairs[chain.SQLite]) {
		t.Errorf("the chains are no pairs: %v", pairs)
	}
}
