package host

import (
	"context"
	"crypto/sha256"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A keyGuard finds out whether a guest changes the keys of the rows that it visits:
// such a row would be visited again behind the checkpoint, or never. Most guests do
// not, and it costs them a look at the text of each statement. Where one sets a
// column that is called as one of the key's, in a statement that names the table,
// the keys of the chunk are read before it and before the commit; none of them must
// be gone. Where the table has triggers, or foreign keys that change its keys, or a
// column of the key is computed from others, the rows of each chunk are counted as well
// (see Movers). Keys that functions change, or statements through a view, are not
// found; rows that swap theirs within a chunk are let be, since all of them are in it.
type keyGuard struct {
	dialect chain.Dialect
	table   string
	key     []string
	sets    map[string]bool       // by the text of a statement
	before  map[[16]byte]struct{} // digests of the chunk's keys, nil if they were not read
	others  others
}

// newKeyGuard returns nil where nobody knows whose the columns of the key are.
func newKeyGuard(f *fillSQL, b *abi.Backfill) *keyGuard {
	if b.Table == "" {
		return nil
	}
	return &keyGuard{dialect: f.dialect, table: b.Table, key: f.key, sets: map[string]bool{}}
}

// maxWatched bounds the statements whose texts are kept.
const maxWatched = 1000

// watch looks at a statement before it is sent.
func (g *keyGuard) watch(ctx context.Context, f *fill, sql string) error {
	if g == nil || f.chunk == nil || g.before != nil {
		return nil
	}
	sets, known := g.sets[sql]
	if !known {
		if len(g.sets) >= maxWatched {
			clear(g.sets)
		}
		sets = g.setsKey(sql)
		g.sets[sql] = sets
		g.others.asked = g.others.asked && !changesMovers(sql)
	}
	if !sets {
		return f.s.sorted(g.count(ctx, f))
	}
	g.before = map[[16]byte]struct{}{}
	return f.s.sorted(g.keys(ctx, f, func(key [16]byte) { g.before[key] = struct{}{} }))
}

// keys gives the digests of the keys at the places of the chunk.
func (g *keyGuard) keys(ctx context.Context, f *fill, each func([16]byte)) error {
	return f.each(ctx, f.sql.placed(f.chunk), func(row []abi.Value) error {
		key, err := keyRow(row).encoded()
		sum := sha256.Sum256([]byte(key))
		each([16]byte(sum[:16]))
		return err
	})
}

// setsKey reports whether a statement may set a column of the key.
func (g *keyGuard) setsKey(sql string) bool {
	if !containsFold(sql, "set") {
		return false
	}
	table, key := false, false
	depth, set := 0, -1 // of parentheses; where SET is, -1 where it is not
	list := false       // in (a, b) before its =
	var last chain.Token
	for t := range chain.Tokens(g.dialect, sql) {
		if t.Blank() {
			continue
		}
		switch {
		case t.Is("("):
			list = list || depth == set && (last.Is("SET") || last.Is(","))
			depth++
		case t.Is(")"):
			if depth--; depth < set {
				set = -1
			}
			list = list && depth > set
		case t.Is("SET") && (set < 0 || depth <= set):
			set = depth
		case depth == set && (t.Is("WHERE") || t.Is("RETURNING") || t.Is(";") || t.Is("FROM") && !last.Is("DISTINCT")):
			set = -1 // IS DISTINCT FROM is an operator
		default:
			name, ok := t.Name(g.dialect)
			table = table || ok && g.same(name, g.table)
			for _, column := range g.key {
				key = key || ok && (depth == set || list) && g.same(name, column)
			}
		}
		last = t
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

// check looks for the keys of a chunk before its commit.
func (g *keyGuard) check(ctx context.Context, f *fill) error {
	if g == nil {
		return nil
	}
	if err := g.compare(ctx, f); err != nil {
		return err
	}
	return g.recount(ctx, f)
}

// compare compares the keys of a chunk with those that were read.
func (g *keyGuard) compare(ctx context.Context, f *fill) error {
	gone, before := g.before, len(g.before)
	if g.before = nil; gone == nil {
		return nil
	}
	err := g.keys(ctx, f, func(key [16]byte) { delete(gone, key) })
	if err != nil || len(gone) == 0 {
		return f.s.sorted(err)
	}
	if moved, err := g.moved(ctx, f, 0); err != nil || !moved {
		return f.s.sorted(err)
	}
	key := strings.Join(g.key, ", ")
	return f.s.die(refuse(abi.ErrnoState, "backfill %q changes the keys of the rows that it visits, or deletes rows beside a statement that sets a column of the key: "+
		"of %d rows of the chunk %d are no longer at their place in the order of (%s). A row that moves would be visited again, or never. "+
		"The chunk is rolled back; order by a key that stays as it is, and where rows are deleted, leave (%s) out of SET",
		f.unit.Name, before, len(gone), key, key))
}
