package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// visited is a table of rows for a plugin's backfills.
func visited(table string, rows int) []string {
	return []string{
		"CREATE TABLE " + table + " (id INTEGER PRIMARY KEY, n INTEGER, hidden INTEGER)",
		fmt.Sprintf("INSERT INTO %s (id, n, hidden) SELECT i, 0, i FROM (WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) AS q", table, rows),
	}
}

func fillDocument(b abi.Backfill) string {
	if b.Name == "" {
		b.Name = "fill"
	}
	b.Batch, b.MaxBatch = 50, 50
	return string(abi.AppendBackfill(nil, &b))
}

// withSecret gives the fixture a table that is not the plugin's, of 200 rows.
func (f *fixture) withSecret() {
	f.write(rev1, strings.Join(visited("secret", 200), ";\n")+";\n")
}

// uses are grants on columns of that table.
func uses(columns []string, verbs ...string) abi.Capabilities {
	allowed := ownsAcme
	allowed.Uses = []abi.Use{{Table: "secret", Verbs: verbs, Columns: columns}}
	return allowed
}

// A plugin's backfills visit its own rows and those that it is granted, in this
// process and behind a worker.
func TestPluginBackfill(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for _, worker := range []bool{false, true} {
			f := f.fresher()
			f.withSecret()
			var cfg host.Config
			if worker {
				cfg.Worker = f.worker()
			}
			rows := int64(0)
			cfg.OnEvent = func(e host.Event) {
				if e.Kind == host.EventChunk {
					rows += e.Rows
				}
			}
			own := pluginRevision{dependsOn: []string{"main@" + rev1}, up: append(visited("acme_t", 200),
				"phase backfill", fillDocument(abi.Backfill{Table: "acme_t", Where: "id > 20", Statement: "UPDATE acme_t AS a SET n = a.n + 1 WHERE ${chunk a}"}))}
			granted := pluginRevision{up: []string{fillDocument(abi.Backfill{Table: "secret", Statement: "UPDATE secret SET n = n + 1 WHERE ${chunk}"})}}
			plugin := f.acme(uses([]string{"id", "n"}, "select", "update"), own, granted)
			if _, err := f.pluginRunner(cfg, plugin).Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			f.wantCount(180, "SELECT count(*) FROM acme_t WHERE n = 1 AND id > 20")
			f.wantCount(200, "SELECT count(*) FROM secret WHERE n = 1")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
			if rows != 380 {
				t.Errorf("%d rows were told of, want 380", rows)
			}
		}
	})
}

