package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// fresher empties a fixture, for a test that needs many databases: to make one
// takes longer.
func (f *fixture) fresher() *fixture {
	f.t.Helper()
	f.files, f.last = fstest.MapFS{}, ""
	conn, err := f.open().Connect(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	if err := errors.Join(conn.Reset(f.t.Context()), conn.Close()); err != nil {
		f.t.Fatal(err)
	}
	return f
}

// Whatever call of the database is the last one that works, each row is visited
// once in the end.
func TestBackfillIsCutAnywhere(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, skip := range []bool{false, true} {
			for n := 0; ; n += cutStep {
				g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 2, MaxBatch: 2}, numbered(5)...)
				if skip {
					g.doc.Lock = abi.LockSkip
				}
				left := n
				_, err := g.runnerOn(brittle{g.f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads")
				if err == nil {
					if n < 20 {
						t.Errorf("the upgrade made only %d calls: this test has lost its hooks", n)
					}
					break
				}
				if !errors.Is(err, errBroken) {
					t.Fatalf("call %d: %v", n, err)
				}
				if err := g.upgrade(host.Config{}); err != nil {
					t.Fatalf("after a failure at call %d: %v", n, err)
				}
				g.wantVisited(5)
			}
		}
	})
}

// Wherever the run is cancelled, the last checkpoint is intact, and the error says
// where that is.
func TestBackfillIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for row := 2; row <= 15; row += 4 {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
			ctx, cancel := context.WithCancel(t.Context())
			visited := 0
			g.visit = func(c context.Context, calls host.Calls, r []abi.Value) error {
				if visited++; visited == row {
					cancel()
				}
				return g.note(c, calls, r)
			}
			_, err := g.runnerOn(g.f.open(), host.Config{}).Upgrade(ctx, "heads")
			var failed *host.RunError
			if !errors.As(err, &failed) || !errors.Is(err, context.Canceled) {
				t.Fatalf("row %d: got %v, want it to be cancelled", row, err)
			}
			whole := (row - 1) / 4 * 4
			if want := fmt.Sprintf(`backfill "fill" standing at %d of 15 rows`, whole); !strings.Contains(failed.State, want) {
				t.Errorf("row %d: the state is %q, want %q", row, failed.State, want)
			}
			if want := "run `sandpiper upgrade` again to go on"; failed.Next != want {
				t.Errorf("next is %q, want %q", failed.Next, want)
			}
			g.f.wantCount(int64(whole), "SELECT count(*) FROM visits")
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(15)
		}
	})
}

// What comes before and after a backfill is done once too.
func TestBackfillAmongOthers(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep + n/20 {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 2, MaxBatch: 2}, append(numbered(3), "CREATE TABLE log (id INTEGER)")...)
			exec := func(ctx context.Context, calls host.Calls, sqls ...string) (err error) {
				for _, sql := range sqls {
					if err == nil {
						_, err = calls.Exec(ctx, sql, nil, false)
					}
				}
				return err
			}
			g.before = func(ctx context.Context, calls host.Calls) error {
				if err := exec(ctx, calls, "INSERT INTO log VALUES (1)"); err != nil {
					return err
				}
				if done, err := calls.SectionBegin(ctx, host.SectionTransaction, "s"); done || err != nil {
					return err
				}
				return errors.Join(exec(ctx, calls, "INSERT INTO log VALUES (2)"), calls.SectionEnd(ctx))
			}
			g.after = func(ctx context.Context, calls host.Calls) error {
				if err := exec(ctx, calls, "INSERT INTO log VALUES (3)"); err != nil {
					return err
				}
				second := abi.Backfill{Name: "second", Table: "t", Where: "done = 1", Batch: 2, MaxBatch: 2, Statement: "UPDATE t SET x = x + 1 WHERE ${chunk}"}
				affected, err := calls.BackfillRun(ctx, &second)
				if err == nil && affected != 3 {
					t.Errorf("%d rows affected, want 3, whoever did it", affected)
				}
				return errors.Join(err, exec(ctx, calls, "INSERT INTO log VALUES (4)"))
			}
			left := n
			_, err := g.runnerOn(brittle{g.f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads")
			if err == nil {
				break
			}
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatalf("after a failure at call %d: %v", n, err)
			}
			g.wantVisited(3)
			g.f.wantCount(4, "SELECT count(*) FROM log")
			g.f.wantCount(4, "SELECT count(DISTINCT id) FROM log")
			g.f.wantCount(3, "SELECT count(*) FROM t WHERE x = 3 * id + 1")
		}
	})
}

