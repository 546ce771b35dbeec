package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A guest that changes the keys that it is visited by is found out.
func TestBackfillChangesItsKey(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for name, c := range map[string]struct {
			sql   string
			where string
			moves bool
		}{
			"away":          {"UPDATE t SET done = 1, id = id + 1000 WHERE id = 6", "", true},
			"with a where":  {`UPDATE "t" SET ("done", "id") = (1, id + 1000) WHERE id = 6`, "done = 0", true},
			"back":          {"UPDATE t SET id = -id WHERE id = 6", "", true},
			"nowhere":       {"UPDATE t SET id = id, done = done WHERE id = 6", "done = 0", false},
			"of another":    {"UPDATE other SET id = id + 1", "", false},
			"the row is no": {"DELETE FROM t WHERE id = 6", "", false},
		} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Where: c.where, Batch: 4, MaxBatch: 4},
				append(numbered(15), "CREATE TABLE other (id INTEGER)", "INSERT INTO other VALUES (1)")...)
			g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
				if row[0].Int == 6 {
					if _, err := calls.Exec(ctx, c.sql, nil, true); err != nil {
						return err
					}
					_, err := calls.Exec(ctx, "INSERT INTO visits VALUES ('6')", nil, false)
					return err
				}
				return g.note(ctx, calls, row)
			}
			err := g.upgrade(host.Config{})
			if !c.moves {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				base.wantCount(15, "SELECT count(*) FROM visits")
				continue
			}
			if err == nil || !strings.Contains(err.Error(), "changes the keys of the rows that it visits, or deletes rows beside a statement that sets a column of the key: of 4 rows of the chunk 1 are no longer at their place in the order of (id)") {
				t.Errorf("%s: got %v, want the change of the key to be refused", name, err)
			}
			var failed *host.RunError
			if !errors.As(err, &failed) || !strings.Contains(failed.State, "standing at 4 of 15 rows") {
				t.Errorf("%s: the state is %+v", name, failed)
			}
			base.wantCount(4, "SELECT count(*) FROM visits")
			base.wantCount(0, "SELECT count(*) FROM t WHERE id > 15 OR id < 0")
			g.visit = nil
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(15)
		}
	})
}

// A trigger, or a foreign key, that changes the keys is found out, and rows that are
// deleted are none of its.
func TestBackfillKeysMovedByOthers(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		moving := map[chain.Dialect][]string{
			chain.SQLite: {"CREATE TRIGGER mover AFTER UPDATE OF done ON t BEGIN UPDATE t SET id = id + 1001 WHERE id = new.id; END"},
			chain.PostgreSQL: {"CREATE FUNCTION mover() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.id = new.id + 1001; RETURN new; END'",
				"CREATE TRIGGER mover BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION mover()"},
		}[base.dialect]
		harmless := map[chain.Dialect][]string{
			chain.SQLite: {"CREATE TRIGGER harmless AFTER UPDATE OF done ON t BEGIN UPDATE t SET x = 1 WHERE id = new.id; END"},
			chain.PostgreSQL: {"CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.x = 1; RETURN new; END'",
				"CREATE TRIGGER harmless BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION harmless()"},
		}[base.dialect]
		child := []string{
			"CREATE TABLE p (id INTEGER PRIMARY KEY)", "INSERT INTO p SELECT id FROM t", "ALTER TABLE t RENAME TO s",
			"CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES p (id) ON UPDATE CASCADE, x INTEGER, done INTEGER)", "INSERT INTO t SELECT id, x, done FROM s",
		}
		rowless := slices.Clip([]string{"ALTER TABLE t RENAME TO s",
			"CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, done INTEGER) WITHOUT ROWID", "INSERT INTO t SELECT id, x, done FROM s"})
		stored := []string{"ALTER TABLE t RENAME TO s",
			"CREATE TABLE t (id INTEGER NOT NULL GENERATED ALWAYS AS (n + 1001 * done) STORED UNIQUE, n INTEGER, x INTEGER, done INTEGER)",
			"INSERT INTO t (n, x, done) SELECT id, x, done FROM s"}
		virtual := []string{"ALTER TABLE t RENAME COLUMN id TO n", "ALTER TABLE t ADD COLUMN id INTEGER NOT NULL AS (n + 1001 * done) VIRTUAL", "CREATE UNIQUE INDEX t_id ON t (id)"}
		for name, c := range map[string]struct {
			made      []string
			statement string
			moves     bool
		}{
			"a generated column":          {stored, "UPDATE t SET done = 1 WHERE ${chunk}", true},
			"beside a generated column":   {stored, "UPDATE t SET x = 1 WHERE ${chunk}", false},
			"deleted by one":              {stored, "DELETE FROM t WHERE ${chunk}", false},
			"a virtual column":            {virtual, "UPDATE t SET done = 1 WHERE ${chunk}", true},
			"beside a virtual column":     {virtual, "UPDATE t SET x = 1 WHERE ${chunk}", false},
			"deleted by a virtual column": {virtual, "DELETE FROM t WHERE ${chunk}", false},

			"a trigger":        {moving, "UPDATE t SET done = 1 WHERE ${chunk}", true},
			"a foreign key":    {child, "UPDATE p SET id = id + 1001 WHERE ${chunk}", true},
			"another trigger":  {harmless, "UPDATE t SET done = 1 WHERE ${chunk}", false},
			"rows are deleted": {harmless, "DELETE FROM t WHERE ${chunk}", false},

			"a trigger without rowids":     {append(rowless, moving...), "UPDATE t SET done = 1 WHERE ${chunk}", true},
			"rows are deleted without one": {append(rowless, harmless...), "DELETE FROM t WHERE ${chunk}", false},
			"a trigger behind REPLACE": {append(rowless, "CREATE TRIGGER mover AFTER INSERT ON t BEGIN UPDATE t SET id = id + 1001 WHERE id = new.id; END"),
				"INSERT OR REPLACE INTO t SELECT id, x, 1 FROM t WHERE ${chunk}", true},
			"rows are replaced without one": {append(rowless, harmless...), "INSERT OR REPLACE INTO t SELECT id, x, 1 FROM t WHERE ${chunk}", false},
		} {
			if name == "a foreign key" && base.dialect == chain.SQLite {
				continue // its foreign keys do nothing during a migration
			}
			if base.dialect == chain.PostgreSQL && (strings.Contains(name, "without") || strings.Contains(name, "REPLACE") || strings.Contains(name, "virtual")) {
				continue // it has no rowids, and keys of virtual columns not either
			}
			g := base.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(15), c.made...)...)
			g.doc.Statement, g.doc.Key = c.statement, []string{"id"}
			r, err := host.NewRunner(g.f.files, g.f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
				_, err := calls.BackfillRun(ctx, &g.doc)
				return err
			}), unhurried(host.Config{}))
			if err != nil {
				t.Fatal(err)
			}
			_, rehearsed := r.Rehearse(t.Context(), chain.Upgrade, "heads")
			_, observed := r.Effects(t.Context(), chain.Upgrade, "heads", 1)
			for _, err := range []error{rehearsed, observed} {
				if told := err != nil && strings.Contains(err.Error(), "of 4 rows of the chunk 4 are no longer at their place in the order of (id)"); told != c.moves || !told && err != nil {
					t.Errorf("%s: the rehearsal got %v", name, err)
				}
			}
			_, err = r.Upgrade(t.Context(), "heads")
			if c.moves && (err == nil || !strings.Contains(err.Error(), "of 4 rows of the chunk 4 are no longer at their place in the order of (id)")) {
				t.Errorf("%s: got %v, want it to be found out", name, err)
			}
			if !c.moves && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// onWrite are triggers of a table that run some PL/pgSQL before each row that is
