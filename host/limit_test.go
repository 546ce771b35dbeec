package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// endless is a statement that ends when it is cancelled.
const endless = "INSERT INTO %t SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT i FROM n) AS s"

func endlessInto(table string) string { return strings.ReplaceAll(endless, "%t", table) }

// outOfTime upgrades until the time of a migration is up.
func (f *fixture) outOfTime(r *host.Runner) *host.RunError {
	f.t.Helper()
	waits, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	_, err := r.Upgrade(waits, "heads")
	var failed *host.RunError
	var guest *host.GuestError
	if !errors.As(err, &failed) || !errors.As(err, &guest) || guest.Kind != host.GuestTimedOut {
		f.t.Fatalf("got %v, want a migration that ran out of time", err)
	}
	if waits.Err() != nil || !strings.Contains(err.Error(), "it ran for longer than 1s") {
		f.t.Errorf("got %v, want it to have ended after the limit", err)
	}
	if !strings.Contains(failed.Next, "--time-limit") || !strings.Contains(failed.Next, "time_limit") {
		f.t.Errorf("next: %q", failed.Next)
	}
	return failed
}

// The limit holds for what a migration puts off too: the statements of a SQL file
// are sent when it commits.
func TestTimeLimit(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE t (n BIGINT);\n-- +downgrade\nDROP TABLE t;\n")
		f.upgrade()
		long := endlessInto("t")
		if f.dialect == chain.PostgreSQL {
			long = "SELECT pg_sleep(600)"
		}
		f.write(rev2, "-- +upgrade\nINSERT INTO t VALUES (1);\n"+long+";\n-- +downgrade\nDELETE FROM t;\n")
		failed := f.outOfTime(f.runner(host.Config{TimeLimit: time.Second}))
		if !strings.Contains(failed.State, "at "+rev1+", as before this migration") {
			t.Errorf("state: %q", failed.State)
		}
		f.wantCount(0, "SELECT count(*) FROM t")
	})
}

// A constraint trigger runs when the transaction commits. SQLite has nothing that does.
func TestTimeLimitOfACommit(t *testing.T) {
	f := onPostgres(t)
	f.write(rev1, `-- +upgrade
CREATE TABLE t (n BIGINT);
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
-- +downgrade
DROP TABLE t;
DROP FUNCTION late;
`)
	f.upgrade()
	f.write(rev2, "-- +upgrade\nINSERT INTO t VALUES (1);\n-- +downgrade\nDELETE FROM t;\n")
	f.outOfTime(f.runner(host.Config{TimeLimit: time.Second}))
	f.wantCount(0, "SELECT count(*) FROM t")
}

// The limit of a run holds for a plugin whose grants would give it longer.
func TestTimeLimitOfAPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.upgradePlugin(ownsAcme, acmeTable)
		f.outOfTime(f.pluginRunner(host.Config{TimeLimit: time.Second}, f.acme(ownsAcme, acmeTable, pluginRevision{up: []string{endlessInto("acme_t")}})))
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}
