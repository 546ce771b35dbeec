package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// outcome says how a run ended: nil if the migration is complete, else a
// *host.GuestError.
func (in *instance) outcome(result uint64, err error) error {
	switch {
	case in.outOfMemory():
		return &host.GuestError{
			Kind: host.GuestLimited, Stack: string(in.output.tail), Err: in.blame,
			Message: fmt.Sprintf("it needs more memory than the %d MiB that it may have", in.opts.MemoryPages>>4),
		}
	case in.ended != nil:
		if err != nil && in.ended.Stack == "" {
			_, in.ended.Stack, _ = strings.Cut(err.Error(), stackBegins)
		}
		return in.ended
	case err != nil && !errors.Is(err, errEnded):
		return in.trapped(err)
	case in.cancelled != nil:
		// Whatever the guest says: a call was not made.
		return in.stopped(in.cancelled)
	case result == 0:
		return nil
	}
	return in.gaveUp(abi.Errno(result))
}

// outOfMemory reports whether a guest ended because its memory could not grow: that
// is what Go, Rust and C++ say then.
func (in *instance) outOfMemory() bool {
	if in.ended != nil && in.ended.Kind != host.GuestPanicked {
		return false
	}
	for _, words := range []string{"fatal error: out of memory", "runtime: cannot allocate memory", "memory allocation of ", "std::bad_alloc"} {
		if bytes.Contains(in.output.tail, []byte(words)) {
			return true
		}
	}
	return false
}

// stackBegins is what wazero puts between an error and the stack.
const stackBegins = "\nwasm stack trace:\n"

// gaveUp is the outcome of a guest that returned something else than 0.
func (in *instance) gaveUp(result abi.Errno) error {
	e := &host.GuestError{Kind: host.GuestReturned, Message: in.failText, Err: in.blame}
	switch {
	case e.Message != "":
	case in.blame != nil:
		e.Message = in.blame.Error()
	default:
		e.Message = fmt.Sprintf("it returned %d and did not say why", result)
	}
	return e
}

// trapped is the outcome of a guest that wazero ended.
func (in *instance) trapped(err error) error {
	e := &host.GuestError{Kind: host.GuestTrapped, Err: in.blame}
	text := strings.TrimPrefix(err.Error(), "wasm error: ")
	e.Message, e.Stack, _ = strings.Cut(text, stackBegins)
	if words, sure := lastWords(string(in.output.tail)); sure {
		e.Kind, e.Message = host.GuestPanicked, words
	} else if words != "" {
		e.Message += ", after it wrote: " + words
	}
	if len(in.output.tail) > 0 {
		e.Stack = string(in.output.tail) + "\n" + e.Stack
	}
	return e
}

// stopped is the outcome of a guest whose context ended.
func (in *instance) stopped(cause error) error {
	e := &host.GuestError{Kind: host.GuestCancelled, Message: cause.Error(), Err: cause}
	if errors.Is(cause, context.DeadlineExceeded) {
		e.Kind = host.GuestTimedOut
	}
	return e
}

// nowhere is what a module is described on: no database at all.
type nowhere struct{}

var errNowhere = refuse(abi.ErrnoState, "there is no database while a module is being built")

func (nowhere) Exec(context.Context, string, []abi.Value, bool) (int64, error) { return 0, errNowhere }

func (nowhere) ExecBatch(context.Context, string, *abi.RowReader) (int64, error) {
	return 0, errNowhere
}

func (nowhere) Query(context.Context, string, []abi.Value) (host.Rows, error) { return nil, errNowhere }

func (nowhere) Schema(context.Context, schema.Request) error { return errNowhere }

func (nowhere) Savepoint(context.Context, host.SavepointOp, string) error { return errNowhere }

func (nowhere) SectionBegin(context.Context, host.SectionKind, string) (bool, error) {
	return false, errNowhere
}

func (nowhere) SectionEnd(context.Context) error { return errNowhere }

func (nowhere) BackfillBegin(context.Context, *abi.Backfill) (bool, error) { return false, errNowhere }

func (nowhere) BackfillNext(context.Context, bool) (host.Chunk, error) {
	return host.Chunk{}, errNowhere
}

func (nowhere) BackfillRun(context.Context, *abi.Backfill) (int64, error) { return 0, errNowhere }

func (nowhere) Load(context.Context, *abi.Load, *abi.RowReader) (int64, error) { return 0, errNowhere }

func (nowhere) Phase(context.Context, abi.Phase) error { return errNowhere }

func (nowhere) Progress(context.Context, int64, int64) {}

func (nowhere) Log(context.Context, host.LogLevel, string) {}
