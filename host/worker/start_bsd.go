//go:build unix && !linux

package worker

import (
	"os/exec"
	"syscall"
)

// apart makes a command a process group of its own, which signals of the terminal
// do not reach.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
