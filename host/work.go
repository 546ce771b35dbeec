package host

import (
	"context"
	"errors"
)

// Work runs one step of a plugin for a Worker, from start to commit, on the
// Runner's database. The Runner's own migrations are not looked at. Its errors are
// for the run that sent the order to act upon: ErrLocked, ErrMoved and
// ErrLockTimeout among them.
func (r *Runner) Work(ctx context.Context, order WorkOrder, events func(Event)) (Entry, error) {
	return Entry{}, errors.New("being built")
}
