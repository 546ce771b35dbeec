package main

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// A table of which nobody knows how many rows have changed is named all the same.
func TestEffectsNotCounted(t *testing.T) {
	var out strings.Builder
	printEffects(&out, host.Rehearsal{
		Plan:    host.Plan{Steps: []host.Step{{}}},
		Effects: []host.StepEffects{{Tables: []host.TableEffects{{Table: "person", Unseen: "a query emptied it"}}}},
	})
	if got, want := out.String(), "  person: rows are not counted\n    not all rows are shown: a query emptied it\n"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}
