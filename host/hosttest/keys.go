package hosttest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func testKeys(t *testing.T, h Harness) {
	key := func(columns ...string) host.Key { return host.Key{Columns: columns} }
	primary := func(columns ...string) host.Key { return host.Key{Columns: columns, Primary: true} }
	nullable := func(k host.Key) host.Key {
		k.Nullable = true
		return k
	}
	sloppy := h.Dialect == chain.SQLite // a PRIMARY KEY there may hold NULL (https://sqlite.org/quirks.html)
	for _, c := range []struct {
		name string
		make []string
		want []host.Key
	}{
		{"of one column", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"}, []host.Key{primary("a")}},
		{"none", []string{"CREATE TABLE t (a INTEGER NOT NULL, b TEXT)"}, nil},
		{
			"composite, in its own order",
			[]string{"CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, c TEXT, PRIMARY KEY (b, a))"},
			[]host.Key{primary("b", "a")},
		},
		{
			"a text that may be NULL where the dialect lets it",
			[]string{"CREATE TABLE t (a VARCHAR(36) PRIMARY KEY)"},
			[]host.Key{{Columns: []string{"a"}, Primary: true, Nullable: sloppy}},
		},
		{
			"the primary one, those without NULL, the others",
			[]string{
				"CREATE TABLE t (a INTEGER UNIQUE, b TEXT NOT NULL, c INTEGER PRIMARY KEY, d INTEGER NOT NULL, UNIQUE (d, b))",
				"CREATE UNIQUE INDEX t_b ON t (b)",
			},
			[]host.Key{primary("c"), key("b"), key("d", "b"), nullable(key("a"))},
		},
		{
			"no conditions, no expressions, nothing that is not unique",
			[]string{
				"CREATE TABLE t (a INTEGER NOT NULL, b TEXT NOT NULL)", "CREATE INDEX t_a ON t (a)",
				"CREATE UNIQUE INDEX t_some ON t (a) WHERE a > 0", "CREATE UNIQUE INDEX t_lower ON t (a, lower(b))",
			},
			nil,
		},
		{
			"descending",
			[]string{"CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL)", "CREATE UNIQUE INDEX t_a ON t (a DESC, b)"},
			[]host.Key{key("a", "b")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conn := ready(t, h)
			rollback(t, conn, func(tx host.Tx) {
				if err := execAll(t.Context(), tx, c.make...); err != nil {
					t.Fatal(err)
				}
				got, err := tx.Keys(t.Context(), "t")
				if err != nil {
					t.Fatal(err)
				}
				if len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
			})
		})
	}

	t.Run("of a name with a quote", func(t *testing.T) {
		if h.Confined {
			return // it is none of the names that the plugin may own
		}
		_, conn := ready(t, h)
		rollback(t, conn, func(tx host.Tx) {
			if err := execAll(t.Context(), tx, `CREATE TABLE "it's ""T""" ("Größe" INTEGER PRIMARY KEY)`); err != nil {
				t.Fatal(err)
			}
			got, err := tx.Keys(t.Context(), `it's "T"`)
			if want := []host.Key{primary("Größe")}; err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	})

	t.Run("of a view", func(t *testing.T) {
		_, conn := ready(t, h)
		rollback(t, conn, func(tx host.Tx) {
			if err := execAll(t.Context(), tx, "CREATE TABLE s (a INTEGER PRIMARY KEY)", "CREATE VIEW t AS SELECT a FROM s"); err != nil {
				t.Fatal(err)
			}
			_, err := tx.Keys(t.Context(), "t")
			var refused *host.SQLError
			if !errors.As(err, &refused) || !strings.Contains(refused.Message, "is a view") || refused.Hint != host.HintKeyless {
				t.Errorf("got %v, want that it is a view", err)
			}
		})
	})

	t.Run("of nothing", func(t *testing.T) {
		_, conn := ready(t, h)
		rollback(t, conn, func(tx host.Tx) {
			_, err := tx.Keys(t.Context(), "t")
			if !errors.As(err, new(*host.SQLError)) {
				t.Errorf("got %v, want a *host.SQLError", err)
			}
		})
	})
}
