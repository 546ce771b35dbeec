package host

import "time"

// SetStandstill changes how long a runner takes another one for alive whose
// checkpoint does not move.
func SetStandstill(d, poll time.Duration) (restore func()) {
	was, wasPoll := standstill, followPoll
	standstill, followPoll = d, poll
	return func() { standstill, followPoll = was, wasPoll }
}

// ChunkSizes are the rows of the chunks of a backfill: first in the first one, and what
// each of them takes is said by a function.
func ChunkSizes(rows, first, most int64, cfg Config, takes func(rows int64) time.Duration) (sizes []int64) {
	p := &pace{}
	for rows > 0 {
		c := &chunk{asked: p.next(first, most)}
		c.visited = min(c.asked, rows)
		p.took(c, takes(c.visited), &cfg)
		sizes = append(sizes, c.visited)
		rows -= c.visited
	}
	return sizes
}

// SetGoneWithin changes how long a backfill waits for a replica that is gone.
func SetGoneWithin(d time.Duration) (restore func()) {
	was := goneWithin
	goneWithin = d
	return func() { goneWithin = was }
}

// SetTellAgain changes how often a backfill says why it waits for a replica.
func SetTellAgain(d time.Duration) (restore func()) {
	was := tellAgain
	tellAgain = d
	return func() { tellAgain = was }
}

// SetCountedWithin changes how long the number of replicas of one name may fall.
func SetCountedWithin(d time.Duration) (restore func()) {
	was := countedWithin
	countedWithin = d
	return func() { countedWithin = was }
}

// SetMaxUnsaved changes how many calls are remembered until something commits.
func SetMaxUnsaved(n int) (restore func()) {
	was := maxUnsaved
	maxUnsaved = n
	return func() { maxUnsaved = was }
}

// MaxShown is how many bytes of a plugin's statements a rehearsal shows.
const MaxShown = maxShown

// Followers are what backfills of a run have seen of the replicas.
type Followers struct{ followers }

// Behind says why a backfill has to wait now, "" if it need not.
func (f *Followers) Behind(replicas []Replica, most time.Duration, now time.Time) (why string, err error) {
	reason, err := f.behind(replicas, most, now)
	if reason.kind == lagNone {
		return "", err
	}
	return reason.String(), err
}

// NextOfRefusal is what to do about a call that the host has refused, where built says
// that it is a module's.
func NextOfRefusal(again string, built bool) string { return next(again, built, refuse(0, "no")) }
