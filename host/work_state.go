package host

import "time"

// A WorkState is what the orders for one step leave to each other, so that the next one
// goes on as an attempt in the same process would.
type WorkState struct {
	Used      GuestUsage             // of the step's limits
	Chunks    int64                  // that are committed, as far as the run knows
	Backfills map[int]BackfillPace   // those under way, by position
	Replicas  map[string]SeenReplica // that were seen, by name; nil before the first look
}

// A BackfillPace is how fast a backfill goes.
type BackfillPace struct {
	Rows int64     // of the next chunk; 0 before the first one
	Due  time.Time // before which no chunk begins, for Config.MaxRate
	Told bool      // that it is slowed down by that
}

// workState is what the run knows of the step under way.
func (u *run) workState(used GuestUsage) WorkState {
	s := WorkState{Used: used, Chunks: u.reached, Backfills: map[int]BackfillPace{}, Replicas: u.followers.seen}
	for position, p := range u.paces {
		s.Backfills[position] = BackfillPace{p.size, p.due, p.told}
	}
	return s
}

// take goes on from a state: that of the runs before in a Worker, and in the run that
// sent an order that of the Worker.
func (u *run) take(s WorkState) {
	u.reached = max(u.reached, s.Chunks)
	u.paces = paces{}
	for position, p := range s.Backfills {
		u.paces[position] = &pace{size: p.Rows, due: p.Due, told: p.Told}
	}
	if s.Replicas != nil {
		u.followers.seen = s.Replicas
	}
}
