package report

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Recorder makes the record of one run from its events, for which Config.Results
// has to be set. Its methods are called from the goroutine that runs the migrations.
type Recorder struct {
	record  Record
	now     func() time.Time
	current *Migration // under way; nil if none is
	waiting time.Time  // since when another runner has held the lock
	kept    int        // bytes of texts
}

// NewRecorder begins a record of a run. now is the clock; nil is time.Now.
func NewRecorder(db host.Database, command, target string, now func() time.Time) *Recorder {
	if now == nil {
		now = time.Now
	}
	return &Recorder{now: now, record: Record{
		Version: version, Runner: host.Version, Command: command, Target: target,
		Database: db.String(), Dialect: string(db.Dialect()), Started: now().UTC(), Migrations: []*Migration{},
	}}
}

// at is the time since the run began.
func (r *Recorder) at() time.Duration { return r.now().Sub(r.record.Started) }

// Event takes an event into the record.
func (r *Recorder) Event(e host.Event) {
	r.waited()
	switch e.Kind {
	case host.EventPlanned:
		r.record.Planned = max(r.record.Planned, e.Steps) // another runner may have done some
	case host.EventWaiting:
		r.waiting = r.now()
	case host.EventStarted:
		r.started(e)
	case host.EventPaused:
		r.record.Phase = e.Phase
		r.end(Halfway)
	case host.EventFailed:
		if errors.Is(e.Err, context.Canceled) {
			r.end(Cut)
			break
		}
		if e.Err != nil && r.current != nil {
			r.current.Error = r.text(e.Err.Error())
		}
		r.end(Broken)
	case host.EventApplied:
		r.end(Applied)
	}
	if m := r.current; m != nil {
		r.inside(m, e)
	}
}

// waited ends a wait for another runner: whatever happens next, it is over.
func (r *Recorder) waited() {
	if !r.waiting.IsZero() {
		r.record.Waited += r.now().Sub(r.waiting)
		r.waiting = time.Time{}
	}
}

// started begins a migration, or goes on with one that begins again.
func (r *Recorder) started(e host.Event) {
	if m := r.current; m != nil && m.Revision == e.Revision && m.Line == lineName(e.Line) {
		return
	}
	r.end(Left)
	if len(r.record.Migrations) == maxMigrations {
		return
	}
	r.current = &Migration{
		Line: lineName(e.Line), Revision: e.Revision, Slug: r.text(e.Slug), Action: string(e.Action), Began: r.at(), State: Running,
	}
	if was := e.Resumed; was != nil {
		r.current.Resumed = &Resumed{was.Began.UTC(), was.Worked, was.Committed}
	}
	r.record.Migrations = append(r.record.Migrations, r.current)
}

// end ends the migration under way.
func (r *Recorder) end(state State) {
	if m := r.current; m != nil {
		m.State, m.Took = state, r.at()-m.Began
		m.slowest(maxStatements)
		for _, s := range m.Statements {
			s.SQL = r.bounded(s.SQL)
		}
		slices.SortFunc(m.Statements, func(a, b *Statement) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Call, b.Call)) })
		m.texts = nil
		r.current = nil
	}
}

// inside takes what happens within a migration.
func (r *Recorder) inside(m *Migration, e host.Event) {
	switch e.Kind {
	case host.EventRetrying: // it is rolled back, and begins anew
		m.Retries++
		r.mark(m, "rolled back, to be tried again: "+e.Text)
	case host.EventSection:
		r.mark(m, "section "+e.Section+" is committed")
	case host.EventPhase:
		r.mark(m, "phase "+e.Phase+" begins")
	case host.EventRan:
		r.ran(m, e)
	case host.EventLog:
		if m.LogCount++; len(m.Logs) < maxLogs {
			m.Logs = append(m.Logs, Log{r.at(), levels[min(e.Level, host.LogError)], r.text(e.Text)})
		}
	case host.EventChunk:
		if b := r.backfill(m, e); b != nil {
			b.chunk(e, r.at())
		}
	case host.EventThrottled:
		if b := r.backfill(m, e); b != nil {
			b.Reason = r.text(e.Text)
		}
	}
}

var levels = [...]string{host.LogDebug: "debug", host.LogInfo: "info", host.LogWarn: "warning", host.LogError: "error"}

func (r *Recorder) mark(m *Migration, text string) {
	if len(m.Marks) < maxMarks {
		m.Marks = append(m.Marks, Moment{r.at(), r.text(text)})
	}
}

