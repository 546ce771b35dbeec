package sandbox

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/sandpiper-db/sandpiper/host"
)

// The errno of WASI preview 1 that are returned here.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-errno-variant
const (
	wasiOK    = 0
	wasiBadf  = 8
	wasiInval = 28
)

// The clocks of WASI preview 1 that a guest has.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-clockid-variant
const (
	clockRealtime  = 0
	clockMonotonic = 1
)

// wasiFunctions are the functions of ABI.md, section 7. They need nothing from
// the system. Those on descriptors are what Go's package syscall, and so fmt and
// time, calls when it is initialised; it takes EBADF for "nothing is open".
var wasiFunctions = map[string]func(in *instance, a args) uint32{
	"args_get":            func(*instance, args) uint32 { return wasiOK },
	"args_sizes_get":      (*instance).wasiNone,
	"environ_get":         func(*instance, args) uint32 { return wasiOK },
	"environ_sizes_get":   (*instance).wasiNone,
	"clock_time_get":      (*instance).wasiClock,
	"random_get":          (*instance).wasiRandom,
	"fd_write":            (*instance).wasiWrite,
	"fd_close":            func(*instance, args) uint32 { return wasiBadf },
	"fd_fdstat_get":       func(*instance, args) uint32 { return wasiBadf },
	"fd_fdstat_set_flags": func(*instance, args) uint32 { return wasiBadf },
	"fd_prestat_get":      func(*instance, args) uint32 { return wasiBadf },
	"fd_prestat_dir_name": func(*instance, args) uint32 { return wasiBadf },
	"poll_oneoff":         (*instance).wasiPoll,
	"sched_yield":         func(*instance, args) uint32 { return wasiOK },
	"proc_exit":           (*instance).wasiExit,
}

// wasiNone says that there are 0 strings, of 0 bytes.
func (in *instance) wasiNone(a args) uint32 {
	in.slot("the count", a.u32(0), 4).set32(0)
	in.slot("the size", a.u32(1), 4).set32(0)
	return wasiOK
}

// wasiClock reads the clock, which steps 1 µs with every reading: a clock that
// stands still makes loops that wait for it endless, one that runs faster makes
// Go's garbage collector think that it is late.
func (in *instance) wasiClock(a args) uint32 {
	const step = 1000
	at := in.slot("the time", a.u32(2), 8)
	now, ok := in.now(a.u32(0))
	if !ok {
		return wasiInval
	}
	in.clock = later(in.clock, step)
	at.set64(now)
	return wasiOK
}

// now returns what a clock shows, in nanoseconds. ok is false if a guest has no
// such clock.
func (in *instance) now(clock uint32) (now uint64, ok bool) {
	switch clock {
	case clockRealtime:
		return later(uint64(max(0, in.run.Started.UnixNano())), in.clock), true
	case clockMonotonic:
		return in.clock, true
	}
	return 0, false
}

