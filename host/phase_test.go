package host_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// phased has a table before it, log, and writes a row into it in each phase. The
// first part of contract commits by itself.
const phased = `-- +upgrade
-- +phase expand
INSERT INTO log VALUES ('expand');
-- +phase backfill
INSERT INTO log VALUES ('backfill');
-- +phase contract
-- +autocommit begin
INSERT INTO log VALUES ('contract');
-- +autocommit end
INSERT INTO log VALUES ('end');
-- +downgrade
DELETE FROM log;
`

func (f *fixture) withPhases() {
	f.write(rev1, "-- +upgrade\nCREATE TABLE log (word TEXT PRIMARY KEY);\n-- +downgrade\nDROP TABLE log;\n")
	f.write(rev2, phased)
	f.write(rev3, "-- +upgrade\nINSERT INTO log VALUES ('after');\n-- +downgrade\nDELETE FROM log WHERE word = 'after';\n")
}

func (f *fixture) wantLog(want ...string) {
	f.t.Helper()
	got := f.rows("SELECT word FROM log")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.t.Errorf("the log has %q, want %q", got, want)
	}
}

// upTo makes a configuration that goes up to a phase and notes the phases that it is
// told of.
func upTo(phase abi.Phase, told *[]string) host.Config {
	return host.Config{Phase: &phase, OnEvent: func(e host.Event) {
		if e.Kind == host.EventPhase || e.Kind == host.EventPaused || e.Kind == host.EventApplied {
			*told = append(*told, fmt.Sprintf("%s %s %s", e.Revision[11:], e.Kind, e.Phase))
		}
	}}
}

// An operator goes phase by phase: up to expand before new programs start, on to
// backfill, and to the end when the old ones are gone.
func TestPhaseByPhase(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withPhases()
		for _, c := range []struct {
			phase   abi.Phase
			told    string
			next    string // "" where the run is not to pause
			log     []string
			current string
		}{
			{abi.PhaseExpand, "1 applied , 2 phase expand, 2 paused expand", "backfill", []string{"expand"}, "expand done, backfill next"},
			{abi.PhaseExpand, "2 paused expand", "backfill", []string{"expand"}, "expand done, backfill next"},
			{abi.PhaseBackfill, "2 phase backfill, 2 paused backfill", "contract", []string{"expand", "backfill"}, "expand done, backfill done, contract next"},
			{abi.PhaseContract, "2 phase contract, 2 applied , 3 applied ", "", []string{"expand", "backfill", "contract", "end", "after"}, ""},
			{abi.PhaseExpand, "", "", []string{"expand", "backfill", "contract", "end", "after"}, ""},
		} {
			var told []string
			r := f.runner(upTo(c.phase, &told))
			result, err := r.Upgrade(t.Context(), "heads")
			if err != nil {
				t.Fatalf("up to %s: %v", c.phase, err)
			}
			if got := strings.Join(told, ", "); got != c.told {
				t.Errorf("up to %s: told %q, want %q", c.phase, got, c.told)
			}
			switch p := result.Paused; {
			case c.next == "" && p != nil:
				t.Errorf("up to %s: paused at %+v", c.phase, p)
			case c.next != "" && (p == nil || p.Phase != c.phase || p.Next.String() != c.next || p.Revision.ID != rev2 || p.Behind != 1):
				t.Errorf("up to %s: paused at %+v, want %s before %s with one behind it", c.phase, p, rev2, c.next)
			}
			f.wantLog(c.log...)
			status, err := r.Current(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, p := range status.Pending {
				phases, _ := p.Phases()
				got += phases.String()
			}
			if got != c.current {
				t.Errorf("after %s it is at %q, want %q", c.phase, got, c.current)
			}
		}
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
		f.wantCount(3, "SELECT count(*) FROM sandpiper_history")
	})
}

// A plan tells what becomes of each phase, and leaves out what comes behind one that
// was not asked for.
func TestPlanOfPhases(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withPhases()
		plan := func(phase abi.Phase) string {
			p, err := f.runner(host.Config{Phase: &phase}).Plan(t.Context(), chain.Upgrade, "heads")
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, s := range p.Steps {
				words = append(words, fmt.Sprintf("%s %v", s.Revision.ID[11:], s.Phases))
			}
			for _, s := range p.Waiting {
				words = append(words, fmt.Sprintf("waits: %s %v", s.Revision.ID[11:], s.Phases))
			}
			return strings.Join(words, ", ")
		}
		check := func(phase abi.Phase, want string) {
			t.Helper()
			if got := plan(phase); got != want {
				t.Errorf("plan up to %s: got %s, want %s", phase, got, want)
			}
		}
		check(abi.PhaseContract, "1 [], 2 [{expand runs} {backfill runs} {contract runs}], 3 []")
		check(abi.PhaseExpand, "1 [], 2 [{expand runs} {backfill waits} {contract waits}], waits: 3 []")
		var told []string
		if _, err := f.runner(upTo(abi.PhaseBackfill, &told)).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		check(abi.PhaseExpand, "waits: 2 [{expand done} {backfill done} {contract waits}], waits: 3 []")
		check(abi.PhaseContract, "2 [{expand done} {backfill done} {contract runs}], 3 []")

		rehearsal, err := f.runner(host.Config{}).Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		var sent []string
		for _, s := range rehearsal.Statements {
			sent = append(sent, s.SQL)
		}
		if want := "INSERT INTO log VALUES ('contract'); INSERT INTO log VALUES ('end'); INSERT INTO log VALUES ('after')"; strings.Join(sent, "; ") != want {
			t.Errorf("rehearsed %q, want %s", sent, want)
		}
	})
}

