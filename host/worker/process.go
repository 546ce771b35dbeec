package worker

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// A Process is a host.Worker whose work is done by children of this process. It is
// safe for use by several goroutines; each has a child of its own. Close ends
// those that wait for work.
type Process struct {
	// Path is the program that the children run. It hands its standard input and
	// output to Serve. Defaults to this program.
	Path string

	// Args are its command line, beginning with its name. Defaults to the name
	// alone. Everybody on the machine can read it.
	Args []string

	// Database is the URL of the database: that of the Runner whose Config.Worker
	// this is.
	Database string

	// Env names the variables that children need beside those of every worker:
	// HOME, TMPDIR and others that say where things are, and those of PostgreSQL.
	Env []string

	// Grace is how long a child may go on when the time that the plugin is
	// granted is over, or when the context is cancelled: what it then has not
	// rolled back, its death does. A context whose deadline is over grants none.
	// Defaults to 10 seconds.
	Grace time.Duration

	// Stderr, if set, receives what children write to their standard error, up to
	// 64 KiB for each step.
	Stderr io.Writer

	mu     sync.Mutex
	idle   map[who]*child
	closed bool
}

var _ host.Worker = (*Process)(nil)

// Work implements host.Worker.
func (p *Process) Work(ctx context.Context, o host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	if err := ctx.Err(); err != nil {
		return host.Entry{}, o.State, err
	}
	key := whoIs(o.Plugin)
	c := p.take(key)
	if c == nil {
		var err error
		if c, err = p.start(ctx, o); err != nil {
			return host.Entry{}, o.State, err
		}
	}
	entry, state, err := c.work(ctx, o, events)
	if c.usable(err) {
		p.keep(key, c)
	} else {
		c.end()
	}
	return entry, state, err
}

// take returns a child that waits for an order of a plugin, or nil.
func (p *Process) take(key who) *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.idle[key]
	delete(p.idle, key)
	if c == nil {
		return nil
	}
	select {
	case <-c.exited: // while nobody asked anything of it
		c.end()
		return nil
	default:
		return c
	}
}

// keep lets a child wait for the next order.
func (p *Process) keep(key who, c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.idle[key] != nil {
		c.end()
		return
	}
	if p.idle == nil {
		p.idle = map[who]*child{}
	}
	p.idle[key] = c
}

// Close ends the children that wait for work.
func (p *Process) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.end()
	}
	clear(p.idle)
	return nil
}

// program returns the program that children run.
func (p *Process) program() (path string, args []string, err error) {
	path, args = p.Path, p.Args
	if path == "" {
		if path, err = self(); err != nil {
			return "", nil, fmt.Errorf("find the program of the worker, which is this one: %w", err)
		}
	}
	if len(args) == 0 {
		args = []string{path}
	}
	return path, args, nil
}

// self returns this program, on Linux also where its file has been replaced since.
func self() (string, error) {
	const link = "/proc/self/exe"
	if _, err := os.Stat(link); runtime.GOOS == "linux" && err == nil {
		return link, nil
	}
	return os.Executable()
}

func (p *Process) grace() time.Duration {
	if p.Grace > 0 {
		return p.Grace
	}
	return 10 * time.Second
}
