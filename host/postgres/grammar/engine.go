package grammar

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/wasilibs/go-pgquery/parser"
)

// one keeps calls apart: each one at the same time would compile a parser of its
// own. broken is what the parser failed with.
var (
	one    sync.Mutex
	broken error
)

// ask calls the parser, which panics where it fails: what is left of it then goes
// back to where the next call takes it from, so there is no next call.
func ask(call func() (string, error)) (answer string, err error) {
	one.Lock()
	defer one.Unlock()
	if broken != nil {
		return "", broken
	}
	defer func() {
		if r := recover(); r != nil {
			broken = fmt.Errorf("the PostgreSQL parser failed, and reads no more SQL in this process: %v", r)
			err = broken
		}
	}()
	return call()
}

// ready is closed when the parser has started. The memory that its compilation
// took is given back: 250 MB, of which 30 stay.
var ready = sync.OnceValue(func() <-chan struct{} {
	begun, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ask(func() (string, error) {
			close(begun)
			return parser.ParseToJSON("SELECT 1")
		})
		kinds()
		debug.FreeOSMemory()
	}()
	<-begun // so that a Parse that comes now waits, and starts no other
	return done
})

// Warm starts the parser beside what the caller does next.
func Warm() { ready() }

// Ready starts the parser and waits until it has started, or ctx is done.
func Ready(ctx context.Context) error {
	select {
	case <-ready():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
