package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// PageMark is what a page begins with.
const PageMark = "<!doctype html>\n<!-- A report of Sandpiper"

//go:embed page.html
var pageText string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Parse(pageText))

// maxSlowest is how many statements the table of the slowest has.
const maxSlowest = 15

// A view is a record in the words of the page.
type view struct {
	Style    template.CSS
	Title    string
	Outcome  string // a class
	Badge    string
	Facts    []fact
	Failure  *Failure
	Tracks   []track
	Hidden   string // how many migrations the timeline leaves out
	Ticks    []tick
	Gaps     bool // the timeline leaves out what lies between
	Slowest  []statementView
	Beyond   string // how many statements that table leaves out
	Details  []*migrationView
	Ledger   []entryView
	Numbered bool         // the lines of the ledger have numbers
	Picture  template.URL // of the chain; "" if there is none
	Caption  string
	Runner   string
	HasStmts bool
}

// A fact is a name and a value.
type fact struct{ Name, Value string }

type migrationView struct {
	Anchor   string
	Line     string
	Revision string
	Slug     string
	Action   string
	State    State
	Took     string
	Began    string
	Error    string
	Facts    []fact
	Backfill []backfillView
	Stmts    []statementView
	Beyond   string
	Marks    []momentView
	Logs     []momentView
	MoreLogs string
	Open     bool
	Resumed  bool
	Empty    bool // there is nothing but its line
}

type backfillView struct {
	Name  string
	Share string // of 100, for the meter; "" if the total is unknown
	Facts []fact
}

type statementView struct {
	Anchor   string
	Revision string
	Call     int
	SQL      string
	Rows     string
	Took     string
	Width    string // of the longest
	Note     string
	Error    string
}

type momentView struct{ At, Class, Text string }

type entryView struct {
	ID, When, Action, Line, Revision, Slug, Took, Runner, Note string
}

// HTML is the page of a record.
func (r *Record) HTML() ([]byte, error) {
	v := r.view()
	var b bytes.Buffer
	b.WriteString(PageMark + ": " + policyNote + " -->\n")
	if err := page.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

const policyNote = "it loads nothing and runs nothing"

func (r *Record) view() *view {
	v := &view{
		Style: template.CSS(style), Outcome: "complete", Failure: r.Failure, Gaps: r.Outcome == Ledger, Runner: shown(r.Runner),
		Title: shown(r.title()),
	}
	v.Badge, v.Outcome = r.badge()
	v.Facts = r.facts()
	if f := r.Failure; f != nil {
		v.Failure = &Failure{Head: shown(f.Head), Message: shown(f.Message), Where: shown(f.Where), SQL: shown(f.SQL),
			Hint: shown(f.Hint), State: shown(f.State), Next: shown(f.Next)}
	}
	span := r.span()
	views := map[*Migration]*migrationView{}
	for i, m := range r.Migrations {
		views[m] = m.view(fmt.Sprintf("m%d", i+1))
		if !views[m].Empty {
			v.Details = append(v.Details, views[m])
		}
	}
	tracks := shownTracks(r.Migrations)
	if n := len(r.Migrations) - len(tracks); n > 0 {
		v.Hidden = count(n, "faster migration")
	}
	for _, m := range tracks {
		v.Tracks = append(v.Tracks, track{views[m], span.bars(m)})
	}
	v.Ticks = span.ticks()
	r.slowest(v, views)
	r.ledger(v)
	if r.Chain != nil {
		v.Picture = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(r.Chain.SVG()))
		v.Caption = r.caption()
	}
	return v
}

func (r *Record) title() string {
	if r.Outcome == Ledger {
		return "The ledger of " + r.Database
	}
	return r.Command + " of " + r.Database
}

func (r *Record) badge() (text, class string) {
	switch r.Outcome {
	case Failed:
		return "failed", "failed"
	case Stopped:
		return "interrupted", "interrupted"
	case GaveUp:
		return "gave up waiting", "paused"
	case Paused:
		return "paused after phase " + shown(r.Phase), "paused"
	case Ledger:
		return "from the ledger alone", "plain"
	case Complete:
		return "complete", "complete"
	}
	return "unknown", "plain"
}

