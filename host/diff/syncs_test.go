package diff_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A sync that is there is no difference, and what is done beside it leaves it at
// work.
func TestSyncs(t *testing.T) {
	const tables = "CREATE TABLE t (id int PRIMARY KEY, a text, b text); CREATE TABLE gone (a text, b text);"
	places(t, func(t *testing.T, p *place) {
		wanted := "CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text UNIQUE)"
		if p.dialect == chain.SQLite {
			wanted = "CREATE TABLE t (id int PRIMARY KEY ON CONFLICT ABORT, a text, b text, c text UNIQUE ON CONFLICT IGNORE)" // for which it is made anew
		}
		a, b := p.empty(t).run(t, tables), p.empty(t).run(t, wanted+";"+strings.ReplaceAll(tables, " t ", " u "))
		if err := a.apply(&schema.CreateSync{Table: "t", Old: schema.SyncOn("a"), New: schema.SyncOn("b")}); err != nil {
			t.Fatal(err)
		}
		there := a.objects(t)
		r := compare(t, a, b, a.unfiltered())
		for _, c := range r.Changes {
			if strings.Contains(c.Text, "sync") && c.Action != diff.Modify { // created again with its table
				t.Errorf("a change of a sync: %s", c.Text)
			}
		}
		if len(r.Unwritten) > 0 {
			t.Errorf("not written: %v", r.Unwritten)
		}
		if err := a.apply(r.Operations...); err != nil {
			t.Fatalf("%v\n%s", err, listed(r))
		}
		if r := compare(t, a, b, a.unfiltered()); len(r.Operations)+len(r.Unwritten) > 0 {
			t.Errorf("a second comparison finds:\n%s", listed(r))
		}
		if r := compare(t, b, a, a.unfiltered()); len(r.Operations)+len(r.Unwritten) > 0 {
			t.Errorf("the other way it finds:\n%s", listed(r))
		}
		for _, d := range host.CompareObjects(there, a.objects(t)) {
			if strings.Contains(d.Name, "sync") {
				t.Errorf("%s %s is in %s", d.Kind, d.Name, d.In)
			}
		}
		a.run(t, "INSERT INTO t (id, a) VALUES (1, 'x'); UPDATE t SET b = 'y'")
		var got string
		if err := a.db.QueryRow("SELECT a FROM t").Scan(&got); err != nil || got != "y" {
			t.Errorf("a is %q, %v", got, err)
		}
	})
}
