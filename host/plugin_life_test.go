package host_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What a plugin owned goes, and its line is not applied; its module need not be
// there any more.
func TestPurge(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		gone := plugin
		gone.Module = nil
		r := f.pluginRunner(host.Config{}, gone)
		if owned, err := r.Owned(t.Context(), "acme"); err != nil || !slices.Contains(owned, host.Owned{Kind: "table", Name: "acme_t"}) {
			t.Errorf("it owns %v, %v", owned, err)
		}
		done, err := r.Purge(t.Context(), "acme", "not needed any more")
		if err != nil || !slices.Contains(done.Dropped, host.Owned{Kind: "table", Name: "acme_t"}) {
			t.Fatalf("purged %v, %v", done, err)
		}
		f.wantCount(-1, "SELECT count(*) FROM acme_t")
		f.wantCount(0, "SELECT count(*) FROM secret")
		ledger, err := r.Ledger(t.Context())
		if err != nil || len(ledger.Applied) != 1 || len(ledger.Heads["acme"]) > 0 {
			t.Errorf("the ledger is %+v, %v, want the line main alone", ledger, err)
		}
		history, err := r.History(t.Context(), 1)
		if err != nil || history[0].Action != host.ActionPurge || history[0].Key.String() != "acme" || history[0].Reason != "not needed any more" {
			t.Errorf("the newest entry is %+v, %v", history, err)
		}
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "heads"); err != nil {
			t.Errorf("the plugin cannot be had again: %v", err)
		}
		if _, err := r.Purge(t.Context(), "other", ""); err == nil || !strings.Contains(err.Error(), "no plugin other") {
			t.Errorf("a plugin that is not there: %v", err)
		}
	})
}

// After its downgrades a plugin has nothing left but what was made for it, which goes
// too; what they have left is kept, and named.
func TestVacate(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		leaves := acmeTable
		leaves.down = []string{"DELETE FROM acme_t"}
		plugin := f.acme(ownsAcme, leaves)
		r := f.pluginRunner(host.Config{}, plugin)
		if done, err := r.Vacate(t.Context(), "acme"); err != nil || len(done.Dropped)+len(done.Kept) > 0 {
			t.Errorf("before there was anything: %+v, %v", done, err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Downgrade(t.Context(), "acme@base"); err != nil {
			t.Fatal(err)
		}
		done, err := r.Vacate(t.Context(), "acme")
		if err != nil || len(done.Dropped) > 0 || len(done.Kept) != 1 || done.Kept[0].Name != "acme_t" || done.Kept[0].Reason == "" {
			t.Errorf("got %+v, %v, want the table to be kept", done, err)
		}
		f.wantCount(0, "SELECT count(*) FROM acme_t")
		f.exec("DROP TABLE acme_t")
		roles := 0
		if f.dialect == chain.PostgreSQL {
			roles = 1
		}
		done, err = r.Vacate(t.Context(), "acme")
		if err != nil || len(done.Dropped) != roles || len(done.Kept) > 0 {
			t.Errorf("got %+v, %v, want the role to be dropped, where there is one", done, err)
		}
	})
}

// What the operator has made of a plugin's tables is the operator's to take away:
// neither the vendor's, nor to be dropped along.
func TestPluginIsNeeded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable))
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.exec("CREATE VIEW report AS SELECT id FROM acme_t")
		_, err := r.Downgrade(t.Context(), "acme@base")
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(failed.Next, "drop or change ") || !strings.Contains(failed.Next, "report") {
			t.Errorf("got %v, next %+v; want it to name the view", err, failed)
		}
		var refused *host.SQLError
		if errors.As(err, &refused) && refused.Hint != "" {
			t.Errorf("the hint is %q", refused.Hint)
		}
		_, err = r.Purge(t.Context(), "acme", "")
		if way := host.InTheWay(err); !strings.Contains(way, "report") {
			t.Errorf("purge: %v, in the way is %q", err, way)
		}
		if refused = nil; errors.As(err, &refused) && refused.Hint != "" {
			t.Errorf("the hint of the purge is %q", refused.Hint)
		}
		f.exec("DROP VIEW report")
		if _, err := r.Downgrade(t.Context(), "acme@base"); err != nil {
			t.Error(err)
		}
	})
}

