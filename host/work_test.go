package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// An inProcess worker is one whose other process is this one: another runner on
// another connection, that knows no more than the order says.
type inProcess struct {
	db  host.Database
	box host.Sandbox

	mu     *sync.Mutex
	orders *[]host.WorkOrder
	before func() // called before each order
}

func (w inProcess) Work(ctx context.Context, order host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	b, err := json.Marshal(order)
	if err != nil {
		return host.Entry{}, order.State, err
	}
	var sent host.WorkOrder
	if err := json.Unmarshal(b, &sent); err != nil {
		return host.Entry{}, order.State, err
	}
	w.mu.Lock()
	*w.orders = append(*w.orders, sent)
	w.mu.Unlock()
	if w.before != nil {
		w.before()
	}
	r, err := host.NewRunner(nil, w.db, w.box, host.Config{})
	if err != nil {
		return host.Entry{}, order.State, err
	}
	return r.Work(ctx, sent, events)
}

func (f *fixture) worker() inProcess {
	f.t.Helper()
	b, err := box()
	if err != nil {
		f.t.Fatal(err)
	}
	return inProcess{db: f.open(), box: b, mu: &sync.Mutex{}, orders: &[]host.WorkOrder{}}
}

// A worker does a plugin's steps, and the run tells of them as of its own.
func TestWork(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		var told []string
		w := f.worker()
		cfg := host.Config{Worker: w, Statements: true, OnEvent: func(e host.Event) {
			if e.Line == "acme" && e.Action == host.ActionUpgrade {
				told = append(told, string(e.Kind)+" "+e.Revision+" "+e.Text)
				if e.Step < 2 || e.Steps != 3 {
					t.Errorf("event %+v is of no step of the plan", e)
				}
			}
		}}
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		r := f.pluginRunner(cfg, plugin)
		result, err := r.Upgrade(t.Context(), "heads")
		if err != nil {
			t.Fatal(err)
		}
		if len(*w.orders) != 2 || len(result.Applied) != 3 {
			t.Errorf("%d orders, applied %+v", len(*w.orders), result.Applied)
		}
		want := []string{
			"started " + acme1 + " ", "statement " + acme1 + " " + acmeTable.up[0], "statement " + acme1 + " " + acmeTable.up[1], "applied " + acme1 + " ",
			"started " + acme2 + " ", "statement " + acme2 + " " + acmeRow.up[0], "applied " + acme2 + " ",
		}
		if got := strings.Join(told, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
		f.wantCount(2, "SELECT count(*) FROM acme_t")
		history, err := r.History(t.Context(), 1)
		if err != nil || history[0].Signer != plugin.Signer || history[0].Fuel != result.Applied[2].Fuel {
			t.Errorf("the newest entry is %+v, %v", history, err)
		}
		if _, err := r.Downgrade(t.Context(), "acme@base"); err != nil || len(*w.orders) != 4 {
			t.Errorf("downgrade: %v, after %d orders", err, len(*w.orders))
		}
		f.wantCount(-1, "SELECT count(*) FROM acme_t")
	})
}

// What goes wrong in a worker is told as if it went wrong here.
func TestWorkFails(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for _, c := range []struct {
			second pluginRevision
			check  func(error) bool
		}{
			{acmeSpy, func(err error) bool { return errors.As(err, new(*host.RefusedError)) }},
			{
				pluginRevision{up: []string{"INSERT INTO acme_t VALUES (2)", "INSERT INTO acme_nowhere VALUES (1)"}},
				func(err error) bool { return errors.As(err, new(*host.SQLError)) },
			},
		} {
			_, err := f.pluginRunner(host.Config{Worker: f.worker()}, f.acme(ownsAcme, acmeTable, c.second)).Upgrade(t.Context(), "heads")
			var failed *host.RunError
			if !errors.As(err, &failed) || failed.Failed.ID != acme2 || failed.Statement != 2 || failed.SQL == "" || !c.check(err) {
				t.Errorf("got %v, want statement 2 of %s to fail", err, acme2)
			} else if !strings.Contains(failed.State, "rolled back") || !strings.Contains(failed.Next, "vendor") {
				t.Errorf("state %q, next %q", failed.State, failed.Next)
			}
			f.wantCount(1, "SELECT count(*) FROM acme_t")
		}
	})
}

