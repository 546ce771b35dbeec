package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// lost returns the error of a guest whose process is gone, or has to go.
func lost(format string, args ...any) *host.GuestError {
	return &host.GuestError{Kind: host.GuestLost, Message: fmt.Sprintf(format, args...)}
}

// ended returns the error of a guest whose context has ended.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	kind := host.GuestCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		kind = host.GuestTimedOut
	}
	return &host.GuestError{Kind: kind, Message: cause.Error(), Err: cause}
}

// failure returns the error that the child reports.
func (c *child) failure(f *fault) error {
	err, wrong := f.error()
	if wrong != nil {
		return lost("its process was ended: it reported an error that is none: %s", wrong)
	}
	return err
}

// death returns the error of a child whose reports have ended before its work.
func (c *child) death() error {
	how := c.died()
	stderr := c.stderr.String()
	e := lost("its process %s", how)
	if c.wrong == nil && outOfMemory(stderr) {
		e.Kind, e.Message = host.GuestLimited, c.limits.tooMuchMemory(c.plugin.Grants.Memory())
	}
	e.Stack = stderr
	return e
}

// outOfMemory reports whether a process says that it got no more memory: the
// runtime of Go does, or what has asked the system itself.
func outOfMemory(stderr string) bool {
	return strings.Contains(stderr, "out of memory") || strings.Contains(stderr, "cannot allocate memory")
}

// died says how the process ended, after "it".
func (c *child) died() string {
	if c.wrong != nil {
		return fmt.Sprintf("was ended, since it wrote what is no report: %s", c.wrong)
	}
	select {
	case <-c.exited:
	case <-time.After(endWithin):
		return "was ended, since it closed its output before its work was done"
	}
	state := c.cmd.ProcessState
	switch signal := signalOf(state); signal {
	case "":
	case "SIGKILL":
		return "was killed, by somebody or by the system, which does so when memory runs out"
	default:
		return "was ended by the signal " + signal
	}
	if words := lastWords(c.stderr.String()); words != "" {
		return fmt.Sprintf("ended with %s: %s", state, words)
	}
	return fmt.Sprintf("ended with %s", state)
}

// lastWords is the line of a program's standard error that says why it ended: the
// stack of a Go program comes after it.
func lastWords(stderr string) string {
	last := ""
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
		if line != "" {
			last = line
		}
	}
	return last
}

// A capture keeps the beginning of what is written to it.
type capture struct {
	also io.Writer // gets as much of it; may be nil

	mu   sync.Mutex
	kept []byte
}

const maxCaptured = 64 << 10

// Write implements io.Writer. It never fails: the child is not to stop for it.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	some := p[:min(len(p), maxCaptured-len(c.kept))]
	c.kept = append(c.kept, some...)
	if c.also != nil && len(some) > 0 {
		_, _ = c.also.Write(some)
	}
	return len(p), nil
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.kept)
}

// reset begins anew.
func (c *capture) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = c.kept[:0]
}
