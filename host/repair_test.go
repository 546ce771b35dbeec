package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestRepairDoesWhatWasShown(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (n INTEGER);")
		f.upgrade()
		f.put(rev1, "", "CREATE TABLE a (n INTEGER); -- edited")
		r := f.runner(host.Config{})
		shown, err := r.PlanRepair(t.Context(), host.RepairOptions{Reason: "a comment"})
		if err != nil || len(shown.Faults) != 1 || !shown.Mends() {
			t.Fatalf("the plan is %+v, %v, want one fault that is mended", shown, err)
		}

		// Another runner is faster.
		if _, err := r.Rehash(t.Context(), chain.Key{Line: chain.DefaultLine, ID: rev1}, "mine"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Repair(t.Context(), shown); err == nil || !strings.Contains(err.Error(), "nothing was repaired") {
			t.Errorf("a repair of what is not so any more: %v", err)
		}
		entries, err := r.History(t.Context(), 0)
		if err != nil || len(entries) != 2 || entries[0].Reason != "mine" {
			t.Errorf("the history is %+v, %v, want the upgrade and the other one's rehash", entries, err)
		}
		if again, err := r.PlanRepair(t.Context(), host.RepairOptions{}); err != nil || len(again.Faults) > 0 || again.Mends() {
			t.Errorf("another look finds %+v, %v, want nothing", again, err)
		}
	})
}

func TestRepairIsOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (n INTEGER);")
		f.write(rev2, "CREATE TABLE b (n INTEGER);")
		f.upgrade()
		f.put(rev1, "", "CREATE TABLE a (n INTEGER); -- edited")
		f.put(rev2, rev1, "CREATE TABLE b (n INTEGER); -- edited")
		// The second line that a repair writes is refused.
		refuse := `CREATE TRIGGER full BEFORE INSERT ON sandpiper_history WHEN NEW.revision = '` + rev2 + `' BEGIN SELECT RAISE(ABORT, 'full'); END`
		if f.dialect == chain.PostgreSQL {
			refuse = `ALTER TABLE sandpiper_history ADD CONSTRAINT full_up CHECK (action <> 'rehash' OR revision <> '` + rev2 + `')`
		}
		f.exec(refuse)
		r := f.runner(host.Config{})
		plan, err := r.PlanRepair(t.Context(), host.RepairOptions{Reason: "comments"})
		if err != nil || len(plan.Faults) != 2 {
			t.Fatalf("the plan is %+v, %v, want two faults", plan, err)
		}
		if _, err := r.Repair(t.Context(), plan); err == nil {
			t.Error("a ledger that refuses a line was repaired")
		}
		if entries, err := r.History(t.Context(), 0); err != nil || len(entries) != 2 {
			t.Errorf("the history has %d entries, %v, want the two upgrades alone", len(entries), err)
		}
	})
}

func TestRepairGivesUpAHalfDoneDowngrade(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;\n-- +autocommit begin\n-- +autocommit end\nDROP TABLE nowhere;")
		f.upgrade()
		r := f.runner(host.Config{})
		if _, err := r.Downgrade(t.Context(), "base"); err == nil {
			t.Fatal("the downgrade did not fail")
		}
		plan, err := r.PlanRepair(t.Context(), host.RepairOptions{Abandon: []string{rev1}, Reason: "put back by hand"})
		if err != nil || len(plan.Faults) != 1 || plan.Faults[0].Rule != chain.RulePending || !strings.Contains(plan.Faults[0].Mend, "counts as applied") {
			t.Fatalf("the plan is %+v, %v, want the half-done downgrade, which counts as applied", plan, err)
		}
		if _, err := r.Repair(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		ledger, err := r.Ledger(t.Context())
		if err != nil || len(ledger.Progress) > 0 || len(ledger.Applied) != 1 || ledger.Heads[chain.DefaultLine][0] != rev1 {
			t.Errorf("the ledger is %+v, %v, want %s applied and nothing half done", ledger, err, rev1)
		}
	})
}

func TestRepairRefusesChoices(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (n INTEGER);")
		f.upgrade()
		r := f.runner(host.Config{})
		for name, options := range map[string]host.RepairOptions{
			"no reason":           {Forget: []string{rev1}},
			"a reason of 2 lines": {Reason: "two\nlines"},
			"one that is there":   {Reason: "why", Forget: []string{rev1}},
			"nothing half done":   {Reason: "why", Abandon: []string{rev1}},
			"an empty word":       {Reason: "why", Forget: []string{""}},
			"a line and no id":    {Reason: "why", Forget: []string{"main@"}},
		} {
			if _, err := r.PlanRepair(t.Context(), options); !errors.As(err, new(*host.ChoiceError)) {
				t.Errorf("%s: %v, want a ChoiceError", name, err)
			}
		}
	})
}
