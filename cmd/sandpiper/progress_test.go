package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// showRun shows the events of a run of three migrations, the second of which is
// long and talks.
func showRun(p *progress) {
	about := func(e host.Event, step int) host.Event {
		e.Step, e.Steps, e.Action = step, 3, host.ActionUpgrade
		e.Revision, e.Slug = "00000000000"+string(rune('0'+step)), "m"
		return e
	}
	p.event(host.Event{Kind: host.EventPlanned, Steps: 3})
	for step := 1; step <= 3; step++ {
		p.event(about(host.Event{Kind: host.EventStarted}, step))
		if step == 2 {
			p.event(about(host.Event{Kind: host.EventProgress, Done: 1, Total: 4, Elapsed: time.Second}, step))
			p.event(about(host.Event{Kind: host.EventProgress, Done: 3, Total: 4, Elapsed: 11 * time.Second}, step))
			p.event(about(host.Event{Kind: host.EventLog, Level: host.LogInfo, Text: "chatter"}, step))
			p.event(about(host.Event{Kind: host.EventLog, Level: host.LogWarn, Text: "two rows were odd"}, step))
		}
		p.event(about(host.Event{Kind: host.EventApplied, Elapsed: 12 * time.Millisecond}, step))
	}
	p.close()
}

func TestProgressInLines(t *testing.T) {
	var out bytes.Buffer
	showRun(&progress{w: &out})
	want := `upgrade 000000000001 m  12 ms
upgrade 000000000002 m  3 of 4 (75%)
000000000002: warning: two rows were odd
upgrade 000000000002 m  12 ms
upgrade 000000000003 m  12 ms
`
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", &out, want)
	}
}

func TestQuietProgressStillWarns(t *testing.T) {
	var out bytes.Buffer
	showRun(&progress{w: &out, quiet: true})
	if want := "000000000002: warning: two rows were odd\n"; out.String() != want {
		t.Errorf("got:\n%swant:\n%s", &out, want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	showRun(&progress{w: &out, bars: true})
	for _, want := range []string{"(2/3)", "000000000002 m 3 of 4 (75%)", "000000000002: warning: two rows were odd\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
	frames := strings.Split(out.String(), "\r")
	if last := frames[len(frames)-1]; strings.TrimSpace(last) != "" {
		t.Errorf("the bar stays on the terminal: %q", last)
	}
}
