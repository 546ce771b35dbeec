package sqlite_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What SQLite has and others have not.
func TestKeys(t *testing.T) {
	for sql, want := range map[string][]host.Key{
		"CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID":          {{Columns: []string{"a", "b"}, Primary: true}},
		"CREATE TABLE t (a TEXT, PRIMARY KEY (a)) STRICT":                            {{Columns: []string{"a"}, Primary: true}}, // https://sqlite.org/stricttables.html
		"CREATE TABLE t (a INT PRIMARY KEY)":                                         {{Columns: []string{"a"}, Primary: true, Nullable: true}},
		"CREATE TABLE t (a INTEGER PRIMARY KEY DESC)":                                {{Columns: []string{"a"}, Primary: true, Nullable: true}}, // https://sqlite.org/lang_createtable.html#rowid
		"CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC))":                           {{Columns: []string{"a"}, Primary: true}},
		"CREATE TABLE t (a TEXT COLLATE NOCASE NOT NULL UNIQUE)":                     {{Columns: []string{"a"}}},
		"CREATE TABLE t (a TEXT COLLATE NOCASE NOT NULL, UNIQUE (a COLLATE BINARY))": {{Columns: []string{"a"}, Unfit: host.UnfitCollation}}, // 'x' and 'X' are one place in its order
		"CREATE TABLE t (a TEXT NOT NULL, b AS (a || 'x') STORED NOT NULL UNIQUE)":   {{Columns: []string{"b"}}},
		"CREATE TABLE t (a TEXT, b AS (a || 'x') UNIQUE)":                            {{Columns: []string{"b"}, Nullable: true}},
	} {
		conn := connect(t, open(t, sqlite.Memory))
		err := in(t.Context(), conn, func(tx host.Tx) error {
			if err := send(t.Context(), tx, sql); err != nil {
				return err
			}
			got, err := tx.Keys(t.Context(), "T")
			if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, want %+v", sql, got, want)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// A plugin is told the keys of what it may read, and of others what it lacks.
func TestKeysConfined(t *testing.T) {
	conn := connect(t, open(t, "sqlite:"+victim(t)))
	if err := run(t.Context(), conn, "CREATE TABLE shared (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c TEXT UNIQUE)", "CREATE TABLE written (a INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	confined := confine(t, conn, plugin(t, func(c *abi.Capabilities) {
		c.Uses = []abi.Use{{Table: "shared", Verbs: []string{"select"}, Columns: []string{"a", "b"}}, {Table: "written", Verbs: []string{"insert"}}}
	}))
	defer confined.Close()
	err := in(t.Context(), confined, func(tx host.Tx) error {
		for table, want := range map[string][]host.Key{
			"shared": {{Columns: []string{"a"}, Primary: true}, {Columns: []string{"b"}, Nullable: true}},
			"acme_k": {{Columns: []string{"x", "y"}, Primary: true, Nullable: true}},
		} {
			if table == "acme_k" {
				if err := send(t.Context(), tx, "CREATE TABLE acme_k (y TEXT, x TEXT, PRIMARY KEY (x, y))"); err != nil {
					return err
				}
			}
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
		for _, table := range []string{"written", "flow_run", "sandpiper_heads", "sqlite_schema", "nowhere"} {
			_, err := tx.Keys(t.Context(), table)
			wantRefusal(t, err, "plugin acme may not: select "+table)
		}
		return send(t.Context(), tx, "INSERT INTO acme_k VALUES ('goes', 'on')")
	})
	if err != nil {
		t.Fatal(err)
	}
}
