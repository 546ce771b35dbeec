package host

import "time"

// A cost is what a chunk takes: some time for itself, whatever its size, and some for each
// of its rows. Two chunks tell the one from the other where their sizes differ enough: a
// smaller one that takes as long as a larger one takes it for itself. The zero cost has
// seen none.
type cost struct {
	size  int64         // of the chunk that the next ones are held against
	took  time.Duration // by it
	fixed float64       // nanoseconds, for a chunk itself
	each  float64       // and for each of its rows
	seen  int64         // rows of a chunk that this is known of
}

// apart is by how many times two chunks differ that tell something: less is chance.
const apart = 1.5

// see takes a chunk in.
func (c *cost) see(size int64, took time.Duration) {
	was := *c
	c.seen = size
	small, large := min(size, was.size), max(size, was.size)
	differ := float64(large) >= apart*float64(small)
	if differ || size == large { // many small steps down are held against where they began
		c.size, c.took = size, took
	}
	if differ && small > 0 && !otherwise(size > was.size, was.took, took) {
		c.fixed = max(0, float64(took)-float64(size)*float64(took-was.took)/float64(size-was.size))
		c.seen = large
	}
	c.fixed = min(c.fixed, float64(took))
	c.each = (float64(took) - c.fixed) / float64(size)
}

// otherwise reports whether the larger of two chunks took so much less than the smaller
// one that it is not their sizes that make the difference.
func otherwise(grown bool, before, now time.Duration) bool {
	if !grown {
		before, now = now, before
	}
	return float64(before) > apart*float64(now)
}

// rows returns how many rows a chunk has that is to take so long. Where most of that would
// go into the chunk itself, fewer rows do not make it short, and make more of them: its
// rows then take as long as it does.
func (c *cost) rows(target time.Duration) float64 {
	return max(float64(target)-c.fixed, c.fixed) / c.each
}
