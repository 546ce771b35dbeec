package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

// A waitData is the data of wait.
type waitData struct {
	Server   string `json:"server"` // the database's version
	WaitedMS int64  `json:"waited_ms"`
}

// waitEvery is the pause between two attempts.
const waitEvery = 200 * time.Millisecond

func newWait(a *app) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "Wait until the database answers",
		Long: `Tries to connect until the database answers, or --timeout has passed. For
containers that start together with their database.`,
		Example: `  sandpiper wait --timeout 30s && sandpiper upgrade`,
		Args:    arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			start := time.Now()
			conn, err := a.wait(cmd.Context(), s.db, timeout)
			if err != nil {
				return err
			}
			defer conn.Close()
			data := waitData{Server: conn.Server(), WaitedMS: time.Since(start).Milliseconds()}
			a.result(data, func(w io.Writer) {
				if !a.flags.quiet {
					fmt.Fprintf(w, "%s answers (%s %s)\n", a.database, s.db.Dialect(), data.Server)
				}
			})
			return nil
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "give up after this long (0: never)")
	return cmd
}

// wait connects, again and again.
func (a *app) wait(ctx context.Context, db host.Database, timeout time.Duration) (host.Conn, error) {
	try, cancel := ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		try, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	var last error
	for {
		conn, err := db.Connect(try)
		if err == nil {
			return conn, nil
		}
		if try.Err() == nil || last == nil {
			if last == nil && try.Err() == nil {
				a.say("waiting for %s: %v", a.database, err)
			}
			last = err
		}
		select {
		case <-time.After(waitEvery):
		case <-try.Done():
		}
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(try.Err(), context.DeadlineExceeded):
			return nil, &statusError{exitFailed, kindDatabase, "see that the server runs and that the URL is right",
				fmt.Errorf("%s did not answer within %s: %w", a.database, timeout, last)}
		}
	}
}
