//go:build !unix

package postgrestest

import (
	"os"
	"os/exec"
)

func asOrdinaryUser(*exec.Cmd) {}

func giveAway(...string) error { return nil }

// processExists reports whether pid runs: on Windows a process is only found
// while it does.
func processExists(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release()
	return true
}
