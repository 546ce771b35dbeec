package wasmfile

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A HostFunction is a function that a guest may import.
type HostFunction struct {
	Module string
	Name   string
	Type   FuncType
}

// hostFunctions are the functions of ABI.md, sections 3 and 7.
var hostFunctions = []HostFunction{
	{abi.Module, "context", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "exec", FuncType{I32 + I32 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "exec_batch", FuncType{I32 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "query", FuncType{I32 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "columns", FuncType{I32 + I32 + I32 + I32, I32}},
	{abi.Module, "rows_next", FuncType{I32 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "rows_close", FuncType{I32, I32}},
	{abi.Module, "value_read", FuncType{I32 + I32 + I64 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "row_skip", FuncType{I32, I32}},
	{abi.Module, "bulk_load", FuncType{I32 + I32 + I32 + I32 + I32, I32}},
	{abi.Module, "schema_op", FuncType{I32 + I32, I32}},
	{abi.Module, "savepoint", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "section_begin", FuncType{I32 + I32 + I32 + I32, I32}},
	{abi.Module, "section_end", FuncType{"", I32}},
	{abi.Module, "backfill_begin", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "backfill_next", FuncType{I32, I32}},
	{abi.Module, "backfill_run", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "phase", FuncType{I32, I32}},
	{abi.Module, "progress", FuncType{I64 + I64, I32}},
	{abi.Module, "log", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "fail", FuncType{I32 + I32, I32}},
	{abi.Module, "error_read", FuncType{I32 + I32 + I32, I32}},
	{abi.Module, "describe", FuncType{I32 + I32, I32}},

	{abi.WASIModule, "args_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "args_sizes_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "environ_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "environ_sizes_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "clock_time_get", FuncType{I32 + I64 + I32, I32}},
	{abi.WASIModule, "random_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "fd_write", FuncType{I32 + I32 + I32 + I32, I32}},
	{abi.WASIModule, "fd_close", FuncType{I32, I32}},
	{abi.WASIModule, "fd_fdstat_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "fd_fdstat_set_flags", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "fd_prestat_get", FuncType{I32 + I32, I32}},
	{abi.WASIModule, "fd_prestat_dir_name", FuncType{I32 + I32 + I32, I32}},
	{abi.WASIModule, "poll_oneoff", FuncType{I32 + I32 + I32 + I32, I32}},
	{abi.WASIModule, "sched_yield", FuncType{"", I32}},
	{abi.WASIModule, "proc_exit", FuncType{I32, ""}},
}

// HostFunctions returns every function that ABI.md lets a guest import, in the
// order of its sections 3 and 7.
func HostFunctions() []HostFunction { return append([]HostFunction(nil), hostFunctions...) }

// guestFunctions are the functions that a guest exports (ABI.md, section 1).
var guestFunctions = map[string]FuncType{
	abi.ExportInitialize: {},
	abi.ExportRun:        {I32 + I32, I32},
	abi.ExportDescribe:   {"", I32},
}

// Check compares what the module imports and exports with ABI.md, section 1. It
// returns an *ABIError if the module is made for a newer version, and an
// *InterfaceError that names the import or export at fault otherwise.
func (f *File) Check() error {
	if err := f.checkVersion(); err != nil {
		return err
	}
	for _, i := range f.imports {
		if reason := refusal(i); reason != "" {
			return &InterfaceError{"import " + i.Module + "." + i.Name, reason}
		}
	}
	memory, run := false, false
	for _, e := range f.exports {
		want, named := guestFunctions[e.Name]
		switch {
		case e.Name == abi.ExportMemory:
			if memory = e.Kind == KindMemory; !memory {
				return &InterfaceError{"export memory", "it is a " + e.Kind.String()}
			}
		case !named:
		case e.Kind != KindFunc:
			return &InterfaceError{"export " + e.Name, "it is a " + e.Kind.String() + ", not a function"}
		case e.Type != want:
			return &InterfaceError{"export " + e.Name, fmt.Sprintf("it is %v, not %v", e.Type, want)}
		case e.Name == abi.ExportRun:
			run = true
		}
	}
	if !memory {
		return &InterfaceError{"export memory", "the module has none; a guest exports its memory under that name"}
	}
	if !run {
		return &InterfaceError{"export " + abi.ExportRun, "the module has none: it carries no migrations"}
	}
	return nil
}

// checkVersion looks for imports from a version of the ABI that this host lacks.
func (f *File) checkVersion() error {
	newest := abi.Version
	for _, i := range f.imports {
		v, ok := strings.CutPrefix(i.Module, abi.ModulePrefix)
		if ok && newer(v, newest) {
			newest = v
		}
	}
	if newest != abi.Version {
		return &ABIError{Needs: newest, Has: abi.Version}
	}
	return nil
}

// refusal says why an import is refused, and "" if it isn't.
func refusal(i Import) string {
	if i.Module != abi.Module && i.Module != abi.WASIModule {
		return fmt.Sprintf("a guest imports from %s and %s, and from nothing else", abi.Module, abi.WASIModule)
	}
	for _, h := range hostFunctions {
		if h.Module != i.Module || h.Name != i.Name {
			continue
		}
		if i.Kind != KindFunc {
			return "it is imported as a " + i.Kind.String() + " and is a function"
		}
		if i.Type != h.Type {
			return fmt.Sprintf("it is imported as %v and is %v", i.Type, h.Type)
		}
		return ""
	}
	if i.Module == abi.WASIModule {
		return "of WASI there are only the functions of ABI.md, section 7 (more is asked for by code that can open a file or read from one)"
	}
	return "ABI " + abi.Version + " has no such function"
}

// newer reports whether version a, such as "1.2", is newer than b. What is not
// a version is not newer.
func newer(a, b string) bool {
	majorA, minorA, okA := version(a)
	majorB, minorB, okB := version(b)
	return okA && okB && (majorA > majorB || majorA == majorB && minorA > minorB)
}

func version(s string) (major, minor int, ok bool) {
	a, b, ok := strings.Cut(s, ".")
	if !ok || len(a) == 0 || len(a) > 4 || len(b) == 0 || len(b) > 4 {
		return 0, 0, false
	}
	for _, part := range []struct {
		digits string
		value  *int
	}{{a, &major}, {b, &minor}} {
		for _, c := range part.digits {
			if c < '0' || c > '9' {
				return 0, 0, false
			}
			*part.value = *part.value*10 + int(c-'0')
		}
	}
	return major, minor, true
}