// A rehearsal ends at the phase that was asked for, as the run does.
func TestRehearsalOfAPhase(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withPhases()
		expand := abi.PhaseExpand
		rehearsal, err := f.runner(host.Config{Phase: &expand}).Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rehearsal.Statements); n != 2 || rehearsal.Statements[1].SQL != "INSERT INTO log VALUES ('expand')" {
			t.Errorf("rehearsed %+v", rehearsal.Statements)
		}
		f.wantCount(-1, "SELECT count(*) FROM log")
	})
}

// What stands before the first phase is of expand. A migration that begins with a
// later phase waits whole, and nothing is recorded of it.
func TestPhasesThatAreLeftOut(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE log (word TEXT PRIMARY KEY);\n-- +phase contract\nINSERT INTO log VALUES ('contract');\n")
		f.write(rev2, "-- +phase contract\nINSERT INTO log VALUES ('later');\n")
		var told []string
		if _, err := f.runner(upTo(abi.PhaseBackfill, &told)).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantLog()
		if _, err := f.runner(upTo(abi.PhaseContract, &told)).Upgrade(t.Context(), "+1"); err != nil {
			t.Fatal(err)
		}
		f.wantLog("contract")
		result, err := f.runner(upTo(abi.PhaseExpand, &told)).Upgrade(t.Context(), "heads")
		if err != nil || result.Paused == nil || result.Paused.Next != abi.PhaseContract || result.Paused.Revision.ID != rev2 {
			t.Errorf("got %+v, %v", result.Paused, err)
		}
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
		f.upgrade()
		f.wantLog("contract", "later")
	})
}

// A phase that fails leaves those before it committed, and the next run goes on
// behind them, with the phase mended.
func TestAPhaseThatFails(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withPhases()
		broken := strings.Replace(phased, "VALUES ('backfill')", "VALUES ('backfill');\nINSERT INTO nowhere VALUES (1)", 1)
		f.put(rev2, rev1, broken)
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Statement != 3 || failed.Line != 9 || !strings.Contains(failed.State, "expand done, backfill next") {
			t.Fatalf("got %v, state %q", err, failed.State)
		}
		f.wantLog("expand")

		// What is committed cannot be another phase afterwards.
		f.put(rev2, rev1, strings.Replace(phased, "-- +phase backfill\n", "", 1))
		var changed *host.ChangedError
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); !errors.As(err, &changed) || !strings.Contains(err.Error(), `phase "backfill"`) {
			t.Errorf("got %v, want the phase to be missed", err)
		}

		f.put(rev2, rev1, phased)
		f.upgrade()
		f.wantLog("expand", "backfill", "contract", "end", "after")
	})
}

// The first phase has nothing to commit: where it fails, nothing is left.
func TestTheFirstPhaseThatFails(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +phase expand\nCREATE TABLE a (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n-- +phase backfill\nSELECT 1;\n")
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("it did not fail")
		}
		f.wantCount(-1, "SELECT count(*) FROM a")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// Whatever call the database goes away at, in whatever phase: the next runs go on,
// and each part of the migration happens once.
func TestAnomalyInPhases(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep {
			f := base.fresher()
			f.withPhases()
			left, broke := n, false
			for phase := range abi.PhaseContract + 1 {
				_, err := f.runnerOn(brittle{f.open(), &left}, host.Config{Phase: &phase}).Upgrade(t.Context(), "heads")
				if err == nil {
					continue
				}
				if broke = true; !errors.Is(err, errBroken) {
					t.Fatalf("call %d: %v", n, err)
				}
				if _, err := f.runner(host.Config{Phase: &phase}).Upgrade(t.Context(), "heads"); err != nil {
					t.Fatalf("after a failure at call %d: %v", n, err)
				}
				left = 1000
			}
			f.wantLog("expand", "backfill", "contract", "end", "after")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
			if !broke {
				break
			}
		}
	})
}

