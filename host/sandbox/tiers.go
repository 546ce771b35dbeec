package sandbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
)

// code is a module ready to be instantiated, in one of the two tiers: interpreted
// or compiled.
type code struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	kept     wazero.CompilationCache // nil if the runtime has an engine of its own
	shared   bool                    // the runtime is the sandbox's
}

func (c *code) close() error {
	ctx := context.Background()
	if c.shared {
		return c.compiled.Close(ctx)
	}
	err := c.runtime.Close(ctx)
	if c.kept != nil {
		err = errors.Join(err, c.kept.Close(ctx))
	}
	return err
}

// compileAfter is how long a guest has run in the interpreter before it is compiled:
// what takes less ends before the compiler would. At the beginning of a backfill
// nobody waits for that.
var compileAfter = 100 * time.Millisecond

// tiers are the forms that a guest is there in. It begins in one, and a better one
// may come while it runs; runs that are under way stay where they began.
type tiers struct {
	make func(context.Context) (*code, error) // the better one; nil if there is none

	mu     sync.Mutex
	now    *code // what the next run begins in
	failed bool  // make has
	users  map[*code]int
	ran    time.Duration // in the interpreter
	cancel context.CancelFunc
	done   chan struct{} // closed when make has returned; nil before it was called
}

// alone are the tiers of what is there in one.
func alone(c *code, err error) (*tiers, error) { return &tiers{now: c}, err }

// enter returns the code for a run, and what to call when the run is over. A run
// that cannot be started anew gets the better one, and waits for it.
func (t *tiers) enter(ctx context.Context, anew bool) (c *code, leave func()) {
	if !anew {
		t.wait(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users == nil {
		t.users = map[*code]int{}
	}
	c = t.now
	t.users[c]++
	began := time.Now()
	stop := func() bool { return false }
	if t.make != nil && t.done == nil {
		stop = time.AfterFunc(compileAfter-t.ran, t.improve).Stop
	}
	return c, func() {
		stop()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ran += time.Since(began)
		if t.users[c]--; t.users[c] == 0 && c != t.now {
			c.close()
		}
	}
}

// wait makes the better tier, if there is one, and returns when it is there, or is
// known not to come.
func (t *tiers) wait(ctx context.Context) {
	t.improve()
	t.mu.Lock()
	done := t.done
	t.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// improve begins to make the better tier, if there is one and nobody has begun it.
func (t *tiers) improve() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.make == nil || t.done != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel, t.done = cancel, make(chan struct{})
	go func() {
		defer close(t.done)
		better, err := t.make(ctx)
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.failed = err != nil; t.failed {
			return // make has said so
		}
		old := t.now
		if t.now = better; t.users[old] == 0 {
			old.close()
		}
	}()
}

// superseded reports whether there is something better than what a run is in.
func (t *tiers) superseded(c *code) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c != t.now
}

// passing reports whether there is something better than c, or will be.
func (t *tiers) passing(c *code) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c != t.now || t.make != nil && !t.failed
}

// close frees all of it. No run may be under way. A compilation that is, is ended
// and waited for.
func (t *tiers) close() error {
	t.mu.Lock()
	done := t.done
	if done == nil {
		t.make = nil
	} else {
		t.cancel()
	}
	t.mu.Unlock()
	if done != nil {
		<-done
	}
	return t.now.close()
}
