package host_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// pluginToFill makes plugin acme with a table of rows, which is there, and a backfill
// of it, which is the guest's work.
func (f *fixture) pluginToFill(rows, batch int64) (*filler, host.Plugin) {
	f.t.Helper()
	first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", int(rows))}
	f.upgradePlugin(ownsAcme, first)
	g := &filler{f: f, doc: abi.Backfill{Name: "fill", Table: "acme_t", Batch: batch, MaxBatch: batch}}
	g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
		_, err := calls.Exec(ctx, "UPDATE acme_t SET n = n + 1 WHERE id = "+f.param(1), row[:1], false)
		return err
	}
	return g, f.acme(ownsAcme, first, pluginRevision{up: []string{"SELECT 1"}})
}

// pluginFills runs a filler as a plugin, in this process or behind a worker, whose
// orders it returns.
func (g *filler) pluginFills(db host.Database, worker bool, cfg host.Config, p host.Plugin) ([]host.WorkOrder, error) {
	g.f.t.Helper()
	w := g.f.worker()
	if w.db, w.box = db, scripted(g.run); worker {
		cfg.Worker = w
	}
	cfg.Plugins = []host.Plugin{p}
	r, err := host.NewRunner(g.f.files, db, scripted(g.run), unhurried(cfg))
	if err != nil {
		g.f.t.Fatal(err)
	}
	_, err = r.Upgrade(g.f.t.Context(), "heads")
	return *w.orders, err
}

// hereAndBehindAWorker runs a test of a plugin for both.
func hereAndBehindAWorker(t *testing.T, f *fixture, test func(t *testing.T, f *fixture, worker bool)) {
	for _, worker := range []bool{false, true} {
		t.Run(fmt.Sprintf("worker=%t", worker), func(t *testing.T) {
			f := *f
			f.t = t
			test(t, f.fresher(), worker)
		})
	}
}

// A chunk of a plugin's is tried again as often as a migration of the project's own,
// and with fewer rows, whoever runs it.
func TestPluginChunksAreTriedAgain(t *testing.T) {
	hereAndBehindAWorker(t, onPostgres(t), func(t *testing.T, f *fixture, worker bool) {
		g, plugin := f.pluginToFill(20, 8)
		var held []func() error
		for _, id := range []int{3, 10, 15} {
			held = append(held, f.hold(fmt.Sprintf("UPDATE acme_t SET hidden = -1 WHERE id = %d", id)))
		}
		db, err := postgres.Open(f.url, postgres.LockTimeout(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		var chunks []int64
		_, err = g.pluginFills(db, worker, host.Config{LockTimeoutRetries: 1, OnEvent: func(e host.Event) {
			switch e.Kind {
			case host.EventChunk:
				chunks = append(chunks, e.Rows)
			case host.EventRetrying:
				if err := held[0](); err != nil {
					t.Error(err)
				}
				held = held[1:]
			}
		}}, plugin)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int64{4, 4, 4, 8}; !slices.Equal(chunks, want) || len(held) > 0 {
			t.Errorf("chunks of %d rows, want %d; %d locks were not met", chunks, want, len(held))
		}
		f.wantCount(20, "SELECT count(*) FROM acme_t WHERE n = 1")
	})
}

// A seenLocked worker finds the lock taken, then commits a chunk and finds it taken
// again after more than LockWait, and then does its work.
type seenLocked struct {
	inProcess
	wait time.Duration
}

func (w seenLocked) Work(ctx context.Context, order host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	*w.orders = append(*w.orders, order)
	switch len(*w.orders) {
	case 2:
		events(host.Event{Kind: host.EventChunk, Backfill: "fill", Rows: 1})
		<-time.After(w.wait)
		fallthrough
	case 1:
		return host.Entry{}, order.State, host.ErrLocked
	}
	return w.inProcess.Work(ctx, order, events)
}

// How long a run waits is counted from its last chunk, whoever has committed that.
func TestWorkCountsAsNoWait(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		const wait = 500 * time.Millisecond
		r := f.pluginRunner(host.Config{Worker: seenLocked{f.worker(), wait}, LockWait: wait}, f.acme(ownsAcme, acmeTable))
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}

// A run is told that a plugin's chunk waits for the lock, and for no longer than it may.
func TestPluginChunksWait(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		hereAndBehindAWorker(t, f, func(t *testing.T, f *fixture, worker bool) {
			g, plugin := f.pluginToFill(12, 4)
			release, waited := func() {}, 0
			lock := sync.OnceFunc(func() { release = f.takeLock() })
			orders, err := g.pluginFills(f.open(), worker, host.Config{LockWait: time.Minute, OnEvent: func(e host.Event) {
				switch e.Kind {
				case host.EventChunk:
					lock()
				case host.EventWaiting:
					waited++
					release()
				}
			}}, plugin)
			if err != nil {
				t.Fatal(err)
			}
			if waited != 1 || g.runs != 1 || worker && len(orders) != 1 {
				t.Errorf("told %d times that it waits, %d runs of the guest, %d orders", waited, g.runs, len(orders))
			}
			f.wantCount(12, "SELECT count(*) FROM acme_t WHERE n = 1")

			f = f.fresher()
			g, plugin = f.pluginToFill(12, 4)
			waited = 0
			lock = sync.OnceFunc(func() { release = f.takeLock() })
			_, err = g.pluginFills(f.open(), worker, host.Config{LockWait: time.Millisecond, OnEvent: func(e host.Event) {
				switch e.Kind {
				case host.EventChunk:
					lock()
				case host.EventWaiting:
					waited++
				}
			}}, plugin)
			release()
			if err == nil || !strings.Contains(err.Error(), "waited 1ms") || waited != 1 {
				t.Errorf("got %v, told %d times that it waits, want that it gives up at once", err, waited)
			}
			f.wantCount(4, "SELECT count(*) FROM acme_t WHERE n = 1")
		})
	})
}