// written to it.
func onWrite(table, body string) []string {
	return []string{
		"CREATE FUNCTION on_write() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN " + body + " RETURN new; END'",
		"CREATE TRIGGER on_write BEFORE UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION on_write()",
	}
}

// Rows that others delete while a chunk waits for them have not been moved by a trigger,
// whatever others write elsewhere.
func TestBackfillRowsDeletedByOthers(t *testing.T) {
	f := onPostgres(t)
	for _, statement := range []string{"", "UPDATE t SET done = 1 WHERE ${chunk}"} {
		g := f.fresher().toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4, Statement: statement}, append(numbered(8), onWrite("t", "")...)...)
		other := f.holder("DELETE FROM t WHERE id = 3")
		visited, err := g.upgradeBeside(host.Config{}, func(done <-chan struct{}) {
			other.awaited(done)
			f.commit("INSERT INTO t (id, x) VALUES (100, 0)")
			f.wantNoError(other.release())
		})
		if err != nil || visited != 7 {
			t.Errorf("%q: %d rows visited, %v", statement, visited, err)
		}
	}
}

// Rows that a chunk does not lock may be deleted in the midst of it: that is no move
// either, while one is found beside it, and so is one inside a savepoint.
func TestBackfillMovesAmongOthers(t *testing.T) {
	f := onPostgres(t)
	const update, wait = "UPDATE t SET done = 1 WHERE ${chunk}", "PERFORM pg_advisory_xact_lock(1, 1);"
	for name, c := range map[string]struct {
		doc   abi.Backfill
		body  string
		saved bool
		moves bool
	}{
		"a guest":                         {abi.Backfill{Where: "x <> 9"}, wait, false, false},
		"a guest that locks nothing":      {abi.Backfill{Lock: abi.LockNone}, wait, false, false},
		"a statement":                     {abi.Backfill{Where: "x <> 9", Statement: update}, wait, false, false},
		"a statement that locks nothing":  {abi.Backfill{Lock: abi.LockNone, Statement: "UPDATE t SET done = 1 WHERE ${chunk} AND id <> 3"}, wait, false, false},
		"a trigger that writes elsewhere": {abi.Backfill{Where: "x <> 9", Statement: update}, wait + " IF new.id < 9 THEN UPDATE t SET done = done + 1 WHERE id = 50; END IF;", false, false},
		"a statement that names the key":  {abi.Backfill{Where: "x <> 9", Statement: "UPDATE t SET done = 1, id = id WHERE ${chunk}"}, wait, false, false},

		"a guest, moved":        {abi.Backfill{Where: "x <> 9"}, wait + " new.id = new.id + 1001;", false, true},
		"in a savepoint, moved": {abi.Backfill{Where: "x <> 9"}, wait + " new.id = new.id + 1001;", true, true},
		"a statement, moved":    {abi.Backfill{Where: "x <> 9", Statement: update}, wait + " new.id = new.id + 1001;", false, true},
	} {
		c.doc.Table, c.doc.Batch, c.doc.MaxBatch = "t", 4, 4
		g := f.fresher().toFill(c.doc, append(append(numbered(8), "INSERT INTO t (id, x) VALUES (50, 9)"), onWrite("t", c.body)...)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if row[0].Int == 3 {
				return nil
			}
			if c.saved {
				if err := calls.Savepoint(ctx, host.SavepointSet, "s"); err != nil {
					return err
				}
			}
			_, err := calls.Exec(ctx, "UPDATE t SET done = 1 WHERE id = $1", row, false)
			if err == nil && c.saved {
				err = calls.Savepoint(ctx, host.SavepointRelease, "s")
			}
			return err
		}
		other := f.holder("SELECT pg_advisory_xact_lock(1, 1)")
		_, err := g.upgradeBeside(host.Config{}, func(done <-chan struct{}) {
			other.awaited(done) // in the trigger, for the first row
			f.commit("DELETE FROM t WHERE id = 3")
			f.commit("INSERT INTO t (id, x) VALUES (100, 0)")
			f.wantNoError(other.release())
		})
		if found := err != nil && strings.Contains(err.Error(), "no longer at their place in the order of (id)"); found != c.moves || !found && err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A chunk is compared with what it was, and not with the chunk before.
func TestBackfillCountsEachChunk(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		trigger := onWrite("t", "")
		if f.dialect == chain.SQLite {
			trigger = []string{"CREATE TRIGGER on_write AFTER UPDATE OF done ON t BEGIN UPDATE t SET x = 1 WHERE id = new.id; END"}
		}
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(6), trigger...)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if err := g.note(ctx, calls, row); err != nil || row[0].Int != 1 {
				return err
			}
			_, err := calls.Exec(ctx, "UPDATE t SET id = id WHERE id = 1", nil, false)
			return err
		}
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(6)
	})
}