// What a backfill would do beyond its grants is refused with its place, and what
// would allow it.
func TestPluginBackfillIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		readsAndWrites := uses([]string{"id", "n"}, "select", "update")
		for _, c := range []struct {
			name    string
			allowed abi.Capabilities
			doc     abi.Backfill
			needs   string // "": no grant allows it
			only    chain.Dialect
		}{
			{"the table", ownsAcme, abi.Backfill{Table: "secret", Statement: "INSERT INTO acme_t (id) SELECT id FROM secret WHERE ${chunk}"}, "secret", ""},
			{"the statement writes", uses(nil, "select"), abi.Backfill{Table: "secret", Statement: "UPDATE secret SET n = 1 WHERE ${chunk}"}, "update", ""},
			{"the statement writes elsewhere", ownsAcme, abi.Backfill{Table: "acme_t", Statement: "UPDATE secret SET n = 1 WHERE id IN (SELECT id FROM acme_t WHERE ${chunk})"}, "secret", ""},
			{"the statement reads a column", readsAndWrites, abi.Backfill{Table: "secret", Statement: "UPDATE secret SET n = hidden WHERE ${chunk}"}, "hidden", ""},
			{"the key", uses([]string{"n"}, "select", "update"), abi.Backfill{Table: "secret", Statement: "UPDATE secret SET n = 1 WHERE ${chunk}"}, `"id"`, ""},
			{"a key by name", uses([]string{"n"}, "select", "update"), abi.Backfill{Table: "secret", Key: []string{"id"}, Statement: "UPDATE secret SET n = 1 WHERE ${chunk}"}, `"id"`, ""},
			{"where reads a column", readsAndWrites, abi.Backfill{Table: "secret", Where: "hidden > 3", Statement: "UPDATE secret SET n = 1 WHERE ${chunk}"}, "hidden", ""},
			{"where reads a table", ownsAcme, abi.Backfill{Table: "acme_t", Where: "id IN (SELECT id FROM secret)", Statement: "UPDATE acme_t SET n = 1 WHERE ${chunk}"}, "secret", ""},
			{"the query", ownsAcme, abi.Backfill{Query: "SELECT id FROM secret", Key: []string{"id"}, Statement: "INSERT INTO acme_t (id) SELECT id FROM acme_t AS q WHERE ${chunk}"}, "secret", ""},
			{"rows are locked", uses(nil, "select"), abi.Backfill{Table: "secret", Lock: abi.LockRows, Statement: "INSERT INTO acme_t (id) SELECT id FROM secret WHERE ${chunk}"}, "update", chain.PostgreSQL},
			{"rows of a query are locked", uses(nil, "select", "update"), abi.Backfill{Query: "SELECT id FROM secret", Key: []string{"id"}, Lock: abi.LockRows, Statement: "INSERT INTO acme_t (id) SELECT id FROM acme_t AS q WHERE ${chunk}"}, "", chain.PostgreSQL},
			{"the checkpoint is written", ownsAcme, abi.Backfill{Table: "acme_t", Statement: "UPDATE sandpiper_progress SET checkpoint = NULL WHERE EXISTS (SELECT 1 FROM acme_t WHERE ${chunk})"}, "", ""},
			{"the checkpoint is read", ownsAcme, abi.Backfill{Table: "acme_t", Where: "id IN (SELECT chunks FROM sandpiper_progress)", Statement: "UPDATE acme_t SET n = 1 WHERE ${chunk}"}, "", ""},
			{"checkpoints are visited", ownsAcme, abi.Backfill{Table: "sandpiper_progress", Statement: "UPDATE sandpiper_progress SET chunks = 1 WHERE ${chunk}"}, "", ""},
		} {
			if c.only != "" && c.only != f.dialect {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				f := *f
				f.t = t
				fresh(t, &f)
				f.withSecret()
				first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", 200)}
				_, err := f.pluginRunner(host.Config{}, f.acme(c.allowed, first, pluginRevision{up: []string{"SELECT 1", fillDocument(c.doc)}})).Upgrade(t.Context(), "heads")
				var failed *host.RunError
				var refused *host.RefusedError
				if !errors.As(err, &failed) || !errors.As(err, &refused) {
					t.Fatalf("got %v, want a refusal", err)
				}
				if failed.Statement != 2 || failed.Line != 20 || failed.Source != "plugins/acme.wasm (acme.sql)" {
					t.Errorf("it was at %s:%d, statement %d", failed.Source, failed.Line, failed.Statement)
				}
				if r := refused.Refusal; (r.Needs == "") != (c.needs == "") || !strings.Contains(r.Needs, c.needs) {
					t.Errorf("%q needs %q, want %q in it", r.Reason, r.Needs, c.needs)
				}
				f.wantCount(0, "SELECT count(*) FROM secret WHERE n <> 0")
				f.wantCount(0, "SELECT count(*) FROM acme_t WHERE n <> 0")
			})
		}
	})
}

