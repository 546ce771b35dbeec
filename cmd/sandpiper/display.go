package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A display shows the events of a run: as bars on a terminal, else as lines.
type display struct {
	w       io.Writer
	quiet   bool
	verbose bool // show what migrations log, and their statements
	fancy   bool // show bars

	mu              sync.Mutex    // a signal may have something to say as well
	bars            *bars         // on the terminal now
	last, lastPause time.Duration // when a line was printed, since the migration began
	speed           host.Speed    // of backfill
	backfill        string
}

// lineEvery is how often a long migration prints a line where there is no terminal.
const lineEvery = 5 * time.Second

func (a *app) newDisplay() *display {
	return &display{
		w:       a.stderr,
		quiet:   a.flags.quiet,
		verbose: a.flags.verbose,
		fancy:   !a.flags.verbose && steerable(a.stderr),
	}
}

// event shows one event.
func (d *display) event(e host.Event) {
	switch e.Kind {
	case host.EventLog:
		if e.Level >= host.LogWarn || d.verbose {
			prefix := fmt.Sprintf("%s: %s: ", e.Revision, levelName(e.Level))
			d.line("%s", prefix+under(prefix, e.Text))
		}
		return
	case host.EventFailed:
		d.close()
		return
	}
	if d.quiet {
		return
	}
	switch e.Kind {
	case host.EventWaiting:
		d.line("waiting: %s", under("  ", e.Text))
		return
	case host.EventRetrying:
		d.line("%s is tried again, behind what is committed: %s", e.Revision, under("  ", e.Text))
		return
	case host.EventChunk:
		d.follow(e)
	}
	if d.fancy {
		d.draw(e)
	} else {
		d.print(e)
	}
}

// follow takes a look at how fast a backfill gets on. What an earlier run has done
// of it does not count.
func (d *display) follow(e host.Event) {
	if name := e.Revision + " " + e.Backfill; name != d.backfill {
		d.backfill, d.speed = name, host.Speed{}
		d.speed.See(e.Elapsed-e.Took, e.Done-e.Rows)
	}
	d.speed.See(e.Elapsed, e.Done)
}

// print is progress where there is no terminal.
func (d *display) print(e host.Event) {
	switch e.Kind {
	case host.EventStarted:
		d.last, d.lastPause = 0, -lineEvery
		if d.verbose {
			d.line("%s %s …", e.Action, title(e.Revision, e.Slug))
		}
	case host.EventStatement:
		if d.verbose {
			d.line("  %s", under("  ", strings.TrimSpace(e.Text)))
		}
	case host.EventSection:
		if d.verbose {
			d.line("%s: section %q is committed", e.Revision, e.Section)
		}
	case host.EventPhase:
		d.line("%s %s  phase %s", e.Action, title(e.Revision, e.Slug), e.Phase)
	case host.EventApplied:
		took := elapsed(e.Elapsed)
		if e.Took > e.Elapsed {
			took += fmt.Sprintf(" (%s with what was done before)", elapsed(e.Took))
		}
		d.line("%s %s  %s", e.Action, title(e.Revision, e.Slug), took)
	case host.EventProgress:
		d.sometimes(&d.last, e, share(e.Done, e.Total))
	case host.EventChunk:
		d.sometimes(&d.last, e, "backfill "+plain(e.Backfill)+": "+strings.Join(figures(e.Done, e.Total, &d.speed), ", "))
	case host.EventThrottled:
		d.sometimes(&d.lastPause, e, "backfill "+plain(e.Backfill)+" is paused: "+plain(e.Text))
	}
}

// sometimes prints a line of progress, unless the last one was printed just now.
func (d *display) sometimes(last *time.Duration, e host.Event, text string) {
	if e.Elapsed-*last >= lineEvery {
		*last = e.Elapsed
		d.line("%s %s  %s", e.Action, title(e.Revision, e.Slug), text)
	}
}

// draw is progress on a terminal.
func (d *display) draw(e host.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bars == nil {
		d.bars = newBars(d.w)
	}
	switch e.Kind {
	case host.EventPlanned:
		d.bars.planned(e.Steps)
	case host.EventStarted:
		d.bars.started(e)
	case host.EventProgress:
		d.bars.progress(e)
	case host.EventChunk:
		d.bars.chunk(e, figures(e.Done, e.Total, &d.speed))
	case host.EventThrottled:
		d.bars.throttled(e)
	case host.EventApplied:
		d.bars.applied(e)
	}
}

// line prints a line, above the bars.
func (d *display) line(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var w io.Writer = d.w
	if d.bars != nil {
		w = d.bars
	}
	fmt.Fprintln(w, printable(fmt.Sprintf(format, args...)))
}

// close takes the bars away.
func (d *display) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bars != nil {
		d.bars.close()
		d.bars = nil
	}
}

// title is a revision in a line of ours. The slugs of files and of a ledger may be
// anything.
func title(revision, slug string) string {
	if slug == "" {
		return revision
	}
	return revision + " " + plain(slug)
}

// share is how far a migration says it is.
func share(done, total int64) string {
	if total <= 0 {
		return fmt.Sprintf("%d done", done)
	}
	return fmt.Sprintf("%d of %d (%d%%)", done, total, percent(done, total))
}

// percent is a share in whole percent. Rows may be added to those that were counted.
func percent(done, total int64) int {
	return min(int(100*float64(done)/float64(total)), 100)
}

// figures are how far a backfill is, how fast it gets on, and how long it will
// take, as far as that is known. Where more rows came than were counted, nobody knows
// how many there will be.
func figures(done, total int64, speed *host.Speed) []string {
	var out []string
	if total > 0 && done <= total {
		out = append(out, fmt.Sprintf("%s of %s rows (%d%%)", policy.Thousands(done), policy.Thousands(total), percent(done, total)))
	} else {
		out = append(out, policy.Thousands(done)+" rows")
	}
	switch rate := speed.Rate(); {
	case rate >= 10:
		out = append(out, policy.Thousands(int64(rate))+" rows/s")
	case rate > 0:
		out = append(out, fmt.Sprintf("%.1f rows/s", rate))
	}
	if left, ok := speed.Left(total); ok {
		out = append(out, max(left.Round(time.Second), time.Second).String()+" left")
	}
	return out
}

func levelName(l host.LogLevel) string {
	switch l {
	case host.LogDebug:
		return "debug"
	case host.LogInfo:
		return "info"
	case host.LogWarn:
		return "warning"
	default:
		return "error"
	}
}
