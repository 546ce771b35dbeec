//go:build !linux

package postgrestest

import "os/exec"

// startTied starts cmd and closes exited when it has ended.
func startTied(cmd *exec.Cmd, exited chan<- struct{}) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		cmd.Wait()
		close(exited)
	}()
	return nil
}
