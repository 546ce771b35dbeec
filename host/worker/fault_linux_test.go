package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"syscall"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A cancelled is an error that says by a method what it is.
type cancelled struct{}

func (cancelled) Error() string        { return "interrupted" }
func (cancelled) Is(target error) bool { return target == context.Canceled }

// faults are errors that a child reports, by name.
func faults() map[string]error {
	sql := &host.SQLError{
		Code: "55P03", Message: "canceling statement due to lock timeout", Position: 3, SQL: "LOCK t", Ordinal: 4,
		Err: fmt.Errorf("the driver's words: %w", host.ErrLockTimeout),
	}
	return map[string]error{
		"locked": fmt.Errorf("begin: %w", host.ErrInUse),
		"moved":  host.ErrMoved,
		"sql":    &host.GuestError{Kind: host.GuestReturned, Message: "no", Stack: "at f", Err: sql},
		"refusal": &host.GuestError{Kind: host.GuestReturned, Err: &host.RefusedError{
			Refusal: &policy.Refusal{Line: "acme", Reason: "select users", Needs: "uses", At: 8}, SQL: "SELECT 1", Ordinal: 3,
		}},
		"changed": fmt.Errorf("step: %w", &host.ChangedError{
			Revision: chain.Revision{Key: chain.Key{Line: "acme", ID: "0123456789ab"}}, Call: 2, Unit: host.Unit{Kind: host.UnitExec, Position: 3},
		}),
		"format":    &host.GuestError{Kind: host.GuestRefused, Err: &wasmfile.FormatError{Section: "code section", Offset: 7, Reason: "deep"}},
		"malformed": errors.Join(&abi.MalformedError{What: "manifest", Offset: 3, Reason: "x"}, wasmfile.ErrNoManifest),
		"cancelled": &host.GuestError{Kind: host.GuestCancelled, Err: cancelled{}},
		"late":      fmt.Errorf("run: %w", context.DeadlineExceeded),
		"plain":     errors.New("disk full"),
		"full":      fmt.Errorf("commit: %w: disk I/O error", host.ErrDiskFull),
		"no room":   fmt.Errorf("keep rows: %w", &os.PathError{Op: "write", Path: "/tmp/rows", Err: syscall.ENOSPC}),
	}
}

// TestFaults: an error is the same on both sides, to errors.Is, errors.As and
// people.
func TestFaults(t *testing.T) {
	p := process(t, "faults")
	for name, want := range faults() {
		o := workOrder(t, ample)
		o.Step.Revision.Slug = name
		o.State.Used = host.GuestUsage{Fuel: 3, Rows: 5}
		_, state, got := p.Work(t.Context(), o, ignore)
		if want := (host.GuestUsage{Fuel: 10, Rows: 5}); state.Used != want {
			t.Errorf("%s: it has used %+v, want %+v", name, state.Used, want)
		}
		if got == nil || got.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", name, got, want)
			continue
		}
		for _, sentinel := range []error{
			host.ErrLocked, host.ErrInUse, host.ErrMoved, host.ErrLockTimeout, host.ErrInTransaction,
			context.Canceled, context.DeadlineExceeded, wasmfile.ErrNoManifest, host.ErrDiskFull, syscall.ENOSPC,
		} {
			if errors.Is(got, sentinel) != errors.Is(want, sentinel) {
				t.Errorf("%s: it is %v: %t", name, sentinel, !errors.Is(want, sentinel))
			}
		}
		same[*host.SQLError](t, name, got, want)
		same[*host.GuestError](t, name, got, want)
		same[*host.ChangedError](t, name, got, want)
		same[*host.RefusedError](t, name, got, want)
		same[*policy.Refusal](t, name, got, want)
		same[*wasmfile.FormatError](t, name, got, want)
		same[*abi.MalformedError](t, name, got, want)
	}
}

// same checks that both errors are of a type, with the same fields but for the
// error behind them.
func same[E error](t *testing.T, name string, got, want error) {
	t.Helper()
	var a, b E
	if errors.As(got, &a) != errors.As(want, &b) {
		t.Errorf("%s: one of them is a %T", name, a)
		return
	}
	x, y := reflect.Indirect(reflect.ValueOf(a)), reflect.Indirect(reflect.ValueOf(b))
	if !x.IsValid() || !y.IsValid() {
		return
	}
	for i := range x.NumField() {
		if field := x.Type().Field(i); field.Name != "Err" && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			t.Errorf("%s: %T.%s is %v, want %v", name, a, field.Name, x.Field(i), y.Field(i))
		}
	}
}
