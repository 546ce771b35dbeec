package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// interruption is the cause of a context that Ctrl-C or SIGTERM has ended. It is
// context.Canceled to whoever asks, as without a cause.
type interruption struct{}

func (interruption) Error() string        { return "interrupted" }
func (interruption) Is(target error) bool { return target == context.Canceled }

// interrupts returns a context that the first SIGINT or SIGTERM cancels, so
// that what is under way is rolled back. The second ends the process at once:
// the database then rolls back by itself.
func (a *app) interrupts(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		if a.running.Load() {
			fmt.Fprintln(a.stderr, "\nfinishing the rollback; press again to stop now")
		}
		cancel(interruption{})
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
