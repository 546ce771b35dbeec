package host

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// defaultChunkTime is Config.ChunkTime where that is not set.
const defaultChunkTime = 200 * time.Millisecond

// A pace is how fast a backfill goes: for as long as the run, whoever is run again.
type pace struct {
	size int64     // rows of the next chunk; 0 before the first one
	cost cost      // of the chunks so far
	due  time.Time // before which no chunk begins, for Config.MaxRate
	told bool      // that it is slowed down by that

	faster bool // it was told that an earlier run was slower
}

// paces are those of a step, by the position of the backfill.
type paces map[int]*pace

func (p paces) of(position int) *pace {
	if p[position] == nil {
		p[position] = &pace{}
	}
	return p[position]
}

// halve is for a chunk that waited too long for somebody's lock: with fewer rows it
// meets fewer. A backfill that has had no chunk yet begins as it would have.
func (p paces) halve() {
	for _, pace := range p {
		pace.size = (pace.size + 1) / 2
	}
}

// next returns how many rows the next chunk has.
func (p *pace) next(first, most int64) int64 {
	if p.size == 0 {
		p.size = first
	}
	p.size = min(p.size, most)
	return p.size
}

// took notes how long a chunk took. The next one has as many rows as would take the
// time that is asked for, and at most twice as many, or as one had already.
func (p *pace) took(c *chunk, took time.Duration, cfg *Config) {
	p.cost.see(max(c.visited, 1), max(took, time.Microsecond))
	rows := int64(min(p.cost.rows(cfg.ChunkTime), float64(max(2*p.size, p.cost.seen))))
	if whole := c.visited >= c.asked; whole || rows < p.size {
		p.size = max(1, rows)
	}
	if cfg.MaxRate > 0 {
		due := c.began
		if p.due.After(due) {
			due = p.due
		}
		p.due = due.Add(time.Duration(float64(c.visited) / float64(cfg.MaxRate) * float64(time.Second)))
	}
}

// A Pace is what Config says of how fast backfills go.
type Pace struct {
	ChunkTime time.Duration
	MaxRate   int64
	MaxLag    time.Duration
}

// Limits says how a backfill is held back, such as "at most 5,000 rows a second and 2s of
// replica lag"; "" if it is not.
func (p Pace) Limits() string {
	var all []string
	if p.MaxRate > 0 {
		all = append(all, policy.Thousands(p.MaxRate)+" rows a second")
	}
	if p.MaxLag > 0 {
		all = append(all, p.MaxLag.String()+" of replica lag")
	}
	if len(all) == 0 {
		return ""
	}
	return "at most " + strings.Join(all, " and ")
}

// exceeds reports whether a limit of the other pace does not hold for this one.
func (p Pace) exceeds(other Pace) bool {
	return other.MaxRate > 0 && (p.MaxRate == 0 || p.MaxRate > other.MaxRate) ||
		other.MaxLag > 0 && (p.MaxLag == 0 || p.MaxLag > other.MaxLag)
}

func (c *Config) pace() Pace { return Pace{c.ChunkTime, c.MaxRate, c.MaxLag} }

// throttle waits between two chunks, outside any transaction, for as long as the
// operator wants to spare the database.
func (f *fill) throttle(ctx context.Context) error {
	s, start := f.s, time.Now()
	defer func() { f.paused = time.Since(start) }()
	if wait := time.Until(f.pace.due); wait > 0 && !f.over() {
		if !f.pace.told {
			f.pace.told = true
			s.emit(Event{Kind: EventThrottled, Backfill: f.unit.Name, Text: fmt.Sprintf("it visits at most %d rows a second", s.cfg.MaxRate)})
		}
		if err := sleep(ctx, wait); err != nil {
			return s.die(err)
		}
	}
	if s.cfg.MaxLag > 0 && !s.rehearsed {
		if err := f.follow(ctx); err != nil {
			return s.die(err)
		}
	}
	return nil
}

// sleep waits for d, or returns the error of a context that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
