package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// careless is a sandbox with a guest that does not look at the answers to its calls.
type careless struct{ t *testing.T }

func (c careless) Load(context.Context, []byte, host.GuestLimits) (host.Guest, error) { return c, nil }

func (careless) Close() error { return nil }

func (c careless) Run(ctx context.Context, _ host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	for _, sql := range []string{"DROP TABLE secret", "CREATE TABLE acme_t (id INTEGER)", "SELECT id FROM secret"} {
		var err error
		if strings.HasPrefix(sql, "SELECT") {
			_, err = calls.Query(ctx, sql, nil)
		} else {
			_, err = calls.Exec(ctx, sql, nil, false)
		}
		var refused *host.RefusedError
		if errors.As(err, &refused) == (sql[0] == 'C') {
			c.t.Errorf("%s: %v", sql, err)
		}
	}
	return host.GuestUsage{}, nil
}

// A plugin that goes on where it is refused, and says that all is well, is told of.
func TestRefusalsThatAPluginIgnores(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, inWorker := range []bool{false, true} {
			f := *base
			fresh(t, &f)
			refusals(t, &f, inWorker)
		}
	})
}

func refusals(t *testing.T, f *fixture, inWorker bool) {
	f.write(rev1, "-- +upgrade\nCREATE TABLE secret (id INTEGER);\n-- +downgrade\nDROP TABLE secret;\n")
	if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	cfg := host.Config{OnEvent: func(e host.Event) {
		if e.Kind == host.EventLog && e.Level == host.LogWarn && e.Revision == acme1 {
			warnings = append(warnings, e.Text)
		}
	}}
	if inWorker {
		w := f.worker()
		w.box = careless{t}
		cfg.Worker = w
	}
	cfg.Plugins = []host.Plugin{f.acme(abi.Capabilities{Shared: true, Owns: []string{"acme_*"}}, pluginRevision{up: []string{"SELECT 1"}})}
	r, err := host.NewRunner(f.files, f.open(), careless{t}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "refused (2)") || !strings.Contains(warnings[0], "secret, which it does not own") {
		t.Errorf("warnings: %q", warnings)
	}
	f.wantCount(0, "SELECT count(*) FROM secret")
}
