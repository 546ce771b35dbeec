package worker

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"syscall"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A fault is an error on its way between the processes: a tree as errors.Is and
// errors.As walk it. What has no kind crosses as its text.
type fault struct {
	Kind   string          `json:",omitempty"`
	Text   string          `json:",omitempty"`
	Fields json.RawMessage `json:",omitempty"` // of a kind that has any
	Causes []*fault        `json:",omitempty"`
}

// maxFaults is how deep a tree may be.
const maxFaults = 50

// sentinels are the errors that errors.Is is asked for.
var sentinels = map[string]error{
	"locked":         host.ErrLocked,
	"in use":         host.ErrInUse,
	"moved":          host.ErrMoved,
	"lock timeout":   host.ErrLockTimeout,
	"dependent":      host.ErrDependent,
	"in transaction": host.ErrInTransaction,
	"no manifest":    wasmfile.ErrNoManifest,
	"canceled":       context.Canceled,
	"deadline":       context.DeadlineExceeded,
	"disk full":      host.ErrDiskFull,
	"no space":       syscall.ENOSPC,
}

// kinds are the errors that errors.As is asked for.
var kinds = map[string]kind{
	"sql":       errorKind(func(e *host.SQLError) *error { return &e.Err }),
	"guest":     errorKind(func(e *host.GuestError) *error { return &e.Err }),
	"changed":   errorKind[host.ChangedError](nil),
	"paused":    errorKind[host.PausedError](nil),
	"version":   errorKind[host.CheckpointError](nil),
	"ledger":    errorKind(func(e *host.LedgerFormError) *error { return &e.Err }),
	"refusal":   errorKind[policy.Refusal](nil),
	"refused":   refusedKind,
	"not wasm":  errorKind[wasmfile.NotWasmError](nil),
	"format":    errorKind[wasmfile.FormatError](nil),
	"abi":       errorKind[wasmfile.ABIError](nil),
	"interface": errorKind[wasmfile.InterfaceError](nil),
	"malformed": errorKind[abi.MalformedError](nil),
}

// A kind is a type of errors that crosses as it is.
type kind struct {
	take func(error) (fields any, cause error, ok bool)
	make func(fields []byte, cause error) (error, error)
}

// errorKind returns the kind of a struct whose pointer is an error. cause is the
// field that holds the error behind it, where it has one.
func errorKind[T any, E interface {
	*T
	error
}](cause func(E) *error) kind {
	return kind{
		take: func(err error) (any, error, bool) {
			e, ok := err.(E)
			if !ok || e == nil {
				return nil, nil, false
			}
			fields := *e
			if cause == nil {
				return fields, nil, true
			}
			behind := cause(&fields)
			was := *behind
			*behind = nil
			return fields, was, true
		},
		make: func(fields []byte, behind error) (error, error) {
			e := E(new(T))
			if err := json.Unmarshal(fields, e); err != nil {
				return nil, err
			}
			if cause != nil {
				*cause(e) = behind
			}
			return e, nil
		},
	}
}

// refusedKind is that of *host.RefusedError, behind which there is a *policy.Refusal.
var refusedKind = kind{
	take: func(err error) (any, error, bool) {
		e, ok := err.(*host.RefusedError)
		if !ok || e == nil {
			return nil, nil, false
		}
		return host.RefusedError{SQL: e.SQL, Ordinal: e.Ordinal}, e.Refusal, true
	},
	make: func(fields []byte, behind error) (error, error) {
		e := &host.RefusedError{}
		if err := json.Unmarshal(fields, e); err != nil {
			return nil, err
		}
		if !errors.As(behind, &e.Refusal) {
			return nil, errors.New("a refusal without its reason")
		}
		return e, nil
	},
}

// newFault makes a fault of an error.
func newFault(err error) *fault { return faultOf(err, maxFaults) }

func faultOf(err error, depth int) *fault {
	for name, sentinel := range sentinels {
		if err == sentinel {
			return &fault{Kind: name}
		}
	}
	if depth > 0 {
		for name, k := range kinds {
			fields, cause, ok := k.take(err)
			if !ok {
				continue
			}
			b, failed := json.Marshal(fields)
			if failed != nil {
				break
			}
			f := &fault{Kind: name, Fields: b}
			if cause != nil {
				f.Causes = []*fault{faultOf(cause, depth-1)}
			}
			return f
		}
	}
	f := &fault{Text: err.Error()}
	causes := behind(err)
	if depth > 0 {
		for _, cause := range causes {
			f.Causes = append(f.Causes, faultOf(cause, depth-1))
		}
	} else {
		causes = nil
	}
	// An error may say by a method that it is one of these.
	for name, sentinel := range sentinels {
		is := func(err error) bool { return errors.Is(err, sentinel) }
		if is(err) && !slices.ContainsFunc(causes, is) {
			f.Causes = append(f.Causes, &fault{Kind: name})
		}
	}
	return f
}

// behind returns the errors that an error wraps.
func behind(err error) []error {
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if cause := err.Unwrap(); cause != nil {
			return []error{cause}
		}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}

// error makes the error again.
func (f *fault) error() (error, error) { return f.errorWithin(maxFaults + 1) }

var errTooDeep = &frameError{"an error that wraps more than any does"}

func (f *fault) errorWithin(depth int) (error, error) {
	if f == nil || depth < 0 {
		return nil, errTooDeep
	}
	var causes []error
	for _, c := range f.Causes {
		cause, err := c.errorWithin(depth - 1)
		if err != nil {
			return nil, err
		}
		causes = append(causes, cause)
	}
	if sentinel, ok := sentinels[f.Kind]; ok {
		return sentinel, nil
	}
	if k, ok := kinds[f.Kind]; ok {
		return k.make(f.Fields, slices.Concat(causes, []error{nil})[0])
	}
	return &remoteError{f.Text, causes}, nil
}

// A remoteError is an error of the child of which the text has come over.
type remoteError struct {
	text   string
	causes []error
}

func (e *remoteError) Error() string   { return e.text }
func (e *remoteError) Unwrap() []error { return e.causes }
