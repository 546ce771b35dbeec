package main

import (
	"errors"
	"fmt"
)

// The exit codes. They are a promise: scripts depend on them.
const (
	exitOK          = 0
	exitFailed      = 1   // a migration or the database failed, or an answer was not yes
	exitUsage       = 2   // the call, the configuration, or an answer that nobody can give
	exitBehind      = 3   // current --check, or a database to compare: there are revisions to apply
	exitAhead       = 4   // the same: the database has revisions the chain does not have
	exitProblems    = 5   // verify, audit, notes, test or repair found problems that are left, lint found errors, an applied file was changed, or a plugin is not what was pinned
	exitLocked      = 6   // another runner held the lock for longer than --lock-wait
	exitDiffers     = 7   // check: the schema is not the wanted one; revision --autogenerate: it will not be
	exitInterrupted = 130 // Ctrl-C or SIGTERM
)

const exitCodesText = `  0    done; for current --check: the database is where the chain is
  1    a migration or the database failed, or the answer to a question was not
       yes
  2    the call or the configuration is wrong, or a question cannot be asked
       since there is no terminal
  3    current --check, check, revision --autogenerate: the database is behind
       the chain
  4    the same: the database is ahead of the chain, or has revisions that the
       chain does not know
  5    verify, audit, notes or test found problems, repair has left some, lint
       found errors, a file that is already applied has changed, or a plugin is
       not what sandpiper.lock pins
  6    another runner held the lock for longer than --lock-wait
  7    check: the schema is not the wanted one; revision --autogenerate: what
       was written, if anything, does not make it so
  130  interrupted by Ctrl-C or SIGTERM`

// A statusError is an error with an exit code of its own.
type statusError struct {
	code int
	kind string // for --json
	next string // what to do about it; may be empty
	err  error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// usage returns an error in the call itself.
func usage(next, format string, args ...any) error {
	return &statusError{exitUsage, kindUsage, next, fmt.Errorf(format, args...)}
}

// A reported is an outcome whose exit code is not 0 and whose result says all
// there is to say: nothing else is printed for people.
type reported struct{ *statusError }

func (e reported) Unwrap() error { return e.statusError }

// outcome returns an outcome with an exit code of its own.
func outcome(code int, kind, format string, args ...any) error {
	return reported{&statusError{code, kind, "", fmt.Errorf(format, args...)}}
}

// isReported tells whether the result has said it all.
func isReported(err error) bool {
	var r reported
	return errors.As(err, &r)
}
