package host_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A thrifty guest says how much it has used, and what it was told of that.
type thrifty struct {
	scripted
	told *[]host.GuestUsage
}

func (g thrifty) Load(context.Context, []byte, host.GuestLimits) (host.Guest, error) { return g, nil }

func (g thrifty) Run(ctx context.Context, run host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	*g.told = append(*g.told, run.Used)
	used := run.Used
	used.Fuel += 7
	used.Calls += 2
	return used, g.scripted(ctx, calls)
}

// What a migration has used holds over lock timeouts, between which chunks are
// committed, and that of the time too.
func TestLimitsHoldOverRetries(t *testing.T) {
	f := onPostgres(t)
	for _, endless := range []bool{false, true} {
		g := f.fresher().toFill(abi.Backfill{Table: "t", Batch: 1, MaxBatch: 1}, numbered(20)...)
		release := f.hold("UPDATE t SET x = -1 WHERE id = 13")
		db, err := postgres.Open(f.url, postgres.LockTimeout(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		var told []host.GuestUsage
		retried := 0
		cfg := host.Config{LockTimeoutRetries: 1000, OnEvent: func(e host.Event) {
			if e.Kind != host.EventRetrying {
				return
			}
			if retried++; retried == 2 && !endless {
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		}}
		if endless {
			cfg.TimeLimit = time.Second
		}
		r, err := host.NewRunner(f.files, db, thrifty{g.run, &told}, unhurried(cfg))
		if err != nil {
			t.Fatal(err)
		}
		waits, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		result, err := r.Upgrade(waits, "heads")
		if endless {
			var late *host.GuestError
			if !errors.As(err, &late) || late.Kind != host.GuestTimedOut {
				t.Errorf("got %v, want the time to be over", err)
			}
			if err := release(); err != nil {
				t.Error(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != 3 || told[2].Fuel != 14 || told[2].Calls != 4 || result.Applied[0].Fuel != 21 {
			t.Errorf("the guest was told %+v, and has used %d", told, result.Applied[0].Fuel)
		}
	}
}

// A plugin's limits hold over the orders that a worker is given for one migration: it
// is told what those before have used, and what they have is not taken back.
func TestLimitsHoldOverOrders(t *testing.T) {
	f := onPostgres(t)
	first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", 20)}
	f.upgradePlugin(ownsAcme, first)
	g := &filler{f: f, doc: abi.Backfill{Name: "fill", Table: "acme_t", Batch: 1, MaxBatch: 1}}
	g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
		_, err := calls.Exec(ctx, "UPDATE acme_t SET n = n + 1 WHERE id = $1", row[:1], false)
		return err
	}
	release := f.hold("UPDATE acme_t SET hidden = -1 WHERE id = 13")
	db, err := postgres.Open(f.url, postgres.LockTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var told []host.GuestUsage
	w := f.worker()
	w.db, w.box = db, thrifty{g.run, &told}
	retried := 0
	cfg := host.Config{Worker: forgetful{w}, LockTimeoutRetries: 1000, OnEvent: func(e host.Event) {
		if e.Kind != host.EventRetrying {
			return
		}
		if retried++; retried == 3 {
			if err := release(); err != nil {
				t.Error(err)
			}
		}
	}}
	result, err := f.pluginRunner(cfg, f.acme(ownsAcme, first, pluginRevision{up: []string{"SELECT 1"}})).Upgrade(t.Context(), "heads")
	if err != nil {
		t.Fatal(err)
	}
	f.wantCount(20, "SELECT count(*) FROM acme_t WHERE n = 1")
	want := []host.GuestUsage{{}, {Fuel: 7, Calls: 2}, {Fuel: 7, Calls: 2}, {Fuel: 14, Calls: 4}}
	if !slices.Equal(told, want) || result.Applied[0].Fuel != 21 {
		t.Errorf("the guest was told %+v, want %+v, and has used %d", told, want, result.Applied[0].Fuel)
	}
	if last := (*w.orders)[len(*w.orders)-1]; last.Spent < 3*100*time.Millisecond {
		t.Errorf("the last order says that %v are spent, after three lock timeouts of 100ms", last.Spent)
	}
}

// A forgetful worker says of its second order that nothing was used.
type forgetful struct{ inProcess }

func (w forgetful) Work(ctx context.Context, order host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	entry, state, err := w.inProcess.Work(ctx, order, events)
	if len(*w.orders) == 2 {
		state.Used = host.GuestUsage{}
	}
	return entry, state, err
}

// Calls that are answered from the record are not counted as sent again.
func TestStatementsOfAGuestThatIsLeft(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		reader := metric.NewManualReader()
		before := otel.GetMeterProvider()
		otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
		defer otel.SetMeterProvider(before)

		g := f.toFill(abi.Backfill{Table: "t", Batch: 2, MaxBatch: 2}, numbered(4)...)
		g.before = func(ctx context.Context, calls host.Calls) error {
			for range 10 {
				if _, err := calls.Exec(ctx, "UPDATE t SET x = x + 1", nil, false); err != nil {
					return err
				}
			}
			return nil
		}
		g.visit = func(context.Context, host.Calls, []abi.Value) error { return nil }
		g.leave = func(chunk int) bool { return g.runs == 1 && chunk == 1 }
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		var data metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &data); err != nil {
			t.Fatal(err)
		}
		name := "sandpiper.statements " + string(f.dialect) + " main@" + rev2 + " "
		if got := points(t, data)[name]; got != "12" || g.runs != 2 {
			t.Errorf("%s statements in %d runs, want 10 and the backfill's two beginnings", got, g.runs)
		}
	})
}
