package sandbox

import "time"

// SetDoneAgain changes how much of the database's time is always done again.
func SetDoneAgain(d time.Duration) (restore func()) {
	was := doneAgain
	doneAgain = d
	return func() { doneAgain = was }
}