// A plan of a plugin alone is rehearsed behind its walls, whatever runs its steps; in
// one with others its steps are named.
func TestRehearseAPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		r := f.pluginRunner(host.Config{}, plugin)
		wantRehearsed(t, r, "CREATE TABLE secret (id INTEGER)", "-- plugin acme, revision "+acme1+" (step_1) NOT RUN", "-- plugin acme, revision "+acme2+" (step_2) NOT RUN")
		if _, err := r.Upgrade(t.Context(), "acme@"+acme1); err != nil {
			t.Fatal(err)
		}
		wantRehearsed(t, r, acmeRow.up...)
		f.wantCount(1, "SELECT count(*) FROM acme_t")

		wantRehearsed(t, f.pluginRunner(host.Config{Worker: inProcess{}}, plugin), acmeRow.up...)

		_, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, acmeSpy)).Rehearse(t.Context(), chain.Upgrade, "heads")
		if !errors.As(err, new(*host.RefusedError)) {
			t.Errorf("got %v, want a RefusedError", err)
		}
	})
}

func wantRehearsed(t *testing.T, r *host.Runner, want ...string) {
	t.Helper()
	rehearsal, err := r.Rehearse(t.Context(), chain.Upgrade, "heads")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range rehearsal.Statements {
		if s.NotRun != "" {
			s.SQL += " NOT RUN"
		}
		got = append(got, s.SQL)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rehearsed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Whenever the database goes away, a plugin's migration is as before or as after,
// and the next run goes on behind what is committed.
func TestAnomalyInAPlugin(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep {
			f := base.fresher()
			plugin := f.acme(ownsAcme, acmeTable, pluginRevision{up: []string{
				"INSERT INTO acme_t VALUES (2)", "autocommit begin", "INSERT INTO acme_t VALUES (3)", "autocommit end", "INSERT INTO acme_t VALUES (4)",
			}})
			left := n
			r := f.pluginRunner(host.Config{}, plugin)
			broken := f.runnerOn(brittle{f.open(), &left}, host.Config{Plugins: []host.Plugin{plugin}})
			_, err := broken.Upgrade(t.Context(), "heads")
			if err == nil {
				if n < 15 {
					t.Errorf("the upgrade made only %d calls: this test has lost its hooks", n)
				}
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("call %d: %v", n, err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatalf("after a failure at call %d: %v", n, err)
			}
			f.wantCount(4, "SELECT count(*) FROM acme_t")
			f.wantCount(4, "SELECT count(DISTINCT id) FROM acme_t")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
			f.wantCount(3, "SELECT count(*) FROM sandpiper_history")
		}
	})
}

// A rehearsal makes nothing in the database, not even what a plugin's walls need.
func TestRehearsalMakesNoWalls(t *testing.T) {
	f := &fixture{dialect: chain.PostgreSQL}
	fresh(t, f)
	r := f.pluginRunner(host.Config{}, f.acme(abi.Capabilities{Owns: []string{"acme_*"}}, acmeTable))
	if _, err := r.Upgrade(t.Context(), "main@head"); err != nil {
		t.Fatal(err)
	}
	wantRehearsed(t, r, "-- plugin acme, revision "+acme1+" (step_1) NOT RUN")
	f.wantCount(0, "SELECT count(*) FROM pg_namespace WHERE nspname = 'acme'")
	f.wantCount(0, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'sandpiper\\_acme\\_%' AND shobj_description(oid, 'pg_authid') LIKE '%' || current_database() || '%'")
}

// A reset takes what a plugin owns elsewhere, so that the plugin can begin anew.
func TestResetWithAPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := f.pluginRunner(host.Config{}, f.acme(abi.Capabilities{Owns: []string{"acme_*"}}, acmeTable, acmeRow))
		for range 2 {
			if result, err := r.Reset(t.Context()); err != nil || len(result.Applied) != 3 {
				t.Fatalf("applied %+v, %v", result.Applied, err)
			}
		}
	})
}

// A stepwise test runs plugins behind their walls too, and leaves no role.
func TestStepwiseWithAPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for _, allowed := range []abi.Capabilities{ownsAcme, {Owns: []string{"acme_*"}}} {
			fresh(t, f)
			report, err := f.pluginRunner(host.Config{}, f.acme(allowed, acmeTable, acmeRow)).Stepwise(t.Context(), host.StepwiseTest{})
			if err != nil || report.Tested != 3 || len(report.Findings) > 0 {
				t.Errorf("got %+v, %v", report, err)
			}
			fresh(t, f)
			report, err = f.pluginRunner(host.Config{}, f.acme(allowed, acmeTable, acmeSpy)).Stepwise(t.Context(), host.StepwiseTest{})
			if err != nil || len(report.Findings) != 1 || !errors.As(report.Findings[0].Err, new(*host.RefusedError)) {
				t.Errorf("of one that is refused: got %+v, %v", report, err)
			}
		}
	})
}
