package host_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestUpgradeAndDowngrade(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\n-- +downgrade\nDROP TABLE a;\n")
		f.write(rev2, "-- +upgrade\nINSERT INTO a VALUES (2);\n-- +downgrade\nDELETE FROM a WHERE id = 2;\n")
		result := f.upgrade()
		if len(result.Applied) != 2 || result.Applied[1].Key.ID != rev2 || result.Applied[1].Action != host.ActionUpgrade {
			t.Errorf("applied: %+v", result.Applied)
		}
		f.wantCount(2, "SELECT count(*) FROM a")
		f.wantHeads(rev2)
		if again := f.upgrade(); len(again.Applied) != 0 {
			t.Errorf("a second upgrade applied %+v", again.Applied)
		}
		r := f.runner(host.Config{})
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM a")
		f.wantHeads(rev1)
		if _, err := r.Downgrade(t.Context(), "base"); err != nil {
			t.Fatal(err)
		}
		f.wantHeads()
		history, err := r.History(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, e := range history {
			actions = append(actions, string(e.Action)+" "+e.Key.ID[11:])
		}
		if got, want := strings.Join(actions, ", "), "downgrade 1, downgrade 2, upgrade 2, upgrade 1"; got != want {
			t.Errorf("history: got %s, want %s", got, want)
		}
	})
}

func TestAFailedStatementLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "CREATE TABLE b (id INTEGER);\nINSERT INTO b\n  VALUES (1);\nINSERT INTO nowhere VALUES (1);\nCREATE TABLE c (id INTEGER);\n")
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) {
			t.Fatalf("got %v, want a RunError", err)
		}
		if failed.Failed.ID != rev2 || failed.Statement != 3 || failed.Line != 7 || failed.Source != f.path(rev2) {
			t.Errorf("got revision %s, statement %d, %s:%d; want %s, 3, %s:7", failed.Failed.ID, failed.Statement, failed.Source, failed.Line, rev2, f.path(rev2))
		}
		if failed.SQL != "INSERT INTO nowhere VALUES (1)" {
			t.Errorf("SQL: %q", failed.SQL)
		}
		if !strings.Contains(failed.State, rev1) || !strings.Contains(failed.State, "rolled back") || failed.Next == "" {
			t.Errorf("state %q, next %q", failed.State, failed.Next)
		}
		if len(failed.Applied) != 1 {
			t.Errorf("applied before it: %v", failed.Applied)
		}
		f.wantHeads(rev1)
		f.wantCount(-1, "SELECT count(*) FROM b")

		f.put(rev2, rev1, "CREATE TABLE b (id INTEGER);\n")
		f.upgrade()
		f.wantHeads(rev2)
	})
}

// A migration that fails behind a committed part goes on from there when it
// is mended, and repeats nothing.
func TestAMendedMigrationGoesOn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE log (id INTEGER);\n")
		script := `
INSERT INTO log VALUES (1);
-- +autocommit begin
INSERT INTO log VALUES (2);
INSERT INTO %s VALUES (3);
-- +autocommit end
INSERT INTO log VALUES (4);
`
		f.write(rev2, fmt.Sprintf(script, "nowhere"))
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Statement != 3 {
			t.Fatalf("got %v, want statement 3 to fail", err)
		}
		if !strings.Contains(failed.State, "2 recorded") {
			t.Errorf("state %q does not tell of the committed parts", failed.State)
		}
		f.wantHeads(rev1)
		f.wantCount(2, "SELECT count(*) FROM log")

		status, err := f.runner(host.Config{}).Current(t.Context())
		if err != nil || len(status.Pending) != 1 {
			t.Fatalf("pending: %+v, %v", status.Pending, err)
		}

		// A change of what was committed is refused.
		f.put(rev2, rev1, strings.Replace(fmt.Sprintf(script, "log"), "VALUES (2)", "VALUES (20)", 1))
		_, err = f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var changed *host.ChangedError
		if !errors.As(err, &changed) || changed.Call != 2 {
			t.Fatalf("got %v, want call 2 to be refused as changed", err)
		}
		if !errors.As(err, &failed) || failed.Statement != 2 || failed.Line == 0 || !strings.Contains(failed.SQL, "VALUES (20)") {
			t.Errorf("got %+v, want the place of the other statement", failed)
		}
		f.wantCount(2, "SELECT count(*) FROM log")

		f.put(rev2, rev1, fmt.Sprintf(script, "log"))
		f.upgrade()
		f.wantHeads(rev2)
		f.wantCount(4, "SELECT count(*) FROM log")
		f.wantCount(10, "SELECT sum(id) FROM log")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// Nothing else runs on a line while a migration of it is half done.
func TestAHalfDoneMigrationComesFirst(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE a (id INTEGER);\n-- +downgrade\nDROP TABLE a;\n")
		f.write(rev2, "INSERT INTO a VALUES (1);\n-- +autocommit begin\nINSERT INTO nowhere VALUES (1);\n-- +autocommit end\n")
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the upgrade did not fail")
		}
		_, err := r.Downgrade(t.Context(), "base")
		var pending *host.PendingError
		if !errors.As(err, &pending) || pending.Pending.Key.ID != rev2 {
			t.Fatalf("got %v, want a PendingError", err)
		}
		f.wantCount(1, "SELECT count(*) FROM a")
	})
}

func TestAnEditedFileIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.upgrade()
		f.put(rev1, "", "CREATE TABLE a (id INTEGER, name TEXT);\n")
		f.write(rev2, "CREATE TABLE b (id INTEGER);\n")
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var edited *host.EditedError
		if !errors.As(err, &edited) || edited.Edited[0].Revision.Source != f.path(rev1) {
			t.Fatalf("got %v, want an EditedError", err)
		}
		f.wantCount(-1, "SELECT count(*) FROM b")
		if _, err := f.runner(host.Config{AllowChanged: true}).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, "SELECT count(*) FROM b")
	})
}

// Line endings are not a change.
func TestLineEndingsAreNoEdit(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.upgrade()
		file := f.files[f.path(rev1)]
		file.Data = []byte(strings.ReplaceAll(string(file.Data), "\n", "\r\n"))
		f.upgrade()
	})
}

func TestAnUnknownRevisionInTheLedger(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "CREATE TABLE b (id INTEGER);\n")
		f.upgrade()
		delete(f.files, f.path(rev2))
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var unknown *chain.UnknownError
		if !errors.As(err, &unknown) {
			t.Fatalf("got %v, want an UnknownError", err)
		}
		status, err := f.runner(host.Config{}).Current(t.Context())
		if err != nil || !slices.Equal(status.Lines[0].Unknown, []string{rev2}) {
			t.Errorf("current: %+v, %v", status, err)
		}
	})
}

func TestIrreversibleEndsItBeforeAnythingRuns(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "-- +upgrade\nCREATE TABLE b (id INTEGER);\n-- +downgrade\nDROP TABLE b;\n")
		f.upgrade()
		_, err := f.runner(host.Config{}).Downgrade(t.Context(), "base")
		var irreversible *host.IrreversibleError
		if !errors.As(err, &irreversible) || irreversible.Revision.ID != rev1 {
			t.Fatalf("got %v, want an IrreversibleError for %s", err, rev1)
		}
		f.wantHeads(rev2)
	})
}

// Runners of one process on one database share the work.
func TestRunnersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 12 {
			id := fmt.Sprintf("%012x", i+1)
			sql := fmt.Sprintf("CREATE TABLE t%d (id INTEGER);\n", i)
			if i%4 == 3 {
				sql += fmt.Sprintf("-- +autocommit begin\nINSERT INTO t%d VALUES (1);\nCREATE INDEX i%d ON t%d (id);\n-- +autocommit end\n", i, i, i)
			}
			f.write(id, sql)
		}
		const runners = 4
		results := make([]host.Result, runners)
		errs := make([]error, runners)
		var group sync.WaitGroup
		for i := range runners {
			r := f.runner(host.Config{})
			group.Go(func() { results[i], errs[i] = r.Upgrade(t.Context(), "heads") })
		}
		group.Wait()
		applied := map[string]int{}
		for i, err := range errs {
			if err != nil {
				t.Errorf("runner %d: %v", i, err)
			}
			for _, e := range results[i].Applied {
				applied[e.Key.ID]++
			}
		}
		if len(applied) != 12 {
			t.Errorf("%d revisions applied, want 12", len(applied))
		}
		for id, n := range applied {
			if n != 1 {
				t.Errorf("%s was applied %d times", id, n)
			}
		}
		f.wantCount(12, "SELECT count(*) FROM sandpiper_history")
		f.wantHeads("00000000000c")
	})
}

// A program that upgrades two databases at once watches both.
func TestStart(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.write(rev2, "INSERT INTO a VALUES (1);\n")
		other := *f
		other.url = "sqlite::memory:"
		other.dialect = chain.SQLite
		other.files = fstest.MapFS{}
		other.put(rev1, "", "CREATE TABLE a (id INTEGER);\n")

		h := f.runner(host.Config{}).Start(t.Context(), chain.Upgrade, "heads")
		o := other.runner(host.Config{}).Start(t.Context(), chain.Upgrade, "heads")
		var kinds []string
		for e := range h.Events() {
			kinds = append(kinds, string(e.Kind))
		}
		if got, want := strings.Join(kinds, " "), "planned started applied started applied"; got != want {
			t.Errorf("events: got %s, want %s", got, want)
		}
		if result, err := h.Wait(); err != nil || len(result.Applied) != 2 {
			t.Errorf("got %+v, %v", result, err)
		}
		if result, err := o.Wait(); err != nil || len(result.Applied) != 1 {
			t.Errorf("the other database: got %+v, %v", result, err)
		}
	})
}

// Cancelling while a migration runs rolls it back and frees the lock.
func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		slow := "INSERT INTO a SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT i FROM n) AS s;\n"
		f.write(rev2, "CREATE TABLE b (id INTEGER);\n"+slow)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := f.runner(host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventStarted && e.Revision == rev2 {
				cancel()
			}
		}})
		_, err := r.Upgrade(ctx, "heads")
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
		f.wantHeads(rev1)
		f.put(rev2, rev1, "CREATE TABLE b (id INTEGER);\n")
		f.upgrade() // the lock is free
		f.wantHeads(rev2)
	})
}
