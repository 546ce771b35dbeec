package host_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A pluginRevision is a revision of a plugin in a test: statements, with
// "autocommit begin", "autocommit end", "phase expand" and so on among them, and
// backfills as documents.
type pluginRevision struct {
	up, down  []string
	dependsOn []string
}

const (
	acme1 = "0000000000a1"
	acme2 = "0000000000a2"
)

// acme makes plugin acme of assembled SQL, whose revisions are called acme1 and so
// on, and may do what allowed says.
func (f *fixture) acme(allowed abi.Capabilities, revisions ...pluginRevision) host.Plugin {
	f.t.Helper()
	m := abi.Manifest{Manifest: 1, ABI: abi.Version, Name: "acme", Line: "acme", Version: "1.0"}
	var steps []wasmfile.Step
	for i, r := range revisions {
		described := abi.Revision{
			Step: int32(i), Dialect: string(f.dialect), ID: fmt.Sprintf("0000000000a%d", i+1), Slug: fmt.Sprintf("step_%d", i+1),
			DependsOn: r.dependsOn, Irreversible: r.down == nil, Source: "acme.sql",
		}
		if i > 0 {
			described.Revises = []string{m.Revisions[i-1].ID}
		}
		for k := range r.up {
			described.UpgradeLines = append(described.UpgradeLines, 10*(k+1))
		}
		steps = append(steps, wasmfile.Step{Upgrade: statements(r.up), Downgrade: statements(r.down)})
		m.Revisions = append(m.Revisions, described)
	}
	module, err := wasmfile.Assemble(steps, m)
	if err != nil {
		f.t.Fatal(err)
	}
	grants, err := policy.New("acme", allowed)
	if err != nil {
		f.t.Fatal(err)
	}
	return host.Plugin{Path: "plugins/acme.wasm", Module: module, Grants: grants, Signer: "RWQacme"}
}

func statements(texts []string) []wasmfile.Op {
	var ops []wasmfile.Op
	for _, text := range texts {
		if name, ok := strings.CutPrefix(text, "phase "); ok {
			phase, _ := abi.ParsePhase(name)
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpPhase, Phase: phase})
			continue
		}
		switch text {
		case "autocommit begin":
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpAutocommitBegin})
		case "autocommit end":
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpAutocommitEnd})
		default:
			kind := wasmfile.OpExec
			if strings.HasPrefix(text, "{") {
				kind = wasmfile.OpBackfill
			}
			ops = append(ops, wasmfile.Op{Kind: kind, Text: text})
		}
	}
	return ops
}

// ownsAcme is what plugin acme is allowed in most tests.
var ownsAcme = abi.Capabilities{Shared: true, Owns: []string{"acme_*"}}

// pluginRunner makes a runner of the fixture's files and of plugins.
func (f *fixture) pluginRunner(cfg host.Config, plugins ...host.Plugin) *host.Runner {
	f.t.Helper()
	cfg.Plugins = plugins
	if len(f.files) == 0 {
		f.write(rev1, "-- +upgrade\nCREATE TABLE secret (id INTEGER);\n-- +downgrade\nDROP TABLE secret;\n")
	}
	return f.runnerOn(f.open(), cfg)
}

var (
	acmeTable = pluginRevision{
		up:        []string{"CREATE TABLE acme_t (id INTEGER)", "INSERT INTO acme_t VALUES (1)"},
		down:      []string{"DROP TABLE acme_t"},
		dependsOn: []string{"main@" + rev1},
	}
	acmeRow = pluginRevision{up: []string{"INSERT INTO acme_t VALUES (2)"}, down: []string{"DELETE FROM acme_t WHERE id = 2"}}
	acmeSpy = pluginRevision{up: []string{"INSERT INTO acme_t VALUES (3)", "INSERT INTO acme_t SELECT id FROM secret"}, down: []string{}}
)

