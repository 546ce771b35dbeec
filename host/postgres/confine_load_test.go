package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A load takes what an INSERT into the same columns takes, and goes where that would.
func TestConfinedLoad(t *testing.T) {
	for _, shared := range []bool{true, false} {
		t.Run(fmt.Sprintf("shared %v", shared), func(t *testing.T) {
			l := newLodge(t, "CREATEROLE")
			c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Shared: shared, Rows: 100, Uses: []abi.Use{
				{Table: "flow_run", Verbs: []string{"insert"}, Columns: []string{"name"}},
			}})})
			l.plug(c, "CREATE TABLE acme_t (a bigint PRIMARY KEY, b text DEFAULT 'd')")
			load := func(to *abi.Load, rows ...[]abi.Value) error {
				return once(t.Context(), c, func(tx host.Tx) error {
					if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to, hosttest.Rowset(t, nil, rows...)); err != nil {
						return err
					}
					return nil
				})
			}
			one := []abi.Value{abi.Int64(1)}
			text := []abi.Value{abi.Text("loaded")}
			for _, err := range []error{load(to("acme_t", "a"), one), load(to("flow_run", "name"), text)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			l.want("SELECT count(*) FROM public.flow_run WHERE name = 'loaded' AND id = 3", "1")
			schema := "public"
			if !shared {
				schema = l.admin("SELECT schemaname FROM pg_tables WHERE tablename = 'acme_t'")
			}
			l.want("SELECT a || b FROM "+schema+".acme_t", "1d")
			for name, c := range map[string]struct {
				to   *abi.Load
				row  []abi.Value
				want string
			}{
				"another column":  {to("flow_run", "name", "secret"), []abi.Value{text[0], text[0]}, "secret"},
				"another table":   {to("other_t", "id"), one, "other_t"},
				"the ledger":      {to("sandpiper_history", "id"), one, "sandpiper_history"},
				"of somebody":     {to("acme_tools_keys", "k"), text, "acme_tools_keys"},
				"the catalog":     {to("pg_class", "relname"), text, "pg_class"},
				"another's words": {to("flow_run (name) SELECT secret FROM flow_run; --", "name"), text, "flow_run"},
			} {
				err := load(c.to, c.row)
				var refused *policy.Refusal
				if !errors.As(err, &refused) && !(name == "of somebody" && !shared && strings.Contains(err.Error(), "does not exist")) {
					t.Errorf("%s: got %v, want a refusal", name, err)
				} else if !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v does not say %q", name, err, c.want)
				}
			}
			var rows [][]abi.Value
			for i := range 101 {
				rows = append(rows, []abi.Value{abi.Int64(int64(i + 10))})
			}
			err := load(to("acme_t", "a"), rows...)
			var refused *policy.Refusal
			if !errors.As(err, &refused) || refused.Needs != "rows = 101" {
				t.Errorf("101 rows of 100: got %v", err)
			}
			l.want("SELECT count(*) FROM "+schema+".acme_t", "1")
			if err := load(to("acme_t", "a"), rows[:100]...); err != nil {
				t.Errorf("100 rows of 100: %v", err)
			}
		})
	}
}

// The plugin's time ends a load as well.
func TestConfinedLoadIsTimed(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	l.plug(l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})}), "CREATE TABLE acme_t (a bigint)")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Seconds: 1, Rows: 1 << 40})})
	rows := many(t, 1000).Bytes()
	err := once(t.Context(), c, func(tx host.Tx) error {
		for {
			again, err := abi.NewRowReader(rows)
			if err != nil {
				return err
			}
			if _, err := tx.Load(t.Context(), host.Statement{Ordinal: 1}, to("acme_t", "a"), again); err != nil {
				return err
			}
		}
	})
	var refused *policy.Refusal
	if !errors.As(err, &refused) || refused.Needs != "seconds = 2" {
		t.Errorf("got %v, want a refusal that says how long", err)
	}
	await(t, l.admin, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'", "0")
}

// A row that no module of the plugin's could hold is not read into memory.
func TestConfinedReadsNothingTooLarge(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Memory: 8})})
	postgres.WithoutWall(c)
	for _, size := range []int{7 << 20, 9 << 20} {
		want := ""
		if size > 8<<20 {
			want = "at most 8388608 are taken"
		}
		err := once(t.Context(), c, func(tx host.Tx) error {
			rows, err := tx.Query(t.Context(), host.Statement{SQL: fmt.Sprintf("SELECT repeat('x', %d)", size), Ordinal: 1})
			if err != nil {
				return err
			}
			_, err = rows.Next()
			return err
		})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}
