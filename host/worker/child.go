package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

const (
	// startWithin is how long a child may take until it takes orders, and then
	// until the guest begins.
	startWithin = time.Minute

	// endWithin is how long a process may last whose output has ended.
	endWithin = 2 * time.Second
)

// A child is a process that works for one plugin.
type child struct {
	name   string // of its program
	plugin host.Plugin
	limits limits
	grace  time.Duration
	orders int
	asked  bool // to end

	cmd     *exec.Cmd
	in      *os.File    // to its standard input
	reports chan report // from its standard output; closed when that ends
	wrong   error       // what it wrote that is no report; set before reports is closed
	stderr  *capture
	ending  chan struct{} // closed by end
	exited  chan struct{} // closed when it is gone
}

// start starts a child, which is then ready for orders.
func (p *Process) start(ctx context.Context, o host.WorkOrder) (*child, error) {
	path, args, err := p.program()
	if err != nil {
		return nil, err
	}
	c := &child{
		name: args[0], plugin: o.Plugin, limits: limitsFor(o.Plugin, o.Step.Revision.Dialect), grace: p.grace(),
		reports: make(chan report), stderr: &capture{also: p.Stderr}, ending: make(chan struct{}), exited: make(chan struct{}),
	}
	listed, secrets := environment(os.Environ(), p.Env)
	c.cmd = &exec.Cmd{Path: path, Args: args, Env: listed, Stderr: c.stderr, WaitDelay: endWithin}
	if c.cmd.Env == nil {
		c.cmd.Env = []string{} // nil is all of this process's
	}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("start the worker %s: %w", path, err)
	}
	g := greeting{host.Version, []byte(p.Database), secrets, c.limits, o.Plugin}
	g.Plugin.Module = nil
	if err := c.greet(ctx, g); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// run starts the process, and what listens to it.
func (c *child) run() error {
	stdin, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return errors.Join(err, stdin.Close(), in.Close())
	}
	c.in, c.cmd.Stdin, c.cmd.Stdout = in, stdin, stdout
	apart(c.cmd)
	started := make(chan error)
	go func() {
		// The kernel takes the thread that has started a process for its parent.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait()         // ProcessState has it
			killGroup(c.cmd.Process) // what it has started
			close(c.exited)
		}
	}()
	err = errors.Join(<-started, stdin.Close(), stdout.Close())
	if err != nil {
		return errors.Join(err, in.Close(), out.Close())
	}
	go c.listen(out)
	return nil
}

// listen reads reports until there are no more.
func (c *child) listen(out io.ReadCloser) {
	defer close(c.reports)
	defer out.Close()
	for {
		var r report
		if err := readDocument(out, maxReport, &r); err != nil {
			if errors.As(err, new(*frameError)) {
				c.wrong = err
			}
			return
		}
		select {
		case c.reports <- r:
		case <-c.ending:
			return
		}
	}
}

// greet tells the child whom it works for, and waits until it is ready.
func (c *child) greet(ctx context.Context, g greeting) error {
	go func() {
		// Where writing fails, reading does too, and says why.
		if writeDocument(c.in, g) == nil {
			_ = writeFrame(c.in, c.plugin.Module)
		}
	}()
	late := time.NewTimer(startWithin)
	defer late.Stop()
	select {
	case r, ok := <-c.reports:
		switch {
		case !ok:
			return fmt.Errorf("the worker %s takes no orders: it %s", c.name, c.died())
		case r.Fault != nil:
			return c.failure(r.Fault)
		case r.Ready == nil || r.Ready.Version != host.Version:
			return fmt.Errorf("the worker %s is not of this version, %s, of Sandpiper", c.name, host.Version)
		}
		return nil
	case <-late.C:
		return fmt.Errorf("the worker %s takes no orders: it said nothing for %s", c.name, startWithin)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work has the child run one step. What that leaves is what the child reports at the
// end, and where it does not come to one, what there was before.
func (c *child) work(ctx context.Context, o host.WorkOrder, events func(host.Event)) (entry host.Entry, state host.WorkState, err error) {
	c.orders++
	c.stderr.reset()
	go writeDocument(c.in, orderOf(o)) // where this fails, reading does too

	granted := o.Plugin.Grants.Time()
	deadline := time.NewTimer(startWithin + granted + c.grace)
	defer deadline.Stop()
	cancelled := ctx.Done()
	told := newTold(o)
	state = o.State
	for {
		select {
		case r, ok := <-c.reports:
			if r.State != nil {
				state = *r.State
			}
			switch {
			case !ok && ctx.Err() != nil:
				return entry, state, ended(ctx)
			case !ok:
				return entry, state, c.death()
			case r.Event != nil:
				if told.starts(r.Event) && !c.asked {
					// Half of it may go to a module that is being compiled, and all to what
					// is started anew then.
					deadline.Reset(granted - o.Spent + granted/2 + c.grace)
				}
				if err := told.event(r.Event, r.Fault, events); err != nil {
					return entry, state, lost("its process was ended: %s", err)
				}
			case r.Fault != nil:
				return entry, state, c.failure(r.Fault)
			case r.Done != nil && r.Done.Key == o.Step.Revision.Key && string(r.Done.Action) == o.Step.Direction.String():
				return *r.Done, state, nil
			default:
				return entry, state, lost("its process was ended: it reported what it was not asked for")
			}
		case <-deadline.C:
			if ctx.Err() != nil {
				return entry, state, ended(ctx)
			}
			return entry, state, &host.GuestError{Kind: host.GuestTimedOut, Err: context.DeadlineExceeded, Message: fmt.Sprintf(
				"it may take %s, and its process, still at work %s later, was killed", granted, c.grace)}
		case <-cancelled:
			if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				return entry, state, ended(ctx) // it has had its time
			}
			cancelled, c.asked = nil, true
			_ = c.in.Close() // asks it to roll back and end
			deadline.Reset(c.grace)
		}
	}
}

// usable reports whether a child can go on after what became of an order: an
// error that is the plugin's own may have left anything behind.
func (c *child) usable(err error) bool {
	again := err == nil || errors.Is(err, host.ErrLocked) || errors.Is(err, host.ErrMoved) || errors.Is(err, host.ErrLockTimeout)
	return again && !c.asked && c.orders < maxOrders
}

// end kills the child, if it is not gone, and waits for its end: then its
// connection is closed too.
func (c *child) end() {
	close(c.ending)
	_ = c.in.Close() // it may be closed
	select {
	case <-c.exited:
	default:
		killGroup(c.cmd.Process)
		<-c.exited
	}
}
