package sandbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A guest is a loaded module.
type guest struct {
	sandbox *Sandbox
	tiers   *tiers
	opts    Options // of its runs
	metered bool
	exports map[string]bool
}

// Close frees the module. It must not be running.
func (g *guest) Close() error { return g.tiers.close() }

// anonymous lets any number of instances of a module live in one runtime. No
// function is called by wazero itself: _start is none of ours. wazero's own
// random source, which nothing reads, would be a tenth of the time that a small
// migration takes to make.
var anonymous = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(strings.NewReader(""))

// Wait returns when the guest is there in the form that it stays in.
func (g *guest) Wait(ctx context.Context) { g.tiers.wait(ctx) }

// Run implements host.Guest.
func (g *guest) Run(ctx context.Context, run host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	in := newInstance(g, run, calls)
	began := time.Now()
	err := g.run(ctx, in, abi.ExportRun, uint64(uint32(run.Step)), uint64(run.Direction))
	in.used.Fuel = in.fuel.used()
	in.used.Time += time.Since(began)
	return in.left(), err
}

func (g *guest) describe(ctx context.Context) ([]byte, error) {
	in := newInstance(g, host.GuestRun{Started: time.Unix(0, 0)}, nowhere{})
	in.describing = true
	if err := g.run(ctx, in, abi.ExportDescribe); err != nil {
		return nil, err
	}
	if in.description == nil {
		return nil, &host.GuestError{Kind: host.GuestReturned, Message: abi.ExportDescribe + " returned without calling describe"}
	}
	return in.description, nil
}

// run makes an instance, calls a function of it, and discards the instance.
func (g *guest) run(ctx context.Context, in *instance, function string, args ...uint64) error {
	if limit := g.opts.Timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit-in.used.Time, &timeoutError{limit})
		defer cancel()
	}
	code, leave := g.tiers.enter(ctx, in.run.Anew)
	defer leave()
	in.code, in.tiers = code, g.tiers
	in.provide(ctx)
	ctx = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(in.allocate))
	in.ctx = context.WithValue(ctx, instanceKey{}, in)
	defer in.discard()
	result, err := g.call(in, function, args)
	if in.overflowed(err) && in.interim != nil {
		g.tiers.wait(ctx)
		if g.tiers.superseded(code) {
			in.startAnew()
		}
	}
	in.finish()
	in.fuel.settle()
	return in.outcome(result, err)
}

// call instantiates the module and calls the function. A panic in here is a bug,
// of ours or of wazero's, and must not end the host.
func (g *guest) call(in *instance, function string, args []uint64) (result uint64, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = in.bug(v)
		}
	}()
	module, err := in.code.runtime.InstantiateModule(in.ctx, in.code.compiled, anonymous)
	if err != nil {
		return 0, err
	}
	in.module = module
	in.fuel.find(module)
	if g.exports[abi.ExportInitialize] {
		if _, err := module.ExportedFunction(abi.ExportInitialize).Call(in.ctx); err != nil {
			return 0, err
		}
	}
	in.started = true
	results, err := module.ExportedFunction(function).Call(in.ctx, args...)
	if err != nil {
		return 0, err
	}
	if len(results) != 1 {
		return 0, fmt.Errorf("%s returned %d results", function, len(results))
	}
	return uint64(uint32(results[0])), nil
}

// A timeoutError is the cause of a context that ended at Options.Timeout.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("it ran for longer than %v", e.limit)
}

// Is makes it a context.DeadlineExceeded.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
