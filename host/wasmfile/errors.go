package wasmfile

import (
	"errors"
	"fmt"
)

// ErrNoManifest says that a module has no section sandpiper.manifest.
var ErrNoManifest = errors.New("the module has no manifest: build it with `sandpiper build`")

// A NotWasmError says that a file is not a WebAssembly module.
type NotWasmError struct {
	Looks string // what it looks like instead: "an empty file", "SQL text" …
}

// Error says what the file looks like.
func (e *NotWasmError) Error() string {
	return "not a WebAssembly module: it looks like " + e.Looks
}

// Is makes errors.Is(err, ErrNotWasm) true.
func (e *NotWasmError) Is(target error) bool { return target == ErrNotWasm }

// ErrNotWasm is what every NotWasmError is.
var ErrNotWasm = errors.New("not a WebAssembly module")

// A FormatError says that a module is damaged, or uses what Sandpiper leaves out.
type FormatError struct {
	Section string // "import section" …; empty for the module as a whole
	Offset  int    // in the file, in bytes
	Reason  string
}

// Error says where in the file what is wrong.
func (e *FormatError) Error() string {
	if e.Section == "" {
		return fmt.Sprintf("malformed module: %s (at byte %d)", e.Reason, e.Offset)
	}
	return fmt.Sprintf("malformed module: %s: %s (at byte %d)", e.Section, e.Reason, e.Offset)
}

// An ABIError says that a module was made for another version of the ABI.
type ABIError struct {
	Needs string // the version the module needs
	Has   string // the version this host has
}

// Error names both versions.
func (e *ABIError) Error() string {
	return fmt.Sprintf("the module needs Sandpiper's ABI %s and this version of Sandpiper has %s: "+
		"use a newer Sandpiper, or build the module for %s", e.Needs, e.Has, e.Has)
}

// An InterfaceError says that an import or an export of a module is not as
// ABI.md, section 1, wants it.
type InterfaceError struct {
	What   string // "import env.abort", "export sandpiper_run" …
	Reason string
}

// Error names the import or export and says what is wrong with it.
func (e *InterfaceError) Error() string { return e.What + ": " + e.Reason }