// later adds two times in nanoseconds. It stops at the last one that languages
// with signed times, such as Go, can hold.
func later(a, b uint64) uint64 {
	if a > math.MaxInt64 || b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// A place is what a guest's clock and its random source stand at.
type place struct {
	clock  uint64
	random rand.ChaCha8
}

func (in *instance) place() *place { return &place{in.clock, *in.stream()} }

// back returns to where a section or a backfill began, so that a guest that passes over
// it, or over some of its chunks, goes on like one that does not.
func (in *instance) back() {
	if in.outside != nil {
		in.clock, in.random, in.outside = in.outside.clock, &in.outside.random, nil
	}
}

// branch returns a random source of its own, the next one that is made from the
// guest's: what it gives does not come again when the guest is back.
func (in *instance) branch() *rand.ChaCha8 {
	var seed [32]byte
	in.stream().Read(seed[:])
	return rand.NewChaCha8(seed)
}

func (in *instance) wasiRandom(a args) uint32 {
	const piece = 1 << 20 // a millisecond
	b := in.view("the random bytes", a.u32(0), a.u32(1))
	in.pay(int64(len(b) / bytesForFuel))
	random := in.stream()
	for ; len(b) > piece; b = b[piece:] {
		random.Read(b[:piece])
		in.checkEnd()
	}
	random.Read(b)
	return wasiOK
}

// stream returns what random bytes come from.
func (in *instance) stream() *rand.ChaCha8 {
	if in.random == nil {
		in.random = rand.NewChaCha8(in.run.Seed)
	}
	return in.random
}

// wasiWrite takes at most a MiB at a time: a list of buffers may name the same
// memory many times over. As with any write, the caller goes on with the rest.
func (in *instance) wasiWrite(a args) uint32 {
	const most = 1 << 20
	written := in.slot("the number of bytes", a.u32(3), 4)
	level := host.LogInfo
	switch a.u32(0) {
	case 1:
	case 2:
		level = host.LogWarn
	default:
		return wasiBadf
	}
	list := in.list("the buffers", a.u32(1), a.u32(2), 8)
	total := 0
	for ; len(list) > 0 && total < most; list = list[8:] {
		b := in.view("a buffer", binary.LittleEndian.Uint32(list), binary.LittleEndian.Uint32(list[4:]))
		b = b[:min(len(b), most-total)]
		in.pay(int64(len(b) / bytesForFuel))
		in.output.write(in, level, b)
		total += len(b)
	}
	written.set32(uint32(total))
	return wasiOK
}

// list returns the bytes of a list of structures.
func (in *instance) list(what string, pointer, count, size uint32) []byte {
	total := uint64(count) * uint64(size)
	if total > uint64(in.memory.Size()) {
		in.end(host.GuestTrapped, "%s are %d bytes, more than its memory of %d bytes", what, total, in.memory.Size())
	}
	return in.view(what, pointer, uint32(total))
}

// wasiPoll does not wait: the clocks move on by the shortest subscription to
// one. What is due then has fired, and a subscription to a descriptor is an error.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-subscription-record
func (in *instance) wasiPoll(a args) uint32 {
	const subscription, event, toClock = 48, 32, 0
	const most = 10_000 // a guest polls one or two
	n := a.u32(2)
	if n == 0 || n > most {
		return wasiInval
	}
	in.pay(int64(n))
	subscriptions := in.list("the subscriptions", a.u32(0), n, subscription)
	events := in.list("the events", a.u32(1), n, event)
	count := in.slot("the number of events", a.u32(3), 4)
	// A guest may have put the events where its subscriptions are.
	subscriptions = append([]byte(nil), subscriptions...)
	shortest := uint64(math.MaxUint64)
	for asked := subscriptions; len(asked) > 0; asked = asked[subscription:] {
		if wait, ok := in.wait(asked); ok && asked[8] == toClock {
			shortest = min(shortest, wait)
		}
	}
	fired := uint32(0)
	for asked := subscriptions; len(asked) > 0; asked = asked[subscription:] {
		data, kind := binary.LittleEndian.Uint64(asked), asked[8]
		wait, ok := in.wait(asked)
		var errno byte
		switch {
		case kind != toClock:
			errno = wasiBadf
		case !ok:
			errno = wasiInval
		case wait > shortest:
			continue
		}
		answer := events[fired*event:][:event]
		clear(answer)
		binary.LittleEndian.PutUint64(answer, data)
		answer[8], answer[10] = errno, kind
		fired++
	}
	if shortest != math.MaxUint64 {
		in.clock = later(in.clock, shortest)
	}
	count.set32(fired)
	return wasiOK
}

// wait returns how long it is, in nanoseconds, until a subscription to a clock
// is due. ok is false if a guest has no such clock.
func (in *instance) wait(subscription []byte) (nanoseconds uint64, ok bool) {
	const absolute = 1 // of subclockflags
	clock, timeout := binary.LittleEndian.Uint32(subscription[16:]), binary.LittleEndian.Uint64(subscription[24:])
	timeout = min(timeout, math.MaxInt64)
	now, ok := in.now(clock)
	if ok && binary.LittleEndian.Uint16(subscription[40:])&absolute != 0 {
		timeout -= min(timeout, now)
	}
	return timeout, ok
}

// wasiExit ends the guest. Only the return of sandpiper_run completes a
// migration, so whatever the code is, it has failed: what deferred functions and
// the rest of the migration would have done is missing.
func (in *instance) wasiExit(a args) uint32 {
	if in.cancelled == nil {
		in.cancelled = context.Cause(in.ctx)
	}
	if in.cancelled == nil { // else that is why it exits
		in.exited(a.u32(0))
	}
	panic(errEnded)
}
