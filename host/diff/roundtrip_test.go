package diff_test

import (
	"fmt"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// TestRoundTrips makes schemas at random, each a few changes away from the one
// before, makes each of the one before, goes back, and on.
func TestRoundTrips(t *testing.T) {
	const schemas, pairs = 8, 25
	for seed := range uint64(schemas) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			places(t, func(t *testing.T, p *place) { walk(t, p, seed, pairs) })
		})
	}
}

func walk(t *testing.T, p *place, seed uint64, pairs int) {
	s := newSample(seed, p.dialect)
	build := func() *scratch {
		made := p.empty(t)
		ops := s.operations()
		if err := made.apply(ops...); err != nil {
			t.Fatalf("the sample: %v\n%s", err, documents(ops))
		}
		return made
	}
	x, here := build(), build()
	for i := range pairs {
		changes := 1 + s.IntN(5)
		if i%8 == 7 {
			changes = 40
		}
		for range changes {
			s.mutate()
		}
		next := build()
		t.Logf("pair %d", i)
		become(t, x, next, x.unfiltered())
		become(t, x, here, x.unfiltered())
		become(t, x, next, x.unfiltered())
		here.close(t)
		here = next
	}
	here.close(t)
	x.close(t)
}

func documents(ops []schema.Operation) string {
	text := ""
	for _, op := range ops {
		text += string(schema.Append(nil, schema.Request{Operation: op})) + "\n"
	}
	return text
}

var _ = chain.SQLite
