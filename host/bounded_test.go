package host_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What is remembered of a migration's calls until they are committed is bounded, whoever
// has written it, and the error says what to do instead.
func TestCallsBeforeACommit(t *testing.T) {
	defer host.SetMaxUnsaved(100)()
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE t (id INTEGER);\n")
		f.upgrade()
		f.write(rev2, "-- +upgrade\nSELECT 1;\n-- +downgrade\nSELECT 2;\n")
		inserts := func(calls host.Calls, n int) (err error) {
			for i := 0; i < n && err == nil; i++ {
				_, err = calls.Exec(t.Context(), "INSERT INTO t VALUES (1)", nil, false)
			}
			return err
		}
		upgrade := func(g scripted) (planned, err error) {
			r, err := host.NewRunner(f.files, f.open(), g, host.Config{})
			if err != nil {
				t.Fatal(err)
			}
			_, planned = r.Rehearse(t.Context(), chain.Upgrade, "heads")
			_, err = r.Upgrade(t.Context(), "heads")
			return planned, err
		}
		planned, err := upgrade(func(_ context.Context, calls host.Calls) error { return inserts(calls, 101) })
		for _, err := range []error{planned, err} {
			if err == nil || !strings.Contains(err.Error(), "a migration may make 100 calls before something commits: make the others in a transaction section") {
				t.Errorf("got %v, want it to be too much", err)
			}
		}
		f.wantCount(0, "SELECT count(*) FROM t")
		planned, err = upgrade(func(ctx context.Context, calls host.Calls) error {
			if err := inserts(calls, 90); err != nil {
				return err
			}
			if done, err := calls.SectionBegin(ctx, host.SectionTransaction, "many"); done || err != nil {
				return err
			}
			if err := inserts(calls, 200); err != nil {
				return err
			}
			if err := calls.SectionEnd(ctx); err != nil {
				return err
			}
			return inserts(calls, 90)
		})
		if planned != nil || err != nil {
			t.Errorf("planned: %v, run: %v", planned, err)
		}
		f.wantCount(380, "SELECT count(*) FROM t")
	})
}

// A rehearsal keeps no statements where only their effects are asked for, and of a
// plugin's no more than so many bytes: it says how many there were beyond.
func TestRehearsalIsBounded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "acme@"+acme1); err != nil {
			t.Fatal(err)
		}
		const calls, size = 200, host.MaxShown / 100
		long := abi.Text(strings.Repeat("x", size))
		guest := scripted(func(ctx context.Context, c host.Calls) error {
			for range calls {
				if _, err := c.Exec(ctx, "INSERT INTO acme_t SELECT 5 WHERE "+f.param(1)+" <> ''", []abi.Value{long}, false); err != nil {
					return err
				}
			}
			return nil
		})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{plugin}})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := r.Rehearse(t.Context(), chain.Upgrade, "acme@heads")
		if err != nil {
			t.Fatal(err)
		}
		last := shown.Statements[len(shown.Statements)-1]
		if n := len(shown.Statements); n != 100 || last.SQL != "-- 101 more statements: a plan shows 16 MiB of them" || last.NotRun == "" {
			t.Errorf("%d statements are shown, the last one %q", n, last.SQL)
		}
		effects, err := r.Effects(t.Context(), chain.Upgrade, "acme@heads", 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(effects.Statements) != 0 || effects.Effects[0].Tables[0].Inserted != calls {
			t.Errorf("%d statements are kept, effects %+v", len(effects.Statements), effects.Effects)
		}
	})
}