// A run waits for the lock that its worker found taken.
func TestWorkIsContended(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable)
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "main@head"); err != nil {
			t.Fatal(err)
		}
		var release func()
		w := f.worker()
		w.before = sync.OnceFunc(func() { release = f.takeLock() })
		waited := 0
		cfg := host.Config{Worker: w, LockWait: time.Minute, OnEvent: func(e host.Event) {
			if e.Kind == host.EventWaiting {
				waited++
				release()
			}
		}}
		if _, err := f.pluginRunner(cfg, plugin).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if waited != 1 || len(*w.orders) != 2 {
			t.Errorf("it told %d times that it waits, and sent %d orders", waited, len(*w.orders))
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}

// takeLock takes the runner's lock, until release is called.
func (f *fixture) takeLock() (release func()) {
	f.t.Helper()
	conn, err := f.open().Connect(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	tx, err := conn.Begin(f.t.Context(), host.Fence{})
	if err == nil {
		err = tx.Savepoint(f.t.Context(), host.SavepointSet, "held") // the lock may be asked for only now
	}
	if _, asked := conn.Ledger(f.t.Context()); err == nil {
		err = asked
	}
	if err != nil {
		f.t.Errorf("hold the lock: %v", err)
	}
	release = sync.OnceFunc(func() {
		if tx != nil {
			tx.Rollback()
		}
		conn.Close()
	})
	f.t.Cleanup(release)
	return release
}

// Two runs that send their workers to one database at once share the work.
func TestWorkersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		var revisions []pluginRevision
		for range 6 {
			revisions = append(revisions, acmeRow)
		}
		plugin := f.acme(ownsAcme, append([]pluginRevision{acmeTable}, revisions...)...)
		var group sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			r := f.pluginRunner(host.Config{Worker: f.worker()}, plugin)
			group.Go(func() { _, errs[i] = r.Upgrade(t.Context(), "heads") })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		f.wantCount(7, "SELECT count(*) FROM acme_t")
		f.wantCount(8, "SELECT count(*) FROM sandpiper_history")
	})
}

// Cancelling a run ends what its worker does.
func TestWorkIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		cfg := host.Config{Worker: f.worker(), OnEvent: func(e host.Event) {
			if e.Kind == host.EventStarted && e.Revision == acme2 {
				cancel()
			}
		}}
		slow := pluginRevision{up: []string{
			"INSERT INTO acme_t SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT i FROM n) AS s",
		}}
		_, err := f.pluginRunner(cfg, f.acme(ownsAcme, acmeTable, slow)).Upgrade(ctx, "heads")
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
		if _, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, acmeRow)).Upgrade(t.Context(), "heads"); err != nil {
			t.Errorf("the lock is not free: %v", err)
		}
	})
}

// An order is about a module that was planned with.
func TestWorkOrderOfAnotherModule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		w := f.worker()
		r := f.pluginRunner(host.Config{Worker: w}, f.acme(ownsAcme, acmeTable))
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		order := (*w.orders)[0]
		order.Plugin = f.acme(ownsAcme, acmeTable, acmeRow)
		if _, _, err := w.Work(t.Context(), order, func(host.Event) {}); err == nil || !strings.Contains(err.Error(), "not the file that was planned with") {
			t.Errorf("got %v", err)
		}
		order = (*w.orders)[0] // it is done
		if _, _, err := w.Work(t.Context(), order, func(host.Event) {}); !errors.Is(err, host.ErrMoved) {
			t.Errorf("got %v, want ErrMoved", err)
		}
	})
}

// A warm database counts how often it was told to make ready for plugins.
type warm struct {
	host.Database
	told *int
}

func (w warm) Warm() { *w.told++ }

// What judges statements is started for plugins that run, and for nothing else.
func TestWarm(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		told := 0
		plugin := f.acme(ownsAcme, acmeTable)
		f.pluginRunner(host.Config{}, plugin) // writes the file
		r := f.runnerOn(warm{f.open(), &told}, host.Config{Plugins: []host.Plugin{plugin}})
		upgrade := func(r *host.Runner, target string, want int) {
			t.Helper()
			if _, err := r.Upgrade(t.Context(), target); err != nil {
				t.Fatal(err)
			}
			if told != want {
				t.Errorf("told %d times, want %d", told, want)
			}
		}
		upgrade(r, "main@head", 0)
		elsewhere := f.runnerOn(warm{f.open(), &told}, host.Config{Plugins: []host.Plugin{plugin}, Worker: f.worker()})
		upgrade(elsewhere, "heads", 0)
		if _, err := r.Downgrade(t.Context(), "acme@base"); err != nil || told != 1 {
			t.Errorf("told %d times, want once; %v", told, err)
		}
		upgrade(r, "heads", 2)
		upgrade(r, "heads", 2) // there is nothing to do
	})
}
