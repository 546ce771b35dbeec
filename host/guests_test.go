package host_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
)

// sections is the module of plugins/sections, built once.
var sections = builtOnce("../plugins/sections")

// builtOnce returns a function that builds a plugin when it is first called.
func builtOnce(folder string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		b, err := box()
		if err != nil {
			return nil, err
		}
		m, err := build.Build(context.Background(), folder, b, build.Options{})
		if err != nil {
			return nil, err
		}
		return m.Bytes, nil
	})
}

// withModule gives the fixture one module and nothing else.
func (f *fixture) withModule(read func() ([]byte, error)) host.Config {
	f.t.Helper()
	module, err := read()
	if err != nil {
		f.t.Fatal(err)
	}
	f.files = fstest.MapFS{"demo.wasm": &fstest.MapFile{Data: module}}
	return host.Config{Path: "demo.wasm"}
}

func TestAGoPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		cfg := f.withModule(sections)
		var told []string
		cfg.OnEvent = func(e host.Event) {
			switch e.Kind {
			case host.EventSection:
				told = append(told, "section "+e.Section)
			case host.EventProgress, host.EventApplied:
				told = append(told, string(e.Kind))
			case host.EventLog:
				if !strings.Contains(e.Text, "was refused") {
					t.Errorf("log: %q", e.Text)
				}
				told = append(told, "log")
			}
		}
		r := f.runner(cfg)
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		want := "progress progress progress progress log section load section index applied"
		if got := strings.Join(told, " "); got != want {
			t.Errorf("events: got %s, want %s", got, want)
		}
		f.wantCount(200, "SELECT count(*) FROM demo_item")
		f.wantCount(1, "SELECT count(*) FROM demo_item WHERE kind = 'first'")
		if _, err := r.Downgrade(t.Context(), "demo@base"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(-1, "SELECT count(*) FROM demo_item")
	})
}

// A Go plugin goes on behind what is committed, wherever the database went away.
func TestAnomalyInAGoPlugin(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep {
			f := base.fresher()
			cfg := f.withModule(sections)
			left := n
			_, err := f.runnerOn(brittle{f.open(), &left}, cfg).Upgrade(t.Context(), "heads")
			if err == nil {
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("call %d: %v", n, err)
			}
			if _, err := f.runner(cfg).Upgrade(t.Context(), "heads"); err != nil {
				t.Fatalf("after a failure at call %d: %v", n, err)
			}
			f.wantCount(200, "SELECT count(*) FROM demo_item")
			f.wantCount(1, "SELECT count(*) FROM demo_item WHERE kind = 'first'")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
		}
	})
}
