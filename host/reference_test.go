package host_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// The migrations of migrations/ that are not there for both dialects, and the
// one that cannot be undone.
var (
	onlyPostgreSQL = []string{"enable_pgcrypto", "index_names_by_trigram", "index_event_times", "summarize_runs", "drop_pgcrypto"}
	onlySQLite     = []string{"index_names_without_case", "write_timestamps_alike"}
	irreversible   = "drop_agents"
)

// slugs is the module of plugins/slugs, built once.
var slugs = builtOnce("../plugins/slugs")

// reference are the files of the reference chain, with its plugin.
func reference(t *testing.T) fstest.MapFS {
	t.Helper()
	module, err := slugs()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"versions/slugs.wasm": {Data: module}}
	folder := os.DirFS("../migrations")
	err = fs.WalkDir(folder, "versions", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || source.FormOf(name) == source.None {
			return err
		}
		b, err := fs.ReadFile(folder, name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// readReference gives the fixture the reference chain.
func (f *fixture) readReference() { f.files = reference(f.t) }

// revision returns the revision of a migration of the reference chain.
func (f *fixture) revision(slug string) chain.Revision {
	f.t.Helper()
	for r := range f.runner(host.Config{}).Graph().All() {
		if r.Slug == slug {
			return r
		}
	}
	f.t.Fatalf("no migration is called %s", slug)
	return chain.Revision{}
}

// move upgrades or downgrades, and ends the test where that fails.
func (f *fixture) move(r *host.Runner, dir chain.Direction, target string) {
	f.t.Helper()
	run := r.Upgrade
	if dir == chain.Downgrade {
		run = r.Downgrade
	}
	if _, err := run(f.t.Context(), target); err != nil {
		f.t.Fatalf("%s to %s: %v", dir, target, err)
	}
}

// The two chains are pairs by time and slug but for those that are named above,
// and the notes have a line for each.
func TestReferenceChainsArePairs(t *testing.T) {
	notes, err := os.ReadFile("../migrations/MIGRATION-NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	paired := map[chain.Dialect][]string{}
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		graph := f.runner(host.Config{}).Graph()
		if heads := graph.Heads(chain.DefaultLine); len(heads) != 1 {
			t.Errorf("the heads are %v", heads)
		}
		only := onlyPostgreSQL
		if f.dialect == chain.SQLite {
			only = onlySQLite
		}
		for r := range graph.All() {
			if !strings.Contains(string(notes), "| "+r.Slug+" |") || !strings.Contains(string(notes), "`"+r.ID+"`") {
				t.Errorf("MIGRATION-NOTES.md does not name %s, %s", r.Slug, r.ID)
			}
			if !slices.Contains(only, r.Slug) {
				paired[f.dialect] = append(paired[f.dialect], r.Created.Format("2006-01-02 15:04:05 ")+r.Slug)
			}
		}
	})
	if got, want := paired[chain.SQLite], paired[chain.PostgreSQL]; !slices.Equal(got, want) {
		t.Errorf("the chains are no pairs: SQLite has %q, PostgreSQL %q", got, want)
	}
	if n := len(paired[chain.PostgreSQL]); n < 40 {
		t.Errorf("%d pairs: the chain is the size of a real one, more than 40", n)
	}
}

// Between them the files use every operation and every form, and one of them is
// irreversible.
func TestReferenceChainUsesEverything(t *testing.T) {
	kinds, forms, lost := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name, file := range reference(t) {
		forms[path.Ext(name)] = true
		if source.FormOf(name) == source.None {
			continue
		}
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			if dir := path.Base(path.Dir(name)); dir != "versions" && dir != string(d) {
				continue
			}
			parsed, err := source.Parse(name, d, file.Data, schema.Naming{})
			if err != nil {
				t.Error(err)
				continue
			}
			if parsed.Irreversible {
				lost[parsed.Slug] = true
			}
			for _, item := range parsed.Upgrade { // a derived downgrade does not count
				if item.Kind == chain.ItemOperation {
					q, err := schema.Decode([]byte(item.Document))
					if err != nil {
						t.Fatal(err)
					}
					kinds[q.Operation.Kind()] = true
					if batch, ok := q.Operation.(*schema.Batch); ok {
						for _, inner := range batch.Operations {
							kinds[inner.Operation.Kind()] = true
						}
					}
				}
			}
		}
	}
	for _, kind := range schema.Kinds() {
		if !kinds[kind] {
			t.Errorf("no migration upgrades with %s", kind)
		}
	}
	for _, form := range []string{".sql", ".yaml", ".wasm"} {
		if !forms[form] {
			t.Errorf("no migration is written as %s", form)
		}
	}
	if len(lost) != 1 || !lost[irreversible] {
		t.Errorf("irreversible are %v, want %s alone", lost, irreversible)
	}
}

