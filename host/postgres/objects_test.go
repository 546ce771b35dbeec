package postgres_test

import (
	"os"
	osexec "os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// objectsOf reads what the schema of a database holds.
func objectsOf(t testing.TB, url string) []host.Object {
	t.Helper()
	objects, err := connect(t, url).Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// sqlOf is the SQL of objects, and fails if one has none.
func sqlOf(t testing.TB, objects []host.Object) string {
	t.Helper()
	var b strings.Builder
	for _, o := range objects {
		if o.SQL == "" {
			t.Errorf("%s %s is not written", o.Kind, o.Name)
		}
		b.WriteString(o.SQL + "\n\n")
	}
	return b.String()
}

// load runs SQL as psql does.
func load(t testing.TB, url, sql string) {
	t.Helper()
	statements, err := chain.Split(chain.PostgreSQL, sql)
	if err != nil {
		t.Fatal(err)
	}
	run := psql(t, url)
	for _, s := range statements {
		run(s.SQL)
	}
}

// A schema with a bit of everything is written, loaded into an empty database,
// and read back the same.
func TestObjectsLoad(t *testing.T) {
	nasty, err := os.ReadFile("testdata/nasty.sql")
	if err != nil {
		t.Fatal(err)
	}
	url := postgrestest.URL(t)
	load(t, url, string(nasty))
	first := objectsOf(t, url)
	sql := sqlOf(t, first)

	empty := postgrestest.URL(t)
	load(t, empty, "SET check_function_bodies = off;\n"+sql)
	second := objectsOf(t, empty)
	for _, d := range host.CompareObjects(first, second) {
		t.Errorf("%s %s %s: in %s\nhad %q\nhas %q", d.Kind, d.Table, d.Name, d.In, d.Had, d.Has)
	}
	if again := sqlOf(t, second); again != sql {
		t.Errorf("the SQL differs after it was loaded:\n%s\n---\n%s", sql, again)
	}
	had, has := dumpOf(t, url), dumpOf(t, empty)
	for _, line := range had {
		if !slices.Contains(has, line) {
			t.Errorf("pg_dump misses %s", line)
		}
	}
	for _, line := range has {
		if !slices.Contains(had, line) {
			t.Errorf("pg_dump has got %s", line)
		}
	}
}

// dumpOf is what PostgreSQL's own program makes of a database, as sorted lines.
// Which columns of a child a parent declares is left out (see create).
func dumpOf(t testing.TB, url string) []string {
	t.Helper()
	program, err := osexec.LookPath("pg_dump")
	if err != nil {
		t.Skip("pg_dump, to compare with, is not installed")
	}
	dump := osexec.Command(program, "--schema-only", "--exclude-table=derived*", "--exclude-table=joined", url)
	var stderr strings.Builder
	dump.Stderr = &stderr
	out, err := dump.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, &stderr)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}
