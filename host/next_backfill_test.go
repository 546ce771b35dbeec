package host_test

import (
	"context"
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

// An expiring context is at its deadline when a test says so.
type expiring struct {
	context.Context
	over chan struct{}
}

func (c expiring) Done() <-chan struct{} { return c.over }

func (c expiring) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A run that its caller ends, by hand or by a deadline, is to be called again: nothing
// is wrong with the migration, and nobody held a lock.
func TestNextOfARunThatIsEnded(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
			ctx, end := context.WithCancel(t.Context())
			if cause != context.Canceled {
				over := make(chan struct{})
				ctx, end = expiring{context.Background(), over}, func() { close(over) }
			}
			r, err := host.NewRunner(base.files, base.open(), scripted(g.run), unhurried(host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventChunk {
					end()
				}
			}}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Upgrade(ctx, "heads")
			var failed *host.RunError
			if !errors.As(err, &failed) || !errors.Is(err, cause) || failed.Next != "run `sandpiper upgrade` again to go on" {
				t.Errorf("%v: got %+v", cause, failed)
				continue
			}
			if text := failed.Err.Error(); cause == context.Canceled && (!strings.Contains(text, "interrupted: ") || strings.Contains(text, "lock ")) {
				t.Errorf("%v: the error is %q", cause, text)
			}
			base.wantCount(4, "SELECT count(*) FROM visits")
		}
	})
}

// A panic of OnEvent ends the run, and is told as what it is.
func TestOnEventPanics(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, kind := range []host.EventKind{host.EventPlanned, host.EventStarted, host.EventChunk, host.EventApplied} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
			calls := 0
			err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
				if calls++; e.Kind == kind {
					calls = 0
					panic("mine")
				}
			}})
			var panicked *host.OnEventError
			if !errors.As(err, &panicked) || panicked.Event != kind || panicked.Value != "mine" || calls != 0 {
				t.Fatalf("%s: got %v, %d calls after the panic", kind, err, calls)
			}
			var failed *host.RunError
			if kind == host.EventChunk && (!errors.As(err, &failed) || failed.Next != "mend the program's OnEvent, and run `sandpiper upgrade` again to go on" ||
				!strings.Contains(failed.State, "standing at 4 of 15 rows")) {
				t.Errorf("%s: got %+v", kind, failed)
			}
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(15)
		}
	})
}

// Who can mend a module is told otherwise than of a file.
func TestNextOfAModule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withSecret()
		first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", 20)}
		moves := pluginRevision{up: []string{fillDocument(abi.Backfill{Table: "acme_t", Statement: "UPDATE acme_t SET id = id + 1000 WHERE ${chunk}"})}}
		_, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, first, moves)).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "changes the keys of the rows") ||
			failed.Next != "the plugin's vendor mends the module: `sandpiper plugin update` takes a new version" {
			t.Errorf("got %+v", failed)
		}
	})
	if got, want := host.NextOfRefusal("run again", true), "mend the migration, build it again, and run again"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := host.NextOfRefusal("run again", false), "mend the file, and run again"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