// ran adds a statement to what is known of its text.
func (r *Recorder) ran(m *Migration, e host.Event) {
	took := e.Took / time.Duration(max(e.Together, 1))
	m.StatementCount++
	m.StatementTime += took
	m.Rows += e.Rows
	text := cut(strings.TrimSpace(e.Text), maxText)
	s := m.texts[text]
	if s == nil {
		if len(m.texts) == maxTexts {
			m.slowest(maxTexts / 2)
		}
		s = &Statement{Call: e.Call, SQL: withoutSecrets(text), At: r.at() - e.Took}
		if m.texts == nil {
			m.texts = map[string]*Statement{}
		}
		m.texts[text] = s
	}
	s.Until = r.at()
	s.Runs++
	s.Took += took
	s.Longest = max(s.Longest, took)
	s.Rows += e.Rows
	if e.Together > 1 {
		s.Together = e.Together
	}
	if e.Err != nil {
		s.Error = r.text(e.Err.Error())
	}
}

// slowest leaves those statements that took longest, and those that failed.
func (m *Migration) slowest(n int) {
	m.Statements = slices.SortedFunc(maps.Values(m.texts), func(a, b *Statement) int {
		return cmp.Or(b2i(b.Error != "")-b2i(a.Error != ""), cmp.Compare(b.Took, a.Took), cmp.Compare(a.At, b.At), cmp.Compare(a.Call, b.Call))
	})
	m.Statements = m.Statements[:min(n, len(m.Statements))]
	maps.DeleteFunc(m.texts, func(_ string, s *Statement) bool { return !slices.Contains(m.Statements, s) })
}

// backfill returns the backfill of an event, nil where there are too many.
func (r *Recorder) backfill(m *Migration, e host.Event) *Backfill {
	for _, b := range m.Backfills {
		if b.Name == e.Backfill {
			return b
		}
	}
	if len(m.Backfills) == maxBackfills {
		return nil
	}
	b := &Backfill{Name: e.Backfill, Before: max(e.Done-e.Rows, 0), Slices: []Slice{}}
	m.Backfills = append(m.Backfills, b)
	return b
}

// chunk takes a chunk that is committed now.
func (b *Backfill) chunk(e host.Event, now time.Duration) {
	began := now - e.Took
	b.Paused += e.Paused
	if b.Chunks == 0 {
		b.Before = max(e.Done-e.Rows, 0)
	}
	b.Done, b.Total = e.Done, e.Total
	b.Rows += e.Rows
	b.Chunks++
	if len(b.Slices) == maxSlices {
		b.Slices = halved(b.Slices)
	}
	// As many chunks go into a slice as are in those before it.
	if last := len(b.Slices) - 1; last > 0 && b.Slices[last].Chunks < b.Slices[0].Chunks {
		s := &b.Slices[last]
		s.Took, s.Rows, s.Chunks = now-s.At, s.Rows+e.Rows, s.Chunks+1
		return
	}
	b.Slices = append(b.Slices, Slice{began, e.Took, e.Rows, 1})
}

// halved makes one slice of two.
func halved(list []Slice) []Slice {
	half := list[:0]
	for i := 0; i+1 < len(list); i += 2 {
		a, b := list[i], list[i+1]
		half = append(half, Slice{a.At, b.At + b.Took - a.At, a.Rows + b.Rows, a.Chunks + b.Chunks})
	}
	return half
}

// End ends the record: with what the run did, and with what ended it, if it failed.
func (r *Recorder) End(result host.Result, failure *Failure) *Record {
	switch {
	case failure != nil:
		r.record.Outcome, r.record.Failure = cmp.Or(failure.Outcome, Failed), r.failure(*failure)
	case result.Paused != nil:
		r.record.Outcome, r.record.Phase = Paused, result.Paused.Phase.String()
	default:
		r.record.Outcome = Complete
		r.end(Left)
	}
	r.end(Running)
	r.waited()
	r.record.Took, r.record.Heads = r.at(), result.Heads
	for _, e := range result.Applied {
		for _, m := range r.record.Migrations {
			if m.Line == lineName(e.Key.Line) && m.Revision == e.Key.ID && m.Action == string(e.Action) && m.Entry == nil {
				m.Entry = entryOf(e)
				break
			}
		}
	}
	return &r.record
}

func (r *Recorder) failure(f Failure) *Failure {
	for _, text := range []*string{&f.Head, &f.Message, &f.Where, &f.SQL, &f.Hint, &f.State, &f.Next} {
		*text = r.text(*text)
	}
	return &f
}

// text is what is kept of a text.
func (r *Recorder) text(s string) string { return r.bounded(withoutSecrets(cut(s, maxText))) }

// bounded is what room is left for.
func (r *Recorder) bounded(s string) string {
	if r.kept > maxKept {
		s = cut(s, 80)
	}
	r.kept += len(s)
	return s
}

// cut bounds a text.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func entryOf(e host.Entry) *Entry {
	return &Entry{
		ID: e.ID, Started: e.Started.UTC(), Took: e.Duration, Runner: e.Runner, Digest: e.Digest, Module: e.Module,
		Reason: withoutSecrets(e.Reason), Signer: e.Signer, Fuel: e.Fuel,
	}
}

func lineName(line string) string {
	if line == "" {
		return chain.DefaultLine
	}
	return line
}
