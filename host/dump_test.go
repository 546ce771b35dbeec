package host_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// beside is another empty database for the same migrations.
func (f *fixture) beside() *fixture {
	f.t.Helper()
	other := *f
	other.url = "sqlite:" + filepath.Join(f.t.TempDir(), "beside.db")
	if f.dialect == chain.PostgreSQL {
		other.url = postgrestest.URL(f.t)
	}
	return &other
}

// shell runs SQL as the databases' own shells do, without code of the project.
func (f *fixture) shell(sql string) {
	f.t.Helper()
	if path, ok := strings.CutPrefix(f.url, "sqlite:"); ok {
		conn, err := sqlite3.Open(path)
		if err != nil {
			f.t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Exec(sql); err != nil {
			f.t.Fatal(err)
		}
		return
	}
	conn, err := pgconn.Connect(f.t.Context(), f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close(f.t.Context())
	if _, err := conn.Exec(f.t.Context(), sql).ReadAll(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) dump(r *host.Runner) host.Dump {
	f.t.Helper()
	d, err := r.Dump(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, o := range d.Unwritten() {
		f.t.Errorf("not written: %s", o)
	}
	return d
}

// wantRoundTrip dumps a database, builds another one from the text, stamps it,
// and wants the same text of it.
func (f *fixture) wantRoundTrip(r *host.Runner, again func(db host.Database) *host.Runner) {
	f.t.Helper()
	d := f.dump(r)
	other := f.beside()
	other.shell(string(d.Text()))
	built := again(other.open())
	if _, err := built.Stamp(f.t.Context(), "heads"); err != nil {
		f.t.Fatal(err)
	}
	if got, want := string(other.dump(built).Text()), string(d.Text()); got != want {
		f.t.Errorf("the dump differs after it was loaded: %s", firstDifference(got, want))
	}

	loaded := f.beside()
	conn, err := loaded.open().Connect(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	if err := host.Load(f.t.Context(), conn, f.dialect, d.Objects); err != nil {
		f.t.Fatal(err)
	}
	objects, err := conn.Objects(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, difference := range host.CompareObjects(d.Objects, objects) {
		f.t.Errorf("after Load: %+v", difference)
	}
}

func TestDumpReferenceChain(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		f.upgrade()
		f.wantRoundTrip(f.runner(host.Config{}), func(db host.Database) *host.Runner { return f.runnerOn(db, host.Config{}) })
	})
}

// A dump names the revisions that it holds, and what is half done.
func TestDumpSaysWhatItHolds(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write("000000000001", "-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;\n")
		f.upgrade()
		f.write("000000000002", "-- +upgrade\n-- +autocommit begin\nCREATE TABLE b (n INTEGER);\n-- +autocommit end\nCREATE TABLE a (n INTEGER);\n")
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the second migration did not fail")
		}
		text := string(f.dump(f.runner(host.Config{})).Text())
		for _, want := range []string{"--   main@000000000001\n", "half done: 000000000002\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("the dump lacks %q:\n%s", want, text)
			}
		}
	})
}

// Load says which object it could not create, and leaves nothing behind.
func TestLoadFails(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		conn, err := f.open().Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for sql, want := range map[string]string{
			"CREATE TABLE b (n integer); CREATE TABLE a (n integer);": "table b",
			"CREATE TABLE b (": "table b",
			"":                 "cannot write what creates it",
		} {
			err := host.Load(t.Context(), conn, f.dialect, []host.Object{
				{Kind: host.ObjectTable, Name: "a", SQL: "CREATE TABLE a (n integer);"},
				{Kind: host.ObjectTable, Name: "b", SQL: sql},
			})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: the error is %v, want %q in it", sql, err, want)
			}
			if objects, err := conn.Objects(t.Context()); err != nil || len(objects) > 0 {
				t.Errorf("%q: left behind: %v, %v", sql, objects, err)
			}
		}
	})
}

// A dump waits for a program that holds the database, as long as it may.
func TestDumpWaits(t *testing.T) {
	f := &fixture{dialect: chain.SQLite}
	fresh(t, f)
	f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
	f.upgrade()
	other, err := sqlite3.Open(strings.TrimPrefix(f.url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.runner(host.Config{LockWait: time.Millisecond}).Dump(t.Context()); !errors.Is(err, host.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	release := func(e host.Event) {
		if e.Kind == host.EventWaiting {
			if err := other.Exec("ROLLBACK"); err != nil {
				t.Error(err)
			}
		}
	}
	if d := f.dump(f.runner(host.Config{OnEvent: release})); len(d.Objects) != 1 {
		t.Errorf("got %v, want one table", d.Objects)
	}
}

// To look at a database does not make it.
func TestDumpOfNothing(t *testing.T) {
	f := &fixture{dialect: chain.SQLite}
	fresh(t, f)
	f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
	if d, err := f.runner(host.Config{}).Dump(t.Context()); err == nil {
		t.Errorf("got %v, want an error", d)
	}
}
