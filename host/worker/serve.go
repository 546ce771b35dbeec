package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// Serve is the child's end of a Process: it takes orders from in and reports to
// out until in ends. It puts limits on this process that cannot be taken away, and
// closes the files that the process has inherited, so it has a process to itself.
// Nothing else may write to out.
//
// open makes the worker for a database's URL: normally a host.Runner without
// migrations. It is called when the limits are set. The current folder is another
// one afterwards.
//
// An error of Serve is about the conversation: the errors of the work go to the
// parent.
func Serve(ctx context.Context, in io.Reader, out io.Writer, open func(url string) (host.Worker, error)) error {
	var g greeting
	if err := readDocument(in, math.MaxUint32, &g); err != nil {
		return fmt.Errorf("read whom to work for: %w", err)
	}
	r := &reporter{out: out}
	w, err := g.begin(in, open)
	if err != nil {
		return r.fault(err, nil)
	}
	if err := r.report(report{Ready: &ready{host.Version}}); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	orders := make(chan order)
	go func() {
		defer cancel() // the parent has gone, or wants an end
		for {
			var o order
			if err := readDocument(in, math.MaxUint32, &o); err != nil {
				return
			}
			select {
			case orders <- o:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case o := <-orders:
			if err := g.do(ctx, w, o, r); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// begin does what the greeting says, and reads the module.
func (g *greeting) begin(in io.Reader, open func(string) (host.Worker, error)) (host.Worker, error) {
	if g.Version != host.Version {
		return nil, fmt.Errorf("the worker is Sandpiper %s and was called by %s", host.Version, g.Version)
	}
	if err := g.Limits.set(); err != nil {
		return nil, err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100) // the program may have chosen to spend memory
	}
	if err := adopt(g.Secrets); err != nil {
		return nil, err
	}
	w, err := open(string(g.Database))
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(string(filepath.Separator))
	if err == nil {
		err = os.Chdir(root)
	}
	if err == nil {
		g.Plugin.Module, err = readFrame(in, math.MaxUint32)
	}
	return w, err
}

// do carries out one order.
func (g *greeting) do(ctx context.Context, w host.Worker, o order, r *reporter) error {
	stop, err := g.Limits.watchCPU(func() {
		_ = r.fault(&host.GuestError{Kind: host.GuestLimited, Message: g.Limits.tooMuchCPU()}, nil)
		os.Exit(1)
	})
	if err != nil {
		return err
	}
	defer stop()
	entry, state, err := w.Work(ctx, o.of(g.Plugin), r.event)
	if err != nil {
		return r.fault(err, &state)
	}
	return r.report(report{Done: &entry, State: &state})
}

// A reporter writes reports.
type reporter struct {
	mu       sync.Mutex
	out      io.Writer
	progress time.Time // when the last one was told
}

func (r *reporter) report(what report) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return writeDocument(r.out, what)
}

// fault tells of an error, and of what an order has come to by then if that is known.
// Of one that is longer than any should be, its text is told as far as it goes.
func (r *reporter) fault(err error, state *host.WorkState) error {
	f, text := newFault(err), err.Error()
	if b, err := json.Marshal(f); err != nil || len(b) > maxReport/2 {
		f = &fault{Text: cut(text)}
	}
	return r.report(report{Fault: f, State: state})
}

// cut bounds a text.
func cut(text string) string {
	const most = 1 << 20
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// event tells of an event. Progress comes as often as a migration likes, and is
// told as often as anybody can see it.
func (r *reporter) event(e host.Event) {
	if e.Kind == host.EventProgress && e.Done != e.Total {
		if time.Since(r.progress) < progressEvery {
			return
		}
		r.progress = time.Now()
	}
	told := report{Event: &e}
	if e.Err != nil {
		told.Fault = &fault{Text: cut(e.Err.Error())}
	}
	e.Text, e.Err = cut(e.Text), nil
	_ = r.report(told) // where nobody listens the work is at its end anyway
}
