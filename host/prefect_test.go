package host_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// TestPrefect runs Prefect's real chains from empty, and compares the schema
// with the one that its own tool makes. SANDPIPER_CHAINS names the folder.
func TestPrefect(t *testing.T) {
	chains := hosttest.Chains(t)
	revisions := map[chain.Dialect]int{chain.PostgreSQL: 116, chain.SQLite: 112}
	each(t, func(t *testing.T, f *fixture) {
		b, err := box()
		if err != nil {
			t.Fatal(err)
		}
		r, err := host.NewRunner(os.DirFS(filepath.Join(chains, "prefect")), f.open(), b, host.Config{})
		if err != nil {
			t.Fatal(err)
		}
		result, err := r.Upgrade(t.Context(), "head")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(result.Applied); n != revisions[f.dialect] {
			t.Errorf("%d revisions applied, want %d", n, revisions[f.dialect])
		}
		want, err := os.ReadFile(filepath.Join(chains, "prefect", string(f.dialect)+".expected.sql"))
		if err != nil {
			t.Fatal(err)
		}
		got := f.dumpSQLite
		if f.dialect == chain.PostgreSQL {
			got = f.dumpPostgreSQL
		}
		if got, want := got(), withoutBlankLines(string(want)); got != want {
			t.Errorf("the schema differs:\n%s", firstDifference(got, want))
		}
		f.wantRoundTrip(r, func(db host.Database) *host.Runner {
			r, err := host.NewRunner(os.DirFS(filepath.Join(chains, "prefect")), db, b, host.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return r
		})
	})
}

func withoutBlankLines(s string) string {
	return regexp.MustCompile(`\n\s*\n+`).ReplaceAllString("\n"+strings.TrimSpace(s)+"\n", "\n")
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is longer than the other"
}

func (f *fixture) dumpSQLite() string {
	f.t.Helper()
	var sql []string
	for _, row := range f.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sandpiper\\_%' ESCAPE '\\' ORDER BY type, name") {
		sql = append(sql, row+";")
	}
	return withoutBlankLines(strings.Join(sql, "\n"))
}

// dumpPostgreSQL is pg_dump's schema without comments, settings and the ledger.
func (f *fixture) dumpPostgreSQL() string {
	f.t.Helper()
	dump, err := exec.LookPath("pg_dump")
	if err != nil {
		f.t.Fatal("pg_dump is missing: install PostgreSQL's client programs (apt-get install postgresql-client)")
	}
	out, err := exec.Command(dump, "--schema-only", "--no-owner", "--no-privileges", "--exclude-table=sandpiper_*", f.url).Output()
	if err != nil {
		f.t.Fatalf("pg_dump: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !regexp.MustCompile(`^(--|SET |SELECT pg_catalog|\\)`).MatchString(line) {
			lines = append(lines, line)
		}
	}
	return withoutBlankLines(strings.Join(lines, ""))
}
