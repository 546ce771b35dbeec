package postgrestest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startTied starts cmd so that it is told to quit when this process dies, and
// closes exited when it has ended. Linux sends the signal when the thread that
// started the child ends, so that thread is kept until then (prctl(2),
// PR_SET_PDEATHSIG).
func startTied(cmd *exec.Cmd, exited chan<- struct{}) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT // PostgreSQL's immediate shutdown
	cmd.SysProcAttr.Setpgid = true              // an interrupt on the terminal is for the tests
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(exited)
		}
	}()
	return <-started
}
