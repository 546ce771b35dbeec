package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/sandpiper-db/sandpiper/host"
)

// A progress shows the events of a run: as a bar on a terminal, else as lines.
type progress struct {
	w       io.Writer
	quiet   bool
	verbose bool // show what migrations log, and their statements
	bars    bool
	every   time.Duration // between two drawings of the bar
	bar     *progressbar.ProgressBar
	last    time.Duration // when the last line of progress was printed
}

// progressEvery is how often a long migration prints a line where there is no
// terminal.
const progressEvery = 10 * time.Second

func (a *app) newProgress() *progress {
	return &progress{
		w:       a.stderr,
		quiet:   a.flags.quiet,
		verbose: a.flags.verbose,
		bars:    !a.flags.verbose && terminal(a.stderr),
		every:   50 * time.Millisecond,
	}
}

// event shows one event.
func (p *progress) event(e host.Event) {
	switch e.Kind {
	case host.EventLog:
		if e.Level >= host.LogWarn || p.verbose {
			prefix := fmt.Sprintf("%s: %s: ", e.Revision, levelName(e.Level))
			p.line("%s", prefix+under(prefix, e.Text))
		}
		return
	case host.EventFailed:
		p.close()
		return
	}
	if p.quiet {
		return
	}
	switch e.Kind {
	case host.EventWaiting:
		p.line("waiting: %s", under("  ", e.Text))
	case host.EventRetrying:
		p.line("%s rolled back, trying again: %s", e.Revision, under("  ", e.Text))
	default:
		if p.bars {
			p.draw(e)
		} else {
			p.print(e)
		}
	}
}

// print is progress where there is no terminal.
func (p *progress) print(e host.Event) {
	switch e.Kind {
	case host.EventStarted:
		p.last = 0
		if p.verbose {
			p.line("%s %s …", e.Action, title(e.Revision, e.Slug))
		}
	case host.EventStatement:
		p.line("  %s", under("  ", strings.TrimSpace(e.Text)))
	case host.EventSection:
		if p.verbose {
			p.line("%s: section %q is committed", e.Revision, e.Section)
		}
	case host.EventPhase:
		p.line("%s %s  phase %s", e.Action, title(e.Revision, e.Slug), e.Phase)
	case host.EventApplied:
		p.line("%s %s  %s", e.Action, title(e.Revision, e.Slug), elapsed(e.Elapsed))
	case host.EventProgress:
		if e.Elapsed-p.last >= progressEvery {
			p.last = e.Elapsed
			p.line("%s %s  %s", e.Action, title(e.Revision, e.Slug), share(e.Done, e.Total))
		}
	}
}

// draw is progress on a terminal: one bar for the run, with the migration
// under way beside it.
func (p *progress) draw(e host.Event) {
	if p.bar == nil {
		p.bar = progressbar.NewOptions(e.Steps,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetWidth(24),
			progressbar.OptionShowCount(),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(p.every),
			progressbar.OptionClearOnFinish(),
		)
	}
	switch e.Kind {
	case host.EventPlanned:
		p.bar.ChangeMax(e.Steps)
	case host.EventStarted:
		p.bar.Describe(title(e.Revision, e.Slug))
	case host.EventProgress:
		p.bar.Describe(title(e.Revision, e.Slug) + " " + share(e.Done, e.Total))
	case host.EventApplied:
		_ = p.bar.Set(e.Step) // only the terminal can fail
	}
}

// line prints a line above the bar.
func (p *progress) line(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintln(p.w, printable(fmt.Sprintf(format, args...)))
}

// close takes the bar away.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
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
	return fmt.Sprintf("%d of %d (%d%%)", done, total, int(100*float64(done)/float64(total)))
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