func (r *Record) facts() []fact {
	var statements int
	var rows, visited int64
	applied := 0
	for _, m := range r.Migrations {
		statements += m.StatementCount
		rows += m.Rows
		applied += b2i(m.State == Applied)
		for _, b := range m.Backfills {
			visited += b.Rows
		}
	}
	done := fmt.Sprintf("%d of %d", applied, max(r.Planned, applied))
	if r.Outcome == Ledger {
		done = count(len(r.Migrations), "line")
	}
	facts := []fact{{"database", r.Database}, {"dialect", r.Dialect}, {"target", r.Target}, {"started", moment(r.Started)}, {"took", duration(r.Took)}, {"migrations", done}}
	if r.Waited > 0 {
		facts = append(facts, fact{"waited for others", duration(r.Waited)})
	}
	if statements > 0 {
		facts = append(facts, fact{"statements", policy.Thousands(int64(statements))}, fact{"rows", policy.Thousands(rows)})
	}
	if visited > 0 {
		facts = append(facts, fact{"visited by backfills", count(visited, "row")})
	}
	for _, line := range slices.Sorted(maps.Keys(r.Heads)) {
		if heads := r.Heads[line]; len(heads) > 0 {
			facts = append(facts, fact{"head of " + lineName(line), strings.Join(heads, ", ")})
		}
	}
	return told(facts)
}

// told leaves out what has no value, and makes the rest fit for the page.
func told(facts []fact) (out []fact) {
	for _, f := range facts {
		if f.Value != "" {
			out = append(out, fact{shown(f.Name), shown(f.Value)})
		}
	}
	return out
}

func (m *Migration) view(anchor string) *migrationView {
	v := &migrationView{
		Anchor: anchor, Line: shown(m.Line), Revision: shown(m.Revision), Slug: shown(m.Slug), Action: shown(m.Action), State: stateOf(m),
		Took: duration(m.Took), Began: duration(m.Began), Error: shown(m.Error), Open: m.State != Applied,
	}
	facts := []fact{{"began after", duration(m.Began)}, {"took", duration(m.Took)}}
	if was := m.Resumed; was != nil {
		v.Resumed = true
		facts = append(facts, fact{"resumed", fmt.Sprintf("an earlier run began it at %s, and committed %s", moment(was.Began), count(was.Committed, "part"))})
		if was.Worked > 0 {
			facts = append(facts, fact{"took before", duration(was.Worked)})
		}
	}
	if m.StatementCount > 0 {
		facts = append(facts, fact{"statements", fmt.Sprintf("%s in %s", policy.Thousands(int64(m.StatementCount)), duration(m.StatementTime))},
			fact{"rows", policy.Thousands(m.Rows)})
	}
	if m.Retries > 0 {
		facts = append(facts, fact{"tried again", count(m.Retries, "time")})
	}
	if e := m.Entry; e != nil && e.Signer != "" {
		facts = append(facts, fact{"signer", e.Signer})
	}
	if e := m.Entry; e != nil && e.Fuel > 0 {
		facts = append(facts, fact{"fuel", policy.Thousands(e.Fuel)})
	}
	v.Facts = told(facts)
	for _, b := range m.Backfills {
		v.Backfill = append(v.Backfill, b.view())
	}
	v.Stmts = statementViews(m.Statements, anchor, m.Revision)
	v.Beyond = beyond(m.StatementCount, m.Statements)
	for _, k := range m.Marks {
		v.Marks = append(v.Marks, momentView{duration(k.At), "", shown(k.Text)})
	}
	for _, l := range m.Logs {
		v.Logs = append(v.Logs, momentView{duration(l.At), l.Level, shown(l.Text)})
	}
	if n := m.LogCount - len(m.Logs); n > 0 {
		v.MoreLogs = count(n, "later line")
	}
	v.Empty = len(m.Backfills)+len(m.Statements)+len(m.Marks)+len(m.Logs) == 0 && m.Error == ""
	return v
}

