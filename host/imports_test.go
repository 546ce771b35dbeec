package host_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// TestImportedChains imports real projects' folders, runs them from empty, and
// compares the schema with what the same files make when they are run by hand.
// SANDPIPER_CHAINS names the folder.
func TestImportedChains(t *testing.T) {
	chains := hosttest.Chains(t)
	for _, p := range []struct {
		project   string
		revisions map[chain.Dialect]int
		outside   map[chain.Dialect]int // files that run outside of a transaction
	}{
		{"hydra", map[chain.Dialect]int{chain.PostgreSQL: 228, chain.SQLite: 227}, map[chain.Dialect]int{chain.PostgreSQL: 7, chain.SQLite: 1}},
		{"authelia", map[chain.Dialect]int{chain.PostgreSQL: 26, chain.SQLite: 26}, nil},
	} {
		t.Run(p.project, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				folder := filepath.Join(chains, p.project, string(f.dialect))
				dir := t.TempDir()
				imported, err := imports.Read(os.DirFS(folder), imports.Options{Tool: "numbered", Dialect: f.dialect})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := imported.Write(dir); err != nil {
					t.Fatal(err)
				}
				if n := outside(t, dir, f.dialect); n != p.outside[f.dialect] {
					t.Errorf("%d files leave the transaction, want %d", n, p.outside[f.dialect])
				}
				f.upgradeImported(dir, p.revisions[f.dialect])

				hand := &fixture{t: t, dialect: f.dialect, url: "sqlite:" + filepath.Join(t.TempDir(), "hand.db")}
				got, want := f.dumpSQLite, hand.dumpSQLite
				if f.dialect == chain.PostgreSQL {
					hand.url = postgrestest.URL(t)
					got, want = f.dumpPostgreSQL, hand.dumpPostgreSQL
				}
				hand.byHand(folder)
				if got, want := got(), want(); got != want || strings.TrimSpace(got) == "" {
					t.Errorf("the schema differs:\n%s", firstDifference(got, want))
				}
			})
		})
	}
}

// outside counts the files that leave the transaction.
func outside(t *testing.T, dir string, d chain.Dialect) (n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "versions", string(d), "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "-- +autocommit begin\n") {
			n++
		}
	}
	return n
}

// upgradeImported runs what was imported, with the function that Authelia's
// program gives to SQLite.
func (f *fixture) upgradeImported(dir string, revisions int) {
	f.t.Helper()
	db := f.open()
	if f.dialect == chain.SQLite {
		var err error
		if db, err = sqlite.Open(f.url, sqlite.WithFunctions(registerBIN2B64)); err != nil {
			f.t.Fatal(err)
		}
	}
	b, err := box()
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := host.NewRunner(os.DirFS(dir), db, b, host.Config{})
	if err != nil {
		f.t.Fatal(err)
	}
	result, err := r.Upgrade(f.t.Context(), "head")
	if err != nil {
		f.t.Fatal(err)
	}
	if n := len(result.Applied); n != revisions {
		f.t.Errorf("%d revisions applied, want %d", n, revisions)
	}
}

func registerBIN2B64(conn *sqlite3.Conn) error {
	return conn.CreateFunction("BIN2B64", 1, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, args ...sqlite3.Value) {
		ctx.ResultText(base64.StdEncoding.EncodeToString(args[0].RawBlob()))
	})
}

// byHand runs the files of a folder in the order of their numbers, without any
// code of the project: by psql, or by SQLite's own exec.
func (f *fixture) byHand(folder string) {
	f.t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil || len(files) == 0 {
		f.t.Fatalf("no files in %s: %v", folder, err)
	}
	number := regexp.MustCompile(`[0-9]+`)
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(number.FindString(filepath.Base(a)), number.FindString(filepath.Base(b)))
	})
	if f.dialect == chain.PostgreSQL {
		args := []string{f.url, "-X", "-q", "-v", "ON_ERROR_STOP=1"}
		for _, file := range files {
			args = append(args, "-f", file)
		}
		if out, err := exec.Command("psql", args...).CombinedOutput(); err != nil {
			f.t.Fatalf("psql: %v\n%s", err, out)
		}
		return
	}
	conn, err := sqlite3.Open(strings.TrimPrefix(f.url, "sqlite:"))
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	if err := registerBIN2B64(conn); err != nil {
		f.t.Fatal(err)
	}
	if err := conn.Exec("PRAGMA foreign_keys = off"); err != nil {
		f.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.t.Fatal(err)
		}
		if err := conn.Exec(string(text)); err != nil {
			f.t.Fatalf("%s: %v", file, err)
		}
	}
}