// A guest that had better be started anew goes on behind its checkpoint, and says
// again what it has said, which is not passed on twice.
func TestBackfillIsLeft(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		g.before = func(ctx context.Context, calls host.Calls) error {
			calls.Log(ctx, host.LogInfo, "before")
			_, err := calls.Exec(ctx, "INSERT INTO t (id, x) VALUES (100, 0)", nil, false)
			calls.Progress(ctx, 1, 2)
			return err
		}
		g.after = func(ctx context.Context, calls host.Calls) error {
			calls.Log(ctx, host.LogInfo, "after")
			return nil
		}
		left := 0
		g.leave = func(chunk int) bool {
			if g.runs == 1 && chunk == 2 || g.runs == 2 && chunk == 0 {
				left++
				return true
			}
			return false
		}
		var told []string
		if err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
			switch e.Kind {
			case host.EventStarted, host.EventApplied, host.EventLog, host.EventProgress:
				told = append(told, string(e.Kind)+e.Text)
			}
		}}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(16)
		if g.runs != 3 || left != 2 {
			t.Errorf("%d runs, left %d times", g.runs, left)
		}
		if got, want := strings.Join(told, " "), "started logbefore progress logafter applied"; got != want {
			t.Errorf("told: %s, want %s", got, want)
		}
	})
}

// A chunk's random source is the same in whatever run it is done, and that of no
// other chunk.
func TestBackfillSeeds(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		stop := errors.New("stop")
		g.between = func(chunk int) error {
			if g.runs <= 3 && chunk == 1 && len(g.seeds) > 0 {
				return stop // with the chunk undone
			}
			return nil
		}
		var first [32]byte
		for range 3 {
			if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
				t.Fatal(err)
			}
			if first == [32]byte{} {
				first = g.seeds[0]
			}
			if g.seeds[len(g.seeds)-1] != first {
				t.Error("the first chunk has another seed in another run")
			}
		}
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		all := map[[32]byte]bool{}
		for _, seed := range g.seeds[3:] {
			all[seed] = true
		}
		if g.seeds[3] != first || len(all) != 4 {
			t.Errorf("%d seeds of 4 chunks", len(all))
		}
		g.wantVisited(15)
	})
}

// Where no row was visited yet, the mended migration begins anew and asks nobody.
func TestBackfillOfAnotherVersionBegins(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, choice := range []host.CheckpointChoice{host.CheckpointRefuse, host.CheckpointAccept, host.CheckpointRestart} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(15), "CREATE UNIQUE INDEX t_x ON t (x)")...)
			stop := errors.New("stop")
			g.visit = func(context.Context, host.Calls, []abi.Value) error { return stop }
			if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
				t.Fatal(err)
			}
			g.f.wantCount(1, "SELECT count(*) FROM sandpiper_progress WHERE kind = 'backfill'")
			g.f.put(rev2, rev1, "-- +upgrade\nSELECT 3;\n-- +downgrade\nSELECT 2;\n")
			g.visit, g.doc.Key, g.doc.Where = nil, []string{"x"}, "id > 3"
			g.doc.Columns = []string{"id"}
			if err := g.upgrade(host.Config{Checkpoint: choice}); err != nil {
				t.Fatalf("%s: %v", choice, err)
			}
			g.wantVisited(12)
		}
	})
}

