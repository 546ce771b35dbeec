package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What a backfill itself asks for, and the database does not have, is said of the
// backfill, whenever it is missed: no commit was refused.
func TestWhatABackfillAsksForIsMissing(t *testing.T) {
	const want = "see to what backfill %q asks for (the table, its columns, the privilege to read or lock its rows), or mend the migration, and run `sandpiper upgrade` again"
	wantMissing := func(t *testing.T, err error, name string) {
		t.Helper()
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(failed.Err.Error(), `backfill "`+name+`": `) || failed.Next != strings.Replace(want, "%q", `"`+name+`"`, 1) {
			t.Errorf("got %+v", failed)
			return
		}
		if failed.Statement != 1 || failed.Line != 5 {
			t.Errorf("it is statement %d in line %d, want 1 in line 5", failed.Statement, failed.Line)
		}
	}
	each(t, func(t *testing.T, base *fixture) {
		f := base.fresher()
		f.write(rev1, "-- +backfill table=nowhere\nUPDATE nowhere SET x = 1 WHERE ${chunk};\n-- +backfill end\n")
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		wantMissing(t, err, "nowhere")

		g := base.fresher().toFill(abi.Backfill{Table: "nowhere"}, numbered(5)...)
		wantMissing(t, g.upgrade(host.Config{}), "fill")

		if base.dialect == chain.PostgreSQL { // SQLite says that the key is gone
			g = base.fresher().cutShort("INTEGER")
			base.shell("DROP TABLE t")
			wantMissing(t, g.upgrade(host.Config{}), "fill")
		}
	})
}

// A choice about the checkpoint is offered where it leads on: not where something that
// is committed was changed, which neither of the two gets past.
func TestChangedBeforeACheckpoint(t *testing.T) {
	const file = "CREATE TABLE other (n INTEGER);\n-- +backfill table=t batch=4 max_batch=4\nUPDATE t SET x = CASE WHEN id = 9 THEN NULL ELSE 1 END WHERE ${chunk};\n-- +backfill end\n"
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, strings.Join(numbered(10), ";\n")+";\n")
		f.write(rev2, file)
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the third chunk did not fail")
		}
		f.wantCount(8, "SELECT count(*) FROM t WHERE x = 1")

		mended := strings.Replace(file, "NULL", "2", 1)
		f.put(rev2, rev1, strings.Replace(mended, "(n INTEGER)", "(n INTEGER, m INTEGER)", 1))
		for _, choice := range []host.CheckpointChoice{host.CheckpointRefuse, host.CheckpointAccept} {
			_, err := f.runner(host.Config{Checkpoint: choice}).Upgrade(t.Context(), "heads")
			var failed *host.RunError
			var changed *host.ChangedError
			if !errors.As(err, &failed) || !errors.As(err, &changed) {
				t.Fatalf("%v: got %v, want the first statement to be told as changed", choice, err)
			}
			if failed.Line != 4 || failed.Statement != 1 || !strings.Contains(failed.SQL, "m INTEGER") ||
				failed.Next != "put back what was committed (what comes after it may change), and run `sandpiper upgrade` again" {
				t.Errorf("%v: got %+v", choice, failed)
			}
		}

		f.put(rev2, rev1, mended)
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var other *host.CheckpointError
		if !errors.As(err, &other) || other.Elsewhere {
			t.Fatalf("got %v, want the choice", err)
		}
		if _, err := f.runner(host.Config{Checkpoint: host.CheckpointAccept}).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM t WHERE x = 2")
	})
}
