package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// progress looks from another connection, as another program would.
func (f *fixture) progress() *host.Progress {
	f.t.Helper()
	p, err := f.runner(host.Config{LockWait: time.Minute}).Progress(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// What is under way can be seen from elsewhere, in the middle of a chunk, and what
// was interrupted can be seen afterwards.
func TestProgress(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Columns: []string{"x"}, Batch: 10, MaxBatch: 10}, numbered(100)...)
		if p := f.progress(); len(p.Migrations) != 0 || p.Now.IsZero() {
			t.Errorf("of a database where nothing is under way: %+v", p)
		}
		stopped := errors.New("stopped")
		var under *host.Progress
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			switch row[0].Int {
			case 35:
				under = f.progress()
			case 57:
				return stopped
			}
			return g.note(ctx, calls, row)
		}
		if err := g.upgrade(host.Config{}); err == nil {
			t.Fatal("the upgrade did not stop")
		}
		check := func(p *host.Progress, done int64) *host.MigrationProgress {
			t.Helper()
			if p == nil || len(p.Migrations) != 1 || len(p.Migrations[0].Backfills) != 1 {
				t.Fatalf("under way is %+v", p)
			}
			m := &p.Migrations[0]
			b := m.Backfills[0]
			if m.Key != (chain.Key{Line: "main", ID: rev2}) || m.Slug != "m" || m.Direction != chain.Upgrade || m.Began.IsZero() || m.Updated != b.Updated {
				t.Errorf("the migration is %+v", m)
			}
			if b.Name != "fill" || b.Complete || b.Done != done || b.Total != 100 || b.Chunks != done/10 || len(b.Last) != 1 || b.Last[0].Int != done || b.Columns[0] != "id" {
				t.Errorf("the backfill is %+v", b)
			}
			if age := p.Now.Sub(b.Updated); age < 0 || age > time.Minute {
				t.Errorf("its checkpoint is %s old", age)
			}
			return m
		}
		m := check(under, 30)
		held, free := host.LockHeld, host.LockFree
		if f.dialect == chain.SQLite {
			held, free = host.LockUnknown, host.LockUnknown
		}
		under.Now = m.Updated.Add(5 * time.Second) // however long it took to look
		if state, _ := under.State(m); under.Lock != held || state != host.StateRunning {
			t.Errorf("under way the lock is %q, and it is %s", under.Lock, state)
		}

		p := f.progress()
		m = check(p, 50)
		if p.Lock != free {
			t.Errorf("afterwards the lock is %q", p.Lock)
		}
		for _, later := range []time.Duration{0, 42 * time.Second} {
			p.Now = m.Updated.Add(later)
			if state, silent := p.State(m); state != host.StateInterrupted || silent != later {
				t.Errorf("%s later it is %s, for %s", later, state, silent)
			}
		}

		under = nil
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if under == nil {
				under = f.progress()
			}
			return g.note(ctx, calls, row)
		}
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		if state, _ := under.State(check(under, 50)); state != host.StateRunning {
			t.Errorf("once it goes on it is %s", state)
		}
		if p := f.progress(); len(p.Migrations) != 0 {
			t.Errorf("when all is done: %+v", p)
		}
	})
}

// A run whose connection is lost cannot say that it ends, and a look does not know.
func TestProgressOfALostConnection(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 2, MaxBatch: 2}, numbered(10)...)
		left := 1000
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if row[0].Int == 5 {
				left = 0
			}
			return g.note(ctx, calls, row)
		}
		if _, err := g.runnerOn(brittle{f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads"); !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		p := f.progress()
		m := &p.Migrations[0]
		p.Now = m.Updated.Add(42 * time.Second)
		if state, silent := p.State(m); state != host.StateSilent || silent != 42*time.Second || m.Backfills[0].Done != 4 {
			t.Errorf("42 s later it is %s, for %s, with %+v", state, silent, m.Backfills)
		}
	})
}