// A run that has begun a backfill anew does not take that for another runner's doing.
func TestPluginBackfillIsRestarted(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		hereAndBehindAWorker(t, f, func(t *testing.T, f *fixture, worker bool) {
			g, plugin := f.pluginToFill(12, 4)
			g.between = func(chunk int) error {
				if chunk == 2 {
					return fmt.Errorf("no more of this")
				}
				return nil
			}
			if _, err := g.pluginFills(f.open(), worker, host.Config{}, plugin); err == nil {
				t.Fatal("it did not fail")
			}
			f.wantCount(4, "SELECT count(*) FROM acme_t WHERE n = 1")
			g.between = nil
			release := func() {}
			lock := sync.OnceFunc(func() { release = f.takeLock() })
			_, err := g.pluginFills(f.open(), worker, host.Config{Checkpoint: host.CheckpointRestart, LockWait: time.Millisecond, OnEvent: func(e host.Event) {
				if e.Kind == host.EventStarted {
					lock()
				}
			}}, plugin)
			release()
			if err == nil || !strings.Contains(err.Error(), "waited 1ms") || strings.Contains(err.Error(), "at work on backfill") {
				t.Errorf("got %v, want that it has waited for who has the lock", err)
			}
		})
	})
}

// replicated is a database that says which replicas it has.
type replicated struct {
	host.Database
	replicas *[]host.Replica
}

type replicatedConn struct {
	host.Conn
	replicated
}

type replicatedWalls struct {
	host.Confined
	replicated
}

func (d replicated) Connect(ctx context.Context) (host.Conn, error) {
	c, err := d.Database.Connect(ctx)
	return replicatedConn{c, d}, err
}

func (c replicatedConn) Confine(ctx context.Context, how host.Confinement) (host.Confined, error) {
	walls, err := c.Conn.Confine(ctx, how)
	return replicatedWalls{walls, c.replicated}, err
}

func (w replicatedWalls) Replicas(context.Context) ([]host.Replica, error) { return *w.replicas, nil }

// A replica that is gone when a chunk is tried again is waited for, whoever runs it.
func TestPluginChunksHeedReplicas(t *testing.T) {
	defer host.SetGoneWithin(0)()
	hereAndBehindAWorker(t, onPostgres(t), func(t *testing.T, f *fixture, worker bool) {
		g, plugin := f.pluginToFill(8, 4)
		release := f.hold("UPDATE acme_t SET hidden = -1 WHERE id = 6")
		db, err := postgres.Open(f.url, postgres.LockTimeout(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		replicas := []host.Replica{{Name: "r1"}}
		_, err = g.pluginFills(replicated{db, &replicas}, worker, host.Config{MaxLag: time.Second, OnEvent: func(e host.Event) {
			if e.Kind == host.EventRetrying {
				replicas = nil
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		}}, plugin)
		if err == nil || !strings.Contains(err.Error(), "replica r1 is gone") {
			t.Errorf("got %v, want that replica r1 is gone", err)
		}
		f.wantCount(4, "SELECT count(*) FROM acme_t WHERE n = 1")
	})
}
