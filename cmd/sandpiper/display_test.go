package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// about says which migration of three an event is of.
func about(e host.Event, step int) host.Event {
	e.Step, e.Steps, e.Action = step, 3, host.ActionUpgrade
	e.Revision, e.Slug = "00000000000"+string(rune('0'+step)), "m"
	return e
}

// showRun shows the events of a run of three migrations, the second of which is
// long and talks.
func showRun(d *display) {
	d.event(host.Event{Kind: host.EventPlanned, Steps: 3})
	for step := 1; step <= 3; step++ {
		d.event(about(host.Event{Kind: host.EventStarted}, step))
		if step == 2 {
			d.event(about(host.Event{Kind: host.EventProgress, Done: 1, Total: 4, Elapsed: time.Second}, step))
			d.event(about(host.Event{Kind: host.EventProgress, Done: 3, Total: 4, Elapsed: 11 * time.Second}, step))
			d.event(about(host.Event{Kind: host.EventLog, Level: host.LogInfo, Text: "chatter"}, step))
			d.event(about(host.Event{Kind: host.EventLog, Level: host.LogWarn, Text: "two rows were odd"}, step))
		}
		d.event(about(host.Event{Kind: host.EventApplied, Elapsed: 12 * time.Millisecond}, step))
	}
	d.close()
}

// chunk is the event of a chunk of 250 rows, half a second after the one before.
func chunk(done, total int64) host.Event {
	return about(host.Event{
		Kind: host.EventChunk, Backfill: "slugs", Done: done, Total: total, Rows: 250,
		Took: 200 * time.Millisecond, Elapsed: time.Duration(done) * 2 * time.Millisecond,
	}, 2)
}

func TestProgressInLines(t *testing.T) {
	var out bytes.Buffer
	showRun(&display{w: &out})
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

// Ten thousand rows at 500 a second: a line every five seconds, whatever the number
// of chunks, and as seldom one of a pause. An earlier run has done 5,000 of them, which tells nothing of how fast
// this one is.
func TestBackfillInLines(t *testing.T) {
	var out bytes.Buffer
	d := &display{w: &out}
	d.event(about(host.Event{Kind: host.EventStarted}, 2))
	for done := int64(250); done <= 5000; done += 250 {
		e := chunk(done, 10000)
		e.Done += 5000
		d.event(e)
		if done == 3500 || done == 4500 {
			d.event(about(host.Event{Kind: host.EventThrottled, Backfill: "slugs", Text: "replica r1 is 3 s behind", Elapsed: e.Elapsed}, 2))
		}
	}
	d.event(about(host.Event{Kind: host.EventThrottled, Backfill: "slugs", Text: "replica r1 is 3 s behind", Elapsed: 16 * time.Second}, 2))
	want := `upgrade 000000000002 m  backfill slugs: 7,500 of 10,000 rows (75%), 528 rows/s, 5s left
upgrade 000000000002 m  backfill slugs is paused: replica r1 is 3 s behind
upgrade 000000000002 m  backfill slugs: 10,000 of 10,000 rows (100%), 512 rows/s
upgrade 000000000002 m  backfill slugs is paused: replica r1 is 3 s behind
`
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", &out, want)
	}

	out.Reset()
	uncounted := chunk(2500, 0)
	d.event(about(host.Event{Kind: host.EventStarted}, 3))
	uncounted.Backfill, uncounted.Took = "uncounted", time.Second
	d.event(uncounted)
	if want := "upgrade 000000000002 m  backfill uncounted: 2,500 rows, 250 rows/s\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}

func TestQuietProgressStillWarns(t *testing.T) {
	var out bytes.Buffer
	d := &display{w: &out, quiet: true}
	d.event(chunk(5000, 10000))
	showRun(d)
	if want := "000000000002: warning: two rows were odd\n"; out.String() != want {
		t.Errorf("got:\n%swant:\n%s", &out, want)
	}
}

func TestProgressWhereBarsAreDrawn(t *testing.T) {
	var out bytes.Buffer
	showRun(&display{w: &out, fancy: true})
	for _, want := range []string{"(3/3)", "000000000003 m", "000000000002: warning: two rows were odd\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
	if !redrawn.MatchString(out.String()[strings.LastIndex(out.String(), "\n")+1:]) {
		t.Errorf("the bars stay on the terminal: %q", out.String())
	}
}
