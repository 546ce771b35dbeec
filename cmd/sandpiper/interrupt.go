package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interruption is the cause of a context that Ctrl-C or SIGTERM has ended. It is
// context.Canceled to whoever asks, as without a cause.
type interruption struct{}

func (interruption) Error() string        { return "interrupted" }
func (interruption) Is(target error) bool { return target == context.Canceled }

// oneInterrupt is how long signals are the same one: timeout(1) and some init
// systems send theirs to the process and to its group.
const oneInterrupt = time.Second

// interrupts returns a context that the first SIGINT or SIGTERM cancels, so
// that what is under way is rolled back. A second one, a while later, ends the
// process at once: the database then rolls back by itself.
func (a *app) interrupts(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go a.heed(signals, cancel, func() { os.Exit(exitInterrupted) })
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// heed cancels at the first signal, and stops the process at the next one that is
// not the same.
func (a *app) heed(signals <-chan os.Signal, cancel context.CancelCauseFunc, stop func()) {
	if _, ok := <-signals; !ok {
		return
	}
	running := a.running.Load()
	if running {
		a.display.line("\nfinishing the rollback") // below the ^C
	}
	cancel(interruption{})
	for same := time.After(oneInterrupt); same != nil; {
		select {
		case _, ok := <-signals:
			if !ok {
				return
			}
		case <-same:
			same = nil
		}
	}
	if running {
		a.display.line("press again to stop now")
	}
	if _, ok := <-signals; ok {
		stop()
	}
}
