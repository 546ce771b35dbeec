package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Sandbox makes guests out of modules. Any number of goroutines may use it,
// and each of its guests, at once.
type Sandbox struct {
	opts  Options
	cache *cache // nil if there is none

	mu     sync.Mutex
	shared wazero.Runtime // interprets straight modules; made when first needed
	closed bool

	traceMu sync.Mutex
}

var _ host.Sandbox = (*Sandbox)(nil)

// New makes a Sandbox. A cache folder that can't be used is no error: Options
// say when that is, and the logger hears of it.
func New(opts Options) (*Sandbox, error) {
	s := &Sandbox{opts: opts.withDefaults()}
	switch opts.Mode {
	case Auto, Interpreter, Compiler:
	default:
		return nil, fmt.Errorf("sandbox: unknown mode %q: it is auto, interpreter or compiler", opts.Mode)
	}
	if s.opts.MemoryPages > maxPages {
		return nil, fmt.Errorf("sandbox: %d pages of memory: WebAssembly has at most 65,536", opts.MemoryPages)
	}
	if opts.Mode == Interpreter {
		return s, nil
	}
	dir := opts.CacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			s.opts.Logger.Warn("compiled modules are not kept", "err", err)
			return s, nil
		}
		dir = filepath.Join(base, "sandpiper")
	}
	var err error
	if s.cache, err = openCache(dir, s.opts.Logger); err != nil {
		s.opts.Logger.Warn("compiled modules are not kept", "err", err)
	}
	return s, nil
}

// Close frees what guests share. A guest that is still open must not run again.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.shared == nil {
		return nil
	}
	return s.shared.Close(context.Background())
}

// Load checks a module and makes it ready to run. Nothing of it runs. The error
// is a *host.GuestError of kind GuestRefused, which wraps package wasmfile's.
func (s *Sandbox) Load(ctx context.Context, module []byte, limits host.GuestLimits) (host.Guest, error) {
	g, err := s.load(ctx, module, s.opts.within(limits))
	if err != nil {
		return nil, refused(err)
	}
	return g, nil
}

// Describe runs sandpiper_describe of a module that is being built, and returns
// the document that it hands to describe (ABI.md, section 6.3). A database is
// not there: every call that needs one returns STATE.
func (s *Sandbox) Describe(ctx context.Context, module []byte) ([]byte, error) {
	// It runs once, and for a moment: compiling a Go module would take longer.
	opts := s.opts.within(host.GuestLimits{})
	opts.Mode = Interpreter
	g, err := s.load(ctx, module, opts)
	if err != nil {
		return nil, refused(err)
	}
	defer g.Close()
	if !g.exports[abi.ExportDescribe] {
		return nil, refused(&wasmfile.InterfaceError{What: "export " + abi.ExportDescribe, Reason: "the module has none"})
	}
	return g.describe(ctx)
}

// load makes a guest that runs with opts.
func (s *Sandbox) load(ctx context.Context, module []byte, opts Options) (*guest, error) {
	file, err := wasmfile.Open(module)
	if err != nil {
		return nil, err
	}
	if err := file.Check(); err != nil {
		return nil, err
	}
	if m, _ := file.Memory(); m.Min > opts.MemoryPages {
		return nil, fmt.Errorf("the module wants %d pages of memory (%d MiB) and may have %d", m.Min, m.Min>>4, opts.MemoryPages)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	straight := file.Straight()
	prepared, err := prepare(file, straight, opts.Mode == Compiler, opts.MemoryPages)
	if err != nil {
		return nil, err
	}
	g := &guest{sandbox: s}
	switch {
	case opts.Mode == Compiler:
		g.tiers, err = alone(s.compile(ctx, prepared, opts.MemoryPages))
	case opts.Mode == Interpreter || straight:
		g.tiers, err = alone(s.interpret(ctx, prepared, straight, opts.MemoryPages))
	default:
		g.tiers, err = s.tiered(ctx, prepared, opts.MemoryPages)
	}
	if err != nil {
		return nil, err
	}
	g.opts, g.metered = opts, !straight
	g.exports = map[string]bool{}
	for _, e := range file.Exports() {
		g.exports[e.Name] = true
	}
	return g, nil
}

// prepare returns the module that is really run; what is compiled is kept under
// the digest of what this returns. A straight module is bounded as it is, unless
// it is compiled.
func prepare(file *wasmfile.File, straight, compiled bool, pages uint32) ([]byte, error) {
	if straight && !compiled {
		return file.Runnable(), nil
	}
	if err := file.CheckCode(); err != nil || straight {
		return file.Runnable(), err
	}
	return file.Meter(wasmfile.Limits{Pages: pages, Entries: maxEntries})
}

// refused makes an error of Load of what was found wrong.
func refused(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &host.GuestError{Kind: host.GuestCancelled, Err: err}
	}
	return &host.GuestError{Kind: host.GuestRefused, Message: err.Error(), Err: err}
}
