package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/worker"
)

const workerCommand = "worker"

// newWorker is the other end of the worker of a session.
func newWorker(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:    workerCommand,
		Short:  "Run steps of a plugin for the call that has started this one",
		Hidden: true,
		Args:   arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			set := settings{origin: "the order", timeLimit: a.flags.timeLimit}
			if cmd.Flags().Changed("lock-timeout") {
				set.lockTimeout = &a.flags.lockTimeout
			}
			box := a.newBox(set)
			defer box.Close()
			return worker.Serve(cmd.Context(), a.stdin, a.stdout, func(url string) (host.Worker, error) {
				set.database = url
				db, err := openDatabase(set)
				if err != nil {
					return nil, err
				}
				return host.NewRunner(nil, db, box, host.Config{TimeLimit: set.timeLimit})
			})
		},
	}
	f := cmd.Flags()
	f.DurationVar(&a.flags.lockTimeout, "lock-timeout", 0, "as of upgrade")
	f.DurationVar(&a.flags.timeLimit, "time-limit", 0, "as of upgrade")
	return cmd
}

// workerEnv are variables of tests that concern the worker too.
var workerEnv []string

// pluginsHere is set by tests that run hundreds of plugins: they run in this process.
var pluginsHere bool

// worker returns what runs the steps of plugins, the same for all runners of a
// session: processes of this program. A database in memory is this process's alone,
// and gone with it, so that its plugins run here.
func (s *session) worker() host.Worker {
	a := s.app
	if pluginsHere {
		return nil
	}
	if s.db.Dialect() == chain.SQLite && s.sqliteFile() == ":memory:" {
		a.say("plugins run in this process and not in one of their own, which could not see a database in memory")
		return nil
	}
	if s.process != nil {
		return s.process
	}
	s.process = &worker.Process{
		Args:     []string{os.Args[0], workerCommand, "--time-limit", s.set.timeLimit.String()},
		Database: s.set.database,
		Env:      workerEnv,
	}
	if s.set.lockTimeout != nil {
		s.process.Args = append(s.process.Args, "--lock-timeout", s.set.lockTimeout.String())
	}
	if a.flags.verbose {
		s.process.Args = append(s.process.Args, "--verbose")
		s.process.Stderr = a.stderr
	}
	return s.process
}
