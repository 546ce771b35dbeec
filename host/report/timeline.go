package report

import (
	"fmt"
	"slices"
	"time"
)

// A track is the line of a migration in the timeline.
type track struct {
	*migrationView
	Bars []bar
}

// A bar is a piece of a track. Its measures are in percent of the whole time.
type bar struct {
	Class  string
	X      string
	Width  string
	Y      int // this and Height are in pixels
	Height int
	Title  string
}

// A tick is a mark of the time axis.
type tick struct {
	X    string
	Text string
}

// maxTracks is how many migrations the timeline shows: the slowest, and those that
// are not applied.
const maxTracks = 400

// trackHeight is that of a track, in pixels, as the page has it.
const trackHeight = 26

// least is how wide a bar is at least, in percent, so that it can be seen.
const least = 0.15

// A scale turns times into percent.
type scale time.Duration

func (s scale) bar(class string, at, took time.Duration, title string) bar {
	x := 100 * float64(at) / float64(s)
	x = min(max(x, 0), 100-least)
	width := min(max(100*float64(took)/float64(s), least), 100-x)
	b := bar{Class: class, X: percent(x), Width: percent(width), Title: shown(title)}
	switch class {
	case "chunk":
		b.Y, b.Height = 6, 6
	case "statement", "statements":
		b.Y, b.Height = 14, 6
	case "mark":
		b.Height = trackHeight
	default:
		b.Y, b.Height = 3, trackHeight-6
	}
	return b
}

// percent is a measure as CSS and SVG have it.
func percent(f float64) string { return fmt.Sprintf("%.3f%%", f) }

// span is how long the timeline is.
func (r *Record) span() scale {
	longest := max(r.Took, time.Microsecond)
	for _, m := range r.Migrations {
		longest = max(longest, m.Began+m.Took)
	}
	return scale(longest)
}

// ticks divide the time axis into four to ten parts of a round length.
func (s scale) ticks() (ticks []tick) {
	step := time.Duration(1)
	for factors := []time.Duration{2, 5, 10}; time.Duration(s)/step > 8; {
		round := step
		for _, f := range factors {
			if step = round * f; time.Duration(s)/step <= 8 {
				break
			}
		}
	}
	for at := time.Duration(0); at <= time.Duration(s)-step/3; at += step {
		ticks = append(ticks, tick{percent(100 * float64(at) / float64(s)), axis(at)})
	}
	return ticks
}

// axis is a round time.
func axis(at time.Duration) string {
	if at == 0 {
		return "0"
	}
	return at.String()
}

// shownTracks are the migrations of the timeline, in their order.
func shownTracks(all []*Migration) []*Migration {
	if len(all) <= maxTracks {
		return all
	}
	chosen := slices.Clone(all)
	slices.SortStableFunc(chosen, func(a, b *Migration) int {
		if bad := b2i(b.State != Applied) - b2i(a.State != Applied); bad != 0 {
			return bad
		}
		return int(min(max(b.Took-a.Took, -1), 1))
	})
	keep := map[*Migration]bool{}
	for _, m := range chosen[:maxTracks] {
		keep[m] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(m *Migration) bool { return !keep[m] })
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bars are what a migration did when: itself, the chunks of its backfills above,
// the slowest of its statements below.
func (s scale) bars(m *Migration) []bar {
	bars := []bar{s.bar("whole "+string(stateOf(m)), m.Began, m.Took, m.Revision+" took "+duration(m.Took))}
	for _, b := range m.Backfills {
		for _, c := range b.Slices {
			title := fmt.Sprintf("%s: %s, %s in %s", b.Name, count(c.Chunks, "chunk"), count(c.Rows, "row"), duration(c.Took))
			bars = append(bars, s.bar("chunk", c.At, c.Took, title))
		}
	}
	for _, st := range m.Statements {
		class := "statement"
		if st.Runs > 1 {
			class = "statements"
		}
		bars = append(bars, s.bar(class, st.At, st.Until-st.At, fmt.Sprintf("call %d, %s, took %s", st.Call, count(st.Runs, "run"), duration(st.Took))))
	}
	for _, k := range m.Marks {
		bars = append(bars, s.bar("mark", k.At, 0, k.Text))
	}
	return bars
}

// stateOf is a migration's state, if it is one: it becomes the name of a class.
func stateOf(m *Migration) State {
	switch m.State {
	case Applied, Broken, Halfway, Cut, Left:
		return m.State
	}
	return Running
}
