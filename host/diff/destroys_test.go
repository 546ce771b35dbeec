package diff_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// A change that loses what is stored says so: also where a column stays and its
// values do not.
func TestDestroys(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		for _, c := range []struct {
			name, a, b string
			want       bool
		}{
			{"a table is dropped", `CREATE TABLE t (a int); CREATE TABLE u (a int)`, `CREATE TABLE t (a int)`, true},
			{"a column is dropped", `CREATE TABLE t (a int, b int)`, `CREATE TABLE t (a int)`, true},
			{"a column becomes generated", `CREATE TABLE t (a int, b int)`, `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)`, true},
			{"a generated column is dropped", `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)`, `CREATE TABLE t (a int)`, false},
			{"a column is generated otherwise", `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)`, `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 3) STORED)`, false},
			{"an index is dropped", `CREATE TABLE t (a int); CREATE INDEX i ON t (a)`, `CREATE TABLE t (a int)`, false},
		} {
			from, to := p.empty(t).run(t, c.a), p.empty(t).run(t, c.b)
			r := compare(t, from, to, from.unfiltered())
			if len(r.Changes) != 1 || r.Changes[0].Destroys != c.want {
				t.Errorf("%s: got %+v, want one change that destroys: %t", c.name, r.Changes, c.want)
			}
		}
	})
}

// So does another type that does not hold all of the old one's values.
func TestDestroysByType(t *testing.T) {
	p := &place{dialect: chain.PostgreSQL, url: postgrestest.URL(t)}
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"numeric(10,2)", "integer", true},
		{"numeric(10,2)", "numeric(10,1)", true},
		{"numeric(10,2)", "numeric(12,2)", false},
		{"numeric(10,2)", "numeric", false},
		{"numeric", "numeric(10,2)", true},
		{"double precision", "real", true},
		{"timestamp", "date", true},
		{"timestamptz", "date", true},
		{"timestamp", "timestamp(0)", true},
		{"timestamp(3)", "timestamp", false},
		{"date", "timestamp", false},
		{"integer", "bigint", false},
		{"integer", "text", false},
		{"text", "varchar(5)", false}, // fails where a value is longer
	} {
		from, to := p.empty(t).run(t, "CREATE TABLE t (a "+c.from+")"), p.empty(t).run(t, "CREATE TABLE t (a "+c.to+")")
		r := compare(t, from, to, from.unfiltered())
		if len(r.Changes) != 1 || r.Changes[0].Destroys != c.want {
			t.Errorf("%s to %s: got %+v, want one change that destroys: %t", c.from, c.to, r.Changes, c.want)
		}
	}
}