// Runners that start at once with different phases agree: those that go to the end
// take the others with them.
func TestRunnersInPhases(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withPhases()
		var group sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			phase := abi.Phase(i % 3)
			r := f.runner(host.Config{Phase: &phase})
			group.Go(func() { _, errs[i] = r.Upgrade(t.Context(), "heads") })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		f.wantLog("expand", "backfill", "contract", "end", "after")
		f.wantHeads(rev3)
	})
}

// A plugin's phases pause the run as others do, in a worker as well.
func TestPhasesOfAPlugin(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, inWorker := range []bool{false, true} {
			f := *base
			fresh(t, &f)
			two := pluginRevision{up: []string{
				"phase expand", "INSERT INTO acme_t VALUES (2)", "phase backfill", "INSERT INTO acme_t VALUES (3)", "phase contract", "INSERT INTO acme_t VALUES (4)",
			}}
			plugin := f.acme(ownsAcme, acmeTable, two, pluginRevision{up: []string{"INSERT INTO acme_t VALUES (5)"}})
			for i, want := range []int64{2, 3, 5} {
				var told []string
				cfg := upTo(abi.Phase(i), &told)
				if inWorker {
					cfg.Worker = f.worker()
				}
				result, err := f.pluginRunner(cfg, plugin).Upgrade(t.Context(), "heads")
				if err != nil {
					t.Fatal(err)
				}
				f.wantCount(want, "SELECT count(*) FROM acme_t")
				if p := result.Paused; i < 2 && (p == nil || p.Revision.ID != acme2 || p.Next != abi.Phase(i+1) || p.Behind != 1) || i == 2 && p != nil {
					t.Errorf("in a worker %t, up to %s: paused at %+v", inWorker, abi.Phase(i), p)
				}
				if phase := fmt.Sprintf("2 phase %s", abi.Phase(i)); !slices.Contains(told, phase) {
					t.Errorf("in a worker %t: told %q, want %q", inWorker, told, phase)
				}
			}
		}
	})
}

// asked is a sandbox with a guest that makes calls, and returns the errors of the
// phases among them.
type asked struct {
	calls func(context.Context, host.Calls) error
	err   *error
}

func (a asked) Load(context.Context, []byte, host.GuestLimits) (host.Guest, error) { return a, nil }

func (asked) Close() error { return nil }

func (a asked) Run(ctx context.Context, _ host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	*a.err = a.calls(ctx, calls)
	return host.GuestUsage{}, nil
}

// Where a phase cannot begin the guest is told so, and nothing is committed.
func TestPhasesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nSELECT 1;\n-- +downgrade\n")
		for _, c := range []struct {
			want  string
			calls func(context.Context, host.Calls) error
		}{
			{"phase expand begins after phase contract", func(ctx context.Context, c host.Calls) error {
				return errors.Join(c.Phase(ctx, abi.PhaseContract), c.Phase(ctx, abi.PhaseExpand))
			}},
			{"each comes once", func(ctx context.Context, c host.Calls) error {
				return errors.Join(c.Phase(ctx, abi.PhaseBackfill), c.Phase(ctx, abi.PhaseBackfill))
			}},
			{"is no phase", func(ctx context.Context, c host.Calls) error { return c.Phase(ctx, 3) }},
			{"is no phase", func(ctx context.Context, c host.Calls) error { return c.Phase(ctx, -1) }},
			{`inside section "s"`, func(ctx context.Context, c host.Calls) error {
				_, err := c.SectionBegin(ctx, host.SectionTransaction, "s")
				return errors.Join(err, c.Phase(ctx, abi.PhaseExpand), c.SectionEnd(ctx))
			}},
			{`savepoint "p" is set`, func(ctx context.Context, c host.Calls) error {
				return errors.Join(c.Savepoint(ctx, host.SavepointSet, "p"), c.Phase(ctx, abi.PhaseExpand))
			}},
			{"a query before phase contract", func(ctx context.Context, c host.Calls) error {
				_, err := c.Query(ctx, "SELECT 1", nil)
				return errors.Join(err, c.Phase(ctx, abi.PhaseContract))
			}},
		} {
			var refused error
			r, err := host.NewRunner(f.files, f.open(), asked{c.calls, &refused}, host.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			if refused == nil || !strings.Contains(refused.Error(), c.want) {
				t.Errorf("got %v, want %q", refused, c.want)
			}
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")

			var down error
			phase := func(ctx context.Context, c host.Calls) error { return c.Phase(ctx, abi.PhaseExpand) }
			if r, err = host.NewRunner(f.files, f.open(), asked{phase, &down}, host.Config{}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Downgrade(t.Context(), "base"); err != nil || down == nil || !strings.Contains(down.Error(), "phases are an upgrade's") {
				t.Errorf("downgrade: %v; the guest got %v", err, down)
			}
		}
	})
}
