package sandbox

import (
	"io"
	"log/slog"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// Options are the limits of a Sandbox, and where it keeps what it compiles. The
// zero value works. The limits are for guests that went wrong or mean harm, not
// for large migrations: an honest one does not meet them.
type Options struct {
	// MemoryPages is how much memory a guest may have, in pages of 64 KiB.
	// Defaults to 4096, which is 256 MiB, where host.GuestLimits say nothing. At
	// most 65,536.
	MemoryPages uint32

	// Timeout is how long one run of a guest may take, by the wall clock and
	// with the time that the database takes. Defaults to no limit.
	Timeout time.Duration

	// MaxFuel is how much fuel a run may use: about as many instructions, and
	// what calls of the host cost. It depends on nothing but what the guest does,
	// so a limit ends a guest at the same place every time. Defaults to no limit.
	MaxFuel int64

	// MaxCalls is how many calls of the host a run may make. Defaults to 100 million.
	MaxCalls int64

	// MaxRows is how many rows a run may read. Defaults to a thousand million.
	MaxRows int64

	// MaxBytes is how many bytes of statements, parameters and rows a run may
	// move between guest and host. Defaults to 256 GiB.
	MaxBytes int64

	// MaxLogBytes is how many bytes a run may log, by log or by writing to its
	// standard output and error. Defaults to 4 MiB.
	MaxLogBytes int64

	// MaxHandles is how many queries a run may have open at once. Defaults to 64.
	MaxHandles int

	// CacheDir is where compiled modules are kept. It must belong to the user
	// and be open to nobody else, since what lies there is executed; otherwise
	// nothing is kept. Defaults to the folder sandpiper in os.UserCacheDir().
	CacheDir string

	// Mode says how guests are run. Defaults to Auto.
	Mode Mode

	// Trace, if set, receives a line for every call that a guest makes.
	Trace io.Writer

	// Logger receives what is wrong with the cache. Defaults to discarding it.
	Logger *slog.Logger
}

// Mode says how guests are run.
type Mode string

// The modes.
const (
	Auto        Mode = ""            // interpreted until they are compiled, if they can run for long
	Interpreter Mode = "interpreter" // all interpreted
	Compiler    Mode = "compiler"    // all compiled, where the platform has a compiler
)

// defaultPages is 256 MiB.
const defaultPages = 4096

// maxPages is all that an address of 32 bits reaches.
const maxPages = 65536

// withDefaults fills in what is zero, but for MemoryPages: within does.
func (o Options) withDefaults() Options {
	fill(&o.MaxCalls, 100_000_000)
	fill(&o.MaxRows, 1_000_000_000)
	fill(&o.MaxBytes, 256<<30)
	fill(&o.MaxLogBytes, 4<<20)
	fill(&o.MaxHandles, 64)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// within returns the options of a guest that has limits of its own: of two the
// narrower one counts.
func (o Options) within(limits host.GuestLimits) Options {
	if limits.Memory > 0 {
		narrow(&o.MemoryPages, uint32(max(1, min(limits.Memory>>16, maxPages))))
	}
	fill(&o.MemoryPages, defaultPages)
	narrow(&o.Timeout, limits.Time)
	narrow(&o.MaxFuel, limits.Fuel)
	return o
}

// narrow sets a limit that is not set, 0, or larger.
func narrow[T ~int64 | ~uint32](field *T, limit T) {
	if limit > 0 && (*field == 0 || limit < *field) {
		*field = limit
	}
}

func fill[T int | int64 | uint32](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
