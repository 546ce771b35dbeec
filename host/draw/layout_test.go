package draw

import (
	"math/rand/v2"
	"testing"
)

// Between the node it leaves and the node it arrives at, an edge has its column
// to itself.
func TestEdgesDoNotShareAColumn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		next := make([][]int, 1+rng.IntN(30))
		for i := range next {
			for to := i + 1; to < len(next); to++ {
				if rng.IntN(len(next)/2+1) == 0 {
					next[i] = append(next[i], to)
				}
			}
		}
		places, columns := layout(next)
		type cell struct{ row, column int }
		taken := map[cell]bool{}
		for i, p := range places {
			taken[cell{i, p.column}] = true
		}
		for i, p := range places {
			if len(p.out) != len(next[i]) {
				t.Fatalf("node %d has %d edges and %d columns for them", i, len(next[i]), len(p.out))
			}
			for n, to := range next[i] {
				if p.out[n] >= columns {
					t.Fatalf("an edge is in column %d of %d", p.out[n], columns)
				}
				for row := i + 1; row < to; row++ {
					if c := (cell{row, p.out[n]}); taken[c] {
						t.Fatalf("two things at %+v in %v", c, next)
					} else {
						taken[c] = true
					}
				}
			}
		}
	}
}

// A branch keeps its column, and a column that is free again is used again.
func TestColumnsStayFew(t *testing.T) {
	// A straight line with a short branch at every step.
	const steps = 100
	next := make([][]int, 2*steps+1)
	for i := range steps {
		next[2*i] = []int{2*i + 2, 2*i + 1}
		next[2*i+1] = []int{2*i + 2}
	}
	places, columns := layout(next)
	if columns != 2 {
		t.Errorf("%d columns, want 2", columns)
	}
	for i := 0; i < len(places); i += 2 {
		if places[i].column != 0 {
			t.Fatalf("node %d of the line is in column %d", i, places[i].column)
		}
	}
}
