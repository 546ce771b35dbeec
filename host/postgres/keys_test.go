package postgres_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What PostgreSQL has and others have not.
func TestKeys(t *testing.T) {
	conn := connect(t, postgrestest.URL(t))
	for name, c := range map[string]struct {
		make []string
		want []host.Key
	}{
		"include":     {[]string{"CREATE TABLE t (a int NOT NULL, b int, UNIQUE (a) INCLUDE (b))"}, []host.Key{{Columns: []string{"a"}}}},
		"partitioned": {[]string{"CREATE TABLE t (a int, b int, PRIMARY KEY (b, a)) PARTITION BY RANGE (a)"}, []host.Key{{Columns: []string{"b", "a"}, Primary: true}}},
		"inherited": {
			[]string{"CREATE TABLE t (a int PRIMARY KEY)", "CREATE TABLE s () INHERITS (t)"},
			[]host.Key{{Columns: []string{"a"}, Primary: true, Unfit: "other tables inherit from it, and their rows, which are among its own, may have the same: " +
				"visit each of them by itself, and this one from Go, as a query of it alone (SELECT … FROM ONLY …)"}},
		},
		"heir": {
			[]string{"CREATE TABLE s (a int PRIMARY KEY)", "CREATE TABLE t (PRIMARY KEY (a)) INHERITS (s)"},
			[]host.Key{{Columns: []string{"a"}, Primary: true}},
		},
		"otherwise compared": {
			[]string{
				"CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
				`CREATE TABLE t (a text COLLATE nocase NOT NULL, b text NOT NULL)`, `CREATE UNIQUE INDEX ON t (a COLLATE "C")`, `CREATE UNIQUE INDEX ON t (b COLLATE "C")`,
			},
			[]host.Key{{Columns: []string{"b"}}, {Columns: []string{"a"}, Unfit: host.UnfitCollation}},
		},
		"in the search_path": {
			[]string{"CREATE TABLE t (a int)", "CREATE SCHEMA other", "CREATE TABLE other.t (b int PRIMARY KEY)", "SET LOCAL search_path = other, public"},
			[]host.Key{{Columns: []string{"b"}, Primary: true}},
		},
	} {
		tx, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		if err := exec(c.make...)(tx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := tx.Keys(t.Context(), "t"); err != nil || len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// A plugin is told the keys of what it may read, and of others what it lacks.
func TestKeysConfined(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	psql(t, l.url)("CREATE TABLE shared (a int PRIMARY KEY, b text UNIQUE, c text UNIQUE); CREATE TABLE written (a int PRIMARY KEY)")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Uses: []abi.Use{
		{Table: "shared", Verbs: []string{"select"}, Columns: []string{"a", "b"}}, {Table: "written", Verbs: []string{"insert"}},
	}})})
	err := plug(t.Context(), c, nil, acme.ID, func(tx host.Tx) error {
		if err := exec("CREATE TABLE acme_k (y text NOT NULL, x text, PRIMARY KEY (x, y))")(tx); err != nil {
			return err
		}
		for table, want := range map[string][]host.Key{
			"shared": {{Columns: []string{"a"}, Primary: true}, {Columns: []string{"b"}, Nullable: true}},
			"acme_k": {{Columns: []string{"x", "y"}, Primary: true}},
		} {
			got, err := tx.Keys(t.Context(), table)
			if table == "shared" && len(got) == 3 { // the last one is that of c
				if refused := got[2].Refused; refused == nil || !strings.Contains(refused.Error(), "select column c of shared; it would need the grant") {
					t.Errorf("the key of c is told with %v", refused)
				}
				got = got[:2]
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, %v, want %+v", table, got, err, want)
			}
		}
		for _, table := range []string{"written", "flow_run", "sandpiper_heads", "pg_class", "nowhere"} {
			if _, err := tx.Keys(t.Context(), table); !errors.As(err, new(*policy.Refusal)) {
				t.Errorf("%s: got %v, want a refusal", table, err)
			}
		}
		return exec("INSERT INTO acme_k VALUES ('goes', 'on')")(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}
