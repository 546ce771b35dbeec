package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// Each rule hides what it is for, says so, and nothing of it is done.
func TestFilters(t *testing.T) {
	both := []chain.Dialect{chain.SQLite, chain.PostgreSQL}
	places(t, func(t *testing.T, p *place) {
		for _, c := range []struct {
			filter    string
			dialects  []chain.Dialect
			a, b      string
			elsewhere []string
			hidden    int
		}{
			{"other-dialects", both, `CREATE TABLE t (a TEXT); CREATE INDEX ix ON t (a)`, `CREATE TABLE t (a TEXT)`, []string{"ix"}, 1},
			{"direction", both, `CREATE TABLE t (a TEXT, b TEXT); CREATE INDEX ix ON t (coalesce(a, b))`, `CREATE TABLE t (a TEXT, b TEXT); CREATE INDEX ix_desc ON t (coalesce(a, b) DESC)`, nil, 2},
			{"sqlite-enums", both[:1],
				`CREATE TABLE sandpiper_enums (name TEXT, value TEXT, position INTEGER, plain BOOLEAN); INSERT INTO sandpiper_enums VALUES ('e', 'A', 1, false); CREATE TABLE t (a TEXT CONSTRAINT enum_e CHECK (a IN ('A')))`,
				`CREATE TABLE sandpiper_enums (name TEXT, value TEXT, position INTEGER, plain BOOLEAN); INSERT INTO sandpiper_enums VALUES ('e', 'A', 1, false); CREATE TABLE t (a VARCHAR(9))`, nil, 1},
			{"sqlite-enums", both[:1], // the enum stays too
				`CREATE TABLE sandpiper_enums (name TEXT, value TEXT, position INTEGER, plain BOOLEAN); INSERT INTO sandpiper_enums VALUES ('e', 'A', 1, false); CREATE TABLE t (a TEXT CONSTRAINT enum_e CHECK (a IN ('A')))`,
				`CREATE TABLE t (a TEXT)`, nil, 2},
		} {
			if !slices.Contains(c.dialects, p.dialect) {
				continue
			}
			t.Run(c.filter, func(t *testing.T) {
				a, b := p.empty(t).run(t, c.a), p.empty(t).run(t, c.b)
				r := compare(t, a, b, diff.Options{Dialect: p.dialect, Elsewhere: c.elsewhere})
				if len(r.Hidden) != c.hidden || r.Hidden[0].Filter != c.filter || len(r.Operations)+len(r.Unwritten) > 0 {
					t.Errorf("it is not hidden by %s, and nothing else:\n%s", c.filter, listed(r))
				}
				if r = compare(t, a, b, a.unfiltered()); len(r.Operations) == 0 || len(r.Hidden) > 0 {
					t.Errorf("without filters it does not show:\n%s", listed(r))
				}
			})
		}
	})
}

// The ledger is in a database and in no schema file.
func TestOwnTables(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a, b := p.empty(t), p.empty(t)
		if err := a.conn.CreateLedger(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := compare(t, a, b, diff.Options{Dialect: p.dialect})
		if len(r.Operations)+len(r.Unwritten) > 0 || len(r.Hidden) < 3 {
			t.Errorf("the ledger is not hidden:\n%s", listed(r))
		}
	})
}

// GIN and trigram indexes are told by method and class, whatever they are called.
func TestMethodsOfSQLite(t *testing.T) {
	for _, c := range []struct {
		index  diff.Index
		hidden bool
	}{
		{diff.Index{Method: "gin"}, true},
		{diff.Index{Method: "gist"}, true},
		{diff.Index{Method: "btree", OperatorClasses: []string{"gin_trgm_ops"}}, true},
		{diff.Index{Method: "btree"}, false},
		{diff.Index{}, false},
	} {
		hidden := slices.ContainsFunc(diff.DefaultFilters(), func(f diff.Filter) bool {
			return f.Hide(diff.Change{Dialect: chain.SQLite, Action: diff.Drop, Kind: diff.Kind(host.ObjectIndex), Name: "gin_looking", Index: &c.index})
		})
		if hidden != c.hidden {
			t.Errorf("%+v is hidden: %t, want %t", c.index, hidden, c.hidden)
		}
	}
}

// A filter of one's own comes with the others, or in their place.
func TestOwnFilter(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a := p.empty(t).run(t, `CREATE TABLE t (a TEXT); CREATE TABLE legacy_x (a TEXT)`)
		b := p.empty(t).run(t, `CREATE TABLE t (a TEXT, b TEXT)`)
		legacy := diff.Filter{Name: "legacy", Hide: func(c diff.Change) bool { return strings.HasPrefix(c.Name, "legacy_") }}
		r := compare(t, a, b, diff.Options{Dialect: p.dialect, Filters: append(diff.DefaultFilters(), legacy)})
		if len(r.Hidden) != 1 || r.Hidden[0].Filter != "legacy" || len(r.Operations) != 1 {
			t.Errorf("got:\n%s", listed(r))
		}
	})
}

// An index that a filter keeps is not dropped for the sake of its name either.
func TestHiddenIndexKeepsItsName(t *testing.T) {
	p := &place{dialect: chain.SQLite}
	a := p.empty(t).run(t, `CREATE TABLE t (a TEXT); CREATE INDEX ix ON t (a); CREATE TABLE u (a TEXT)`)
	b := p.empty(t).run(t, `CREATE TABLE t (a TEXT); CREATE TABLE u (a TEXT); CREATE INDEX ix ON u (a)`)
	opts := a.unfiltered()
	opts.Filters = []diff.Filter{{Name: "kept", Hide: func(c diff.Change) bool { return c.Action == diff.Drop }}}
	r := compare(t, a, b, opts)
	if len(r.Hidden) != 1 || len(r.Operations) != 1 {
		t.Errorf("got\n%s", listed(r))
	}
}