// A plugin is a line of the same graph. The history says what it was allowed, who
// has signed it and what it used.
func TestPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		r := f.pluginRunner(host.Config{}, plugin)
		result, err := r.Upgrade(t.Context(), "heads")
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Applied) != 3 || !slices.Equal(result.Heads["acme"], []string{acme2}) {
			t.Errorf("got %+v", result)
		}
		f.wantCount(2, "SELECT count(*) FROM acme_t")
		if rev, _ := r.Graph().Revision(chain.Key{Line: "acme", ID: acme1}); rev.Source != plugin.Path {
			t.Errorf("the revision is of %s, want %s", rev.Source, plugin.Path)
		}
		history, err := r.History(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if e := history[0]; e.Key.ID != acme2 || e.Signer != plugin.Signer || e.Grants != plugin.Grants.String() || e.Module == "" || e.Fuel <= 0 {
			t.Errorf("the entry is %+v, want the signer, the grants and the fuel", e)
		}
		if report, err := r.Verify(t.Context()); err != nil || len(report.Problems) > 0 || report.Applied != 3 {
			t.Errorf("verify: %+v, %v", report, err)
		}
		if _, err := r.Downgrade(t.Context(), "acme@base"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(-1, "SELECT count(*) FROM acme_t")
		f.wantCount(0, "SELECT count(*) FROM secret")
	})
}

// What is refused is told with its place in the module and what would allow it,
// and nothing of the migration is left.
func TestPluginIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, acmeSpy))
		_, err := r.Upgrade(t.Context(), "heads")
		var failed *host.RunError
		var refused *host.RefusedError
		if !errors.As(err, &failed) || !errors.As(err, &refused) {
			t.Fatalf("got %v, want a RunError of a RefusedError", err)
		}
		if failed.Statement != 2 || failed.Line != 20 || failed.Source != "plugins/acme.wasm (acme.sql)" || failed.SQL != acmeSpy.up[1] {
			t.Errorf("it was at %s:%d, statement %d: %s", failed.Source, failed.Line, failed.Statement, failed.SQL)
		}
		if refused.Refusal.Line != "acme" || refused.Refusal.Needs == "" || refused.Errno() != abi.ErrnoDenied {
			t.Errorf("the refusal is %+v", refused.Refusal)
		}
		if want := "add " + refused.Refusal.Needs + " to [plugins.acme]"; !strings.Contains(failed.Next, want) || !strings.Contains(failed.Next, "plugin update acme") {
			t.Errorf("next: %q, want %q", failed.Next, want)
		}
		if want := "acme is at " + acme1 + ", as before this migration"; !strings.HasPrefix(failed.State, want) || !strings.Contains(failed.State, "rolled back") {
			t.Errorf("state: %q", failed.State)
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}

// A plugin's line is its own.
func TestPluginLines(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		b, err := box()
		if err != nil {
			t.Fatal(err)
		}
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		acme := f.acme(ownsAcme, acmeTable)
		other := acme
		other.Path = "plugins/other.wasm"
		misnamed := acme
		if misnamed.Grants, err = policy.New("acme2", ownsAcme); err != nil {
			t.Fatal(err)
		}
		damaged := acme
		damaged.Module = []byte("\x00asm\x01\x00\x00\x00\xff")
		missing := f.acme(ownsAcme, pluginRevision{up: []string{"SELECT 1"}, dependsOn: []string{"main@ffffffffffff"}})
		for name, c := range map[string]struct {
			plugins []host.Plugin
			want    string
		}{
			"twice":     {[]host.Plugin{acme, other}, "plugins/other.wasm: line acme is that of plugins/acme.wasm"},
			"misnamed":  {[]host.Plugin{misnamed}, "its migrations are of line acme, and it is configured as plugin acme2"},
			"damaged":   {[]host.Plugin{damaged}, "plugins/acme.wasm: "},
			"no grants": {[]host.Plugin{{Path: "plugins/acme.wasm", Module: acme.Module}}, "the plugin has no grants"},
			"depends":   {[]host.Plugin{missing}, "ffffffffffff"},
		} {
			if _, err := host.NewRunner(f.files, f.open(), b, host.Config{Plugins: c.plugins}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			}
		}
		f.files["versions/acme.wasm"] = &fstest.MapFile{Data: acme.Module}
		_, err = host.NewRunner(f.files, f.open(), b, host.Config{Plugins: []host.Plugin{acme}})
		if !errors.As(err, new(*host.LineError)) || !strings.Contains(err.Error(), "versions/acme.wasm") {
			t.Errorf("in the folder too: got %v", err)
		}
	})
}

