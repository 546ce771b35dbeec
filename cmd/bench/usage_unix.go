//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// maxRSS returns the most memory a process had, in bytes (getrusage(2), which
// counts KiB but on macOS).
func maxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}

// processorTime returns how long the processors have worked for this process
// (getrusage(2)). Unlike the clock it does not count what other processes do.
func processorTime() time.Duration { return worked(syscall.RUSAGE_SELF) }

// childrenTime returns the same of the programs that have run and ended.
func childrenTime() time.Duration { return worked(syscall.RUSAGE_CHILDREN) }

func worked(who int) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(who, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
