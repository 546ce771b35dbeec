package sandbox

import (
	"encoding/binary"
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

// wasiFunctions are the functions of ABI.md, section 7. They need nothing from
// the system: a Go guest imports them all, and may call them all.
var wasiFunctions = map[string]func(in *instance, a args) uint32{
	"args_get":          func(*instance, args) uint32 { return wasiOK },
	"args_sizes_get":    (*instance).wasiNone,
	"environ_get":       func(*instance, args) uint32 { return wasiOK },
	"environ_sizes_get": (*instance).wasiNone,
	"clock_time_get":    (*instance).wasiClock,
	"random_get":        (*instance).wasiRandom,
	"fd_write":          (*instance).wasiWrite,
	"poll_oneoff":       (*instance).wasiPoll,
	"sched_yield":       func(*instance, args) uint32 { return wasiOK },
	"proc_exit":         (*instance).wasiExit,
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
	const realtime, monotonic = 0, 1
	at := in.slot("the time", a.u32(2), 8)
	now := in.clock * 1000
	switch a.u32(0) {
	case realtime:
		now += in.run.Started.UnixNano()
	case monotonic:
	default:
		return wasiInval
	}
	in.clock++
	at.set64(uint64(now))
	return wasiOK
}

func (in *instance) wasiRandom(a args) uint32 {
	b := in.view("the random bytes", a.u32(0), a.u32(1))
	if in.random == nil {
		in.random = rand.NewChaCha8(in.run.Seed)
	}
	in.random.Read(b)
	return wasiOK
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

// wasiPoll answers every subscription at once: a clock's has fired, one for a
// descriptor is an error.
func (in *instance) wasiPoll(a args) uint32 {
	const subscription, event = 48, 32
	n := a.u32(2)
	if n == 0 {
		return wasiInval
	}
	subscriptions := in.list("the subscriptions", a.u32(0), n, subscription)
	events := in.list("the events", a.u32(1), n, event)
	count := in.slot("the number of events", a.u32(3), 4)
	for i := range int(n) {
		asked := subscriptions[i*subscription:][:subscription]
		data, kind := binary.LittleEndian.Uint64(asked), asked[8]
		answer := events[i*event:][:event]
		clear(answer)
		binary.LittleEndian.PutUint64(answer, data)
		answer[10] = kind
		if kind != 0 {
			answer[8] = wasiBadf
		}
	}
	count.set32(n)
	return wasiOK
}

func (in *instance) wasiExit(a args) uint32 {
	if code := a.u32(0); code != 0 || !in.started {
		in.exit(code)
	}
	in.exited = true
	panic(errEnded)
}
