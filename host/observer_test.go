package host_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// results upgrades and returns what was told of statements that ran.
func (f *fixture) results(fails bool) (ran []host.Event) {
	f.t.Helper()
	sent := 0
	r := f.runner(host.Config{Results: true, OnEvent: func(e host.Event) {
		switch e.Kind {
		case host.EventStatement:
			sent++
		case host.EventRan:
			ran = append(ran, e)
			if e.Took <= 0 || e.Together < 1 {
				f.t.Errorf("%q took %s, with %d", e.Text, e.Took, e.Together)
			}
		}
	}})
	if _, err := r.Upgrade(f.t.Context(), "heads"); (err != nil) != fails {
		f.t.Fatalf("upgrade: %v", err)
	}
	if sent != len(ran) {
		f.t.Errorf("%d statements were sent and %d ran", sent, len(ran))
	}
	return ran
}

// Each statement of a SQL file is told of with the rows that it affected, although
// nobody but who watches waits for its answer.
func TestResultsOfStatements(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1), (2), (3);\n-- +autocommit begin\nUPDATE a SET id = 0 WHERE id > 1;\n-- +autocommit end\n")
		f.write(rev2, "DELETE FROM a;\nINSERT INTO nowhere VALUES (1);\n")
		ran := f.results(true)
		want := []struct {
			text string
			rows int64
			err  string
		}{{"CREATE TABLE", 0, ""}, {"INSERT INTO a", 3, ""}, {"UPDATE", 2, ""}, {"DELETE", 3, ""}, {"INSERT INTO nowhere", 0, "nowhere"}}
		if len(ran) != len(want) {
			t.Fatalf("%d statements ran: %v", len(ran), ran)
		}
		for i, w := range want {
			e := ran[i]
			failed := e.Err != nil && strings.Contains(e.Err.Error(), w.err)
			if !strings.HasPrefix(e.Text, w.text) || e.Rows != w.rows || failed != (w.err != "") {
				t.Errorf("%q: %d rows, %v; want %d rows of %q, %q", e.Text, e.Rows, e.Err, w.rows, w.text, w.err)
			}
		}
		if ran[1].Revision != rev1 || ran[1].Call != 2 || ran[4].Revision != rev2 {
			t.Errorf("they are of %s (call %d) and %s", ran[1].Revision, ran[1].Call, ran[4].Revision)
		}
	})
}

// What a schema operation puts off on PostgreSQL is told of when it has run, with
// the time of all that has run with it.
func TestResultsOfOperations(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable, `{"create_index":{"table":"t","columns":["a"]}}`})
		together := 1
		if f.dialect == chain.PostgreSQL {
			together = 2
		}
		ran := f.results(false)
		if len(ran) != 2 || !strings.HasPrefix(ran[0].Text, "CREATE TABLE") || !strings.HasPrefix(ran[1].Text, "CREATE INDEX") {
			t.Fatalf("what ran is %v", ran)
		}
		for _, e := range ran {
			if e.Together != together {
				t.Errorf("%q ran with %d, want %d", e.Text, e.Together, together)
			}
		}
	})
}
