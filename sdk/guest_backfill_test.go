package sdk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk"
)

// A backfill whose runs are cut short again and again does each row once. A
// statement between two of them has a random argument, and is not sent again.
func TestGuestBackfillResumes(t *testing.T) {
	for dialect, open := range databases {
		t.Run(dialect, func(t *testing.T) {
			db := open(t)
			target := "guest@" + prefixes[dialect] + "10"
			var log []string
			for runs := 1; ; runs++ {
				ctx, cut := context.WithCancel(t.Context())
				chunks := 0
				runner := newRunner(t, db, host.Config{OnEvent: func(e host.Event) {
					switch e.Kind {
					case host.EventLog:
						log = append(log, e.Text)
					case host.EventChunk:
						if chunks++; chunks == 7 {
							cut()
						}
					}
				}})
				_, err := runner.Upgrade(ctx, target)
				cut()
				if err == nil {
					if runs < 5 { // 33 chunks, 7 or 8 a run
						t.Errorf("it took %d runs", runs)
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			want := "backfill: 2000 rows, 2000 tokens, 1 to 2 visits, 3300 in all"
			if last := log[len(log)-1]; last != want {
				t.Errorf("log %q, want %q", last, want)
			}
		})
	}
}

// Values of 24 MiB pass through a module that may have 16 MiB.
func TestGuestPieces(t *testing.T) {
	b, err := sandbox.New(sandbox.Options{MemoryPages: 16 << 20 / (64 << 10)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for dialect, open := range databases {
		t.Run(dialect, func(t *testing.T) {
			var log []string
			runner := newRunnerIn(t, b, open(t), host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventLog {
					log = append(log, e.Text)
				}
			}})
			if _, err := runner.Upgrade(t.Context(), "guest@"+prefixes[dialect]+"11"); err != nil {
				t.Fatal(err)
			}
			if want := "pieces: 3 rows, 10 bytes beside the large ones"; log[len(log)-1] != want {
				t.Errorf("log %q, want %q", log, want)
			}
		})
	}
}

func TestGuestPhases(t *testing.T) {
	for dialect, open := range databases {
		t.Run(dialect, func(t *testing.T) {
			db := open(t)
			for _, test := range []struct {
				until sdk.Phase
				want  []string
			}{
				{sdk.PhaseExpand, []string{"expand"}},
				{sdk.PhaseExpand, nil},
				{sdk.PhaseContract, []string{"expand", "backfill", "contract"}},
			} {
				var log []string
				runner := newRunner(t, db, host.Config{Phase: &test.until, OnEvent: func(e host.Event) {
					if e.Kind == host.EventLog && strings.HasPrefix(e.Text, "phases: ") {
						log = append(log, strings.TrimPrefix(e.Text, "phases: "))
					}
				}})
				result, err := runner.Upgrade(t.Context(), "guest@"+prefixes[dialect]+"12")
				if err != nil {
					t.Fatal(err)
				}
				if paused := test.until != sdk.PhaseContract; (result.Paused != nil) != paused {
					t.Errorf("up to %s: paused %v", test.until, result.Paused)
				}
				if !slices.Equal(log, test.want) {
					t.Errorf("up to %s it did %q, want %q", test.until, log, test.want)
				}
			}
		})
	}
}
