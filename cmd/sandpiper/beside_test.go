package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A beside is a command that runs while the script goes on. Its output can be
// waited for, so that scripts need no pauses.
type beside struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu     sync.Mutex
	output bytes.Buffer
	grown  chan struct{} // closed, and made anew, when there is more output
}

// patience is how long a script waits for what should come at once, on a machine that
// has other things to do as well.
const patience = 5 * time.Minute

func (b *beside) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.grown)
	b.grown = make(chan struct{})
	return b.output.Write(p)
}

func (b *beside) read() (string, chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.output.String(), b.grown
}

var (
	besideMu sync.Mutex
	besides  = map[*testscript.TestScript]*beside{}
)

func current(ts *testscript.TestScript) *beside {
	besideMu.Lock()
	defer besideMu.Unlock()
	b := besides[ts]
	if b == nil {
		ts.Fatalf("nothing was started")
	}
	return b
}

func startBeside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start COMMAND…")
	}
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	b := &beside{cmd: exec.Command(path, args[1:]...), done: make(chan struct{}), grown: make(chan struct{})}
	b.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"DB", "HOME", "PATH", "TMPDIR", "XDG_CACHE_HOME"} {
		b.cmd.Env = append(b.cmd.Env, name+"="+ts.Getenv(name))
	}
	b.cmd.Stdout, b.cmd.Stderr = b, b
	ts.Check(b.cmd.Start())
	go func() {
		b.err = b.cmd.Wait()
		close(b.done)
	}()
	ts.Defer(func() {
		_ = b.cmd.Process.Kill() // it has normally ended
		<-b.done
	})
	besideMu.Lock()
	defer besideMu.Unlock()
	besides[ts] = b
}

func untilOutput(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: until REGEXP")
	}
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	b := current(ts)
	limit := time.After(patience)
	for {
		output, grown := b.read()
		if want.MatchString(output) {
			return
		}
		select {
		case <-grown:
		case <-b.done:
			if output, _ := b.read(); want.MatchString(output) {
				return
			}
			ts.Fatalf("it ended without %q:\n%s", want, output)
		case <-limit:
			ts.Fatalf("no %q within %s:\n%s", want, patience, output)
		}
	}
}

func signalBeside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: signal")
	}
	ts.Check(current(ts).cmd.Process.Signal(os.Interrupt))
}

func killBeside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 || len(args) == 1 && args[0] != workerCommand {
		ts.Fatalf("usage: killed [worker]")
	}
	victim := current(ts).cmd.Process
	if len(args) == 1 {
		if victim = childOf(victim.Pid); victim == nil {
			ts.Fatalf("it has no worker")
		}
	}
	ts.Check(victim.Kill())
}

func endedBeside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ended CODE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	b := current(ts)
	select {
	case <-b.done:
	case <-time.After(patience):
		output, _ := b.read()
		ts.Fatalf("it has not ended within %s:\n%s", patience, output)
	}
	output, _ := b.read()
	_, _ = ts.Stdout().Write([]byte(output))
	checkExit(ts, b.err, want)
}

// childOf returns the process that another one has started, nil if there is none.
func childOf(pid int) *os.Process {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				p, err := os.FindProcess(child)
				if err == nil {
					return p
				}
			}
		}
	}
	return nil
}
