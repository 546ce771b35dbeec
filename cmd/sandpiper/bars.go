package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sandpiper-db/sandpiper/host"
)

// bars are the progress of a run on a terminal: a row for the run, with the
// migration under way beside it, and below it one for that migration's backfill.
type bars struct {
	all      *mpb.Progress
	run      *row
	backfill *row // nil unless one is under way
	name     string
}

// The measures of the rows.
const (
	barsEvery = 50 * time.Millisecond // between two drawings
	barWidth  = 24
	barLeast  = 12 // that is kept of a bar before a name is cut
	nameLeast = 8  // below which a name is left out
)

func newBars(w io.Writer) *bars {
	b := &bars{all: mpb.New(mpb.WithOutput(w), mpb.ForceTTY(), mpb.WithAutoRefresh(), mpb.WithRefreshRate(barsEvery))}
	b.run = b.newRow(true)
	return b
}

// Write prints above the rows.
func (b *bars) Write(p []byte) (int, error) { return b.all.Write(p) }

func (b *bars) planned(steps int) {
	b.run.set(b.run.bar.Current(), int64(steps))
}

func (b *bars) started(e host.Event) {
	b.dropBackfill()
	b.run.name.say(title(e.Revision, e.Slug))
	b.run.set(int64(e.Step-1), int64(e.Steps))
}

func (b *bars) progress(e host.Event) {
	b.run.name.say(title(e.Revision, e.Slug) + " " + share(e.Done, e.Total))
}

func (b *bars) applied(e host.Event) {
	b.dropBackfill()
	b.run.set(int64(e.Step), int64(e.Steps))
}

func (b *bars) chunk(e host.Event, figures []string) {
	row := b.backfillRow(e)
	row.bar.SetTotal(e.Total, false)
	row.bar.SetCurrent(e.Done)
	row.figures.say(figures[0])
	row.speed.say(strings.Join(figures[1:], ", "))
}

func (b *bars) throttled(e host.Event) {
	b.backfillRow(e).speed.say("paused: " + plain(e.Text))
}

// backfillRow is the row of an event's backfill. The one before is at its end.
func (b *bars) backfillRow(e host.Event) *row {
	if b.name != e.Backfill {
		b.dropBackfill()
	}
	if b.backfill == nil {
		b.backfill, b.name = b.newRow(e.Total > 0), e.Backfill
		b.backfill.name.say(plain(e.Backfill))
	}
	return b.backfill
}

func (b *bars) dropBackfill() {
	if b.backfill != nil {
		b.backfill.bar.Abort(true)
		b.backfill, b.name = nil, ""
	}
}

// close takes the rows away, and prints what waits to be printed above them.
func (b *bars) close() {
	b.dropBackfill()
	b.run.bar.Abort(true)
	b.all.Wait()
}

// A row is a bar with what stands beside it: how much is done, how fast it gets on
// or why it does not, and a name. The bar and the name get what room is left.
type row struct {
	bar     *mpb.Bar
	figures words
	speed   words
	name    words
}

// words are read by whoever draws.
type words struct{ text atomic.Pointer[string] }

func (w *words) say(s string) { w.text.Store(&s) }

func (w *words) said() string {
	if s := w.text.Load(); s != nil {
		return *s
	}
	return ""
}

// newRow makes a row. Where the total is not known there is nothing that a bar
// could be filled to.
func (b *bars) newRow(bar bool) *row {
	r := &row{}
	builder := mpb.BarFillerBuilder(mpb.NopStyle())
	if bar {
		builder = mpb.BarStyle()
	}
	// A bar with a total would be over when that is reached. Rows may be visited
	// beyond it, and a run is over when its caller says so.
	r.bar = b.all.New(0, builder, mpb.BarWidth(barWidth), mpb.BarFillerTrim(), mpb.AppendDecorators(
		decor.Any(func(decor.Statistics) string {
			return " " + strings.Trim(r.figures.said()+", "+r.speed.said(), ", ")
		}),
		decor.Any(func(s decor.Statistics) string {
			room := s.AvailableWidth - barLeast - 2
			if room < nameLeast {
				return ""
			}
			return "  " + text.Snip(r.name.said(), room, "…")
		}),
	))
	return r
}

// set says how many migrations are done.
func (r *row) set(done, total int64) {
	r.bar.SetTotal(total, false)
	r.bar.SetCurrent(done)
	r.figures.say(fmt.Sprintf("(%d/%d)", done, total))
}
