package sandbox

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// ration is how much fuel a guest gets at a time. When it is used up the guest
// calls the host, which looks whether the run is over; meanwhile nothing can
// stop it, and a garbage collection of the host waits for it. It is about as many
// instructions: a tenth of a millisecond, and ten milliseconds at worst.
const ration = 300_000

// What calls of the host cost, since what they do is not in the guest's code.
const (
	callFuel     = 500 // each
	bytesForFuel = 16  // that pass between guest and host, for one
)

// fuel is what a run has used: what it was given, but for the rest, which is in
// a global of the guest's (wasmfile.FuelGlobal). A guest that is not metered
// uses what its calls of the host cost, as it has nothing else to do.
type fuel struct {
	metered bool
	given   int64
	rest    api.MutableGlobal // nil if not metered, or not instantiated yet
}

func (f *fuel) used() int64 {
	if f.rest == nil {
		return f.given
	}
	return f.given - int64(f.rest.Get())
}

// settle keeps what was used when the instance is gone.
func (f *fuel) settle() { f.given, f.rest = f.used(), nil }

// find finds the rest in a module. It may call before it is instantiated, from
// its start function.
func (f *fuel) find(m api.Module) {
	if f.metered && f.rest == nil {
		f.rest, _ = m.ExportedGlobal(wasmfile.FuelGlobal).(api.MutableGlobal)
	}
}

// pay takes off what the host does for a guest.
func (in *instance) pay(amount int64) {
	if f := &in.fuel; f.rest == nil {
		f.given += amount
	} else {
		f.rest.Set(f.rest.Get() - uint64(amount))
	}
	in.checkFuel()
}

// addMeter makes the module that metered guests import from.
func addMeter(ctx context.Context, r wazero.Runtime) error {
	refill := api.GoModuleFunc(func(ctx context.Context, m api.Module, _ []uint64) {
		in := enter(ctx, m)
		defer in.leave()
		in.refill()
	})
	_, err := r.NewHostModuleBuilder(wasmfile.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(refill, nil, nil).Export(wasmfile.Refill).Instantiate(ctx)
	return err
}

// refill gives the guest its next ration, or ends it.
func (in *instance) refill() {
	in.checkEnd()
	in.checkFuel()
	in.outrun()
	f := &in.fuel
	next := int64(ration)
	if limit := in.opts.MaxFuel; limit > 0 {
		next = min(next, limit-f.used())
	}
	f.given += next - int64(f.rest.Get())
	f.rest.Set(uint64(next))
}

// checkFuel ends a guest that has used more than it may.
func (in *instance) checkFuel() {
	if limit := in.opts.MaxFuel; limit > 0 && in.fuel.used() > limit {
		in.end(host.GuestLimited, "it may use %d fuel, and has used that up", limit)
	}
}

// checkEnd ends a guest whose context has ended.
func (in *instance) checkEnd() {
	if in.ctx.Err() != nil {
		if in.cancelled == nil {
			in.cancelled = context.Cause(in.ctx)
		}
		panic(errEnded)
	}
}

// maxEntries is how many entries the tables of a guest may have together.
const maxEntries = 1_000_000
