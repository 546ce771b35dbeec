package host

import (
	"context"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A keyGuard finds out whether a guest changes the keys of the rows that it visits:
// such a row would be visited again behind the checkpoint, or never. Most guests do
// not, and it costs them a look at the text of each statement. Where one sets a
// column that is called as one of the key's, in a statement that names the table,
// the rows of the chunk are counted before it and before the commit; there must not
// be fewer. They are always counted where the table has triggers, or foreign keys that
// change its keys (see Movers). What functions do to keys is not found.
type keyGuard struct {
	dialect chain.Dialect
	table   string
	key     []string
	sets    map[string]bool // by the text of a statement
	before  int64           // rows of the chunk, -1 if they were not counted

	asked, found bool  // whether there are movers, and that there are
	deleted      int64 // rows of the table, before the chunk
}

// newKeyGuard returns nil where nobody knows whose the columns of the key are.
func newKeyGuard(f *fillSQL, b *abi.Backfill) *keyGuard {
	if b.Table == "" {
		return nil
	}
	return &keyGuard{dialect: f.dialect, table: b.Table, key: f.key, sets: map[string]bool{}, before: -1}
}

// maxWatched bounds the statements whose texts are kept.
const maxWatched = 1000

// watch looks at a statement before it is sent.
func (g *keyGuard) watch(ctx context.Context, f *fill, sql string) error {
	if g == nil || f.chunk == nil || g.before >= 0 {
		return nil
	}
	sets, known := g.sets[sql]
	if !known {
		if len(g.sets) >= maxWatched {
			clear(g.sets)
		}
		sets = g.setsKey(sql)
		g.sets[sql] = sets
		g.asked = g.asked && !changesMovers(sql)
	}
	restless, err := g.restless(ctx, f)
	if err != nil || !sets && !restless {
		return f.s.sorted(err)
	}
	g.before, err = f.number(ctx, f.sql.held(f.chunk))
	return f.s.sorted(err)
}

// setsKey reports whether a statement may set a column of the key.
func (g *keyGuard) setsKey(sql string) bool {
	if !containsFold(sql, "set") {
		return false
	}
	table, set, key := false, false, false
	for t := range chain.Tokens(g.dialect, sql) {
		switch {
		case t.Is("SET"):
			set = true
			continue
		case t.Is("WHERE"), t.Is("FROM"), t.Is("RETURNING"):
			set = false
			continue
		}
		name, ok := t.Name(g.dialect)
		if !ok {
			continue
		}
		table = table || g.same(name, g.table)
		for _, column := range g.key {
			key = key || set && g.same(name, column)
		}
	}
	return table && key
}

func (g *keyGuard) same(a, b string) bool {
	return a == b || g.dialect == chain.SQLite && strings.EqualFold(a, b)
}

// containsFold reports whether a text has a word in it, in any case of letters.
func containsFold(text, word string) bool {
	for i := range len(text) - len(word) + 1 {
		if strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// check counts the rows of a chunk before its commit.
func (g *keyGuard) check(ctx context.Context, f *fill) error {
	if g == nil || g.before < 0 {
		return nil
	}
	before := g.before
	g.before = -1
	after, err := f.number(ctx, f.sql.held(f.chunk))
	if err != nil {
		return f.s.sorted(err)
	}
	gone, err := g.moved(ctx, f, before-after)
	if gone <= 0 || err != nil {
		return f.s.sorted(err)
	}
	return f.s.die(refuse(abi.ErrnoState, "backfill %q changes the keys of the rows that it visits: of %d rows of the chunk %d are no longer at their place in the order of (%s), and would be visited again, or never. "+
		"The chunk is rolled back; order by a key that stays as it is",
		f.unit.Name, before, gone, strings.Join(g.key, ", ")))
}
