package sandbox_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// TestStamps: a run that passes over a section and the chunks of a backfill reads the
// same from the clock and the random source behind them, and nothing random comes twice.
func TestStamps(t *testing.T) {
	module, err := backfillGuest()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	box := open(t, sandbox.Options{Mode: sandbox.Interpreter})
	upgrade := func(last string) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		runner, err := host.NewRunner(fstest.MapFS{"guest.wasm": {Data: module}}, db, box, host.Config{Path: "guest.wasm", OnEvent: func(e host.Event) {
			if e.Kind == host.EventSection && e.Section == last || e.Kind == host.EventChunk && last == "stamps" {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = runner.Upgrade(ctx, "backfill@000000000003")
		return err
	}
	for _, last := range []string{"first", "stamps", "last"} {
		if err := upgrade(last); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want it to be cancelled behind %q", err, last)
		}
	}
	if err := upgrade(""); err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT count(*) || ' ' || count(DISTINCT id) FROM stamp"); len(got) != 1 || got[0] != "15 15" {
		t.Errorf("stamps, and those that differ: %v, want 15 15", got)
	}
}