// A plugin that is refused after it has committed something goes on behind it
// when it is granted, and repeats nothing.
func TestPluginIsRefusedInASection(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		section := pluginRevision{up: []string{
			"INSERT INTO acme_t VALUES (2)", "autocommit begin", "INSERT INTO acme_t VALUES (3)", "INSERT INTO acme_t SELECT count(*) FROM secret", "autocommit end",
		}}
		for range 2 {
			_, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, section)).Upgrade(t.Context(), "heads")
			var failed *host.RunError
			if !errors.As(err, new(*host.RefusedError)) || !errors.As(err, &failed) || failed.Statement != 3 {
				t.Fatalf("got %v, want statement 3 to be refused", err)
			}
			f.wantCount(3, "SELECT count(*) FROM acme_t")
		}
		more := ownsAcme
		more.Uses = []abi.Use{{Table: "secret", Verbs: []string{"select"}}}
		if _, err := f.pluginRunner(host.Config{}, f.acme(more, acmeTable, section)).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(4, "SELECT count(*) FROM acme_t")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// No grant lets a plugin leave its transactions.
func TestPluginRunsNothingOutside(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		_, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, pluginRevision{up: []string{
			"autocommit begin", "VACUUM", "autocommit end",
		}})).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, new(*host.RefusedError)) || !errors.As(err, &failed) || !strings.Contains(failed.Next, "no grant would allow it") {
			t.Fatalf("got %v, want a refusal that no grant lifts", err)
		}
	})
}

// A guest that got over a refusal before something was committed gets the same
// answer when it is resumed, whatever it is granted by then.
func TestARefusalIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE secret (id INTEGER);\n")
		f.upgrade()
		stop := errors.New("stop")
		refusals := 0
		guest := scripted(func(ctx context.Context, calls host.Calls) error {
			for _, sql := range []string{
				"CREATE TABLE acme_t (id INTEGER)", "CREATE TABLE " + strings.Repeat("x", 9000) + " (id INTEGER)", "section", "DELETE FROM secret", "INSERT INTO acme_t VALUES (1)", "end",
			} {
				var err error
				switch sql {
				case "section":
					_, err = calls.SectionBegin(ctx, host.SectionAutocommit, "")
				case "end":
					err = calls.SectionEnd(ctx)
				default:
					_, err = calls.Exec(ctx, sql, nil, false)
				}
				if errors.As(err, new(*host.RefusedError)) {
					refusals++
				} else if err != nil {
					return err
				}
			}
			return stop
		})
		more := ownsAcme
		more.Uses = []abi.Use{{Table: "secret", Verbs: []string{"delete"}}}
		for i, allowed := range []abi.Capabilities{ownsAcme, more} {
			if i > 0 {
				stop = nil
			}
			r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{f.acme(allowed, acmeTable)}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); !errors.Is(err, stop) {
				t.Fatalf("run %d: got %v, want %v", i, err, stop)
			}
			if refusals != 2*(i+1) {
				t.Errorf("run %d: %d refusals so far, want two in each run", i, refusals)
			}
			f.wantCount(1, "SELECT count(*) FROM acme_t")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress WHERE length(name) > 5000")
		}
	})
}

// A scripted sandbox runs a Go function in the place of every guest.
type scripted func(ctx context.Context, calls host.Calls) error

