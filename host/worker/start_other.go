//go:build !unix

package worker

import (
	"os"
	"os/exec"
)

// apart does nothing: there are no process groups that signals go to.
func apart(*exec.Cmd) {}

// killGroup kills a process.
func killGroup(p *os.Process) { _ = p.Kill() } // it may be gone

// signalOf returns "": no signal ends a process.
func signalOf(*os.ProcessState) string { return "" }
