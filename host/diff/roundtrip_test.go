package diff_test

import (
	"fmt"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// TestRoundTrips makes schemas at random, each a few changes away from the one
// before: makes each of the one before, goes back, and on. Eight walks are 200
// pairs of schemas for each dialect, in both directions.
func TestRoundTrips(t *testing.T) {
	const pairs = 25
	places(t, func(t *testing.T, p *place) {
		x, here, next := p.empty(t), p.empty(t), p.empty(t)
		for seed := range uint64(walks) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				s := newSample(seed, p.dialect)
				s.build(t, x)
				s.build(t, here)
				for i := range pairs {
					changes := 1 + s.IntN(5)
					if i%8 == 7 {
						changes = 40
					}
					for range changes {
						s.mutate()
					}
					s.build(t, next)
					there := become(t, x, next, x.unfiltered())
					become(t, x, here, x.unfiltered())
					if err := x.apply(there.Operations...); err != nil {
						t.Fatalf("once more: %v\n%s", err, listed(there))
					}
					here, next = next, here
				}
			})
		}
	})
}

// build makes the sample in a schema, in the place of what is there.
func (s *sample) build(t *testing.T, in *scratch) {
	t.Helper()
	if err := in.conn.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	ops := s.operations()
	if err := in.apply(ops...); err != nil {
		text := ""
		for _, op := range ops {
			text += string(schema.Append(nil, schema.Request{Operation: op})) + "\n"
		}
		t.Fatalf("the sample: %v\n%s", err, text)
	}
}
