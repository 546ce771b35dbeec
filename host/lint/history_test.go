package lint_test

import (
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// An index that a foreign key wants may be built by a later revision.
func TestIndexLater(t *testing.T) {
	for index, want := range map[string]int{"CREATE INDEX CONCURRENTLY i ON w (k)": 0, "CREATE INDEX CONCURRENTLY i ON w (id, k)": 1} {
		r := read(t, chain.PostgreSQL, tables[chain.PostgreSQL], wrap("CREATE TABLE w (id int, k int REFERENCES t)"), wrap("AUTO "+index))
		report, err := lint.Lint(r, func(rev chain.Revision) bool { return rev.ID == "000000000002" }, lint.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != want {
			t.Errorf("%s: %v", index, rules(report))
		}
	}
}

// A revision finds what its ancestors have made, and nothing that a branch beside it
// has.
func TestBranches(t *testing.T) {
	file := func(id, parents, sql string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("-- Revision ID: " + id + "\n-- Revises: " + parents + "\n-- Irreversible: it is a test\n-- +upgrade\n" + sql + ";\n")}
	}
	const dir = "versions/postgresql/"
	r, err := host.NewRunner(fstest.MapFS{
		dir + "1.sql": file("000000000001", "", "CREATE TABLE t (v varchar(10), w varchar(10)); CREATE TABLE u (w varchar(10))"),
		dir + "2.sql": file("000000000002", "000000000001", "DROP TABLE t; ALTER TABLE u ALTER w TYPE text"),
		dir + "3.sql": file("000000000003", "000000000001", "ALTER TABLE t ALTER v TYPE varchar(20); ALTER TABLE u ALTER w TYPE varchar(20)"),
		dir + "4.sql": file("000000000004", "000000000002", "ALTER TABLE u ALTER w TYPE varchar(20)"),
		dir + "5.sql": file("000000000005", "000000000003", "ALTER TABLE t ALTER v TYPE varchar(15)"),
		dir + "6.sql": file("000000000006", "000000000004, 000000000005", "ALTER TABLE t ALTER w TYPE text"),
	}, nowhere(chain.PostgreSQL), nil, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := lint.Lint(r, func(chain.Revision) bool { return true }, lint.Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range report.Findings {
		got += f.Revision.ID[11:] + " " + f.Rule.Name + "; "
	}
	if want := "2 drop-table; 4 table-rewrite; 5 table-rewrite; 6 table-rewrite; "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