// Another version of the migration does not go on from a checkpoint by itself.
func TestBackfillOfAnotherVersion(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		stop := errors.New("stop")
		for name, c := range map[string]struct {
			choice  host.CheckpointChoice
			change  func(*abi.Backfill)
			refused string
			rows    int64 // visited in the end, some of them twice
		}{
			"refused":            {host.CheckpointRefuse, nil, "--checkpoint accept", 0},
			"accepted":           {host.CheckpointAccept, func(b *abi.Backfill) { b.Columns, b.Batch = []string{"x"}, 3 }, "", 15},
			"restarted":          {host.CheckpointRestart, func(b *abi.Backfill) { b.Key = []string{"x"} }, "", 23},
			"accepted elsewhere": {host.CheckpointAccept, func(b *abi.Backfill) { b.Key = []string{"x"} }, "orders it by another key", 0},
			"another table":      {host.CheckpointAccept, func(b *abi.Backfill) { b.Table = "visits" }, "another table", 0},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(15), "CREATE UNIQUE INDEX t_x ON t (x)")...)
			g.between = func(chunk int) error {
				if g.runs == 1 && chunk == 3 {
					return stop
				}
				return nil
			}
			if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
				t.Fatalf("%s: %v", name, err)
			}
			g.f.put(rev2, rev1, "-- +upgrade\nSELECT 3;\n-- +downgrade\nSELECT 2;\n")
			if c.change != nil {
				c.change(&g.doc)
			}
			_, rehearsed := g.runnerOn(g.f.open(), host.Config{Checkpoint: c.choice}).Rehearse(t.Context(), chain.Upgrade, "heads")
			err := g.upgrade(host.Config{Checkpoint: c.choice})
			if c.refused == "" {
				if err != nil || rehearsed != nil {
					t.Fatalf("%s: %v; rehearsed: %v", name, err, rehearsed)
				}
				g.f.wantCount(c.rows, "SELECT count(*) FROM visits")
				g.f.wantCount(15, "SELECT count(*) FROM t WHERE done > 0")
				g.f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
				continue
			}
			var other *host.CheckpointError
			if !errors.As(err, &other) || !strings.Contains(err.Error(), c.refused) || other.Done != 8 || other.Backfill != "fill" {
				t.Errorf("%s: got %v, want a CheckpointError with %q", name, err, c.refused)
			}
			var failed *host.RunError
			if !errors.As(err, &failed) || strings.HasPrefix(failed.Next, "choose one of the two") != (c.choice == host.CheckpointRefuse) {
				t.Errorf("%s: the next thing is not what is left to do: %+v", name, failed)
			}
			if !errors.As(rehearsed, &other) {
				t.Errorf("%s: the rehearsal ends with %v", name, rehearsed)
			}
			g.f.wantCount(8, "SELECT count(*) FROM visits")

			// What has begun it can go on.
			g.f.put(rev2, rev1, "-- +upgrade\nSELECT 1;\n-- +downgrade\nSELECT 2;\n")
			g.doc = abi.Backfill{Name: "fill", Table: "t", Batch: 4, MaxBatch: 4}
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			g.wantVisited(15)
		}
	})
}

// The state of a backfill is nobody's to change but the migration's that began it.
func TestBackfillIsAnother(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		stop := errors.New("stop")
		g.between = func(chunk int) error {
			if chunk == 2 {
				return stop
			}
			return nil
		}
		if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		g.doc.Where = "x > 0" // though its source is the same
		var changed *host.ChangedError
		if err := g.upgrade(host.Config{}); !errors.As(err, &changed) || !strings.Contains(err.Error(), `backfill "fill" is recorded as done (by its digest alone), and statement 1, which comes in its place now, is another one`) {
			t.Errorf("got %v, want a ChangedError", err)
		}
		f.wantCount(4, "SELECT count(*) FROM visits")
	})
}
