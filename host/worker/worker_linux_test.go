package worker_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/worker"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// workerName is what this binary is called as where it is the child of a test.
const workerName = "worker-of-a-test"

func TestMain(m *testing.M) {
	if os.Args[0] != workerName {
		os.Exit(m.Run())
	}
	if do, ok := instead[os.Args[1]]; ok {
		do()
		return
	}
	err := worker.Serve(context.Background(), os.Stdin, os.Stdout, func(url string) (host.Worker, error) {
		if url != "postgres://app:hunter2@db/app" {
			return nil, fmt.Errorf("no database is called %q", url)
		}
		return handler(sins[os.Args[1]]), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A handler is a worker that sins, and uses 7 of fuel.
type handler sin

func (h handler) Work(ctx context.Context, o host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	events(host.Event{Kind: host.EventStarted})
	state := o.State
	state.Used.Fuel += 7
	if err := h(ctx, o, events); err != nil {
		return host.Entry{}, state, err
	}
	return host.Entry{Key: o.Step.Revision.Key, Action: host.Action(o.Step.Direction.String()), Fuel: state.Used.Fuel, Started: time.Unix(1, 0).UTC()}, state, nil
}

func process(t testing.TB, sin string, args ...string) *worker.Process {
	p := &worker.Process{
		Args:     append([]string{workerName, sin}, args...),
		Database: "postgres://app:hunter2@db/app",
		Grace:    200 * time.Millisecond,
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func workOrder(t testing.TB, allowed abi.Capabilities) host.WorkOrder {
	t.Helper()
	grants, err := policy.New("acme", allowed)
	if err != nil {
		t.Fatal(err)
	}
	return host.WorkOrder{
		Plugin: host.Plugin{Path: "acme.wasm", Module: []byte("\x00asm, or so"), Grants: grants, Signer: "alice"},
		Step: host.Step{
			Revision:  chain.Revision{Key: chain.Key{Line: "acme", ID: "0123456789ab"}, Dialect: chain.PostgreSQL, Slug: "audit"},
			Direction: chain.Upgrade, After: []string{"0123456789ab"},
		},
	}
}

// brief are grants of a second, which is little enough for a test to wait for, and ample
// those of what is not to take long.
var (
	brief = abi.Capabilities{Owns: []string{"acme_*"}, Seconds: 1}
	ample = abi.Capabilities{Owns: []string{"acme_*"}, Seconds: 600}
)

func ignore(host.Event) {}

// TestWork: an order reaches the child whole, its events and its entry come back,
// and the next order finds the same process.
func TestWork(t *testing.T) {
	t.Setenv("PGPASSWORD", "swordfish")
	t.Setenv("SANDPIPER_DATABASE", "postgres://app:hunter2@db/app")
	p := process(t, "good")
	o := workOrder(t, ample)
	o.Pace, o.LockWait, o.Spent = host.Pace{ChunkTime: 1, MaxRate: 2, MaxLag: 3}, 4, 5
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	o.State = host.WorkState{
		Chunks: 6, Backfills: map[int]host.BackfillPace{7: {Rows: 8, Due: noon, Told: true}},
		Replicas: map[string]host.SeenReplica{"r": {Many: 9, First: noon, Last: noon.Add(time.Second)}},
	}
	want := o.State
	want.Used.Fuel = 7
	var pids []string
	for range 2 {
		var events []host.Event
		entry, state, err := p.Work(t.Context(), o, func(e host.Event) { events = append(events, e) })
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(state, want) {
			t.Errorf("the order has left %+v, want %+v", state, want)
		}
		if entry.Key != o.Step.Revision.Key || entry.Fuel != 7 || !entry.Started.Equal(time.Unix(1, 0)) {
			t.Errorf("the entry is %+v", entry)
		}
		if len(events) != 3 || events[0].Kind != host.EventStarted || events[1].Text != "<&\x00 ü" || events[2].Done != 3 {
			t.Fatalf("the events are %+v", events)
		}
		if events[1].Revision != o.Step.Revision.ID || events[1].Line != "acme" || events[1].Slug != "audit" || events[1].Action != host.ActionUpgrade {
			t.Errorf("an event is not of its step: %+v", events[1])
		}
		pids = append(pids, events[2].Section)
	}
	if pids[0] != pids[1] {
		t.Errorf("two orders of a plugin had two processes")
	}

	o.Results = true
	var ran host.Event
	if _, _, err := p.Work(t.Context(), o, func(e host.Event) { ran = e }); err != nil {
		t.Fatal(err)
	}
	if ran.Kind != host.EventRan || ran.Text != "SELECT 1" || ran.Rows != 1 || ran.Took != 5 || ran.Together != 2 || ran.Err == nil || ran.Err.Error() != "no luck" {
		t.Errorf("the result of a statement is %+v", ran)
	}

	other := o
	other.Plugin.Module = []byte("\x00asm, another")
	var pid string
	if _, _, err := p.Work(t.Context(), other, func(e host.Event) { pid = e.Section }); err != nil {
		t.Fatal(err)
	}
	if pid == pids[0] {
		t.Error("two plugins had one process")
	}
}

// good checks what it got, logs, and tells its process.
func good(_ context.Context, o host.WorkOrder, events func(host.Event)) error {
	environ, err := os.ReadFile("/proc/self/environ")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	where, err := os.Getwd()
	switch {
	case err != nil:
		return err
	case !strings.Contains(string(o.Plugin.Module), "asm"), o.Plugin.Grants.Time() != 10*time.Minute, o.Plugin.Signer != "alice",
		o.Pace != host.Pace{ChunkTime: 1, MaxRate: 2, MaxLag: 3}, o.LockWait != 4, o.Spent != 5:
		return fmt.Errorf("a broken order: %+v", o)
	case os.Getenv("PGPASSWORD") != "swordfish":
		return errors.New("libpq's variables are missing")
	case bytes.Contains(environ, []byte("swordfish")), bytes.Contains(environ, []byte("hunter2")), strings.Contains(strings.Join(os.Args, " "), "hunter2"):
		return errors.New("a password can be read by others")
	case where != filepath.VolumeName(where)+string(filepath.Separator):
		return fmt.Errorf("it works in %s", where)
	}
	events(host.Event{Kind: host.EventLog, Text: "<&\x00 ü", Revision: "somebody else's", Line: "main"})
	events(host.Event{Kind: host.EventProgress, Done: 3, Total: 3, Section: strconv.Itoa(os.Getpid())})
	if o.Results {
		events(host.Event{Kind: host.EventRan, Text: "SELECT 1", Rows: 1, Took: 5, Together: 2, Err: errors.New("no luck")})
	}
	return nil
}

// TestSins: whatever a child does, the run gets an error that says so, and the
// next order of an honest plugin is carried out.
func TestSins(t *testing.T) {
	for _, c := range []struct {
		sin  string
		kind host.GuestErrorKind // "" for no *host.GuestError
		want string
	}{
		{"garbage instead", "", `takes no orders: it was ended, since it wrote what is no report: it announces 1433624935 bytes, beginning with "Usag"`},
		{"nothing instead", "", "takes no orders: it ended with exit status 4: what is all this about?"},
		{"panic", host.GuestLost, "its process ended with exit status 2: panic: a bug in a compiler"},
		{"kill", host.GuestLost, "its process was killed, by somebody or by the system, which does so when memory runs out"},
		{"hang", host.GuestTimedOut, "it may take 1s, and its process, still at work 200ms later, was killed"},
		{"garbage", host.GuestLost, `it announces 1751477356 bytes, beginning with "hell"`},
		{"close", host.GuestLost, "its process was ended, since it closed its output before its work was done"},
		{"json", host.GuestLost, "it wrote what is no report: invalid character"},
		{"empty", host.GuestLost, "it reported what it was not asked for"},
		{"lie", host.GuestLost, "it reported what it was not asked for"},
		{"flood", host.GuestLost, "it told of more than a migration has to tell"},
		{"applied", host.GuestLost, "it told of what is not for it to tell"},
		{"memory", host.GuestLimited, "its process asked for more than the 960 MiB of memory that it may have: memory_mib = 64, 3 times since it is copied when it grows, and 768 MiB for the host"},
		{"spin", host.GuestLimited, "its process used all of the 6m0s of processor time that it may have: the 5m0s granted, and 1m0s for the host"},
		{"files", "", "too many open files"},
		{"program", "", "operation not permitted"},
	} {
		t.Run(c.sin, func(t *testing.T) {
			t.Parallel()
			p := process(t, c.sin)
			allowed := abi.Capabilities{}
			if c.kind == host.GuestTimedOut {
				allowed = brief
			}
			o := workOrder(t, allowed)
			o.State.Used = host.GuestUsage{Fuel: 1, Bytes: 2}
			_, state, err := p.Work(t.Context(), o, ignore)
			if used := state.Used; used.Fuel < 1 || used.Bytes != 2 {
				t.Errorf("of what was used before, %+v is left", used)
			}
			if err != nil && strings.Contains(err.Error(), "ThreadSanitizer failed to allocate") && c.sin == "memory" {
				return // the race detector met the limit
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if strings.Contains(err.Error(), "goroutine") {
				t.Errorf("people get a stack: %v", err)
			}
			var guest *host.GuestError
			if errors.As(err, &guest) != (c.kind != "") || guest != nil && guest.Kind != c.kind {
				t.Errorf("got %#v, want kind %q", err, c.kind)
			}
			p.Args[1] = "threads"
			if _, _, err := p.Work(t.Context(), workOrder(t, ample), ignore); err != nil {
				t.Errorf("the next order: %v", err)
			}
		})
	}
}

// TestCancelled: a child is asked to end, and killed if it does not.
func TestCancelled(t *testing.T) {
	cause := errors.New("Ctrl-C")
	for _, sin := range []string{"patient", "stubborn"} {
		t.Run(sin, func(t *testing.T) {
			t.Parallel()
			mark := filepath.Join(t.TempDir(), "mark")
			p := process(t, sin, mark)
			if sin == "patient" {
				p.Grace = time.Minute
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			pid := 0
			_, _, err := p.Work(ctx, workOrder(t, abi.Capabilities{}), func(e host.Event) {
				if e.Kind == host.EventLog {
					pid, _ = strconv.Atoi(e.Text)
					cancel(fmt.Errorf("%w: %w", context.Canceled, cause))
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(mark); (err == nil) != (sin == "patient") {
				t.Errorf("looking for what it does when it is asked to end: %v", err)
			}
			if alive(pid) {
				t.Error("the child is still there")
			}
		})
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// parent is a process whose child works until it is killed.
func parent() {
	p := &worker.Process{Args: []string{workerName, "stubborn"}, Database: "postgres://app:hunter2@db/app"}
	grants, _ := policy.New("acme", abi.Capabilities{})
	_, _, err := p.Work(context.Background(), host.WorkOrder{Plugin: host.Plugin{Grants: grants}}, func(e host.Event) {
		if e.Kind == host.EventLog {
			fmt.Println(e.Text)
		}
	})
	fmt.Println(err)
}

// TestParentKilled: a child does not outlive its parent.
func TestParentKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: []string{workerName, "parent"}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// The child holds this pipe until it is gone.
	gone, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = held
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	held.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid == 0 {
		t.Fatalf("the parent said %q, %v", line, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	io.Copy(io.Discard, gone)
	for deadline := time.Now().Add(5 * time.Minute); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the child is still there, five minutes after its parent has gone")
		}
	}
}

// TestOpen: what the child finds wrong with the database is the caller's to know.
func TestOpen(t *testing.T) {
	p := process(t, "good")
	p.Database = ""
	if _, _, err := p.Work(t.Context(), workOrder(t, ample), ignore); err == nil || err.Error() != `no database is called ""` {
		t.Errorf("got %v", err)
	}
	p.Path = filepath.Join(t.TempDir(), "none")
	if _, _, err := p.Work(t.Context(), workOrder(t, ample), ignore); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "start the worker "+p.Path) {
		t.Errorf("got %v", err)
	}
}