func (b *Backfill) view() backfillView {
	var at, end time.Duration
	if len(b.Slices) > 0 {
		last := b.Slices[len(b.Slices)-1]
		at, end = b.Slices[0].At, last.At+last.Took
	}
	v := backfillView{Name: shown(b.Name)}
	done := count(b.Done, "row")
	if b.Total > 0 {
		share := min(100*float64(b.Done)/float64(b.Total), 100)
		v.Share = fmt.Sprintf("%.1f", share)
		done = fmt.Sprintf("%s of %s (%d%%)", policy.Thousands(b.Done), count(b.Total, "row"), int(share))
	}
	facts := []fact{{"done", done}, {"chunks", policy.Thousands(int64(b.Chunks))}, {"rate", rate(b.Rows, end-at)}}
	if b.Before > 0 {
		facts = append(facts, fact{"done by earlier runs", count(b.Before, "row")})
	}
	if b.Paused > 0 {
		facts = append(facts, fact{"paused", duration(b.Paused)})
	}
	v.Facts = told(append(facts, fact{"last pause", b.Reason}))
	return v
}

func statementViews(list []*Statement, anchor, revision string) (views []statementView) {
	var longest time.Duration
	for _, s := range list {
		longest = max(longest, s.Took)
	}
	for _, s := range list {
		v := statementView{
			Anchor: anchor, Revision: shown(revision), Call: s.Call, SQL: shown(s.SQL), Rows: policy.Thousands(s.Rows), Took: duration(s.Took),
			Width: percent(100 * float64(s.Took) / float64(max(longest, 1))), Error: shown(s.Error),
		}
		var notes []string
		if s.Runs > 1 {
			notes = append(notes, fmt.Sprintf("%s times, %s at most", policy.Thousands(int64(s.Runs)), duration(s.Longest)))
		}
		if s.Together > 1 {
			notes = append(notes, fmt.Sprintf("its part of the time of %d that were sent together", s.Together))
		}
		v.Note = strings.Join(notes, "; ")
		views = append(views, v)
	}
	return views
}

// beyond is how many runs there were of other statements.
func beyond(all int, shown []*Statement) string {
	for _, s := range shown {
		all -= s.Runs
	}
	if all <= 0 {
		return ""
	}
	return count(all, "faster statement")
}

// slowest makes the table of the slowest statements of all migrations.
func (r *Record) slowest(v *view, views map[*Migration]*migrationView) {
	type of struct {
		statement *Statement
		migration *Migration
	}
	var all []of
	total := 0
	for _, m := range r.Migrations {
		total += m.StatementCount
		for _, s := range m.Statements {
			all = append(all, of{s, m})
		}
	}
	slices.SortStableFunc(all, func(a, b of) int { return int(min(max(b.statement.Took-a.statement.Took, -1), 1)) })
	all = all[:min(len(all), maxSlowest)]
	for _, s := range all {
		one := statementViews([]*Statement{s.statement}, views[s.migration].Anchor, s.migration.Revision)[0]
		one.Width = percent(100 * float64(s.statement.Took) / float64(max(all[0].statement.Took, 1)))
		v.Slowest = append(v.Slowest, one)
	}
	v.HasStmts = total > 0
	var list []*Statement
	for _, s := range all {
		list = append(list, s.statement)
	}
	v.Beyond = beyond(total, list)
}

// ledger makes the table of the ledger's lines.
func (r *Record) ledger(v *view) {
	for _, m := range r.Migrations {
		e := m.Entry
		if e == nil {
			continue
		}
		id := ""
		if e.ID > 0 {
			id, v.Numbered = fmt.Sprint(e.ID), true
		}
		note := e.Reason
		if m.Resumed != nil && m.Resumed.Worked > 0 {
			note = strings.TrimPrefix(note+"; begun by an earlier run, whose time is counted", "; ")
		}
		v.Ledger = append(v.Ledger, entryView{
			id, moment(e.Started), shown(m.Action), shown(m.Line), shown(m.Revision), shown(m.Slug), duration(e.Took), shown(e.Runner), shown(note),
		})
	}
}

func (r *Record) caption() string {
	shownNodes, left := 0, 0
	for _, n := range r.Chain.Nodes {
		if n.Elided > 0 {
			left += n.Elided
		} else {
			shownNodes++
		}
	}
	if left == 0 {
		return count(shownNodes, "revision")
	}
	return fmt.Sprintf("%s, and %s left out", count(shownNodes, "revision"), policy.Thousands(int64(left)))
}
