package main

import (
	"cmp"
	"context"
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

// wait connects, again and again. An attempt ends with the timeout as well.
func (a *app) wait(ctx context.Context, db host.Database, timeout time.Duration) (host.Conn, error) {
	limited := ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	var reason error // of the newest attempt that was not cut short
	for {
		conn, err := db.Connect(limited)
		if err == nil {
			return conn, nil
		}
		if limited.Err() == nil {
			if reason == nil {
				a.say("waiting for %s: %v", a.database, err)
			}
			reason = err
		}
		select {
		case <-time.After(waitEvery):
			continue
		case <-limited.Done():
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &statusError{exitFailed, kindDatabase, "see that the database is there and that its URL is right",
			fmt.Errorf("%s did not answer within %s: %w", a.database, timeout, cmp.Or(reason, err))}
	}
}