// Keys that a trigger moves before a statement that names them are found out too.
func TestBackfillMovesBeforeItSetsKeys(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		trigger := onWrite("t", "IF new.done = 1 THEN new.id = new.id + 1001; END IF;")
		if f.dialect == chain.SQLite {
			trigger = []string{"CREATE TRIGGER on_write AFTER UPDATE OF done ON t WHEN new.done = 1 BEGIN UPDATE t SET id = id + 1001 WHERE id = new.id; END"}
		}
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, append(numbered(6), trigger...)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			for _, sql := range []string{"UPDATE t SET done = 1 WHERE id = 2", "UPDATE t SET id = id WHERE id = 1"} {
				if _, err := calls.Exec(ctx, sql, nil, false); err != nil {
					return err
				}
			}
			return nil
		}
		err := g.upgrade(host.Config{})
		if err == nil || !strings.Contains(err.Error(), "of 4 rows of the chunk 1 are no longer at their place in the order of (id)") {
			t.Errorf("got %v, want it to be found out", err)
		}
	})
}

// A plugin is told of keys that a trigger moves, and not of what others delete.
func TestPluginBackfillMovesAmongOthers(t *testing.T) {
	base := onPostgres(t)
	for body, moves := range map[string]bool{"": false, "new.id = new.id + 1001;": true} {
		f := base.fresher()
		f.withSecret()
		first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", 8)}
		fill := pluginRevision{up: []string{fillDocument(abi.Backfill{Table: "acme_t", Where: "hidden <> 3", Statement: "UPDATE acme_t SET n = n + 1 WHERE ${chunk} AND id <> 4"})}}
		f.upgradePlugin(ownsAcme, first)
		f.commit(strings.Join(onWrite("acme_t", "PERFORM pg_advisory_xact_lock(1, 1);"+body), ";\n"))
		other := f.holder("SELECT pg_advisory_xact_lock(1, 1)")
		r := f.pluginRunner(host.Config{}, f.acme(ownsAcme, first, fill))
		err := f.upgradeBeside(r, func(done <-chan struct{}) {
			other.awaited(done)
			f.commit("DELETE FROM acme_t WHERE id = 3")
			f.commit("INSERT INTO acme_t VALUES (100, 0, 3)")
			f.wantNoError(other.release())
		})
		if found := err != nil && strings.Contains(err.Error(), "of 8 rows of the chunk 7 are no longer at their place in the order of (id)"); found != moves || !found && err != nil {
			t.Errorf("%q: got %v", body, err)
		}
	}
}
