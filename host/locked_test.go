package host_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Another program that holds a SQLite database, for reading or exclusively,
// makes a runner say so, wait as long as it may, and leave things as they were.
func TestAnotherProgramHoldsTheDatabase(t *testing.T) {
	for _, hold := range []string{
		"BEGIN EXCLUSIVE",
		"BEGIN IMMEDIATE",
		"BEGIN; SELECT * FROM a",
	} {
		t.Run(hold, func(t *testing.T) {
			f := &fixture{dialect: chain.SQLite}
			fresh(t, f)
			f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
			f.upgrade()
			f.write(rev2, "CREATE TABLE b (id INTEGER);\n")
			other, err := sqlite3.Open(strings.TrimPrefix(f.url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if err := other.Exec(hold); err != nil {
				t.Fatal(err)
			}
			told := false
			cfg := host.Config{LockWait: time.Millisecond, OnEvent: func(e host.Event) { told = told || e.Kind == host.EventWaiting }}
			if _, err := f.runner(cfg).Upgrade(t.Context(), "heads"); !errors.Is(err, host.ErrLocked) {
				t.Fatalf("got %v, want ErrLocked", err)
			}
			if !told {
				t.Error("the runner did not tell that it waits")
			}
			if err := other.Exec("ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			f.wantHeads(rev1)
			f.upgrade()
			f.wantHeads(rev2)
		})
	}
}
