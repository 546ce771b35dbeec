package sandbox

import "time"

// SetDoneAgain changes how much of the database's time is always done again.
func SetDoneAgain(d time.Duration) (restore func()) {
	was := doneAgain
	doneAgain = d
	return func() { doneAgain = was }
}

// SetNow changes the clock by which what is done again is measured.
func SetNow(clock func() time.Time) (restore func()) {
	was := now
	now = clock
	return func() { now = was }
}

// SetCompileAfter changes how long a guest is interpreted before it is compiled.
func SetCompileAfter(d time.Duration) (restore func()) {
	was := compileAfter
	compileAfter = d
	return func() { compileAfter = was }
}
