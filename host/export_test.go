package host

import "time"

// SetStandstill changes how long a runner takes another one for alive whose
// checkpoint does not move.
func SetStandstill(d, poll time.Duration) (restore func()) {
	was, wasPoll := standstill, followPoll
	standstill, followPoll = d, poll
	return func() { standstill, followPoll = was, wasPoll }
}

// SetGoneWithin changes how long a backfill waits for a replica that is gone.
func SetGoneWithin(d time.Duration) (restore func()) {
	was := goneWithin
	goneWithin = d
	return func() { goneWithin = was }
}
