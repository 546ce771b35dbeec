package diff_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// TestPrefect builds the final schema of Prefect's real chains one table at a
// time, from nothing, and takes it apart again. SANDPIPER_CHAINS names their
// folder.
func TestPrefect(t *testing.T) {
	chains := hosttest.Chains(t)
	places(t, func(t *testing.T, p *place) {
		p.apart = true // extensions are the database's
		text, err := os.ReadFile(filepath.Join(chains, "prefect", string(p.dialect)+".expected.sql"))
		if err != nil {
			t.Fatal(err)
		}
		full := p.empty(t)
		full.load(t, string(text))
		have, wanted, before := p.empty(t), p.empty(t), p.empty(t)
		objects := full.objects(t)
		tables := 0
		for _, o := range objects {
			if o.Kind == host.ObjectTable {
				tables++
				upTo(t, wanted, objects, tables)
				become(t, have, wanted, have.unfiltered())
				become(t, have, before, have.unfiltered())
				become(t, have, wanted, have.unfiltered())
				before, wanted = wanted, before
			}
		}
		become(t, have, full, have.unfiltered())
		if tables < 20 {
			t.Errorf("%d tables", tables)
		}
	})
}

// upTo builds the first tables of a schema, with what else is about these alone.
func upTo(t *testing.T, in *scratch, objects []host.Object, tables int) {
	t.Helper()
	if err := in.conn.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	in.read = nil
	for _, o := range objects {
		if o.Kind == host.ObjectTable {
			tables--
		}
		if o.Kind == host.ObjectTable && tables < 0 {
			continue
		}
		// An index or a foreign key fails where a table of it is not there yet.
		if _, err := in.db.Exec(o.SQL); err != nil && o.Table == "" {
			t.Fatalf("%v\n%s", err, o.SQL)
		}
	}
}

// load runs the statements of a dump, tables before what is about them.
func (s *scratch) load(t *testing.T, dump string) {
	t.Helper()
	list, err := chain.Split(s.dialect, dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, tables := range []bool{true, false} {
		for _, stmt := range list {
			if first := !strings.HasPrefix(stmt.SQL, "CREATE INDEX") && !strings.HasPrefix(stmt.SQL, "CREATE UNIQUE INDEX"); first == tables {
				if _, err := s.db.Exec(stmt.SQL); err != nil {
					t.Fatalf("%v\n%s", err, stmt.SQL)
				}
			}
		}
	}
}
