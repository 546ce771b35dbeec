package sandbox

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// config returns what all runtimes have in common. Debug information of modules
// is never parsed: prepare has left it out, and a trap would be the worst moment.
func config(base wazero.RuntimeConfig, pages uint32) wazero.RuntimeConfig {
	return base.
		WithCoreFeatures(api.CoreFeaturesV2).
		WithMemoryLimitPages(pages).
		WithDebugInfoEnabled(false).
		WithCustomSections(false)
}

// interpret loads a module into the interpreter. Straight modules share one
// runtime: a runtime with its two host modules costs more than all else that is
// done for a migration of one statement, and such a module leaves nothing behind
// in it. Others have a runtime of their own.
func (s *Sandbox) interpret(ctx context.Context, module []byte, straight bool, pages uint32) (*code, error) {
	if straight {
		shared, err := s.sharedRuntime(ctx)
		if err != nil {
			return nil, err
		}
		compiled, err := shared.CompileModule(ctx, module)
		if err != nil {
			return nil, fmt.Errorf("the module is not valid: %w", err)
		}
		return &code{runtime: shared, compiled: compiled, shared: true}, nil
	}
	return own(ctx, module, config(wazero.NewRuntimeConfigInterpreter(), pages), nil)
}

// sharedRuntime returns the runtime of straight modules. Their memory does not grow,
// and what it begins with load has looked at.
func (s *Sandbox) sharedRuntime(ctx context.Context) (wazero.Runtime, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the sandbox is closed")
	}
	if s.shared != nil {
		return s.shared, nil
	}
	r := wazero.NewRuntimeWithConfig(ctx, config(wazero.NewRuntimeConfigInterpreter(), maxPages))
	if err := addHost(ctx, r); err != nil {
		r.Close(ctx)
		return nil, err
	}
	s.shared = r
	return r, nil
}

// compile loads a module into a compiler of its own, from the cache if it is
// there, and puts it there if not.
func (s *Sandbox) compile(ctx context.Context, module []byte, pages uint32) (*code, error) {
	if s.cache == nil {
		return compiler(ctx, module, pages)("")
	}
	return s.cache.load(module, compiler(ctx, module, pages))
}

// compiler returns what compiles a module, with what is kept in a folder, or puts
// that there; if the folder is "", neither.
func compiler(ctx context.Context, module []byte, pages uint32) func(dir string) (*code, error) {
	// Every worker watches the context, which a single one does not, and keeps some 6 MiB.
	ctx = experimental.WithCompilationWorkers(ctx, min(max(runtime.NumCPU(), 2), 4))
	config := config(wazero.NewRuntimeConfig(), pages)
	return func(dir string) (*code, error) {
		if dir == "" {
			return own(ctx, module, config, nil)
		}
		kept, err := wazero.NewCompilationCacheWithDir(dir)
		if err != nil {
			return nil, err
		}
		return own(ctx, module, config.WithCompilationCache(kept), kept)
	}
}

// tiered loads a module that may run for long, or for a moment: compiled if that is
// kept in the cache, else interpreted, until it has been compiled.
func (s *Sandbox) tiered(ctx context.Context, module []byte, pages uint32) (*tiers, error) {
	if s.cache != nil {
		if found := s.cache.find(module, compiler(ctx, module, pages)); found != nil {
			return &tiers{now: found}, nil
		}
	}
	interpreted, err := s.interpret(ctx, module, false, pages)
	if err != nil {
		return nil, err
	}
	return &tiers{now: interpreted, make: func(ctx context.Context) (*code, error) {
		compiled, err := s.compile(ctx, module, pages)
		if err != nil && ctx.Err() == nil {
			s.opts.Logger.Warn("a module is not compiled, and stays interpreted", "err", err)
		}
		return compiled, err
	}}, nil
}

// own loads a module into a runtime of its own.
func own(ctx context.Context, module []byte, config wazero.RuntimeConfig, kept wazero.CompilationCache) (*code, error) {
	c := &code{runtime: wazero.NewRuntimeWithConfig(ctx, config), kept: kept}
	err := addHost(ctx, c.runtime)
	if err == nil {
		err = addMeter(ctx, c.runtime)
	}
	if err == nil {
		if c.compiled, err = c.runtime.CompileModule(ctx, module); err != nil {
			err = fmt.Errorf("the module is not valid: %w", err)
		}
	}
	if err != nil {
		c.close()
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	return c, nil
}

// addHost makes the two modules that guests import from.
func addHost(ctx context.Context, r wazero.Runtime) error {
	builders := map[string]wazero.HostModuleBuilder{}
	for _, f := range wasmfile.HostFunctions() {
		if builders[f.Module] == nil {
			builders[f.Module] = r.NewHostModuleBuilder(f.Module)
		}
		builders[f.Module].NewFunctionBuilder().
			WithGoModuleFunction(hostFunction(f), valueTypes(f.Type.Params), valueTypes(f.Type.Results)).
			Export(f.Name)
	}
	for name, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("make the host module %s: %w", name, err)
		}
	}
	return nil
}

// valueTypes are the same bytes in wazero as in the binary format.
func valueTypes(types wasmfile.Types) []api.ValueType { return []api.ValueType(types) }
