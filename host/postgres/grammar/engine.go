package grammar

import (
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

var warm sync.Once

// Warm starts the parser beside what the caller does next, and gives back the
// memory that its compilation took: 250 MB, of which 30 stay. A Parse that
// comes before it is done waits for it.
func Warm() {
	warm.Do(func() {
		started := make(chan struct{})
		go func() {
			ask(func() (string, error) {
				close(started)
				return parser.ParseToJSON("SELECT 1")
			})
			kinds()
			debug.FreeOSMemory()
		}()
		<-started
	})
}

// Ready waits for the parser, so that its start is not the time of whoever sends
// the first statement.
func Ready() error {
	Warm()
	one.Lock()
	defer one.Unlock()
	return broken
}
