package chain_test

import (
	"slices"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestLocate(t *testing.T) {
	const sql = "BEGIN;\n-- about a\nCREATE TABLE a (t TEXT DEFAULT ';') ;\nCOMMIT;\nSELECT 1 -- last"
	stmts, err := chain.Locate(chain.SQLite, sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stmts {
		got = append(got, sql[s.Start:s.End]+"|"+s.Owned)
		if s.Ended != (sql[s.End-1] == ';') || sql[s.Start:s.Start+len(s.SQL)] != s.SQL {
			t.Errorf("%+v", s)
		}
	}
	want := []string{"BEGIN;|BEGIN", "CREATE TABLE a (t TEXT DEFAULT ';') ;|", "COMMIT;|COMMIT", "SELECT 1|"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := chain.Locate(chain.SQLite, "SELECT 'a"); err == nil {
		t.Error("a string that is not closed is no error")
	}
}
