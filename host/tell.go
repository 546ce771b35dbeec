package host

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// An OnEventError is a panic of Config.OnEvent. It ends the run as a cancelled context
// does, and OnEvent is not called again.
type OnEventError struct {
	Event EventKind // that it was called with
	Value any       // of the panic
	Stack string
}

// Error names the event, and says whose the panic is.
func (e *OnEventError) Error() string {
	return fmt.Sprintf("OnEvent of the program that runs the migrations panicked at the event %q: %v", e.Event, e.Value)
}

// tell hands an event to the program that runs the migrations. A panic must not pass
// through a guest, which would be blamed for it.
func (u *run) tell(e Event) {
	if u.cfg.OnEvent == nil || u.panicked != nil {
		return
	}
	defer func() {
		if u.cancel == nil {
			return
		}
		if v := recover(); v != nil {
			u.panicked = &OnEventError{Event: e.Kind, Value: v, Stack: string(debug.Stack())}
			u.cancel()
		}
	}()
	u.cfg.OnEvent(e)
}

// blamed puts the panic of OnEvent in the place of the error of a run that was
// cancelled for it.
func (u *run) blamed(err error) error {
	if u.panicked != nil && (err == nil || errors.Is(err, context.Canceled) && !errors.As(err, new(*RunError))) {
		return u.panicked
	}
	return err
}
