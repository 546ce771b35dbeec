package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An instance is one run of a guest: what it has open, what it has used up, and
// how it ends. It travels in the context of the run, which wazero hands to every
// host function.
type instance struct {
	ctx     context.Context
	opts    *Options
	run     host.GuestRun
	calls   host.Calls
	tiers   *tiers
	code    *code                     // that runs
	interim *provisional              // nil: the run stays in this code
	module  api.Module                // nil until it is instantiated
	memory  api.Memory                // of the call under way
	linear  experimental.LinearMemory // of the module
	lent    []byte                    // see borrowed

	started     bool // the call of sandpiper_run has begun
	describing  bool
	description []byte

	handles     map[uint32]*openRows
	handle      uint32 // the last one given
	section     bool   // a section is open
	transaction bool   // and commits as a whole

	backfill bool      // one has begun
	chunk    *openRows // of the chunk under way; nil before the first
	outside  *place    // where the guest was when the section or the backfill began

	used    host.GuestUsage // of the budgets
	fuel    fuel
	ignored int // calls since a budget was spent

	last      abi.ErrorDocument // for error_read
	blame     error             // the error that no call has succeeded since
	cancelled error             // set once a call was answered CANCELLED
	failText  string            // given to fail
	ended     *host.GuestError  // set when a host function ends the guest

	clock  uint64 // the monotonic clock, in nanoseconds
	random *rand.ChaCha8
	output output

	trace *transcript // nil if nobody listens
}

// maxIgnored is how many calls a guest may make after a budget is spent, so as
// to clean up and say so.
const maxIgnored = 1000

type instanceKey struct{}

func newInstance(g *guest, run host.GuestRun, calls host.Calls) *instance {
	in := &instance{opts: &g.opts, run: run, calls: calls, used: run.Used, last: abi.ErrorDocument{Message: "no error"}}
	in.fuel = fuel{metered: g.metered, given: run.Used.Fuel}
	if g.opts.Trace != nil {
		in.trace = &transcript{sandbox: g.sandbox}
	}
	return in
}

// errEnded unwinds a guest that a host function has ended; instance.ended says why.
var errEnded = errors.New("the guest was ended")

// end ends the guest.
func (in *instance) end(kind host.GuestErrorKind, format string, args ...any) {
	if in.ended == nil {
		in.ended = &host.GuestError{Kind: kind, Message: fmt.Sprintf(format, args...)}
	}
	panic(errEnded)
}

// bug notes a panic that nobody meant.
func (in *instance) bug(v any) error {
	if v == errEnded {
		return errEnded
	}
	if in.ended == nil {
		in.ended = &host.GuestError{
			Kind: host.GuestTrapped, Message: fmt.Sprintf("a bug in Sandpiper, please report it: %v", v), Stack: string(debug.Stack()),
		}
	}
	return errEnded
}

// args are the arguments of a host function, as wazero keeps them.
type args []uint64

// u32 returns an i32 argument. Its upper half may hold anything.
func (a args) u32(i int) uint32 { return uint32(a[i]) }

// A call is a function of ABI.md, section 3. Its error becomes the errno.
type call func(in *instance, a args) error

// hostFunction returns the Go side of a function that guests import.
func hostFunction(f wasmfile.HostFunction) api.GoModuleFunc {
	if f.Module == abi.WASIModule {
		call := wasiFunctions[f.Name]
		return func(ctx context.Context, m api.Module, stack []uint64) {
			in := enter(ctx, m)
			defer in.leave()
			in.checkEnd()
			in.pay(callFuel)
			result := call(in, stack)
			if f.Type.Results != "" {
				stack[0] = uint64(result)
			}
		}
	}
	call := functions[f.Name]
	return func(ctx context.Context, m api.Module, stack []uint64) {
		in := enter(ctx, m)
		defer in.leave()
		stack[0] = uint64(uint32(in.answer(f.Name, call, stack)))
	}
}

func enter(ctx context.Context, m api.Module) *instance {
	in := ctx.Value(instanceKey{}).(*instance)
	in.memory = m.Memory()
	in.fuel.find(m)
	return in
}

