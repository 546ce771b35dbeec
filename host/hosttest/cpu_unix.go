//go:build unix

package hosttest

import (
	"syscall"
	"testing"
	"time"
)

// CPUTime returns how long this process has computed. What a test takes of it is the
// same on a machine that has other things to do.
//
// https://man7.org/linux/man-pages/man2/getrusage.2.html
func CPUTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
