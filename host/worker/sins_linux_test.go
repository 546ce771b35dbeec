package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/sandpiper-db/sandpiper/host"
)

// A sin is what a child does with an order.
type sin func(ctx context.Context, o host.WorkOrder, events func(host.Event)) error

var sins = map[string]sin{
	"good":     good,
	"patient":  patient,
	"idle":     func(context.Context, host.WorkOrder, func(host.Event)) error { return nil },
	"stubborn": func(_ context.Context, _ host.WorkOrder, events func(host.Event)) error { tellPid(events); select {} },
	"faults": func(_ context.Context, o host.WorkOrder, _ func(host.Event)) error {
		return faults()[o.Step.Revision.Slug]
	},

	"panic": func(context.Context, host.WorkOrder, func(host.Event)) error { panic("a bug in a compiler") },
	"kill": func(context.Context, host.WorkOrder, func(host.Event)) error {
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	},
	"hang":    func(context.Context, host.WorkOrder, func(host.Event)) error { select {} },
	"spin":    func(context.Context, host.WorkOrder, func(host.Event)) error { return spin() },
	"garbage": func(context.Context, host.WorkOrder, func(host.Event)) error { return write("hello, world") },
	"json":    func(context.Context, host.WorkOrder, func(host.Event)) error { return write("\x00\x00\x00\x02{{") },
	"empty":   func(context.Context, host.WorkOrder, func(host.Event)) error { return write("\x00\x00\x00\x02{}") },
	"lie": func(context.Context, host.WorkOrder, func(host.Event)) error {
		report := `{"Done":{"Key":{"Line":"main","ID":"0123456789ab"},"Action":"upgrade"}}`
		return write("\x00\x00\x00" + string(rune(len(report))) + report)
	},
	"close": func(context.Context, host.WorkOrder, func(host.Event)) error {
		os.Stdout.Close()
		select {}
	},
	"flood": func(_ context.Context, _ host.WorkOrder, events func(host.Event)) error {
		for {
			events(host.Event{Kind: host.EventLog, Text: strings.Repeat("x", 100_000)})
		}
	},
	"applied": func(_ context.Context, _ host.WorkOrder, events func(host.Event)) error {
		events(host.Event{Kind: host.EventApplied})
		select {}
	},
	"memory":  func(context.Context, host.WorkOrder, func(host.Event)) error { return takeMemory() },
	"files":   func(context.Context, host.WorkOrder, func(host.Event)) error { return openFiles() },
	"threads": func(context.Context, host.WorkOrder, func(host.Event)) error { return startThreads() },
	"program": func(context.Context, host.WorkOrder, func(host.Event)) error {
		out, err := exec.Command("/bin/sh", "-c", "echo ran").CombinedOutput()
		return fmt.Errorf("%s, %w", out, err)
	},
}

// instead are programs that are no workers, or not only.
var instead = map[string]func(){
	"garbage instead": func() { write("Usage: something else") },
	"nothing instead": func() { fmt.Fprintln(os.Stderr, "what is all this about?"); os.Exit(4) },
	"parent":          parent,
}

func tellPid(events func(host.Event)) {
	events(host.Event{Kind: host.EventLog, Text: strconv.Itoa(os.Getpid())})
}

// patient waits until it is asked to end, and leaves a mark.
func patient(ctx context.Context, _ host.WorkOrder, events func(host.Event)) error {
	tellPid(events)
	<-ctx.Done()
	if err := os.WriteFile(os.Args[2], []byte("rolled back"), 0o666); err != nil {
		return err
	}
	return ctx.Err()
}

// write writes to where reports go, and waits for what comes of it.
func write(text string) error {
	if _, err := os.Stdout.WriteString(text); err != nil {
		return err
	}
	select {}
}

// spin uses its last second of processor time.
func spin() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &limit); err != nil {
		return err
	}
	limit.Cur = 1
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &limit); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n < 0 {
			return nil
		}
	}
}

func takeMemory() error {
	for all := [][]byte{}; ; {
		b := make([]byte, 16<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		if all = append(all, b); len(all) == 1000 {
			return errors.New("it got 16 GB")
		}
	}
}

func openFiles() error {
	for all := []*os.File{}; ; {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		if all = append(all, f); len(all) == 100_000 {
			return errors.New("it got 100,000 files")
		}
	}
}

// startThreads has the runtime of Go make fifty threads.
func startThreads() error {
	var started, all sync.WaitGroup
	started.Add(50)
	for range 50 {
		all.Go(func() {
			runtime.LockOSThread()
			started.Done()
			started.Wait()
		})
	}
	all.Wait()
	return nil
}