// leave turns a panic of ours into the end of the guest, and lets that pass.
func (in *instance) leave() {
	if v := recover(); v != nil {
		panic(in.bug(v))
	}
}

// answer makes a call and returns its errno.
func (in *instance) answer(name string, f call, a args) abi.Errno {
	in.trace.begin(name)
	in.pay(callFuel)
	err := in.admit(name)
	if err == nil {
		if affectsDatabase[name] {
			in.keepRows()
		}
		err = in.make(f, a)
	}
	errno := in.settle(name, err)
	in.trace.end(errno, err)
	return errno
}

// make makes a call, and takes the time where a new start would make it again: what a
// call commits it would not.
func (in *instance) make(f call, a args) error {
	p := in.interim
	if p == nil {
		return f(in, a)
	}
	began := now()
	err := f(in, a)
	if p.since.After(began) {
		began = p.since
	}
	p.again += now().Sub(began)
	return err
}

// admit decides whether a call is made at all. The two that a guest needs to
// say why it gives up always are.
func (in *instance) admit(name string) error {
	saying := name == "fail" || name == "error_read"
	if in.used.Calls++; in.used.Calls > in.opts.MaxCalls {
		err := in.spent("%d calls of the host", in.opts.MaxCalls)
		if !saying {
			return err
		}
	}
	if saying {
		return nil
	}
	if name != "backfill_next" && name != "section_end" { // these commit first
		in.outrun()
	}
	if in.cancelled == nil {
		if in.ctx.Err() == nil {
			return nil
		}
		in.cancelled = context.Cause(in.ctx)
	}
	return &callError{abi.ErrnoCancelled, "the run is ending: " + in.cancelled.Error()}
}

// settle turns a call's error into an errno, and keeps it for error_read.
func (in *instance) settle(name string, err error) abi.Errno {
	if err == nil {
		if affectsDatabase[name] {
			in.blame = nil
		}
		return abi.ErrnoOK
	}
	if errno, ok := err.(abi.Errno); ok { // END, TOO_SMALL: answers, not errors
		return errno
	}
	errno := abi.ErrnoCancelled
	if e := (interface{ Errno() abi.Errno })(nil); errors.As(err, &e) {
		errno = e.Errno()
	}
	if in.ctx.Err() != nil {
		errno = abi.ErrnoCancelled
	}
	if errno == abi.ErrnoCancelled && in.cancelled == nil {
		if in.cancelled = context.Cause(in.ctx); in.cancelled == nil {
			in.cancelled = err
		}
	}
	in.last = abi.ErrorDocument{Errno: errno, Message: err.Error()}
	if sql := (*host.SQLError)(nil); errors.As(err, &sql) {
		in.last.Code, in.last.Message = sql.Code, sql.Message
		in.last.Detail, in.last.Hint, in.last.Position = sql.Detail, sql.Hint, sql.Position
	}
	in.blame = err
	return errno
}

// spent returns the error for a budget that is spent, and ends a guest that
// goes on calling regardless.
func (in *instance) spent(format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if in.ignored++; in.ignored > maxIgnored {
		in.end(host.GuestLimited, "it may use %s, and went on after being told so %d times", what, maxIgnored)
	}
	return &callError{abi.ErrnoLimit, "the limit of " + what + " is reached"}
}

// A callError is a call that the sandbox refuses by itself.
type callError struct {
	errno abi.Errno
	text  string
}

func (e *callError) Error() string    { return e.text }
func (e *callError) Errno() abi.Errno { return e.errno }

func refuse(errno abi.Errno, format string, args ...any) error {
	return &callError{errno, fmt.Sprintf(format, args...)}
}

// finish lets the guest's last words out, and closes what it left open.
func (in *instance) finish() {
	defer func() {
		if v := recover(); v != nil {
			in.bug(v)
		}
	}()
	in.output.flush(in)
	in.closeRows()
}

// discard throws the instance away.
func (in *instance) discard() {
	if in.module != nil {
		in.module.Close(context.Background())
	}
	if in.linear != nil {
		in.linear.Free()
	}
}
