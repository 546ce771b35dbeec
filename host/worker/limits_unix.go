//go:build unix

package worker

import (
	"fmt"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// set puts this process within the limits.
func (l limits) set() error {
	if err := closeInherited(); err != nil {
		return err
	}
	resources := append(l.resources(),
		resource{"processor time", unix.RLIMIT_CPU, math.MaxInt64, seconds(l.CPU) * maxOrders},
		resource{"the size of core dumps", unix.RLIMIT_CORE, 0, 0},
		resource{"open files", unix.RLIMIT_NOFILE, l.Files, l.Files},
	)
	if l.FileSize > 0 {
		resources = append(resources, resource{"the size of a file", unix.RLIMIT_FSIZE, uint64(l.FileSize), uint64(l.FileSize)})
	}
	for _, r := range resources {
		if err := r.set(); err != nil {
			return fmt.Errorf("limit %s: %w", r.name, err)
		}
	}
	return confine()
}

// A resource is a limit of the system.
type resource struct {
	name       string
	number     int
	soft, hard uint64
}

// set lowers the limit. What is lower already stays.
func (r resource) set() error {
	var now unix.Rlimit
	if err := unix.Getrlimit(r.number, &now); err != nil {
		return err
	}
	lower(&now.Max, r.hard)
	lower(&now.Cur, r.soft)
	lower(&now.Cur, uint64(now.Max))
	return unix.Setrlimit(r.number, &now)
}

// lower sets a limit, whose type depends on the system, to what is lower.
func lower[T int64 | uint64](limit *T, to uint64) {
	if to < uint64(*limit) {
		*limit = T(to)
	}
}

// seconds rounds up.
func seconds(d time.Duration) uint64 { return uint64((d + time.Second - 1) / time.Second) }

// watchCPU sets the processor time of the step that begins, and has over called
// if it is used up.
func (l limits) watchCPU(over func()) (stop func(), err error) {
	var used unix.Rusage
	var limit unix.Rlimit
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return nil, err
	}
	if err := unix.Getrlimit(unix.RLIMIT_CPU, &limit); err != nil {
		return nil, err
	}
	sum := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	limit.Cur = limit.Max
	lower(&limit.Cur, seconds(sum+l.CPU))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGXCPU)
	go func() {
		if _, ok := <-signals; ok {
			over()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}, unix.Setrlimit(unix.RLIMIT_CPU, &limit)
}
