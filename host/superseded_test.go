package host_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A guest that is started anew in its midst does again what was rolled back, and
// nothing that was committed; what it said before is not passed on twice.
func TestSuperseded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t"}, numbered(15)...)
		insert := func(ctx context.Context, calls host.Calls, id string) error {
			calls.Log(ctx, host.LogInfo, id)
			_, err := calls.Exec(ctx, "INSERT INTO t (id, x) VALUES ("+id+", 0)", nil, false)
			return err
		}
		g.before = func(ctx context.Context, calls host.Calls) error {
			if err := insert(ctx, calls, "100"); err != nil {
				return err
			}
			done, err := calls.SectionBegin(ctx, host.SectionTransaction, "section")
			if done != (g.runs == 3) {
				t.Errorf("run %d: the section is done: %t", g.runs, done)
			}
			if err == nil && !done {
				if err = insert(ctx, calls, "200"); err == nil && g.runs > 1 {
					err = calls.SectionEnd(ctx)
				}
			}
			if err == nil {
				err = insert(ctx, calls, "300")
			}
			if err == nil && g.runs < 3 {
				err = &host.GuestError{Kind: host.GuestCancelled, Err: host.ErrSuperseded}
			}
			return err
		}
		var told []string
		if err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventLog || e.Kind == host.EventStarted || e.Kind == host.EventApplied {
				told = append(told, string(e.Kind)+e.Text)
			}
		}}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(18)
		if got, want := strings.Join(told, " "), "started log100 log200 log300 log300 applied"; g.runs != 3 || got != want {
			t.Errorf("%d runs told: %s, want %s", g.runs, got, want)
		}
	})
}
