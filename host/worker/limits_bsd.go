//go:build unix && !linux

package worker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// resources is none: these systems count no memory that would tell.
func (l limits) resources() []resource { return nil }

// closeInherited does nothing: there is no list of what is open.
func closeInherited() error { return nil }

// confine takes the right to start programs away: the limit is of processes of
// the user, of which this is one, and not of threads.
func confine() error {
	if err := (resource{"processes", unix.RLIMIT_NPROC, 1, 1}).set(); err != nil {
		return fmt.Errorf("limit processes: %w", err)
	}
	return nil
}
