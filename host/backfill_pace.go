package host

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// defaultChunkTime is Config.ChunkTime where that is not set.
const defaultChunkTime = 200 * time.Millisecond

// A pace is how fast a backfill goes: for as long as the run, whoever is run again.
type pace struct {
	size      int64     // rows of the next chunk; 0 before the first one
	due       time.Time // before which no chunk begins, for Config.MaxRate
	told      bool      // that it is slowed down by that
	followers map[string]time.Time
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
// meets fewer.
func (p paces) halve() {
	for _, pace := range p {
		pace.size = max(1, pace.size/2)
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
// time that is asked for, and at most twice as many.
func (p *pace) took(c *chunk, took time.Duration, cfg *Config) {
	target := cfg.ChunkTime
	rows := float64(max(c.visited, 1)) * float64(target) / float64(max(took, time.Microsecond))
	if whole := c.visited >= c.asked; whole || int64(rows) < p.size {
		p.size = max(1, min(int64(rows), 2*p.size))
	}
	if cfg.MaxRate > 0 {
		due := c.began
		if p.due.After(due) {
			due = p.due
		}
		p.due = due.Add(time.Duration(float64(c.visited) / float64(cfg.MaxRate) * float64(time.Second)))
	}
}

// throttle waits between two chunks, outside any transaction, for as long as the
// operator wants to spare the database.
func (f *fill) throttle(ctx context.Context) error {
	s, start := f.s, time.Now()
	defer func() { f.paused = time.Since(start) }()
	if wait := time.Until(f.pace.due); wait > 0 {
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

// A replicated connection can say how far the replicas of its server are behind.
type replicated interface {
	Replicas(ctx context.Context) ([]Replica, error)
}

// A Replica is a server that follows the one that a Conn is connected to.
type Replica struct {
	Name string        // and its address
	Lag  time.Duration // how long ago it was where the server is now; Unknown where it has a way to go and nobody can say how long
}

// UnknownLag is the Lag of a replica that is still catching up.
const UnknownLag = time.Duration(1<<63 - 1)

// A replica that is gone is waited for so long: it may have lost its connection, and
// be back.
const (
	lagPoll    = 500 * time.Millisecond
	goneWithin = 30 * time.Second
)

// follow waits until no replica is further behind than it may be.
func (f *fill) follow(ctx context.Context) error {
	for told := ""; ; {
		replicas, err := f.s.replicas(ctx)
		if err != nil {
			return err
		}
		why, err := f.pace.behind(replicas, f.s.cfg.MaxLag, time.Now())
		if why == "" || err != nil {
			return err
		}
		if kind, _, _ := strings.Cut(why, ":"); kind != told {
			told = kind
			f.s.emit(Event{Kind: EventThrottled, Backfill: f.unit.Name, Text: why})
		}
		if err := sleep(ctx, lagPoll); err != nil {
			return err
		}
	}
}

func (s *session) replicas(ctx context.Context) ([]Replica, error) {
	conn, ok := s.conn.(replicated)
	if !ok {
		return nil, fmt.Errorf("the database cannot say how far its replicas are behind: do without --max-lag")
	}
	return conn.Replicas(ctx)
}

// behind says why a backfill has to wait, "" if it need not.
func (p *pace) behind(replicas []Replica, most time.Duration, now time.Time) (why string, err error) {
	if p.followers == nil {
		p.followers = map[string]time.Time{}
	}
	for _, r := range replicas {
		p.followers[r.Name] = now
		switch {
		case r.Lag == UnknownLag:
			why = fmt.Sprintf("replica %s: is catching up", r.Name)
		case r.Lag > most:
			why = fmt.Sprintf("replica %s: is %v behind, and may be %v", r.Name, r.Lag.Round(time.Millisecond), most)
		}
	}
	for name, seen := range p.followers {
		gone := now.Sub(seen)
		if slices.ContainsFunc(replicas, func(r Replica) bool { return r.Name == name }) {
			continue
		}
		if gone > goneWithin {
			return "", fmt.Errorf("replica %s is gone since %v: the backfill waits for it no longer (--max-lag); "+
				"bring it back, or drop its replication slot and run again, which goes on without it", name, gone.Round(time.Second))
		}
		why = fmt.Sprintf("replica %s: is gone, and waited for", name)
	}
	return why, nil
}