// changesRows are the migrations of the reference chain that delete rows, or
// change what their downgrade cannot bring back.
var changesRows = map[string]string{
	"drop_queued_state":      "what was queued is scheduled",
	"drop_deployment_cron":   "schedules have the cron expressions",
	"drop_concurrency_limit": "slots have the limits",
	"forbid_negative_slots":  "no slots are no limit",
	"give_deployments_slugs": "a trigger writes down the time of the change",
	"tighten_columns":        "NULLs become values",
	"prune_run_logs":         "lines of no run are deleted",
	"version_deployments":    "a trigger writes down the time of the change",
}

// Each migration is undone and done again with rows in the tables: the schema is
// the one that was there, and no row is lost.
func TestReferenceChainStepByStep(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.readReference()
		f.scratch()
		runner := f.runner(host.Config{})
		test := host.StepwiseTest{}
		for r := range runner.Graph().All() {
			seed := host.Seed{Revision: r.Key, Path: r.Slug}
			for _, sql := range referenceRows[r.Slug] {
				seed.Statements = append(seed.Statements, chain.Statement{SQL: sql, Line: 1})
			}
			seed.MayLose = changesRows[r.Slug]
			test.Seeds = append(test.Seeds, seed)
		}
		report, err := runner.Stepwise(t.Context(), test)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range report.Findings {
			t.Errorf("%s of %s: %+v, %+v, %v", finding.Stage, finding.Revision.Slug, finding.Differences, finding.Losses, finding.Err)
		}
		if report.Irreversible != 1 || report.Tested+1 != runner.Graph().Len() {
			t.Errorf("%d revisions were tested and %d are irreversible, of %d", report.Tested, report.Irreversible, runner.Graph().Len())
		}
		f.wantReferenceRows()
	})
}

// wantReferenceRows wants the rows that seed has brought, as the migrations have
// made them.
func (f *fixture) wantReferenceRows() {
	f.t.Helper()
	for query, want := range map[string]int64{
		"SELECT count(*) FROM flow WHERE name IN ('Étude', 'Ballad')":                                       2,
		"SELECT count(*) FROM flow_run WHERE state = 'COMPLETED' AND current_state_id IS NOT NULL":          1,
		"SELECT count(*) FROM flow_run WHERE state = 'CANCELLED' AND state_label = 'Cancelled'":             1,
		"SELECT count(*) FROM flow_run WHERE state = 'SCHEDULED' AND name = 'queued'":                       1,
		"SELECT count(*) FROM flow_run WHERE name = 'done' AND seconds > 59.9 AND seconds < 60.1":           1,
		"SELECT count(*) FROM deployment WHERE slug IN ('every-night', 'every-night-2')":                    2,
		"SELECT count(*) FROM deployment JOIN deployment_version v ON v.id = version_id":                    2,
		"SELECT count(*) FROM schedule WHERE cron = '0 3 * * *'":                                            1,
		"SELECT count(*) FROM artifact WHERE kind = 'unknown' AND cost = 0":                                 1,
		"SELECT count(*) FROM variable WHERE scope = 'global' AND value = 'blue'":                           1,
		"SELECT count(*) FROM concurrency_slot WHERE name = 'tag:db' AND slots = 4":                         1,
		"SELECT count(*) FROM concurrency_slot":                                                             1,
		"SELECT count(*) FROM run_log WHERE message = 'started'":                                            1,
		"SELECT count(*) FROM run_log":                                                                      1,
		"SELECT count(*) FROM worker WHERE seen IS NOT NULL AND health = 'ONLINE' AND heartbeat_ms = 30000": 1,
		"SELECT count(*) FROM block_type":                                                                   3,
		"SELECT count(*) FROM setting WHERE name = 'theme' AND changed IS NOT NULL":                         1,
	} {
		f.wantCount(want, query)
	}
}
