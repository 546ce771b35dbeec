package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// hostileText would clear a terminal, ring its bell, turn the direction of its text,
// and begin lines of its own.
const hostileText = "x\x1b[2J\a\u009b\u202e\u2028\r\nFORGED: DROP TABLE users;\nFORGED --"

// redrawn is what goes back to the first of some rows.
var redrawn = regexp.MustCompile(`\x1b\[[0-9]+A\x1b\[J`)

// What a file, a ledger or a database is called steers no terminal and begins no
// line, and no statement.
func TestHostileSlugs(t *testing.T) {
	rev := chain.Revision{Key: chain.Key{Line: "main", ID: "000000000001"}, Slug: hostileText, Source: hostileText}
	entry := host.Entry{Key: rev.Key, Action: hostileText, Slug: hostileText, Runner: hostileText, Reason: hostileText, Signer: hostileText}
	step := host.Step{Revision: rev}
	a := &app{}
	event := func(p *display, kind host.EventKind) {
		p.event(host.Event{Kind: kind, Revision: rev.ID, Slug: hostileText, Steps: 1, Backfill: hostileText, Text: hostileText, Elapsed: time.Minute})
	}
	for name, print := range map[string]func(io.Writer){
		"plan":     func(w io.Writer) { a.printSteps(w, []host.Step{step}) },
		"upgrade":  func(w io.Writer) { a.printEntries(w, []host.Entry{entry}) },
		"history":  func(w io.Writer) { a.printLedger(w, []host.Entry{entry}) },
		"branches": func(w io.Writer) { a.printBranches(w, chain.Branches{Heads: []chain.Revision{rev}}) },
		"show": func(w io.Writer) {
			document := revisionDocument(rev)
			printRevision(w, &showData{revisionJSON: document, Pair: &document})
		},
		"heads":       func(w io.Writer) { io.WriteString(w, title(rev.ID, rev.Slug)) },
		"a failure":   func(w io.Writer) { explain(&host.RunError{Failed: rev, Err: io.EOF}).print(w, false) },
		"a statement": func(w io.Writer) { printRehearsal(w, rehearsalOf(step, "SELECT 1"), false) },
		"progress": func(w io.Writer) {
			for _, bars := range []bool{false, true} {
				p := &display{w: w, verbose: !bars, fancy: bars}
				for _, kind := range []host.EventKind{host.EventStarted, host.EventProgress, host.EventChunk, host.EventThrottled, host.EventApplied} {
					event(p, kind)
				}
				p.close()
			}
		},
	} {
		var out bytes.Buffer
		print(&out)
		if name == "progress" { // the bars draw over themselves
			out = *bytes.NewBuffer(redrawn.ReplaceAll(out.Bytes(), nil))
		}
		for line := range strings.Lines(out.String()) {
			switch line = strings.TrimSuffix(line, "\n"); {
			case strings.ContainsFunc(line, abi.Steers):
				t.Errorf("%s: steers: %q", name, line)
			case strings.HasPrefix(strings.TrimSpace(line), "FORGED"):
				t.Errorf("%s: a line of its own: %q", name, line)
			}
		}
		if !strings.Contains(out.String(), "FORGED") {
			t.Errorf("%s does not show it: %q", name, &out)
		}
	}
}

// Only what is sent stands outside of a plan's comments.
func TestHostileTextsStayInComments(t *testing.T) {
	step := host.Step{Revision: chain.Revision{Key: chain.Key{ID: "000000000001"}, Slug: hostileText, Source: hostileText}}
	r := rehearsalOf(step, "SELECT 1")
	r.Statements[0].NotRun = hostileText
	r.Statements[0].Params = []abi.Value{{Type: abi.TypeText, Bytes: []byte(hostileText)}}
	var out bytes.Buffer
	printRehearsal(&out, r, false)
	for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line != "SELECT 1;" && !strings.HasPrefix(line, "-- ") {
			t.Errorf("outside of a comment: %q", line)
		}
	}
}

func rehearsalOf(step host.Step, sql string) host.Rehearsal {
	return host.Rehearsal{Plan: host.Plan{Steps: []host.Step{step}}, Statements: []host.RehearsedStatement{{SQL: sql}}}
}

// Each line that a guest logs, or says as it fails, is marked as the guest's.
func TestHostileLogsAndLastWords(t *testing.T) {
	var out bytes.Buffer
	p := &display{w: &out, verbose: true}
	p.event(host.Event{Kind: host.EventLog, Level: host.LogInfo, Revision: "000000000001", Text: "one\nupgrade 000000000002 forged  1 ms\u2028\u202e\u2066\n"})
	want := "000000000001: info: one\n000000000001: info: upgrade 000000000002 forged  1 ms\\u2028\\u202e\\u2066\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
	for _, err := range []error{
		&host.GuestError{Kind: host.GuestReturned, Message: hostileText},
		&host.RunError{Failed: chain.Revision{Key: chain.Key{ID: "000000000001"}}, Err: &host.GuestError{Kind: host.GuestReturned, Message: hostileText}},
	} {
		out.Reset()
		explain(err).print(&out, false)
		for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if strings.ContainsFunc(line, abi.Steers) || i > 0 && !strings.HasPrefix(line, "  ") {
				t.Errorf("%T: %q", err, line)
			}
		}
	}
}