// A plugin that may read rows visits them, and holds nobody from changing them.
func TestPluginBackfillReads(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withSecret()
		f.upgrade()
		seen := 0
		guest := scripted(func(ctx context.Context, calls host.Calls) error {
			if _, err := calls.BackfillBegin(ctx, &abi.Backfill{Name: "fill", Table: "secret", Columns: []string{"n"}, Batch: 50, MaxBatch: 50}); err != nil {
				return err
			}
			for {
				c, err := calls.BackfillNext(ctx, false)
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				for {
					if _, err := c.Rows.Next(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						return err
					}
					seen++
				}
				if f.dialect == chain.PostgreSQL && seen == 50 {
					if err := f.hold("SET lock_timeout = '10s'; UPDATE secret SET n = 5 WHERE id = 1")(); err != nil {
						return err
					}
				}
				for _, sql := range []string{"UPDATE secret SET n = 1", "SELECT checkpoint FROM sandpiper_progress", "DELETE FROM sandpiper_progress"} {
					if _, err := calls.Query(ctx, sql, nil); !errors.As(err, new(*host.RefusedError)) {
						return fmt.Errorf("%s: got %v, want it to be refused", sql, err)
					}
				}
			}
		})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{f.acme(uses([]string{"id", "n"}, "select"), acmeTable)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if seen != 200 {
			t.Errorf("%d rows were visited, want 200", seen)
		}
	})
}

// The rows that a migration may write are counted over all chunks and runs. What was
// committed stays, and a larger grant goes on behind it.
func TestPluginBackfillWritesTooMuch(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", 100)}
		fill := pluginRevision{up: []string{fillDocument(abi.Backfill{Table: "acme_t", Statement: "UPDATE acme_t SET n = n + 1 WHERE ${chunk}"})}}
		more := pluginRevision{up: append(fill.up, "autocommit begin", "UPDATE acme_t SET n = n + 1 WHERE id <= 60", "autocommit end")}
		allowed := ownsAcme
		allowed.Rows = 100
		f.upgradePlugin(allowed, first)
		for run := range 2 {
			_, err := f.pluginRunner(host.Config{}, f.acme(allowed, first, more)).Upgrade(t.Context(), "heads")
			var refused *host.RefusedError
			if !errors.As(err, &refused) || !strings.HasPrefix(refused.Refusal.Needs, "rows = ") || !strings.Contains(err.Error(), refused.Refusal.Needs+" or more") {
				t.Fatalf("run %d: got %v, want it to have written too much", run, err)
			}
			f.wantCount(100, "SELECT count(*) FROM acme_t WHERE n = 1")
		}
		allowed.Rows = 160
		f.upgradePlugin(allowed, first, more)
		f.wantCount(60, "SELECT count(*) FROM acme_t WHERE n = 2")
		f.wantCount(40, "SELECT count(*) FROM acme_t WHERE n = 1")
	})
}

func (f *fixture) upgradePlugin(allowed abi.Capabilities, revisions ...pluginRevision) {
	f.t.Helper()
	if _, err := f.pluginRunner(host.Config{}, f.acme(allowed, revisions...)).Upgrade(f.t.Context(), "heads"); err != nil {
		f.t.Fatal(err)
	}
}

// A plugin's time is for its migration, however many transactions that has. What is
// done by then stays, and the next run goes on behind it.
func TestPluginBackfillTakesTooLong(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		const rows = 100_000
		first := pluginRevision{dependsOn: []string{"main@" + rev1}, up: visited("acme_t", rows)}
		doc := abi.Backfill{Name: "fill", Table: "acme_t", Batch: 1, MaxBatch: 1, Uncounted: true, Statement: "UPDATE acme_t SET n = n + 1 WHERE ${chunk}"}
		fill := pluginRevision{up: []string{string(abi.AppendBackfill(nil, &doc))}}
		f.upgradePlugin(ownsAcme, first)
		allowed := ownsAcme
		allowed.Seconds = 1
		told := int64(0)
		cfg := host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk {
				told = e.Done
			}
		}}
		_, err := f.pluginRunner(cfg, f.acme(allowed, first, fill)).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(failed.Next, "seconds") {
			t.Fatalf("got %v, want it to run out of its second", err)
		}
		done := f.count("SELECT count(*) FROM acme_t WHERE n = 1")
		if done != told && done != told+1 || done >= rows { // the time may be up while a chunk is committed
			t.Errorf("%d chunks were done, of which %d were told", done, told)
		}
		f.wantCount(rows-done, "SELECT count(*) FROM acme_t WHERE n = 0")
	})
}
