package host_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// addSlug is what an author of SQL writes: each row is worked on once, which adding
// to a column shows.
const addSlug = `-- +upgrade
-- +phase expand
ALTER TABLE run ADD COLUMN slug TEXT;
ALTER TABLE run ADD COLUMN times INTEGER NOT NULL DEFAULT 0;
-- +phase backfill
-- +backfill table=run batch=100 max_batch=100 where='id > 0'
UPDATE run AS r
SET slug = 'run-' || r.name, times = times + 1
WHERE ${chunk r};
-- +backfill end
-- +phase contract
ALTER TABLE run DROP COLUMN name;
-- +downgrade
ALTER TABLE run ADD COLUMN name TEXT;
-- +backfill table=run
UPDATE run SET name = substr(slug, 5) WHERE ${chunk};
-- +backfill end
ALTER TABLE run DROP COLUMN slug;
ALTER TABLE run DROP COLUMN times;
`

// addSlugYAML is the same in YAML.
const addSlugYAML = `upgrade:
  - phase: expand
  - add_column: {table: run, column: {name: slug, type: text}}
  - add_column: {table: run, column: {name: times, type: integer, not_null: true, default: 0}}
  - phase: backfill
  - backfill:
      table: run
      key: id
      batch: 100
      max_batch: 100
      where: id > 0
      no_reverse: true
      statement: |
        UPDATE run AS r
        SET slug = 'run-' || r.name, times = times + 1
        WHERE ${chunk r}
  - phase: contract
  - drop_column: {table: run, name: name, was: {type: text}}
`

const (
	runRows  = 950
	wrongRun = "SELECT count(*) FROM run WHERE id > 0 AND (slug IS NULL OR slug <> 'run-' || id OR times <> 1)"
)

// withRuns gives the fixture a table of rows, and a revision that adds slugs.
func (f *fixture) withRuns(yaml bool) {
	f.t.Helper()
	f.write(rev1, fmt.Sprintf(`-- +upgrade
CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO run WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, CAST(i AS TEXT) FROM n;
-- +downgrade
DROP TABLE run;
`, runRows))
	if !yaml {
		f.write(rev2, addSlug)
		return
	}
	name := strings.TrimSuffix(f.path(rev2), ".sql") + ".yaml"
	f.files[name] = &fstest.MapFile{Data: []byte(fmt.Sprintf("revision: %q\nrevises: %q\n%s", rev2, rev1, addSlugYAML))}
}

// A backfill in a file runs chunk by chunk, between the phases around it.
func TestBackfillInAFile(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, yaml := range []bool{false, true} {
			f := *base
			fresh(t, &f)
			f.withRuns(yaml)
			chunks, rows := 0, int64(0)
			phase := abi.PhaseExpand
			r := f.runner(host.Config{Phase: &phase, OnEvent: func(e host.Event) {
				if e.Kind == host.EventChunk {
					chunks, rows = chunks+1, e.Done
				}
			}})
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			f.wantCount(runRows, wrongRun)
			phase = abi.PhaseBackfill
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			if chunks < runRows/100 || rows != runRows {
				t.Errorf("%d chunks of %d rows", chunks, rows)
			}
			f.wantCount(0, wrongRun)
			f.wantCount(1, "SELECT count(*) FROM run WHERE slug IS NULL")
			f.wantCount(runRows+1, "SELECT count(name) FROM run")
			f.upgrade()
			f.wantCount(-1, "SELECT count(name) FROM run")
			if yaml {
				continue
			}
			if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
				t.Fatal(err)
			}
			f.wantCount(runRows, "SELECT count(*) FROM run WHERE name = CAST(id AS TEXT)")
		}
	})
}

// A statement that fails is told with its file and line; the chunks before it stay,
// and a mended statement goes on behind them where the operator accepts that.
func TestBackfillInAFileThatFails(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withRuns(false)
		broken := strings.Replace(addSlug, "times = times + 1", "times = times + CASE WHEN r.id = 555 THEN NULL ELSE 1 END", 1)
		f.put(rev2, rev1, broken)
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Line != 10 || failed.Source != f.path(rev2) || failed.Statement != 3 {
			t.Fatalf("got %+v", failed)
		}
		if !strings.Contains(failed.State, "backfill under way") {
			t.Errorf("state %q", failed.State)
		}
		f.wantCount(runRows-500, wrongRun)
		f.put(rev2, rev1, addSlug)
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); !errors.As(err, new(*host.CheckpointError)) {
			t.Errorf("got %v, want a CheckpointError", err)
		}
		if _, err := f.runner(host.Config{Checkpoint: host.CheckpointAccept}).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, wrongRun)
	})
}

// Whatever call the database goes away at, each row is worked on once.
func TestAnomalyInABackfillOfAFile(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += 2 + cutStep {
			f := base.fresher()
			f.withRuns(n%2 == 0)
			left := n
			_, err := f.runnerOn(brittle{f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads")
			if err != nil {
				if !errors.Is(err, errBroken) {
					t.Fatalf("call %d: %v", n, err)
				}
				f.upgrade()
			}
			f.wantCount(0, wrongRun)
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
			if err == nil {
				break
			}
		}
	})
}

// What a plan without a database prints is one statement for all rows.
func TestBackfillOffline(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withRuns(false)
		offline, err := f.runner(host.Config{}).Offline(rev1, rev2)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(offline.Statements); n != 4 {
			t.Fatalf("%d statements", n)
		}
		s := offline.Statements[2]
		if want := "UPDATE run AS r\nSET slug = 'run-' || r.name, times = times + 1\nWHERE (id > 0)"; s.SQL != want || s.Backfill != "run" || !s.Autocommit {
			t.Errorf("got %+v, want %q", s, want)
		}
	})
}

// A plan says that a backfill commits, and a rehearsal does it and takes it back.
func TestRehearsalOfABackfill(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withRuns(false)
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), rev1); err != nil {
			t.Fatal(err)
		}
		plan, err := r.Plan(t.Context(), chain.Upgrade, "heads")
		if err != nil || len(plan.Steps[0].Commits) != 1 || !strings.Contains(plan.Steps[0].Commits[0], "backfill run") {
			t.Errorf("the plan is %+v, %v", plan, err)
		}
		if _, err := r.Rehearse(t.Context(), chain.Upgrade, "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(-1, "SELECT count(slug) FROM run")
	})
}
