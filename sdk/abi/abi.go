package abi

import "strconv"

// The names of ABI.md, sections 1, 6.3 and 7.
const (
	Version         = "1.0"                    // what this package implements
	Module          = "sandpiper_1.0"          // the module that guests import from
	ModulePrefix    = "sandpiper_"             // what every version's module begins with
	WASIModule      = "wasi_snapshot_preview1" // the only other module
	ManifestSection = "sandpiper.manifest"     // the custom section of the manifest

	ExportMemory     = "memory"
	ExportInitialize = "_initialize"
	ExportRun        = "sandpiper_run"
	ExportDescribe   = "sandpiper_describe"
)

// The dialects and directions, as they are written in documents.
const (
	PostgreSQL = "postgresql"
	SQLite     = "sqlite"

	Upgrade   = "upgrade"
	Downgrade = "downgrade"
)

// DefaultLine is the line of a manifest that names none.
const DefaultLine = "main"

// The numbers that sandpiper_run and the host functions take (ABI.md,
// sections 1 and 3).
const (
	DirectionUpgrade   = 0
	DirectionDowngrade = 1

	FlagDefer = 1 // of exec

	SavepointSet      = 0
	SavepointRelease  = 1
	SavepointRollback = 2

	SectionTransaction = 0
	SectionAutocommit  = 1

	SectionRun  = 0 // the state that section_begin writes: run it
	SectionDone = 1 // it was committed by an earlier run: skip it

	LogDebug = 0
	LogInfo  = 1
	LogWarn  = 2
	LogError = 3
)

// The sizes of ABI.md: columns, bytes or, for names, as their section says.
const (
	MaxColumns       = 65535
	MaxDocument      = 1 << 20  // bytes of a document
	MaxManifest      = 16 << 20 // bytes of a manifest
	MaxRevisions     = 65536    // of a manifest
	MaxFail          = 65536    // bytes of the text given to fail
	MaxSavepointName = 40       // characters of a-z 0-9 _
	MaxSectionName   = 60       // bytes
)

// Errno is what every host function returns (ABI.md, section 4).
type Errno int32

// The values of Errno.
const (
	ErrnoOK          Errno = 0
	ErrnoEnd         Errno = 1
	ErrnoTooSmall    Errno = 2
	ErrnoSQL         Errno = 3
	ErrnoArgument    Errno = 4
	ErrnoHandle      Errno = 5
	ErrnoState       Errno = 6
	ErrnoLimit       Errno = 7
	ErrnoDenied      Errno = 8
	ErrnoDoomed      Errno = 9
	ErrnoCancelled   Errno = 10
	ErrnoUnsupported Errno = 11
)

var errnos = [...]struct{ name, meaning string }{
	ErrnoOK:          {"OK", "done"},
	ErrnoEnd:         {"END", "no more rows"},
	ErrnoTooSmall:    {"TOO_SMALL", "the buffer is too small"},
	ErrnoSQL:         {"SQL", "the database refused the statement"},
	ErrnoArgument:    {"ARGUMENT", "a malformed argument"},
	ErrnoHandle:      {"HANDLE", "no such open handle"},
	ErrnoState:       {"STATE", "not allowed here"},
	ErrnoLimit:       {"LIMIT", "a budget of the host is spent"},
	ErrnoDenied:      {"DENIED", "the grants do not cover it"},
	ErrnoDoomed:      {"DOOMED", "an earlier error spoilt the transaction"},
	ErrnoCancelled:   {"CANCELLED", "the run is ending"},
	ErrnoUnsupported: {"UNSUPPORTED", "this database cannot do that"},
}

// String returns the name in ABI.md, such as "TOO_SMALL".
func (e Errno) String() string {
	if e >= 0 && int(e) < len(errnos) {
		return errnos[e].name
	}
	return "errno " + strconv.Itoa(int(e))
}

// Error returns what the errno means, and its name.
func (e Errno) Error() string {
	if e >= 0 && int(e) < len(errnos) {
		return errnos[e].meaning + " (" + errnos[e].name + ")"
	}
	return "the host returned an unknown " + e.String()
}

// Errno returns e, so that an Errno is found by whoever asks an error for one.
func (e Errno) Errno() Errno { return e }

// A MalformedError says that bytes are not what ABI.md says they must be.
type MalformedError struct {
	What   string // what was decoded: "row", "manifest" …
	Offset int    // where it went wrong, in bytes from the start of it
	Reason string // what is wrong
}

// Error returns what is malformed, where and why.
func (e *MalformedError) Error() string {
	return "malformed " + e.What + " at byte " + strconv.Itoa(e.Offset) + ": " + e.Reason
}

// Errno returns ErrnoArgument, which is what a guest gets that sent it.
func (e *MalformedError) Errno() Errno { return ErrnoArgument }

// A TextError says that a value of a row is no text in the sense of ABI.md, section 2.
type TextError struct {
	Column int  // from 1
	NUL    bool // it holds one; else it is not valid UTF-8
}

// Error says which of the two it is, and how such bytes are passed.
func (e *TextError) Error() string {
	what := "is not valid UTF-8"
	if e.NUL {
		what = "holds a NUL, the character with the number 0"
	}
	return "the text in column " + strconv.Itoa(e.Column) + " " + what + ": it can be passed as bytes, not as text"
}

// Unwrap returns what it is to those who look at bytes: a malformed rowset.
func (e *TextError) Unwrap() error { return &MalformedError{What: "rowset", Reason: e.Error()} }

// Errno returns ErrnoArgument, which is what a guest gets that sent it.
func (e *TextError) Errno() Errno { return ErrnoArgument }

// An EncodeError says that a value cannot be written, since it is not of the
// type it is written as, or too large.
type EncodeError struct {
	Column int // 0-based, or -1 if it is not about one
	Reason string
}

// Error returns which column cannot be written and why.
func (e *EncodeError) Error() string {
	if e.Column < 0 {
		return e.Reason
	}
	return "column " + strconv.Itoa(e.Column+1) + ": " + e.Reason
}

// Errno returns ErrnoArgument.
func (e *EncodeError) Errno() Errno { return ErrnoArgument }
