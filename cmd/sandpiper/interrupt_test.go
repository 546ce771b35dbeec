package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Signals in one go are one: timeout(1) sends two. The next one is another.
func TestSignalsInOneGoAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		a := &app{stderr: &said}
		a.display = a.newDisplay()
		a.running.Store(true)
		ctx, cancel := context.WithCancelCause(t.Context())
		signals := make(chan os.Signal, 2)
		stopped := false
		go a.heed(signals, cancel, func() { stopped = true })

		signals <- os.Interrupt
		time.Sleep(oneInterrupt / 2)
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), interruption{}) {
			t.Error("the first signal does not cancel")
		}
		signals <- syscall.SIGTERM
		time.Sleep(oneInterrupt)
		synctest.Wait()
		if want := "\nfinishing the rollback\npress again to stop now\n"; stopped || said.String() != want {
			t.Errorf("said %q, want %q; stopped: %t", &said, want, stopped)
		}
		signals <- os.Interrupt
		synctest.Wait()
		if !stopped {
			t.Error("the next signal does not stop it")
		}
	})
}