func (s scripted) Load(context.Context, []byte, host.GuestLimits) (host.Guest, error) { return s, nil }

func (s scripted) Run(ctx context.Context, _ host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	return host.GuestUsage{Fuel: 7}, s(ctx, calls)
}

func (s scripted) Close() error { return nil }

// A guest that gets over a refusal goes on in the same transaction.
func TestARefusalSpoilsNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE secret (id INTEGER);\n")
		f.upgrade()
		plugin := f.acme(ownsAcme, acmeTable)
		guest := scripted(func(ctx context.Context, calls host.Calls) error {
			exec := func(sql string, deferred bool) error {
				_, err := calls.Exec(ctx, sql, nil, deferred)
				return err
			}
			if err := exec("CREATE TABLE acme_t (id INTEGER)", true); err != nil {
				return err
			}
			for _, deferred := range []bool{true, false} {
				var refused *host.RefusedError
				if err := exec("DELETE FROM secret", deferred); !errors.As(err, &refused) || refused.Ordinal == 0 {
					return fmt.Errorf("it was not refused at the call: %v", err)
				}
			}
			if _, err := calls.Query(ctx, "SELECT id FROM secret", nil); !errors.As(err, new(*host.RefusedError)) {
				return fmt.Errorf("the query was not refused: %v", err)
			}
			return exec("INSERT INTO acme_t VALUES (1)", false)
		})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{plugin}})
		if err != nil {
			t.Fatal(err)
		}
		result, err := r.Upgrade(t.Context(), "acme@head")
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Applied) != 1 || result.Applied[0].Fuel != 7 {
			t.Errorf("applied: %+v", result.Applied)
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}

// A plugin's time is up with all that it has begun.
func TestPluginTakesTooLong(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.upgradePlugin(ownsAcme, acmeTable)
		allowed := ownsAcme
		allowed.Seconds = 1
		r := f.pluginRunner(host.Config{}, f.acme(allowed, acmeTable, pluginRevision{up: []string{
			"INSERT INTO acme_t SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT i FROM n) AS s",
		}}))
		_, err := r.Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "1s") {
			t.Fatalf("got %v, want it to run out of its second", err)
		}
		if !strings.Contains(failed.Next, "seconds") || !strings.Contains(failed.Next, "[plugins.acme]") {
			t.Errorf("next: %q", failed.Next)
		}
		f.wantCount(1, "SELECT count(*) FROM acme_t")
	})
}

// Of a schema operation that is refused half-way nothing is left, and the guest
// can go on.
func TestARefusedOperation(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE other (id INTEGER);\n")
		f.upgrade()
		guest := scripted(func(ctx context.Context, calls host.Calls) error {
			apply := func(document string) error {
				request, err := schema.Decode([]byte(document))
				if err != nil {
					return err
				}
				return calls.Schema(ctx, request)
			}
			if err := apply(`{"create_table":{"name":"acme_t","columns":[{"name":"id","type":"integer"}]}}`); err != nil {
				return err
			}
			if err := apply(`{"drop_table":{"name":"other"}}`); !errors.As(err, new(*host.RefusedError)) {
				return fmt.Errorf("it was not refused at the call: %v", err)
			}
			return apply(`{"add_column":{"table":"acme_t","column":{"name":"n","type":"integer"}}}`)
		})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{f.acme(ownsAcme, acmeTable)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, "SELECT count(n) FROM acme_t")
		f.wantCount(0, "SELECT count(*) FROM other")
	})
}

// A plugin runs in a database that is in memory alone.
func TestPluginInMemory(t *testing.T) {
	f := &fixture{t: t, dialect: chain.SQLite, url: "sqlite::memory:", files: fstest.MapFS{}}
	result, err := f.pluginRunner(host.Config{}, f.acme(ownsAcme, acmeTable, acmeRow)).Upgrade(t.Context(), "heads")
	if err != nil || len(result.Applied) != 3 {
		t.Errorf("applied %+v, %v", result.Applied, err)
	}
}
