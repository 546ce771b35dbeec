//go:build unix

package worker

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// killGroup kills a process that was started apart, and what it started.
func killGroup(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) } // it may be gone

// signalOf returns the name of the signal that ended a process, "" if none did.
func signalOf(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return unix.SignalName(status.Signal())
	}
	return ""
}
