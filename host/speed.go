package host

import (
	"math"
	"time"
)

// A Speed is how fast something gets on. It is smoothed: of two looks the later one
// counts for more, and what is speedHalf ago for half. The zero Speed has seen nothing.
type Speed struct {
	begun   bool
	at      time.Duration
	done    int64
	rows    float64 // done since the first look, the older the less
	seconds float64 // that they took, in the same way
}

// speedHalf is how far back a look counts for half: long enough that the pauses of
// a backfill do not show, short enough that a change does.
const speedHalf = 15 * time.Second

// See takes a look: at a time, counted from any beginning, so much is done. A look
// that is behind the one before it begins anew, and keeps the rate.
func (p *Speed) See(at time.Duration, done int64) {
	if took, rows := at-p.at, done-p.done; p.begun && took > 0 && rows >= 0 {
		older := math.Exp2(-took.Seconds() / speedHalf.Seconds())
		p.rows = p.rows*older + float64(rows)
		p.seconds = p.seconds*older + took.Seconds()
	}
	p.begun, p.at, p.done = true, at, done
}

// Rate is how much is done in a second, 0 if that is not known.
func (p *Speed) Rate() float64 {
	if p.seconds == 0 {
		return 0
	}
	return p.rows / p.seconds
}

// Left is how long it takes until total is done, if it goes on like this. ok says
// that it is known.
func (p *Speed) Left(total int64) (left time.Duration, ok bool) {
	rate := p.Rate()
	if rate <= 0 || total <= p.done {
		return 0, false
	}
	seconds := float64(total-p.done) / rate
	if seconds > speedLongest.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// speedLongest is what nobody believes an estimate beyond.
const speedLongest = 365 * 24 * time.Hour
