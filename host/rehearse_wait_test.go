package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// rehearsals are the two ways to rehearse what leads to a target.
var rehearsals = map[string]func(r *host.Runner, ctx context.Context, target string) (host.Rehearsal, error){
	"statements": func(r *host.Runner, ctx context.Context, target string) (host.Rehearsal, error) {
		return r.Rehearse(ctx, chain.Upgrade, target)
	},
	"effects": func(r *host.Runner, ctx context.Context, target string) (host.Rehearsal, error) {
		return r.Effects(ctx, chain.Upgrade, target, 0)
	},
}

// A rehearsal that has waited for another runner's chunk is one of what that runner has
// left, and not of what there was before.
func TestRehearsalWaits(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for name, rehearse := range rehearsals {
			working := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(10)...)
			inChunk, given := make(chan struct{}), make(chan struct{})
			working.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
				if row[0].Int == 5 {
					close(inChunk)
					<-given
				}
				return working.note(ctx, calls, row)
			}
			ctx, stop := context.WithCancel(t.Context())
			var group sync.WaitGroup
			group.Go(func() {
				_, err := working.runnerOn(base.open(), host.Config{OnEvent: func(e host.Event) {
					if e.Kind == host.EventChunk && e.Done == 8 {
						stop()
					}
				}}).Upgrade(ctx, "heads")
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: the runner got %v, want it to be stopped", name, err)
				}
			})
			<-inChunk
			watching := &filler{f: base, doc: working.doc}
			_, err := rehearse(watching.runnerOn(base.open(), host.Config{LockWait: time.Millisecond}), t.Context(), "heads")
			if !errors.Is(err, host.ErrLocked) || !strings.Contains(err.Error(), "waited 1ms: another runner") {
				t.Errorf("%s: got %v, want that it gave up waiting", name, err)
			}
			waits := 0
			got, err := rehearse(watching.runnerOn(base.open(), host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventWaiting {
					if waits++; waits == 1 {
						close(given)
					}
				}
			}}), t.Context(), "heads")
			group.Wait()
			stop()
			if err != nil || waits != 1 {
				t.Errorf("%s: %v after waiting %d times", name, err, waits)
				continue
			}
			updates := 0
			for _, s := range got.Statements {
				if strings.HasPrefix(s.SQL, "UPDATE t") {
					updates++
				}
			}
			if name == "statements" && updates != 2 {
				t.Errorf("%s: %d rows of the first chunk are updated, want the 2 that are left", name, updates)
			}
			if lines := told(got.Effects); name == "effects" && !slices.Equal(lines, []string{"0: t +0 ~2 -0", "0: visits +2 ~0 -0"}) {
				t.Errorf("the effects are %v, want those of the 2 rows that are left", lines)
			}
			base.wantCount(8, "SELECT count(*) FROM t WHERE done = 1")
		}
	})
}

// That of a plugin waits as well.
func TestRehearsalOfAPluginWaits(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable, pluginRevision{up: []string{"INSERT INTO acme_t VALUES (2)"}})
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "acme@"+acme1); err != nil {
			t.Fatal(err)
		}
		for name, rehearse := range rehearsals {
			ctx, release := context.WithCancel(t.Context())
			cfg := host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventWaiting {
					release()
				}
			}}
			held, let := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(let)
				f.begin(func(tx host.Tx) {
					if err := queryIn(tx, "SELECT 1", func([]abi.Value) {}); err != nil {
						t.Error(err)
					}
					close(held)
					<-ctx.Done()
				})
			}()
			<-held
			if _, err := rehearse(f.pluginRunner(host.Config{LockWait: time.Millisecond}, plugin), t.Context(), "acme@heads"); !errors.Is(err, host.ErrLocked) {
				t.Errorf("%s: got %v, want that it gave up waiting", name, err)
			}
			got, err := rehearse(f.pluginRunner(cfg, plugin), t.Context(), "acme@heads")
			if err != nil || name == "statements" && (len(got.Statements) != 1 || got.Statements[0].NotRun != "") {
				t.Errorf("%s: %v, %+v", name, err, got.Statements)
			}
			if lines := told(got.Effects); name == "effects" && !slices.Equal(lines, []string{"0: acme_t +1 ~0 -0"}) {
				t.Errorf("the effects are %v", lines)
			}
			<-let
			release()
		}
	})
}
